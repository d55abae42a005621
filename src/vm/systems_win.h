/* The list of compute systems, from Windows' Host Compute Service. */
#ifndef HVUV_SRC_VM_SYSTEMS_WIN_H
#define HVUV_SRC_VM_SYSTEMS_WIN_H

#include <uv.h> /* <windows.h>, in libuv's order */

#include "vm/shelf.h"

/* The DLL that is asked, by its name in the system's folder, and how long.
 * Tests put one of their own in its place, by its path; nothing else does. */
typedef struct hvuv__systems_source_s {
  const wchar_t* dll;
  DWORD timeout_ms;
} hvuv__systems_source_t;

extern hvuv__systems_source_t hvuv__systems_source;

int hvuv__systems_ask(hvuv__shelf_t* shelf);

#endif /* HVUV_SRC_VM_SYSTEMS_WIN_H */
