#include "vm.h"

const int vm_names_are_known = 0;
const char vm_family[] = "local";
const char vm_none[] =
    "Nobody listens at local addresses as this VM. 'hvuv vms' lists who does, "
    "in the same HVUV_LOCAL_DIR.";
