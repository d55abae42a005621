/* Claims on Windows: the lock that ends with its process, and what is removed
 * and what stays. claim_win.c is included with a look at folders and with
 * sockets of ours: a plain file stands in for a Unix socket, because Wine has
 * none, and what answers there is what the test says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <uv.h>

#include "support/between.h"
#include "unix/claim.h"
#include "support/endpoint.h"
#include "support/process.h"
#include "unix/path.h"

static HANDLE find_stand_in(const WCHAR* path, WIN32_FIND_DATAW* found);
static int make_stand_in(uv_os_sock_t* sock);
static int call_stand_in(uv_os_sock_t sock, const char* path);
static int end_stand_in(uv_os_sock_t sock);
static void sleep_stand_in(unsigned int ms);
static void close_stand_in(uv_os_sock_t sock);

#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#endif
#undef FindFirstFileW
#define FindFirstFileW           find_stand_in
#define hvuv__unix_socket        make_stand_in
#define hvuv__unix_connect       call_stand_in
#define hvuv__sys_connect_result end_stand_in
#define uv_sleep                 sleep_stand_in
#define hvuv__unix_probe         real_probe
#define hvuv__sys_close          close_stand_in
#define hvuv__claim_take         real_take
#define hvuv__claim_path         real_path
#define hvuv__claim_bound        real_bound
#define hvuv__claim_chmod        real_chmod
#define hvuv__claim_is_bound     real_is_bound
#define hvuv__claim_release      real_release
#define hvuv__claim_abandon      real_abandon
#include "unix/probe.c"
#include "unix/claim_win.c"
#undef FindFirstFileW
#undef hvuv__unix_socket
#undef hvuv__unix_connect
#undef hvuv__sys_connect_result
#undef uv_sleep
#undef hvuv__unix_probe
#undef hvuv__sys_close
#undef hvuv__claim_take
#undef hvuv__claim_path
#undef hvuv__claim_bound
#undef hvuv__claim_chmod
#undef hvuv__claim_is_bound
#undef hvuv__claim_release
#undef hvuv__claim_abandon
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif

static char place[ENDPOINT_ROOM];
static char lock_place[ENDPOINT_ROOM];
static hvuv__claim_t* first;
static hvuv__claim_t* second;
static int handles;

static DWORD tag;    /* of the reparse point that the file stands for; 0 none */
static int is_plain; /* the tag is a number left over, and means nothing */
static int no_socket; /* why no socket can be made */
static int answer;    /* of whoever listens there */
static int ending;    /* what a call under way comes to */
static int looks;     /* before it does */
static unsigned int slept_ms;
static int calls;
static int open_sockets;

static HANDLE find_stand_in(const WCHAR* path, WIN32_FIND_DATAW* found) {
  HANDLE search;

  search = FindFirstFileW(path, found);
  if (search != INVALID_HANDLE_VALUE && tag != 0) {
    found->dwReserved0 = tag;
    if (!is_plain)
      found->dwFileAttributes |= FILE_ATTRIBUTE_REPARSE_POINT;
  }
  return search;
}

static int make_stand_in(uv_os_sock_t* sock) {
  if (no_socket != 0)
    return no_socket;
  open_sockets++;
  *sock = 0;
  return 0;
}

static int call_stand_in(uv_os_sock_t sock, const char* path) {
  (void) sock;
  (void) path;
  calls++;
  return answer;
}

static int end_stand_in(uv_os_sock_t sock) {
  (void) sock;
  return looks-- > 0 ? UV_EAGAIN : ending;
}

static void sleep_stand_in(unsigned int ms) {
  slept_ms += ms;
}

static void close_stand_in(uv_os_sock_t sock) {
  (void) sock;
  open_sockets--;
}

static int setup(void** state) {
  (void) state;
  handles = endpoint_count_descriptors();
  endpoint_open();
  endpoint_path("s", place);
  endpoint_path("s.lock", lock_place);
  first = second = NULL;
  tag = 0;
  is_plain = 0;
  no_socket = 0;
  answer = UV_ECONNREFUSED;
  ending = looks = 0;
  slept_ms = 0;
  calls = open_sockets = 0;
  return 0;
}

static int teardown(void** state) {
  (void) state;
  if (first != NULL)
    real_release(first);
  if (second != NULL)
    real_release(second);
  endpoint_close();
  return open_sockets == 0 && endpoint_count_descriptors() == handles ? 0 : -1;
}

/* A child's way to run leaves handles open, of libuv's. */
static int teardown_with_child(void** state) {
  process_end_all();
  if (first != NULL)
    real_release(first);
  first = NULL;
  handles = endpoint_count_descriptors();
  return teardown(state);
}

/* What the system opens once is not taken for a leak. */
static int warm_up(void** state) {
  setup(state);
  if (real_take(place, &first) != 0)
    return -1;
  teardown(state);
  return 0;
}

static int is_there(const char* path) {
  return GetFileAttributesA(path) != INVALID_FILE_ATTRIBUTES;
}

