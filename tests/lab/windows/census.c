#include "census.h"

#include <winsock2.h>
#include <windows.h>

#include <tlhelp32.h>

#include "support/handles.h"

typedef LONG(WINAPI* query_t)(HANDLE, int, void*, ULONG, ULONG*);

/* ThreadQuerySetWin32StartAddress of NtQueryInformationThread(). */
#define START_ADDRESS 9

/* Whether a thread is one that Windows keeps for itself: its loader's and its pool's
 * begin in ntdll, come when they like, and stay for a while. */
static int is_of_windows(DWORD id) {
  HMODULE ntdll = GetModuleHandleA("ntdll.dll");
  query_t query = (query_t) (void (*)(void)) GetProcAddress(
      ntdll, "NtQueryInformationThread");
  HANDLE thread = OpenThread(THREAD_QUERY_INFORMATION, FALSE, id);
  HMODULE module = NULL;
  void* start = NULL;

  if (thread == NULL)
    return 0;
  if (query == NULL ||
      query(thread, START_ADDRESS, &start, sizeof(start), NULL) != 0)
    start = NULL;
  CloseHandle(thread);
  return start != NULL &&
         GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS |
                                GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
                            start,
                            &module) &&
         module == ntdll;
}

/* Half a minute: a machine may be busy. */
#define AWAIT_MAX     1500
#define AWAIT_STEP_MS 20

int census_threads(void) {
  HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0);
  THREADENTRY32 entry;
  int n = 0;

  entry.dwSize = sizeof(entry);
  if (Thread32First(snapshot, &entry)) {
    do {
      n += entry.th32OwnerProcessID == GetCurrentProcessId() &&
           !is_of_windows(entry.th32ThreadID);
    } while (Thread32Next(snapshot, &entry));
  }
  CloseHandle(snapshot);
  return n;
}

int census_await_threads(int n) {
  int i;

  for (i = 0; i < AWAIT_MAX && census_threads() != n; i++)
    Sleep(AWAIT_STEP_MS);
  return census_threads();
}

int census_handles(void) {
  return handles_count(handles_is_kept);
}

int census_ports(void) {
  return handles_count(handles_is_port);
}
