/* Claims at the moments that no race hits by itself: between opening the lock
 * file and locking it, and while files are removed. claim_posix.c is included
 * with a flock() and an unlink() of ours. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <uv.h>

#include "support/between.h"
#include "sys/sys.h"
#include "unix/claim.h"
#include "unix/sock.h"
#include "support/endpoint.h"
#include "support/peer.h"

static int hooked_flock(int fd, int operation);
static int hooked_unlink(const char* path);

#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#endif
#define flock                hooked_flock
#define unlink               hooked_unlink
#define hvuv__claim_take     real_take
#define hvuv__claim_path     real_path
#define hvuv__claim_bound    real_bound
#define hvuv__claim_chmod    real_chmod
#define hvuv__claim_is_bound real_is_bound
#define hvuv__claim_release  real_release
#define hvuv__claim_abandon  real_abandon
#include "unix/claim_posix.c"
#undef flock
#undef unlink
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
static hvuv__claim_t* heir;
static int heir_sock;
static int heir_err;
static int descriptors;

/* What happens before the next flock() and those after it. */
static int (*hook)(void);
static int hook_calls;

static int hooked_flock(int fd, int operation) {
  int (*now)(void);

  now = hook;
  if (now != NULL) {
    hook_calls++;
    if (now() != 0)
      return -1;
  }
  return flock(fd, operation);
}

/* Whether somebody tries, whenever a file is about to be removed. */
static int rival_tries;
static int rival_calls;

static int hooked_unlink(const char* path) {
  if (rival_tries) {
    rival_tries = 0;
    heir_err = real_take(place, &heir);
    rival_tries = 1;
    rival_calls += heir_err == UV_EADDRINUSE;
  }
  return unlink(path);
}

static int setup(void** state) {
  (void) state;
  descriptors = endpoint_count_descriptors();
  endpoint_open();
  endpoint_path("s", place);
  endpoint_path("s.lock", lock_place);
  first = heir = NULL;
  heir_sock = -1;
  hook = NULL;
  hook_calls = 0;
  rival_tries = rival_calls = 0;
  return 0;
}

static int teardown(void** state) {
  (void) state;
  hook = NULL;
  rival_tries = 0;
  if (first != NULL)
    real_release(first);
  if (heir != NULL)
    real_release(heir);
  if (heir_sock >= 0)
    close(heir_sock);
  endpoint_close();
  return endpoint_count_descriptors() == descriptors ? 0 : -1;
}

static int is_there(const char* path) {
  struct stat st;

  return lstat(path, &st) == 0;
}

/* --- Hooks */

static int give_back(void) {
  hook = NULL;
  real_release(first);
  first = NULL;
  return 0;
}

static int give_back_and_let_another_take(void) {
  give_back();
  heir_err = real_take(place, &heir);
  heir_sock = peer_bind(place, -1); /* bound, and does not listen yet */
  return 0;
}

static int remove_the_lock(void) {
  unlink(lock_place);
  return 0;
}

static int be_interrupted(void) {
  hook = NULL;
  errno = EINTR;
  return -1;
}

static int no_locks; /* how the file system says so */

static int have_no_locks(void) {
  errno = no_locks;
  return -1;
}

/* --- Tests */

static void a_lock_that_was_given_back_meanwhile_is_taken_anew(void** state) {
  hvuv__claim_t* second;
  hvuv__claim_t* third;

  (void) state;
  assert_int_equal(real_take(place, &first), 0);
  hook = give_back;
  assert_int_equal(real_take(place, &second), 0);
  assert_null(first);

  /* It holds the lock that others will find. */
  assert_true(is_there(lock_place));
  assert_int_equal(real_take(place, &third), UV_EADDRINUSE);
  real_release(second);
  assert_false(is_there(lock_place));
}

static void a_place_that_another_took_meanwhile_is_left_to_him(void** state) {
  hvuv__claim_t* second;

  (void) state;
  assert_int_equal(real_take(place, &first), 0);
  hook = give_back_and_let_another_take;
  assert_int_equal(real_take(place, &second), UV_EADDRINUSE);
  assert_int_equal(heir_err, 0);
  assert_true(heir_sock >= 0);
  assert_true(is_there(place));
  assert_true(is_there(lock_place));
}

static void a_lock_that_always_vanishes_is_given_up(void** state) {
  hvuv__claim_t* claim;

  (void) state;
  hook = remove_the_lock;
  assert_int_equal(real_take(place, &claim), UV_EADDRINUSE);
  assert_between(hook_calls, 2, 1000);
}

