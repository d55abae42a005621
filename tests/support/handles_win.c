#include "handles.h"

#include <stdlib.h>
#include <wchar.h>
#include <windows.h>
#include <winternl.h>

/* Handles are multiples of 4, and the lowest that is free is given out, so a long
 * stretch without any is the end. */
#define HANDLE_STEP 4
#define GAP_MAX     400

/* ObjectTypeInformation of NtQueryObject(), and room for what it returns. */
#define OBJECT_TYPE 2
#define TYPE_BYTES  1024

typedef LONG(WINAPI* query_fn)(HANDLE, int, void*, ULONG, ULONG*);

static int is_of_kind(HANDLE handle, const wchar_t* kind) {
  static query_fn query;
  union {
    UNICODE_STRING name;
    char room[TYPE_BYTES];
  } type;
  size_t len = wcslen(kind);

  if (query == NULL)
    query = (query_fn) (void (*)(void)) GetProcAddress(
        GetModuleHandleA("ntdll.dll"), "NtQueryObject");
  if (query == NULL)
    abort();
  return query(handle, OBJECT_TYPE, &type, sizeof(type), NULL) == 0 &&
         type.name.Length == len * sizeof(*kind) &&
         wmemcmp(type.name.Buffer, kind, len) == 0;
}

int handles_is_kept(HANDLE handle, DWORD flags) {
  static const wchar_t* const kinds[] = {
      L"File", L"Key", L"Process", L"Thread", L"Token"};
  size_t i;

  (void) flags;
  for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
    if (is_of_kind(handle, kinds[i]))
      return 1;
  return 0;
}

int handles_is_port(HANDLE handle, DWORD flags) {
  (void) flags;
  return is_of_kind(handle, L"IoCompletion");
}

int handles_is_socket(HANDLE handle, DWORD flags) {
  int type;
  int len;

  (void) flags;
  len = sizeof(type);
  return getsockopt(
             (SOCKET) handle, SOL_SOCKET, SO_TYPE, (char*) &type, &len) == 0;
}

int handles_is_inheritable(HANDLE handle, DWORD flags) {
  (void) handle;
  return (flags & HANDLE_FLAG_INHERIT) != 0;
}

int handles_count(handles_filter filter) {
  uintptr_t number;
  DWORD flags;
  int gap = 0;
  int n = 0;

  for (number = HANDLE_STEP; gap < GAP_MAX; number += HANDLE_STEP) {
    if (GetHandleInformation((HANDLE) number, &flags)) {
      gap = 0;
      n += filter((HANDLE) number, flags);
    } else {
      gap++;
    }
  }
  return n;
}
