/* The pointers through which a program calls Winsock, for one with the AF_UNIX
 * EMULATION and not that of AF_HYPERV, which has its own. */
#include "imported.h"
#include "unix_emulation.h"

#define UNIX_EMULATION_POINTER(result, name, parameters)                       \
  extern result(WSAAPI* __imp_##name) parameters IMPORTED(name, parameters);   \
  result(WSAAPI* __imp_##name) parameters = unix_emulated_##name;

EMULATION_VERBS(UNIX_EMULATION_POINTER)
