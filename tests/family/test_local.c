/* local over scripted calls: which sockets it tries, and whom it lets in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/loop.h"
#include "support/net.h"
#include "support/rigs/scene.h"
#include "sys/sys.h"
#include "support/trace.h"

#define VM     "8ba03980-174a-43e7-852a-e5ec79a671c7"
#define VM_HEX "8ba03980174a43e7852ae5ec79a671c7"
#define OTHER  "11111111-2222-3333-4444-555555555555"
#define NOBODY "/00000000-0000-0000-0000-000000000000"

/* The host's partition, in a folder that nobody looks at. */
static int up(void** state) {
  uv_os_setenv("HVUV_LOCAL_DIR", "/d");
  uv_os_unsetenv("HVUV_LOCAL_VM");
  return scene_up(state);
}

static int down(void** state) {
  uv_os_unsetenv("HVUV_LOCAL_DIR");
  uv_os_unsetenv("HVUV_LOCAL_VM");
  return scene_down(state);
}

#define LOCAL(test) cmocka_unit_test_setup_teardown(test, up, down)

static const char* path_of(const struct sockaddr_storage* name) {
  return ((const struct sockaddr_un*) name)->sun_path;
}

static hvuv_stream_t* listener(const char* text, uv_os_sock_t* sock) {
  hvuv_stream_t* s;
  hvuv_addr_t addr;

  s = scene_stream();
  addr = scene_addr(text);
  assert_int_equal(hvuv_bind(s, &addr), 0);
  assert_int_equal(scene_listen(s), 0);
  assert_int_equal(hvuv_fileno(s, sock), 0);
  return s;
}

static void a_listener_is_a_socket_in_its_partition(void** state) {
  uv_os_sock_t sock;

  (void) state;
  listener("local://any/5000", &sock);
  assert_string_equal(path_of(fake_bound_name()), "/d/host/5000.a");
  uv_os_setenv("HVUV_LOCAL_VM", VM);
  listener("local://parent/" OTHER, &sock);
  assert_string_equal(path_of(fake_bound_name()),
                      "/d/" VM_HEX "/11111111222233334444555555555555.p");
}

static void the_narrowest_listener_is_tried_first(void** state) {
  hvuv_stream_t* s;

  (void) state;
  s = scene_stream();
  fake_next(FAKE_CONNECT, 0);
  assert_int_equal(scene_connect(s, "connect", "local://loopback/5000"), 0);
  assert_string_equal(path_of(fake_connected_name()), "/d/host/5000.l");
  turn();
  assert_story("connect:0");
}

static void where_nobody_is_the_next_is_tried(void** state) {
  static const int absent[] = {UV_ENOENT, UV_ECONNREFUSED};
  hvuv_stream_t* s;
  size_t i;

  (void) state;
  for (i = 0; i < sizeof(absent) / sizeof(absent[0]); i++) {
    s = scene_stream();
    fake_next(FAKE_CONNECT, absent[i]);
    fake_next(FAKE_CONNECT, 0);
    assert_int_equal(scene_connect(s, "connect", "local://loopback/5000"), 0);
    assert_string_equal(path_of(fake_connected_name()), "/d/host/5000.a");
    turn();
    assert_story("connect:0");
  }
}

static void where_nobody_is_at_all_is_econnrefused(void** state) {
  hvuv_stream_t* s;

  (void) state;
  s = scene_stream();
  fake_always(FAKE_CONNECT, UV_ENOENT);
  assert_int_equal(scene_connect(s, "connect", "local://" VM "/5000"), 0);
  turn();
  assert_story("connect:ECONNREFUSED");
  assert_int_equal(fake_calls(FAKE_CONNECT), 2);
}

/* As Windows may. */
static void refuse_later(uv_os_sock_t sock) {
  fake_next(FAKE_TAKE_ERROR, UV_ECONNREFUSED);
  fake_poller_fire(sock, UV_EBADF, 0);
}

