#include "os.h"

#include <stdlib.h>
#include <uv.h> /* <windows.h>, in libuv's order */

#ifndef ENABLE_VIRTUAL_TERMINAL_PROCESSING
#define ENABLE_VIRTUAL_TERMINAL_PROCESSING 0x0004
#endif

int has_colours(void) {
  const char* off = getenv("NO_COLOR"); /* https://no-color.org */
  HANDLE out = GetStdHandle(STD_OUTPUT_HANDLE);
  DWORD mode;

  if (off != NULL && off[0] != '\0')
    return 0;
  return GetConsoleMode(out, &mode) &&
         SetConsoleMode(out, mode | ENABLE_VIRTUAL_TERMINAL_PROCESSING);
}

int is_open_to_others(const char* path) {
  (void) path;
  return 0;
}

const char users_folder_variable[] = "LOCALAPPDATA";

const char vms_elsewhere[] =
    "VMs of Hyper-V are listed by PowerShell, as administrator: Get-VM | "
    "Format-List Name, Id. The id of WSL2's: wsl -- wslinfo --vm-id.";
