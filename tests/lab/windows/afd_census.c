#include "afd_census.h"

#include "support/emulation/imported.h"

#include <string.h>

#include <winsock2.h>
#include <windows.h>

typedef HANDLE(WINAPI* give_fn)(HANDLE, HANDLE, ULONG_PTR, DWORD);
typedef BOOL(WINAPI* take_fn)(
    HANDLE, OVERLAPPED_ENTRY*, ULONG, ULONG*, DWORD, BOOL);

/* Written before a thread waits at the port. */
static int handles;
static HANDLE answers_at;

static LONG answers;

static FARPROC system_function(const char* name) {
  return GetProcAddress(GetModuleHandleA("kernel32.dll"), name);
}

static HANDLE WINAPI give(HANDLE file,
                          HANDLE port,
                          ULONG_PTR key,
                          DWORD threads) {
  FARPROC proc = system_function("CreateIoCompletionPort");
  give_fn real;

  memcpy(&real, &proc, sizeof(real));
  if (file != INVALID_HANDLE_VALUE) {
    handles++;
    answers_at = port;
  }
  return real(file, port, key, threads);
}

static BOOL WINAPI take(HANDLE port,
                        OVERLAPPED_ENTRY* entries,
                        ULONG count,
                        ULONG* taken,
                        DWORD timeout_ms,
                        BOOL is_alertable) {
  FARPROC proc = system_function("GetQueuedCompletionStatusEx");
  take_fn real;
  BOOL ok;

  memcpy(&real, &proc, sizeof(real));
  ok = real(port, entries, count, taken, timeout_ms, is_alertable);
  if (ok && port == answers_at)
    InterlockedExchangeAdd(&answers, (LONG) *taken);
  return ok;
}

extern give_fn __imp_CreateIoCompletionPort
    IMPORTED(CreateIoCompletionPort, (HANDLE, HANDLE, ULONG_PTR, DWORD));
extern take_fn __imp_GetQueuedCompletionStatusEx
    IMPORTED(GetQueuedCompletionStatusEx,
             (HANDLE, OVERLAPPED_ENTRY*, ULONG, ULONG*, DWORD, BOOL));
give_fn __imp_CreateIoCompletionPort = give;
take_fn __imp_GetQueuedCompletionStatusEx = take;

int afd_census_handles(void) {
  return handles;
}

int afd_census_answers(void) {
  return (int) InterlockedExchangeAdd(&answers, 0);
}