static void where_a_refusal_comes_late_the_next_is_tried(void** state) {
  hvuv_stream_t* s;
  uv_os_sock_t sock;

  (void) state;
  s = scene_stream();
  fake_next(FAKE_CONNECT, HVUV__IN_PROGRESS);
  assert_int_equal(scene_connect(s, "connect", "local://loopback/5000"), 0);
  assert_int_equal(hvuv_fileno(s, &sock), 0);
  turn();
  assert_string_equal(path_of(fake_connected_name()), "/d/host/5000.l");
  fake_next(FAKE_CONNECT, HVUV__IN_PROGRESS);
  refuse_later(sock);
  assert_story("");
  assert_string_equal(path_of(fake_connected_name()), "/d/host/5000.a");
  assert_int_equal(fake_poller_wanted(sock), UV_WRITABLE);
  fake_poller_fire(sock, 0, UV_WRITABLE);
  turn();
  assert_story("connect:0");
}

static void where_all_refuse_late_it_is_econnrefused(void** state) {
  hvuv_stream_t* s;
  uv_os_sock_t sock;

  (void) state;
  s = scene_stream();
  fake_always(FAKE_CONNECT, HVUV__IN_PROGRESS);
  assert_int_equal(scene_connect(s, "connect", "local://loopback/5000"), 0);
  assert_int_equal(hvuv_fileno(s, &sock), 0);
  turn();
  refuse_later(sock);
  turn();
  refuse_later(sock);
  turn();
  assert_story("connect:ECONNREFUSED");
  assert_int_equal(fake_calls(FAKE_CONNECT), 2);
}

/* A listener nearer by may have come meanwhile. */
static void behind_a_full_backlog_it_begins_anew(void** state) {
  hvuv_stream_t* s;
  uv_os_sock_t sock;

  (void) state;
  s = scene_stream();
  fake_next(FAKE_CONNECT, HVUV__IN_PROGRESS);
  assert_int_equal(scene_connect(s, "connect", "local://loopback/5000"), 0);
  assert_int_equal(hvuv_fileno(s, &sock), 0);
  turn();
  fake_next(FAKE_CONNECT, UV_EAGAIN);
  fake_next(FAKE_CONNECT, 0);
  refuse_later(sock);
  loop_run_until(scene_loop(), scene_flag("connect"));
  assert_story("connect:0");
  assert_string_equal(path_of(fake_connected_name()), "/d/host/5000.l");
}

static void a_partition_without_a_folder_is_econnrefused(void** state) {
  hvuv_stream_t* s;

  (void) state;
  s = scene_stream();
  fake_folder_fails(0, UV_ENOENT);
  assert_int_equal(scene_connect(s, "connect", "local://" VM "/5000"), 0);
  turn();
  assert_story("connect:ECONNREFUSED");
  assert_int_equal(fake_calls(FAKE_CONNECT), 0);
}

static void a_folder_that_is_not_ours_is_refused(void** state) {
  hvuv_stream_t* s;
  hvuv_addr_t addr;

  (void) state;
  s = scene_stream();
  fake_folder_fails(0, UV_EACCES);
  assert_int_equal(scene_connect(s, "connect", "local://" VM "/5000"),
                   UV_EACCES);
  addr = scene_addr("local://any/5000");
  assert_int_equal(hvuv_bind(s, &addr), UV_EACCES);
  assert_int_equal(fake_count_open(), 0);
}

static void a_folder_that_is_lost_on_the_way_is_told(void** state) {
  hvuv_stream_t* s;

  (void) state;
  s = scene_stream();
  fake_next(FAKE_CONNECT, UV_EAGAIN);
  assert_int_equal(scene_connect(s, "connect", "local://" VM "/5000"), 0);
  fake_folder_fails(0, UV_EACCES);
  loop_run_until(scene_loop(), scene_flag("connect"));
  assert_story("connect:EACCES");
}

static void a_folder_too_deep_is_enametoolong(void** state) {
  hvuv_stream_t* s;
  hvuv_addr_t addr;
  char folder[120];

  (void) state;
  memset(folder, 'x', sizeof(folder) - 1);
  folder[0] = '/';
  folder[sizeof(folder) - 1] = '\0';
  uv_os_setenv("HVUV_LOCAL_DIR", folder);
  s = scene_stream();
  assert_int_equal(scene_connect(s, "connect", "local://loopback/5000"),
                   UV_ENAMETOOLONG);
  addr = scene_addr("local://any/5000");
  assert_int_equal(hvuv_bind(s, &addr), UV_ENAMETOOLONG);
  assert_int_equal(fake_calls(FAKE_VERBS), 0);
}

