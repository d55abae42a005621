/* The two files of a `hybrid` listener, as all systems have them: the socket and
 * its lock. Modes and forks are in test_hybrid_files.c. */
#include <stdio.h>
#include <string.h>

#include "conformance/rig.h"
#include "support/endpoint.h"
#include "support/files.h"
#include "support/peer.h"
#include "support/worker.h"

static char sock_place[ENDPOINT_ROOM];
static char lock_place[ENDPOINT_ROOM];
static worker_t other;

static void start(rig_t* rig) {
  hvuv_guid_t service;
  char path[ENDPOINT_ROOM];

  endpoint_path("v.sock", path);
  endpoint_path("v.sock_52", sock_place);
  endpoint_path("v.sock_52.lock", lock_place);
  assert_int_equal(hvuv_service_from_port(52, &service), 0);
  assert_int_equal(hvuv_addr_hybrid(&rig->at, path, &service), 0);
}

static void finish(rig_t* rig) {
  (void) rig;
  if (worker_runs(&other))
    worker_kill(&other);
}

/* Another process, which listens there. */
static void start_other(const rig_t* rig) {
  char text[HVUV_ADDR_STRLEN];
  size_t size = sizeof(text);

  assert_int_equal(hvuv_addr_format(&rig->at, text, &size), 0);
  worker_start(&other, NULL);
  worker_say(&other, "bind %s", text);
  assert_string_equal(worker_hear(&other), "ok");
}

static int try_bind(rig_t* rig) {
  return hvuv_bind(&side_new(rig)->stream, &rig->at);
}

static void two_files_are_made_and_both_go(void** state) {
  rig_t* rig = *state;

  rig_listen(rig, 4);
  assert_int_equal(files_kind_of(sock_place), FILES_SOCKET);
  assert_int_equal(files_kind_of(lock_place), FILES_FILE);
  side_close(rig->listener);
  assert_int_equal(files_kind_of(sock_place), FILES_NONE);
  assert_int_equal(files_kind_of(lock_place), FILES_NONE);
}

static void who_comes_second_is_told(void** state) {
  rig_t* rig = *state;

  start_other(rig);
  assert_code(try_bind(rig), UV_EADDRINUSE);
  assert_int_equal(worker_stop(&other), 0);
  assert_code(try_bind(rig), 0);
}

static void what_a_killed_process_left_is_taken_over(void** state) {
  rig_t* rig = *state;

  start_other(rig);
  worker_kill(&other);
  assert_int_equal(files_kind_of(sock_place), FILES_SOCKET);
  rig_listen(rig, 4);
  side_close(rig->listener);
  assert_int_equal(files_kind_of(sock_place), FILES_NONE);
  assert_int_equal(files_kind_of(lock_place), FILES_NONE);
}

/* It knows nothing of locks. */
static void a_socket_that_somebody_listens_at_is_left_alone(void** state) {
  rig_t* rig = *state;
  uv_os_sock_t sock = peer_bind(sock_place, 1);

  assert_true(sock != NET_NONE);
  assert_code(try_bind(rig), UV_EADDRINUSE);
  assert_int_equal(files_kind_of(sock_place), FILES_SOCKET);
  net_close(sock);
  assert_code(try_bind(rig), 0);
}

static void what_is_no_socket_is_kept(void** state) {
  rig_t* rig = *state;

  files_make(sock_place);
  assert_code(try_bind(rig), UV_EEXIST);
  assert_int_equal(files_kind_of(sock_place), FILES_FILE);
  assert_int_equal(files_kind_of(lock_place), FILES_NONE);
}

static void sockets_have_modes_on_posix_only(void** state) {
  rig_t* rig = *state;

  rig_listen(rig, 4);
  assert_code(hvuv_chmod(&rig->listener->stream, UV_WRITABLE),
              net_is_posix() ? 0 : UV_ENOTSUP);
}

static void no_target(const hvuv_addr_t* bound, hvuv_addr_t* to) {
  *to = *bound;
}

static const transport_t hybrid = {
    .name = "hybrid", .start = start, .finish = finish, .target = no_target};

int main(int argc, char** argv) {
  const transport_t* t = &hybrid;
  const struct CMUnitTest tests[] = {
      RIG_TEST(t, two_files_are_made_and_both_go),
      RIG_TEST(t, who_comes_second_is_told),
      RIG_TEST(t, what_a_killed_process_left_is_taken_over),
      RIG_TEST(t, a_socket_that_somebody_listens_at_is_left_alone),
      RIG_TEST(t, what_is_no_socket_is_kept),
      RIG_TEST(t, sockets_have_modes_on_posix_only),
  };
  int skipped;

  worker_main(argc, argv);
  skipped = net_skip_without_unix();
  if (skipped != 0)
    return skipped;
  return cmocka_run_group_tests_name("hybrid: claims", tests, NULL, NULL);
}
