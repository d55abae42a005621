#include "vm.h"

const int vm_names_are_known = 0;
const char vm_family[] = "local";