static void the_host_calls_without_a_name(void** state) {
  hvuv_addr_t expected;
  hvuv_addr_t addr;
  hvuv_stream_t* s;

  (void) state;
  s = scene_stream();
  fake_next(FAKE_CONNECT, 0);
  assert_int_equal(scene_connect(s, "connect", "local://" VM "/5000"), 0);
  assert_int_equal(fake_calls(FAKE_BIND), 0);
  expected = scene_addr("local://loopback" NOBODY);
  assert_int_equal(hvuv_getsockname(s, &addr), 0);
  assert_true(hvuv_addr_equal(&addr, &expected));
  turn();
  assert_story("connect:0");
}

static void another_error_is_told(void** state) {
  hvuv_stream_t* s;

  (void) state;
  s = scene_stream();
  fake_next(FAKE_CONNECT, UV_EACCES);
  assert_int_equal(scene_connect(s, "connect", "local://loopback/5000"), 0);
  turn();
  assert_story("connect:EACCES");
}

static void a_full_backlog_is_waited_for(void** state) {
  hvuv_stream_t* s;

  (void) state;
  s = scene_stream();
  fake_next(FAKE_CONNECT, UV_EAGAIN);
  fake_next(FAKE_CONNECT, UV_ENOENT);
  fake_next(FAKE_CONNECT, 0);
  assert_int_equal(scene_connect(s, "connect", "local://loopback/5000"), 0);
  loop_run_until(scene_loop(), scene_flag("connect"));
  assert_story("connect:0");
  assert_string_equal(path_of(fake_connected_name()), "/d/host/5000.a");
}

/* Much may have happened to them meanwhile; before the first attempt nothing
 * has. */
static void folders_are_looked_at_again_before_each_retry(void** state) {
  hvuv_stream_t* s;
  int before;

  (void) state;
  s = scene_stream();
  before = fake_folder_looks();
  fake_next(FAKE_CONNECT, UV_EAGAIN);
  assert_int_equal(scene_connect(s, "connect", "local://" VM "/5000"), 0);
  assert_int_equal(fake_folder_looks() - before, 2);
  fake_next(FAKE_CONNECT, UV_EAGAIN);
  fake_next(FAKE_CONNECT, 0);
  loop_run_until(scene_loop(), scene_flag("connect"));
  assert_story("connect:0");
  assert_int_equal(fake_folder_looks() - before, 6);
}

/* Looks at folders that a connect to a service of ours makes. */
static int looks_of_connect(const char* text) {
  int before;

  before = fake_folder_looks();
  fake_always(FAKE_CONNECT, 0);
  scene_connect(scene_stream(), "connect", text);
  return fake_folder_looks() - before;
}

/* The clock of the loop moves. */
static void next_millisecond(void) {
  uint64_t before = uv_now(scene_loop());

  turn();
  while (uv_now(scene_loop()) == before)
    uv_update_time(scene_loop());
}

static void folders_are_looked_at_once_for_all_calls_of_a_turn(void** state) {
  (void) state;
  assert_int_equal(looks_of_connect("local://loopback/5000"), 2);
  assert_int_equal(looks_of_connect("local://loopback/5000"), 0);
  assert_int_equal(looks_of_connect("local://loopback/5001"), 0);
  next_millisecond();
  assert_story("connect:0 connect:0 connect:0");
  assert_int_equal(looks_of_connect("local://loopback/5000"), 2);
  turn();
  assert_story("connect:0");
}

/* What is trusted is one pair of them. */
static void other_folders_are_looked_at_in_the_same_turn(void** state) {
  (void) state;
  assert_int_equal(looks_of_connect("local://loopback/5000"), 2);
  assert_int_equal(looks_of_connect("local://" VM "/5000"), 2);
  assert_int_equal(looks_of_connect("local://" VM "/5000"), 0);
  uv_os_setenv("HVUV_LOCAL_DIR", "/elsewhere");
  assert_int_equal(looks_of_connect("local://" VM "/5000"), 2);
  turn();
  assert_story("connect:0 connect:0 connect:0 connect:0");
}

static void folders_are_looked_at_for_each_user(void** state) {
  (void) state;
  assert_int_equal(looks_of_connect("local://loopback/5000"), 2);
  fake_user(1, 0);
  assert_int_equal(looks_of_connect("local://loopback/5000"), 2);
  assert_int_equal(looks_of_connect("local://loopback/5000"), 0);
  fake_user(0, 0); /* as on Windows */
  assert_int_equal(looks_of_connect("local://loopback/5000"), 2);
  assert_int_equal(looks_of_connect("local://loopback/5000"), 2);
  turn();
  assert_story("connect:0 connect:0 connect:0 connect:0 connect:0");
}

