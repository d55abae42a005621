#include "vm.h"

const int vm_names_are_known = 1;
const char vm_family[] = "hyperv";
const char vm_none[] =
    "No VM of this name runs. 'hvuv vms' lists those that do; wsl needs a WSL "
    "with a distribution.";
