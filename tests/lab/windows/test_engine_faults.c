/* Our engine where the calls fail by which its thread waits, and is told to
 * end: for want of the system's memory, as it is hoped. libuv's calls go well.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <winsock2.h>

#include "census.h"
#include "party.h"

#define KEY_QUIT 1 /* engine_afd_win.c */

typedef BOOL(WINAPI* wait_fn)(
    HANDLE, OVERLAPPED_ENTRY*, ULONG, ULONG*, DWORD, BOOL);
typedef BOOL(WINAPI* post_fn)(HANDLE, DWORD, ULONG_PTR, OVERLAPPED*);

static DWORD loop_thread;
static volatile LONG waits_that_fail;
static volatile LONG waits_failed;
static int posts_that_fail;
static HANDLE port;

static void find_real(const char* name, void* real, size_t size) {
  FARPROC proc = GetProcAddress(GetModuleHandleA("kernel32.dll"), name);

  memcpy(real, &proc, size);
}

static BOOL WINAPI failing_wait(HANDLE from,
                                OVERLAPPED_ENTRY* entries,
                                ULONG count,
                                ULONG* n,
                                DWORD timeout_ms,
                                BOOL alertable) {
  wait_fn real;

  if (GetCurrentThreadId() != loop_thread && waits_that_fail > 0) {
    InterlockedDecrement(&waits_that_fail);
    InterlockedIncrement(&waits_failed);
    SetLastError(ERROR_NO_SYSTEM_RESOURCES);
    return FALSE;
  }
  find_real("GetQueuedCompletionStatusEx", &real, sizeof(real));
  return real(from, entries, count, n, timeout_ms, alertable);
}

static BOOL WINAPI failing_post(HANDLE to,
                                DWORD bytes,
                                ULONG_PTR key,
                                OVERLAPPED* overlapped) {
  post_fn real;

  if (key == KEY_QUIT && overlapped == NULL && posts_that_fail > 0) {
    posts_that_fail--;
    port = to;
    SetLastError(ERROR_NO_SYSTEM_RESOURCES);
    return FALSE;
  }
  find_real("PostQueuedCompletionStatus", &real, sizeof(real));
  return real(to, bytes, key, overlapped);
}

extern wait_fn __imp_GetQueuedCompletionStatusEx;
extern post_fn __imp_PostQueuedCompletionStatus;
wait_fn __imp_GetQueuedCompletionStatusEx = failing_wait;
post_fn __imp_PostQueuedCompletionStatus = failing_post;

static void talk(party_t* pair[2]) {
  party_write(pair[0], 0, 100);
  party_read_until(pair[1], 100);
}

static void all_closed(party_t* pair[2]) {
  party_close(pair[0]);
  party_close(pair[1]);
  loop_run_out(party_loop());
  assert_int_equal(pair[0]->closed, 1);
  assert_int_equal(pair[1]->closed, 1);
}

static void a_wait_that_fails_is_made_again(void** state) {
  party_t* pair[2];

  (void) state;
  waits_failed = 0;
  waits_that_fail = 3;
  party_pair(pair);
  talk(pair);
  assert_int_equal(waits_failed, 3);
  all_closed(pair);
}

static void a_thread_that_is_told_late_ends_all_the_same(void** state) {
  party_t* pair[2];
  int threads;

  (void) state;
  threads = census_threads();
  party_pair(pair);
  talk(pair);
  assert_int_equal(census_threads(), threads + 1);
  posts_that_fail = 3;
  all_closed(pair);
  assert_int_equal(posts_that_fail, 0);
  assert_int_equal(census_threads(), threads);
}

/* What is lost then is lost on purpose, so nobody counts blocks here. */
static void a_thread_that_cannot_be_told_is_left(void** state) {
  party_t* pair[2];
  post_fn real;

  (void) state;
  hvuv_replace_allocator(malloc, realloc, calloc, free);
  party_pair(pair);
  talk(pair);
  posts_that_fail = INT_MAX;
  all_closed(pair);
  assert_int_not_equal(posts_that_fail, INT_MAX);
  posts_that_fail = 0;
  find_real("PostQueuedCompletionStatus", &real, sizeof(real));
  assert_true(real(port, 0, KEY_QUIT, NULL));
}

int main(int argc, char** argv) {
  const struct CMUnitTest tests[] = {
      PARTY(a_wait_that_fails_is_made_again),
      PARTY(a_thread_that_is_told_late_ends_all_the_same),
      PARTY(a_thread_that_cannot_be_told_is_left),
  };

  party_choose(argc, argv);
  loop_thread = GetCurrentThreadId();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