static void folders_that_are_not_in_order_are_looked_at_each_time(
    void** state) {
  static const int errors[] = {UV_EACCES, UV_ENOENT};
  size_t i;

  (void) state;
  for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
    fake_folder_fails(0, errors[i]);
    assert_int_equal(looks_of_connect("local://loopback/5000"), 1);
    assert_int_equal(looks_of_connect("local://loopback/5000"), 1);
    fake_folder_fails(0, 0);
    assert_int_equal(looks_of_connect("local://loopback/5000"), 2);
    next_millisecond();
  }
  assert_story("connect:0 connect:ECONNREFUSED connect:ECONNREFUSED connect:0");
}

static void a_partition_that_is_lost_on_the_way_has_no_sockets(void** state) {
  hvuv_stream_t* s;

  (void) state;
  s = scene_stream();
  fake_next(FAKE_CONNECT, UV_EAGAIN);
  assert_int_equal(scene_connect(s, "connect", "local://" VM "/5000"), 0);
  fake_folder_fails(1, UV_ENOENT);
  loop_run_until(scene_loop(), scene_flag("connect"));
  assert_story("connect:ECONNREFUSED");
  assert_int_equal(fake_calls(FAKE_CONNECT), 1);
}

/* Nor does it call as somebody else than it began. */
static void a_connect_goes_where_it_began_to_go(void** state) {
  hvuv_stream_t* s;

  (void) state;
  s = scene_stream();
  fake_next(FAKE_CONNECT, UV_EAGAIN);
  assert_int_equal(scene_connect(s, "connect", "local://" VM "/5000"), 0);
  uv_os_setenv("HVUV_LOCAL_DIR", "/elsewhere");
  uv_os_setenv("HVUV_LOCAL_VM", VM);
  fake_next(FAKE_CONNECT, 0);
  loop_run_until(scene_loop(), scene_flag("connect"));
  assert_story("connect:0");
  assert_string_equal(path_of(fake_connected_name()), "/d/" VM_HEX "/5000.p");

  s = scene_stream();
  fake_next(FAKE_CONNECT, 0);
  assert_int_equal(scene_connect(s, "connect", "local://parent/5000"), 0);
  assert_string_equal(path_of(fake_connected_name()),
                      "/elsewhere/host/5000.v" VM_HEX);
  turn();
  assert_story("connect:0");
}

static void a_vm_signs_its_calls(void** state) {
  hvuv_addr_t expected;
  hvuv_addr_t addr;
  hvuv_stream_t* s;
  char signature[64];
  char again[64];

  (void) state;
  uv_os_setenv("HVUV_LOCAL_VM", VM);
  s = scene_stream();
  fake_next(FAKE_BIND, UV_EADDRINUSE);
  fake_next(FAKE_BIND, 0);
  fake_next(FAKE_CONNECT, 0);
  assert_int_equal(scene_connect(s, "connect", "local://parent/5000"), 0);
  snprintf(signature, sizeof(signature), "/d/" VM_HEX "/.%d-", uv_os_getpid());
  snprintf(again, sizeof(again), "-%d", 1);
  assert_memory_equal(path_of(fake_bound_name()), signature, strlen(signature));
  assert_non_null(
      strstr(path_of(fake_bound_name()) + strlen(signature), again));
  assert_int_equal(fake_calls(FAKE_BIND), 2);
  assert_string_equal(path_of(fake_connected_name()), "/d/host/5000.v" VM_HEX);
  assert_int_equal(hvuv_getsockname(s, &addr), 0);
  expected = scene_addr("local://" VM NOBODY);
  assert_true(hvuv_addr_equal(&addr, &expected));
  turn();
  assert_story("connect:0");
}

static void a_call_that_cannot_be_signed_takes_nothing(void** state) {
  hvuv_stream_t* s;

  (void) state;
  uv_os_setenv("HVUV_LOCAL_VM", VM);
  s = scene_stream();
  fake_always(FAKE_BIND, UV_EADDRINUSE);
  assert_int_equal(scene_connect(s, "connect", "local://parent/5000"),
                   UV_EADDRINUSE);
  assert_int_equal(fake_calls(FAKE_BIND), 16);

  /* The way there was in order just now; the root is, and our own folder is
   * not. */
  fake_folder_fails(1, UV_EACCES);
  assert_int_equal(scene_connect(s, "connect", "local://parent/5000"),
                   UV_EACCES);
  assert_int_equal(fake_count_open(), 0);
  turn();
  assert_story("");
}

