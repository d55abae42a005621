#include "vm.h"

const int vm_names_are_known = 1;
const char vm_family[] = "hyperv";