static void an_interrupted_lock_is_tried_again(void** state) {
  (void) state;
  hook = be_interrupted;
  assert_int_equal(real_take(place, &first), 0);
  assert_int_equal(hook_calls, 1);
}

static void a_folder_without_locks_is_told_and_left_as_it_was(void** state) {
  /* 9p says 524, which has no name outside the kernel. */
  static const int codes[] = {ENOLCK, EOPNOTSUPP, ENOSYS, EINVAL, 524};
  hvuv__claim_t* claim;
  size_t i;

  (void) state;
  hook = have_no_locks;
  for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
    no_locks = codes[i];
    assert_int_equal(real_take(place, &claim), UV_ENOTSUP);
    assert_false(is_there(lock_place));
  }
}

static void a_file_that_was_there_before_stays_all_the_same(void** state) {
  hvuv__claim_t* claim;
  int fd;

  (void) state;
  fd = open(lock_place, O_CREAT | O_WRONLY, 0600);
  assert_true(fd >= 0);
  close(fd);
  hook = have_no_locks;
  no_locks = ENOLCK;
  assert_int_equal(real_take(place, &claim), UV_ENOTSUP);
  assert_true(is_there(lock_place));
}

static void another_error_of_locking_keeps_its_name(void** state) {
  hvuv__claim_t* claim;

  (void) state;
  hook = have_no_locks;
  no_locks = EIO;
  assert_int_equal(real_take(place, &claim), UV_EIO);
}

/* The lock takes the last descriptor; another is needed to ask who listens. */
static void without_a_descriptor_to_ask_with_it_is_emfile(void** state) {
  hvuv__claim_t* claim;
  struct rlimit before;
  struct rlimit few;
  int next;
  int fd;
  int r;

  (void) state;
  fd = peer_bind(place, 1);
  assert_true(fd >= 0);
  close(fd); /* a dead one is asked too */
  next = open("/dev/null", O_RDONLY);
  assert_true(next >= 0);
  close(next);
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
  few = before;
  few.rlim_cur = (rlim_t) next + 1;
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
  r = real_take(place, &claim);
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
  assert_int_equal(r, UV_EMFILE);
  assert_true(is_there(place));
  assert_false(is_there(lock_place));
}

static void a_dead_socket_is_removed_with_the_claim(void** state) {
  int fd;

  (void) state;
  fd = peer_bind(place, 1);
  assert_true(fd >= 0);
  close(fd);
  assert_true(is_there(place));
  assert_int_equal(real_take(place, &first), 0);
  assert_false(is_there(place));
}

static void a_live_socket_refuses_and_leaves_no_lock(void** state) {
  hvuv__claim_t* claim;
  int fd;

  (void) state;
  fd = peer_bind(place, 1);
  assert_true(fd >= 0);
  assert_int_equal(real_take(place, &claim), UV_EADDRINUSE);
  assert_true(is_there(place));
  assert_false(is_there(lock_place));
  close(fd);
}

/* Its backlog is full, so connecting says EAGAIN: it lives. */
static void a_busy_socket_is_not_taken_for_dead(void** state) {
  hvuv__claim_t* claim;
  int fds[8];
  int listener;
  int n;

  (void) state;
  listener = peer_bind(place, 0);
  assert_true(listener >= 0);
  for (n = 0; n < 8; n++) {
    assert_int_equal(hvuv__unix_socket(&fds[n]), 0);
    if (hvuv__unix_connect(fds[n], place) != 0)
      break;
  }
  assert_true(n < 8);
  assert_int_equal(real_take(place, &claim), UV_EADDRINUSE);
  assert_true(is_there(place));
  while (n >= 0)
    close(fds[n--]);
  close(listener);
}

static void a_release_removes_socket_and_lock(void** state) {
  hvuv__claim_t* claim;
  const char* path;
  size_t len;
  int fd;

  (void) state;
  assert_int_equal(real_take(place, &claim), 0);
  path = real_path(claim, &len);
  assert_int_equal(len, strlen(place));
  assert_memory_equal(path, place, len);
  fd = peer_bind(place, 1);
  assert_true(fd >= 0);
  real_bound(claim);
  real_release(claim);
  close(fd);
  assert_false(is_there(place));
  assert_false(is_there(lock_place));
}

static int make_file(void) {
  return open(place, O_CREAT | O_WRONLY, 0600);
}

static int make_link(void) {
  return symlink("/dev/null", place) == 0 ? open(place, O_RDONLY) : -1;
}

static int make_socket(void) {
  return peer_bind(place, 1);
}

static int make_folder(void) {
  return mkdir(place, 0700) == 0 ? open(place, O_RDONLY) : -1;
}

