/*
 * Our engine where calls of the system fail: those by which its thread is made,
 * waits and is asked to look at its state, those that open a handle of AFD's.
 * libuv's calls go well.
 */
#include <stdlib.h>
#include <string.h>

#include <winsock2.h>

#include "poll/choose.h"
#include "poll/engine_afd_win.h"
#include "poll/engine_uv.h"
#include "census.h"
#include "party.h"
#include "provider.h"
#include "support/between.h"
#include "support/emulation/imported.h"

#define KEY_LOOK  1  /* afd_thread_win.c */
#define GROUP_MAX 32 /* afd_groups_win.h */

typedef BOOL(WINAPI* wait_fn)(
    HANDLE, OVERLAPPED_ENTRY*, ULONG, ULONG*, DWORD, BOOL);
typedef BOOL(WINAPI* post_fn)(HANDLE, DWORD, ULONG_PTR, OVERLAPPED*);
typedef HANDLE(WINAPI* port_fn)(HANDLE, HANDLE, ULONG_PTR, DWORD);
typedef HANDLE(WINAPI* thread_fn)(
    SECURITY_ATTRIBUTES*, SIZE_T, LPTHREAD_START_ROUTINE, void*, DWORD, DWORD*);

static DWORD loop_thread;
static int threads_at_rest;
static volatile LONG waits_that_fail;
static volatile LONG waits_failed;
static volatile LONG answers_are_lost;
static int posts_that_fail;
static int opens_that_fail;
static int threads_that_fail;
static int threads_made;

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
  if (!real(from, entries, count, n, timeout_ms, alertable))
    return FALSE;
  if (answers_are_lost && entries[0].lpCompletionKey != KEY_LOOK)
    *n = 0;
  return TRUE;
}

static BOOL WINAPI failing_post(HANDLE to,
                                DWORD bytes,
                                ULONG_PTR key,
                                OVERLAPPED* overlapped) {
  post_fn real;

  if (key == KEY_LOOK && overlapped == NULL && posts_that_fail > 0) {
    posts_that_fail--;
    SetLastError(ERROR_NO_SYSTEM_RESOURCES);
    return FALSE;
  }
  find_real("PostQueuedCompletionStatus", &real, sizeof(real));
  return real(to, bytes, key, overlapped);
}

static HANDLE WINAPI failing_port(HANDLE file,
                                  HANDLE port,
                                  ULONG_PTR key,
                                  DWORD threads) {
  port_fn real;

  if (file != INVALID_HANDLE_VALUE && opens_that_fail > 0) {
    opens_that_fail--;
    SetLastError(ERROR_NO_SYSTEM_RESOURCES);
    return NULL;
  }
  find_real("CreateIoCompletionPort", &real, sizeof(real));
  return real(file, port, key, threads);
}

static HANDLE WINAPI failing_thread(SECURITY_ATTRIBUTES* attributes,
                                    SIZE_T stack,
                                    LPTHREAD_START_ROUTINE start,
                                    void* arg,
                                    DWORD flags,
                                    DWORD* id) {
  thread_fn real;

  if (threads_that_fail > 0) {
    threads_that_fail--;
    SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    return NULL;
  }
  threads_made++;
  find_real("CreateThread", &real, sizeof(real));
  return real(attributes, stack, start, arg, flags, id);
}

extern wait_fn __imp_GetQueuedCompletionStatusEx
    IMPORTED(GetQueuedCompletionStatusEx,
             (HANDLE, OVERLAPPED_ENTRY*, ULONG, ULONG*, DWORD, BOOL));
extern post_fn __imp_PostQueuedCompletionStatus IMPORTED(
    PostQueuedCompletionStatus, (HANDLE, DWORD, ULONG_PTR, OVERLAPPED*) );
extern port_fn __imp_CreateIoCompletionPort
    IMPORTED(CreateIoCompletionPort, (HANDLE, HANDLE, ULONG_PTR, DWORD));
extern thread_fn __imp_CreateThread IMPORTED(
    CreateThread, (SECURITY_ATTRIBUTES*, SIZE_T, void*, void*, DWORD, DWORD*) );
wait_fn __imp_GetQueuedCompletionStatusEx = failing_wait;
post_fn __imp_PostQueuedCompletionStatus = failing_post;
port_fn __imp_CreateIoCompletionPort = failing_port;
thread_fn __imp_CreateThread = failing_thread;

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

static void loops_one_after_another_share_a_thread(void** state) {
  party_t* pair[2];
  int i;

  (void) state;
  threads_made = 0;
  for (i = 0; i < 10; i++) {
    party_pair(pair);
    talk(pair);
    all_closed(pair);
  }
  assert_between(threads_made, 0, 3); /* 1, unless the machine sleeps */
}