static void places_that_cannot_be_reached_are_refused(void** state) {
  static const char* const rows[] = {"local://any/5",
                                     "local://parent/5",
                                     "local://children/5",
                                     "local://silohost/5"};
  hvuv_stream_t* s;
  size_t i;

  (void) state;
  s = scene_stream();
  for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
    assert_int_equal(scene_connect(s, "connect", rows[i]), UV_EADDRNOTAVAIL);
  uv_os_setenv("HVUV_LOCAL_VM", "nonsense");
  assert_int_equal(scene_connect(s, "connect", "local://loopback/5"),
                   UV_EINVAL);
  assert_int_equal(fake_calls(FAKE_VERBS), 0);
}

/* Names the next caller by the path of its socket; "" is one without. */
static void call_from(const char* path) {
  struct sockaddr_un name;
  size_t len;

  memset(&name, 0, sizeof(name));
  name.sun_family = AF_UNIX;
  snprintf(name.sun_path, sizeof(name.sun_path), "%s", path);
  len = offsetof(struct sockaddr_un, sun_path);
  fake_name(FAKE_ACCEPT, &name, path[0] == '\0' ? len : sizeof(name));
  fake_next(FAKE_ACCEPT, 0);
}

static void assert_caller(hvuv_stream_t* server, const char* text) {
  hvuv_addr_t peer;
  hvuv_addr_t expected;

  expected = scene_addr(text);
  assert_int_equal(hvuv_getpeername(scene_accept(server), &peer), 0);
  assert_true(hvuv_addr_equal(&peer, &expected));
}

static void a_caller_is_known_by_its_signature(void** state) {
  hvuv_stream_t* server;
  uv_os_sock_t sock;

  (void) state;
  server = listener("local://any/5000", &sock);
  call_from("");
  fake_poller_fire(sock, 0, UV_READABLE);
  assert_caller(server, "local://loopback" NOBODY);
  call_from("/d/" VM_HEX "/.1-2-0");
  fake_poller_fire(sock, 0, UV_READABLE);
  assert_caller(server, "local://" VM NOBODY);
  assert_story("connection:0 connection:0");
}

static void a_vm_sees_the_host_as_its_parent(void** state) {
  hvuv_stream_t* server;
  uv_os_sock_t sock;

  (void) state;
  uv_os_setenv("HVUV_LOCAL_VM", VM);
  server = listener("local://any/5000", &sock);
  call_from("");
  fake_poller_fire(sock, 0, UV_READABLE);
  assert_caller(server, "local://parent" NOBODY);
  call_from("/d/" VM_HEX "/.1-2-0");
  fake_poller_fire(sock, 0, UV_READABLE);
  assert_caller(server, "local://loopback" NOBODY);
  assert_story("connection:0 connection:0");
}

static int refused_status;
static hvuv_addr_t refused_peer;
static int refused_calls;

static void on_refused(hvuv_stream_t* server,
                       const hvuv_addr_t* peer,
                       int status) {
  refused_status = status;
  memset(&refused_peer, 0, sizeof(refused_peer));
  if (peer != NULL)
    refused_peer = *peer;
  refused_calls++;
  assert_non_null(server);
}

static void on_refused_close(hvuv_stream_t* server,
                             const hvuv_addr_t* peer,
                             int status) {
  on_refused(server, peer, status);
  scene_close(server);
}

static void who_is_turned_away_is_reported(void** state) {
  hvuv_stream_t* server;
  uv_os_sock_t sock;

  (void) state;
  refused_calls = 0;
  server = listener("local://loopback/5000", &sock);
  call_from("/d/" VM_HEX "/.1-2-0");
  fake_poller_fire(sock, 0, UV_READABLE); /* to nobody */

  assert_int_equal(hvuv_set_refused_cb(server, on_refused), 0);
  call_from("/d/" VM_HEX "/.1-2-0");
  fake_poller_fire(sock, 0, UV_READABLE);
  assert_int_equal(refused_status, UV_EACCES);
  assert_int_equal(hvuv_addr_family(&refused_peer), HVUV_LOCAL);
  call_from("/somebody/elses");
  fake_poller_fire(sock, 0, UV_READABLE);
  assert_int_equal(refused_status, UV_EINVAL);
  assert_int_equal(hvuv_addr_family(&refused_peer), 0);
  assert_int_equal(refused_calls, 2);

  call_from("");
  fake_poller_fire(sock, 0, UV_READABLE);
  assert_story("connection:0");
}

