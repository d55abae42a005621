/* The VM of WSL 2, by a run of wsl.exe. */
#ifndef HVUV_SRC_VM_WSL_WIN_H
#define HVUV_SRC_VM_WSL_WIN_H

#include <uv.h> /* <windows.h>, in libuv's order */

#include "hvuv/guid.h"

/* The program that is run, by its path, and how long it may run; NULL: the
 * system's wsl.exe. Tests put one of their own in its place; nothing else
 * does. */
typedef struct hvuv__wsl_source_s {
  const wchar_t* program;
  DWORD timeout_ms;
} hvuv__wsl_source_t;

extern hvuv__wsl_source_t hvuv__wsl_source;

/* The codes are those of hvuv_vm_find() for "wsl". */
int hvuv__wsl_ask(hvuv_guid_t* id);

#endif /* HVUV_SRC_VM_WSL_WIN_H */