/* It is not lost: the next loop takes it, and after that it ends. */
static void a_thread_that_cannot_be_asked_to_look_serves_on(void** state) {
  party_t* pair[2];

  (void) state;
  party_pair(pair);
  talk(pair);
  posts_that_fail = 1;
  all_closed(pair);
  assert_int_equal(posts_that_fail, 0);

  threads_made = 0;
  party_pair(pair);
  talk(pair);
  assert_int_equal(threads_made, 0);
  all_closed(pair);
  assert_int_equal(census_await_threads(threads_at_rest), threads_at_rest);
}

/* Returns what opening one more stream comes to. */
static int open_one(uv_os_sock_t* other) {
  static hvuv_stream_t stream;
  uv_os_sock_t socks[2];
  int err;

  assert_int_equal(net_tcp_pair(socks), 0);
  assert_int_equal(hvuv_init(party_loop(), &stream), 0);
  err = hvuv_open(&stream, socks[0]);
  hvuv_close(&stream, NULL);
  loop_run_turns(party_loop(), 3);
  if (err != 0)
    net_close(socks[0]);
  *other = socks[1];
  return err;
}

static void a_loop_without_a_thread_has_no_stream(void** state) {
  uv_os_sock_t other;
  party_t* pair[2];

  (void) state;
  assert_int_equal(census_await_threads(threads_at_rest), threads_at_rest);
  threads_that_fail = 1;
  assert_int_equal(open_one(&other), UV_ENOMEM);
  net_close(other);
  party_pair(pair);
  talk(pair);
  all_closed(pair);
}

static void without_a_handle_for_its_group_a_stream_is_refused(void** state) {
  party_t* pairs[GROUP_MAX / 2][2];
  uv_os_sock_t other;
  int i;

  (void) state;
  for (i = 0; i < GROUP_MAX / 2; i++)
    party_pair(pairs[i]);
  opens_that_fail = 1;
  assert_int_equal(open_one(&other), UV_ENOBUFS);
  assert_int_equal(opens_that_fail, 0);
  net_close(other);

  /* The others go on, and when there is one again all do. */
  for (i = 0; i < GROUP_MAX / 2; i++)
    talk(pairs[i]);
  assert_int_equal(open_one(&other), 0);
  net_close(other);
}

/* Which engine a socket of a provider that libuv does not know gets. */
static const hvuv__engine_t* chosen_for(hvuv__poll_shared_t* shared,
                                        uv_os_sock_t sock) {
  const hvuv__engine_t* engine = NULL;

  provider_pretend(1);
  assert_int_equal(
      hvuv__engine_choose(shared, sock, HVUV__POLL_LASTING, &engine), 0);
  provider_pretend(0);
  return engine;
}

static void without_a_handle_libuv_has_the_socket_unless_afd_is_asked_for(
    void** state) {
  hvuv__poll_shared_t shared;
  uv_os_sock_t socks[2];

  (void) state;
  assert_int_equal(net_tcp_pair(socks), 0);
  hvuv__poll_enter(&shared, party_loop(), NULL);
  assert_int_equal(hvuv_set_engine(HVUV_ENGINE_AUTO), 0);
  opens_that_fail = 1;
  assert_ptr_equal(chosen_for(&shared, socks[0]), &hvuv__engine_uv);
  assert_ptr_equal(chosen_for(&shared, socks[0]), &hvuv__engine_afd);
  assert_int_equal(hvuv_set_engine(HVUV_ENGINE_AFD), 0);
  hvuv__engine_leave(&shared);
  net_close(socks[0]);
  net_close(socks[1]);
}

/* A driver that keeps a question keeps its block. What is lost then is lost on
 * purpose, so nobody counts blocks here; the loop ends, and so does the thread. */
static void a_question_that_never_comes_back_holds_nobody_up(void** state) {
  party_t* pair[2];

  (void) state;
  hvuv_replace_allocator(malloc, realloc, calloc, free);
  party_pair(pair);
  talk(pair);
  party_read(pair[0]);
  loop_run_turns(party_loop(), 3);
  answers_are_lost = 1;
  all_closed(pair);
  answers_are_lost = 0;
  assert_int_equal(census_await_threads(threads_at_rest), threads_at_rest);
}

int main(int argc, char** argv) {
  const struct CMUnitTest tests[] = {
      PARTY(a_wait_that_fails_is_made_again),
      PARTY(loops_one_after_another_share_a_thread),
      PARTY(a_thread_that_cannot_be_asked_to_look_serves_on),
      PARTY(a_loop_without_a_thread_has_no_stream),
      PARTY(without_a_handle_for_its_group_a_stream_is_refused),
      PARTY(without_a_handle_libuv_has_the_socket_unless_afd_is_asked_for),
      PARTY(a_question_that_never_comes_back_holds_nobody_up),
  };

  party_choose(argc, argv);
  loop_thread = GetCurrentThreadId();
  threads_at_rest = census_threads();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