static void what_somebody_put_there_since_stays(void** state) {
  static int (*const make[])(void) = {
      make_file, make_link, make_socket, make_folder};
  hvuv__claim_t* claim;
  int other;
  size_t i;
  int fd;

  (void) state;
  for (i = 0; i < sizeof(make) / sizeof(make[0]); i++) {
    assert_int_equal(real_take(place, &claim), 0);
    fd = make_socket();
    assert_true(fd >= 0);
    real_bound(claim);
    unlink(place);
    other = make[i]();
    assert_true(other >= 0);
    real_release(claim);
    close(fd);
    close(other);
    assert_true(is_there(place));
    assert_false(is_there(lock_place));
    assert_int_equal(remove(place), 0);
  }
}

static void a_socket_that_was_gone_when_it_was_bound_is_nobodys(void** state) {
  hvuv__claim_t* claim;
  int fd;

  (void) state;
  assert_int_equal(real_take(place, &claim), 0);
  real_bound(claim);
  fd = make_socket();
  assert_true(fd >= 0);
  real_release(claim);
  close(fd);
  assert_true(is_there(place));
}

static void our_socket_goes_though_somebody_took_the_lock_away(void** state) {
  hvuv__claim_t* claim;
  int fd;

  (void) state;
  assert_int_equal(real_take(place, &claim), 0);
  fd = make_socket();
  assert_true(fd >= 0);
  real_bound(claim);
  unlink(lock_place);
  real_release(claim);
  close(fd);
  assert_false(is_there(place));
}

static void a_forked_childs_copy_takes_nothing_away(void** state) {
  hvuv__claim_t* claim;
  hvuv__claim_t* second;
  int status;
  pid_t pid;
  int fd;

  (void) state;
  assert_int_equal(real_take(place, &claim), 0);
  fd = make_socket();
  assert_true(fd >= 0);
  real_bound(claim);
  pid = fork();
  if (pid == 0) {
    real_release(claim);
    _exit(0);
  }
  assert_true(pid > 0);
  assert_int_equal(waitpid(pid, &status, 0), pid);
  assert_int_equal(status, 0);

  /* It is the parent's, and its lock is. */
  assert_true(is_there(place));
  assert_true(is_there(lock_place));
  assert_int_equal(real_take(place, &second), UV_EADDRINUSE);
  real_release(claim);
  close(fd);
  assert_false(is_there(place));
  assert_false(is_there(lock_place));
}

/* Else the files that are removed would be another's. */
static void a_place_is_held_until_its_last_file_has_gone(void** state) {
  hvuv__claim_t* claim;
  int fd;

  (void) state;
  assert_int_equal(real_take(place, &claim), 0);
  fd = peer_bind(place, -1);
  assert_true(fd >= 0);
  real_bound(claim);
  rival_tries = 1;
  real_release(claim);
  rival_tries = 0;
  close(fd);
  assert_int_equal(rival_calls, 2);
  assert_int_equal(heir_err, UV_EADDRINUSE);
  assert_null(heir);
}

static void abandoning_leaves_the_socket(void** state) {
  hvuv__claim_t* claim;
  int fd;

  (void) state;
  assert_int_equal(real_take(place, &claim), 0);
  fd = peer_bind(place, 1);
  assert_true(fd >= 0);
  real_abandon(claim);
  close(fd);
  assert_true(is_there(place));
  assert_false(is_there(lock_place));
}

#define TEST(function)                                                         \
  cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_lock_that_was_given_back_meanwhile_is_taken_anew),
      TEST(a_place_that_another_took_meanwhile_is_left_to_him),
      TEST(a_lock_that_always_vanishes_is_given_up),
      TEST(an_interrupted_lock_is_tried_again),
      TEST(a_folder_without_locks_is_told_and_left_as_it_was),
      TEST(a_file_that_was_there_before_stays_all_the_same),
      TEST(another_error_of_locking_keeps_its_name),
      TEST(without_a_descriptor_to_ask_with_it_is_emfile),
      TEST(a_dead_socket_is_removed_with_the_claim),
      TEST(a_live_socket_refuses_and_leaves_no_lock),
      TEST(a_busy_socket_is_not_taken_for_dead),
      TEST(a_release_removes_socket_and_lock),
      TEST(what_somebody_put_there_since_stays),
      TEST(a_socket_that_was_gone_when_it_was_bound_is_nobodys),
      TEST(our_socket_goes_though_somebody_took_the_lock_away),
      TEST(a_forked_childs_copy_takes_nothing_away),
      TEST(a_place_is_held_until_its_last_file_has_gone),
      TEST(abandoning_leaves_the_socket),
  };

  return cmocka_run_group_tests_name("claims", tests, NULL, NULL);
}