static void make_file(const char* path) {
  HANDLE file;

  file = CreateFileA(
      path, GENERIC_WRITE, 0, NULL, CREATE_NEW, FILE_ATTRIBUTE_NORMAL, NULL);
  assert_true(file != INVALID_HANDLE_VALUE);
  CloseHandle(file);
}

static void make_socket(void) {
  make_file(place);
  tag = 0x80000023;
}

static void give_back(hvuv__claim_t** claim) {
  real_release(*claim);
  *claim = NULL;
}

/* --- The lock */

static void a_path_has_one_claim_at_a_time(void** state) {
  (void) state;
  assert_int_equal(real_take(place, &first), 0);
  assert_true(is_there(lock_place));
  assert_int_equal(real_take(place, &second), UV_EADDRINUSE);
  give_back(&first);
  assert_false(is_there(lock_place));
  assert_int_equal(real_take(place, &second), 0);
}

static void other_paths_are_claimed_beside_it(void** state) {
  char path[ENDPOINT_ROOM];

  (void) state;
  assert_int_equal(real_take(place, &first), 0);
  assert_int_equal(real_take(endpoint_path("t", path), &second), 0);
}

static void a_claim_knows_its_path(void** state) {
  size_t len;

  (void) state;
  assert_int_equal(real_take(place, &first), 0);
  assert_memory_equal(real_path(first, &len), place, strlen(place));
  assert_int_equal(len, strlen(place));
}

static void a_lock_that_is_held_cannot_be_taken_away(void** state) {
  char moved[ENDPOINT_ROOM];

  (void) state;
  assert_int_equal(real_take(place, &first), 0);
  assert_false(DeleteFileA(lock_place));
  assert_false(MoveFileA(lock_place, endpoint_path("moved", moved)));
  assert_true(is_there(lock_place));
}

static void a_lock_without_an_owner_is_taken_over(void** state) {
  (void) state;
  make_file(lock_place);
  assert_int_equal(real_take(place, &first), 0);
  give_back(&first);
  assert_false(is_there(lock_place));
}

/* The child claims, says so, and is killed. */
static void a_claim_ends_with_its_process(void** state) {
  static process_t child;
  const char* argv[4];
  char self[1024];
  size_t size;

  (void) state;
  size = sizeof(self);
  assert_int_equal(uv_exepath(self, &size), 0);
  argv[0] = self;
  argv[1] = "hold";
  argv[2] = place;
  argv[3] = NULL;
  process_start(&child, argv);
  assert_true(process_await(&child, "held"));
  assert_int_equal(real_take(place, &first), UV_EADDRINUSE);
  assert_true(is_there(lock_place));

  process_signal(&child, 9);
  process_finish(&child);
  assert_int_equal(real_take(place, &first), 0);
}

static int hold(const char* path) {
  int err;

  err = real_take(path, &first);
  printf("%s\n", err == 0 ? "held" : uv_err_name(err));
  fflush(stdout);
  Sleep(60000);
  return 1;
}

static void a_link_for_the_lock_is_not_followed(void** state) {
  char target[ENDPOINT_ROOM];
  uv_fs_t req;
  int err;

  (void) state;
  err = uv_fs_symlink(
      NULL, &req, endpoint_path("made", target), lock_place, 0, NULL);
  uv_fs_req_cleanup(&req);
  if (err != 0 || !is_there(lock_place)) {
    print_message("No links here; Windows wants developer mode for them\n");
    skip();
  }
  assert_int_equal(real_take(place, &first), UV_ELOOP);
  assert_true(is_there(lock_place));
  assert_false(is_there(target));
}

static void what_cannot_be_locked_is_told(void** state) {
  char path[ENDPOINT_ROOM];
  char too_long[HVUV__PATH_ROOM + 1];

  (void) state;
  assert_int_equal(real_take(endpoint_path("x\\s", path), &first), UV_ENOENT);
  assert_true(CreateDirectoryA(lock_place, NULL));
  assert_int_equal(real_take(place, &first), UV_EACCES);
  assert_int_equal(real_take("C:\\\xff", &first), UV_ECHARSET);
  memset(too_long, 'x', sizeof(too_long) - 1);
  too_long[sizeof(too_long) - 1] = '\0';
  assert_int_equal(real_take(too_long, &first), UV_ENAMETOOLONG);
  assert_null(first);
}

/* --- What is there already */

static void a_dead_socket_is_removed_with_the_claim(void** state) {
  static const int refusals[] = {UV_ECONNREFUSED, UV_ENOENT};
  size_t i;

  (void) state;
  for (i = 0; i < 2; i++) {
    answer = refusals[i];
    make_socket();
    assert_int_equal(real_take(place, &first), 0);
    assert_false(is_there(place));
    give_back(&first);
  }
  assert_int_equal(calls, 2);
}

static void a_refusal_that_comes_late_is_waited_for(void** state) {
  (void) state;
  make_socket();
  answer = HVUV__IN_PROGRESS;
  ending = UV_ECONNREFUSED;
  looks = 3;
  assert_int_equal(real_take(place, &first), 0);
  assert_false(is_there(place));
}