static void a_listener_may_close_when_it_is_told_so(void** state) {
  hvuv_stream_t* server;
  uv_os_sock_t sock;

  (void) state;
  refused_calls = 0;
  server = listener("local://loopback/5000", &sock);
  assert_int_equal(hvuv_set_refused_cb(server, on_refused_close), 0);
  call_from("/somebody/elses");
  fake_poller_fire(sock, 0, UV_READABLE);
  assert_int_equal(refused_calls, 1);
  assert_int_equal(hvuv_set_refused_cb(server, NULL), UV_EINVAL);
  assert_int_equal(hvuv_set_refused_cb(NULL, NULL), UV_EINVAL);
}

static void a_caller_that_is_not_meant_is_dropped(void** state) {
  uv_os_sock_t sock;
  int before;

  (void) state;
  listener("local://loopback/5000", &sock);
  before = fake_count_open();
  call_from("/d/" VM_HEX "/.1-2-0");
  fake_poller_fire(sock, 0, UV_READABLE);
  call_from("nonsense");
  fake_poller_fire(sock, 0, UV_READABLE);
  assert_int_equal(fake_calls(FAKE_ACCEPT), 2);
  assert_story("");
  assert_int_equal(fake_count_open(), before);
}

static void a_caller_on_no_unix_socket_is_dropped(void** state) {
  struct sockaddr name;
  uv_os_sock_t sock;

  (void) state;
  listener("local://any/5000", &sock);
  memset(&name, 0, sizeof(name));
  name.sa_family = AF_INET;
  fake_name(FAKE_ACCEPT, &name, sizeof(name));
  fake_next(FAKE_ACCEPT, 0);
  fake_poller_fire(sock, 0, UV_READABLE);
  assert_story("");
}

static void close_gives_the_path_back(void** state) {
  hvuv_stream_t* s;
  uv_os_sock_t sock;

  (void) state;
  s = listener("local://any/5000", &sock);
  scene_close(s);
  fake_unix_check();
  turn();
  assert_story("close");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      LOCAL(a_listener_is_a_socket_in_its_partition),
      LOCAL(the_narrowest_listener_is_tried_first),
      LOCAL(where_nobody_is_the_next_is_tried),
      LOCAL(where_nobody_is_at_all_is_econnrefused),
      LOCAL(where_a_refusal_comes_late_the_next_is_tried),
      LOCAL(where_all_refuse_late_it_is_econnrefused),
      LOCAL(behind_a_full_backlog_it_begins_anew),
      LOCAL(a_partition_without_a_folder_is_econnrefused),
      LOCAL(a_folder_that_is_not_ours_is_refused),
      LOCAL(a_folder_that_is_lost_on_the_way_is_told),
      LOCAL(a_folder_too_deep_is_enametoolong),
      LOCAL(the_host_calls_without_a_name),
      LOCAL(another_error_is_told),
      LOCAL(a_full_backlog_is_waited_for),
      LOCAL(folders_are_looked_at_again_before_each_retry),
      LOCAL(folders_are_looked_at_once_for_all_calls_of_a_turn),
      LOCAL(other_folders_are_looked_at_in_the_same_turn),
      LOCAL(folders_are_looked_at_for_each_user),
      LOCAL(folders_that_are_not_in_order_are_looked_at_each_time),
      LOCAL(a_partition_that_is_lost_on_the_way_has_no_sockets),
      LOCAL(a_connect_goes_where_it_began_to_go),
      LOCAL(a_vm_signs_its_calls),
      LOCAL(a_call_that_cannot_be_signed_takes_nothing),
      LOCAL(places_that_cannot_be_reached_are_refused),
      LOCAL(a_caller_is_known_by_its_signature),
      LOCAL(a_vm_sees_the_host_as_its_parent),
      LOCAL(a_caller_that_is_not_meant_is_dropped),
      LOCAL(who_is_turned_away_is_reported),
      LOCAL(a_listener_may_close_when_it_is_told_so),
      LOCAL(a_caller_on_no_unix_socket_is_dropped),
      LOCAL(close_gives_the_path_back),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
