/*
 * What tests do with the AF_HYPERV EMULATION beside calling Winsock: a folder
 * of their own, VMs, and services.
 */
#include "hyperv_emulation.h"

#include <stdio.h>

#include "hyperv_emulation_book.h"
#include "hyperv_emulation_real.h"
#include "hyperv_emulation_table.h"

static wchar_t made[MAX_PATH]; /* by begin(), to be removed by end() */

/* Writes the path of a folder that nobody else has. */
static int name_folder(wchar_t path[MAX_PATH]) {
  static unsigned int count;
  wchar_t name[64];
  DWORD len = GetTempPathW(MAX_PATH, path);

  if (len == 0 || len > MAX_PATH - 96)
    return 0;
  wsprintfW(name,
            L"hvuv-emulation-%lu-%lu-%u",
            GetCurrentProcessId(),
            GetTickCount(),
            count++);
  lstrcatW(path, name);
  return 1;
}

int hyperv_emulation_begin(void) {
  int code;

  if (!name_folder(made))
    return WSAENETDOWN;
  if (!CreateDirectoryW(made, NULL) ||
      !SetEnvironmentVariableW(L"HVUV_EMULATION_DIR", made))
    return (int) GetLastError();
  emulation_table_close();
  code = emulation_table_open();
  if (code == 0 && emulation_tcp_refusing_port() == 0)
    code = WSAENETDOWN;
  return code;
}

void hyperv_emulation_end(void) {
  wchar_t file[MAX_PATH];

  emulation_table_close();
  emulation_tcp_close_refusing_port();
  if (made[0] == 0)
    return;
  lstrcpyW(file, made);
  lstrcatW(file, EMULATION_TABLE_NAME);
  DeleteFileW(file);
  RemoveDirectoryW(made);
  SetEnvironmentVariableW(L"HVUV_EMULATION_DIR", NULL);
  made[0] = 0;
}

int hyperv_emulation_vm_start(const char* vm,
                              enum hyperv_emulation_vm_kind kind) {
  GUID id;

  if (!emulation_guid(vm, &id))
    return WSAEINVAL;
  return emulation_table_vm_start(&id, kind);
}

int hyperv_emulation_vm_stop(const char* vm) {
  GUID id;

  if (!emulation_guid(vm, &id))
    return WSAEINVAL;
  return emulation_table_vm_stop(&id);
}

static int set_service(const char* service, int is_registered) {
  GUID id;

  if (!emulation_guid(service, &id))
    return WSAEINVAL;
  return emulation_table_service_set(&id, is_registered);
}

int hyperv_emulation_service_register(const char* service) {
  return set_service(service, 1);
}

int hyperv_emulation_service_unregister(const char* service) {
  return set_service(service, 0);
}

int hyperv_emulation_live_in(const char* vm) {
  GUID id;

  if (vm != NULL && !emulation_guid(vm, &id))
    return WSAEINVAL;
  if (!SetEnvironmentVariableA("HVUV_EMULATION_VM", vm) && vm != NULL)
    return (int) GetLastError();
  return 0;
}

unsigned int hyperv_emulation_sockets(void) {
  unsigned int count;

  emulation_book_lock();
  count = emulation_book_count();
  emulation_book_unlock();
  return count;
}
