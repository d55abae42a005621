/*
 * A look at the process's handles.
 *
 * Windows says how many there are; Wine always says 0, so there they are
 * tried one by one. Handles are multiples of 4, and Wine gives out the lowest
 * that is free, so a long stretch without any is the end.
 */
#include "endpoint.h"

#include <uv.h>

#define HANDLE_STEP 4
#define GAP_MAX     400

/* Between looks at what lingers, and how many of them. */
#define RECOUNT_STEP_MS 50
#define RECOUNT_MAX     100

enum kind { ANY_KIND, SOCKETS, INHERITABLE };

static int is_socket(HANDLE handle) {
  int type;
  int len;

  len = sizeof(type);
  return getsockopt(
             (SOCKET) handle, SOL_SOCKET, SO_TYPE, (char*) &type, &len) == 0;
}

static int is_of_kind(HANDLE handle, DWORD flags, enum kind kind) {
  if (kind == INHERITABLE)
    return (flags & HANDLE_FLAG_INHERIT) != 0;
  return kind == ANY_KIND || is_socket(handle);
}

static int try_handles(enum kind kind) {
  uintptr_t number;
  DWORD flags;
  int gap;
  int n;

  n = 0;
  gap = 0;
  for (number = HANDLE_STEP; gap < GAP_MAX; number += HANDLE_STEP) {
    if (GetHandleInformation((HANDLE) number, &flags)) {
      gap = 0;
      n += is_of_kind((HANDLE) number, flags, kind);
    } else {
      gap++;
    }
  }
  return n;
}

int endpoint_count_descriptors(void) {
  DWORD n;

  if (GetProcessHandleCount(GetCurrentProcess(), &n) && n > 0)
    return (int) n;
  return try_handles(ANY_KIND);
}

int endpoint_recount_descriptors(int before) {
  int n = endpoint_count_descriptors();
  int i;

  for (i = 0; i < RECOUNT_MAX && n > before; i++) {
    Sleep(RECOUNT_STEP_MS);
    n = endpoint_count_descriptors();
  }
  return n == before - 1 ? before : n;
}

int endpoint_count_sockets(void) {
  return try_handles(SOCKETS);
}

int endpoint_count_inheritable(void) {
  return try_handles(INHERITABLE);
}

/* There is no limit worth asking for. */
int endpoint_need_descriptors(unsigned long n) {
  (void) n;
  return 0;
}