static void no_answer_is_waited_for_without_end(void** state) {
  (void) state;
  make_socket();
  answer = HVUV__IN_PROGRESS;
  ending = UV_ECONNREFUSED;
  looks = 1000;
  assert_int_equal(real_take(place, &first), UV_EADDRINUSE);
  assert_between(slept_ms, 50, 200);
  assert_true(is_there(place));
}

static void a_live_socket_refuses_and_leaves_no_lock(void** state) {
  static const int answers[] = {
      0, HVUV__IN_PROGRESS, UV_EAGAIN, UV_EACCES, UV_ETIMEDOUT};
  size_t i;

  (void) state;
  make_socket();
  for (i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
    answer = answers[i];
    assert_int_equal(real_take(place, &first), UV_EADDRINUSE);
    assert_true(is_there(place));
    assert_false(is_there(lock_place));
  }
}

static void without_a_socket_to_ask_with_the_reason_is_told(void** state) {
  (void) state;
  make_socket();
  no_socket = UV_EMFILE;
  assert_int_equal(real_take(place, &first), UV_EMFILE);
  assert_true(is_there(place));
  assert_false(is_there(lock_place));
}

static void what_is_no_socket_stays(void** state) {
  (void) state;
  make_file(place);
  assert_int_equal(real_take(place, &first), UV_EEXIST);
  tag = 0xA000000C; /* a symbolic link */
  assert_int_equal(real_take(place, &first), UV_EEXIST);
  tag = 0x80000023;
  is_plain = 1;
  assert_int_equal(real_take(place, &first), UV_EEXIST);
  tag = 0;
  assert_true(DeleteFileA(place));
  assert_true(CreateDirectoryA(place, NULL));
  assert_int_equal(real_take(place, &first), UV_EEXIST);
  assert_true(is_there(place));
  assert_false(is_there(lock_place));
  assert_int_equal(calls, 0);
}

/* --- Giving back */

static void a_release_removes_socket_and_lock(void** state) {
  (void) state;
  assert_int_equal(real_take(place, &first), 0);
  make_socket();
  real_bound(first);
  give_back(&first);
  assert_false(is_there(place));
  assert_false(is_there(lock_place));
}

/* A socket of somebody else's, a file, a link. */
static void what_somebody_put_there_since_stays(void** state) {
  static const DWORD tags[] = {0x80000023, 0, 0xA000000C};
  char moved[ENDPOINT_ROOM];
  size_t i;

  (void) state;
  endpoint_path("moved", moved);
  for (i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
    assert_int_equal(real_take(place, &first), 0);
    make_socket();
    real_bound(first);
    assert_true(MoveFileExA(place, moved, MOVEFILE_REPLACE_EXISTING));
    make_file(place);
    tag = tags[i];
    give_back(&first);
    assert_true(is_there(place));
    assert_false(is_there(lock_place));
    assert_true(DeleteFileA(place));
  }
}

static void a_socket_that_was_gone_when_it_was_bound_is_nobodys(void** state) {
  (void) state;
  assert_int_equal(real_take(place, &first), 0);
  real_bound(first);
  make_socket();
  give_back(&first);
  assert_true(is_there(place));
}

static void abandoning_leaves_the_socket(void** state) {
  (void) state;
  assert_int_equal(real_take(place, &first), 0);
  make_socket();
  real_abandon(first);
  first = NULL;
  assert_true(is_there(place));
  assert_false(is_there(lock_place));
}

static void a_path_in_another_alphabet_is_claimed(void** state) {
  (void) state;
  endpoint_path("\xc3\xa9\xd0\xb6\xe4\xb8\xad", place);
  assert_int_equal(real_take(place, &first), 0);
  assert_int_equal(real_take(place, &second), UV_EADDRINUSE);
}

#define TEST(function)                                                         \
  cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(int argc, char** argv) {
  const struct CMUnitTest tests[] = {
      TEST(a_path_has_one_claim_at_a_time),
      TEST(other_paths_are_claimed_beside_it),
      TEST(a_claim_knows_its_path),
      TEST(a_lock_that_is_held_cannot_be_taken_away),
      TEST(a_lock_without_an_owner_is_taken_over),
      cmocka_unit_test_setup_teardown(
          a_claim_ends_with_its_process, setup, teardown_with_child),
      TEST(a_link_for_the_lock_is_not_followed),
      TEST(what_cannot_be_locked_is_told),
      TEST(a_dead_socket_is_removed_with_the_claim),
      TEST(a_refusal_that_comes_late_is_waited_for),
      TEST(no_answer_is_waited_for_without_end),
      TEST(a_live_socket_refuses_and_leaves_no_lock),
      TEST(without_a_socket_to_ask_with_the_reason_is_told),
      TEST(what_is_no_socket_stays),
      TEST(a_release_removes_socket_and_lock),
      TEST(what_somebody_put_there_since_stays),
      TEST(a_socket_that_was_gone_when_it_was_bound_is_nobodys),
      TEST(abandoning_leaves_the_socket),
      TEST(a_path_in_another_alphabet_is_claimed),
  };

  if (argc == 3 && strcmp(argv[1], "hold") == 0)
    return hold(argv[2]);
  return cmocka_run_group_tests_name("claims on Windows", tests, warm_up, NULL);
}
