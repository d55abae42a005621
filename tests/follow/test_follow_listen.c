/* Servers that follow an address: other addresses, folders that go and come,
 * and who closes first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "follow_rig.h"
#include "support/alloc.h"
#include "support/endpoint.h"
#include "support/loop.h"
#include "support/peer.h"
#include "support/trace.h"

static hvuv_server_t server;
static hvuv_client_t client;
static int is_stopped;
static int is_connected;
static int is_hung_up;

/* --- A server, and who calls it ------------------------------------------- */

static int on_open(hvuv_conn_t* conn) {
  (void) conn;
  is_connected++;
  return 0;
}

static void on_close(hvuv_conn_t* conn, int reason) {
  (void) conn;
  (void) reason;
  is_hung_up++;
}

static int on_message(hvuv_conn_t* conn, const char* bytes, size_t nbytes) {
  (void) conn;
  (void) bytes;
  (void) nbytes;
  return 0;
}

static const hvuv_protocol_t called = {
    .on_open = on_open,
    .on_message = on_message,
    .on_close = on_close,
};
static const hvuv_protocol_t calling = {.on_message = on_message};

static void on_stopped(hvuv_server_t* stopped) {
  (void) stopped;
  is_stopped = 1;
}

static int up(void** state) {
  is_stopped = 0;
  is_connected = 0;
  is_hung_up = 0;
  endpoint_open();
  rig_up(state);
  return hvuv_server_init(rig_loop, &server, NULL);
}

static int down(void** state) {
  loop_run_out(rig_loop);
  rig_down(state);
  endpoint_close();
  return 0;
}

static void stop_server(void) {
  hvuv_server_stop(&server, 0, on_stopped);
}

static void end(void) {
  rig_close();
  stop_server();
  loop_run_out(rig_loop);
  assert_true(rig_is_closed() && is_stopped);
}

/* "hybrid://FOLDER/name:5000" */
static char* at(const char* name, char text[]) {
  char path[ENDPOINT_ROOM];

  snprintf(
      text, HVUV_ADDR_STRLEN, "hybrid://%s:5000", endpoint_path(name, path));
  return text;
}

static void move_to(const char* name) {
  char text[HVUV_ADDR_STRLEN];

  rig_at(at(name, text));
}

/* How many addresses it listens at; the last of them is name's. */
static int listens(const char* name) {
  char expected[HVUV_ADDR_STRLEN];
  char text[HVUV_ADDR_STRLEN] = "";
  size_t size = sizeof(text);
  hvuv_addr_t addr;
  int n = 0;

  while (hvuv_server_address(&server, (unsigned int) n, &addr) == 0)
    n++;
  if (n > 0)
    assert_int_equal(hvuv_addr_format(&addr, text, &size), 0);
  if (n > 0)
    assert_string_equal(text, at(name, expected));
  return n;
}

/* Connects to PATH_5000, as a VMM does for its guest. */
static void call(const char* name) {
  char path[ENDPOINT_ROOM];
  uv_os_sock_t sock = peer_connect(endpoint_path(name, path), NULL);
  int before = is_connected;

  assert_true(sock != NET_NONE);
  loop_run_until(rig_loop, &is_connected);
  assert_true(is_connected > before);
  net_close(sock);
  loop_run_until(rig_loop, &is_hung_up);
}

static void follow(void) {
  rig_start();
  assert_int_equal(hvuv_follow_listen(&rig_follow, &server, &called), 0);
  assert_int_equal(listens("a"), 0);
}

static void follow_at(const char* where) {
  move_to(where);
  follow();
  rig_run(1);
}

/* --- Other addresses ------------------------------------------------------ */

static void a_server_listens_where_the_vm_is_found(void** state) {
  (void) state;
  follow_at("a");
  assert_int_equal(listens("a"), 1);
  call("a_5000");
  end();
}

static void a_server_moves_with_the_address(void** state) {
  (void) state;
  follow_at("a");
  move_to("b");
  rig_check(2);
  assert_int_equal(listens("b"), 1);
  call("b_5000");
  end();
}

static int listeners_seen;

static void count_listeners(void) {
  listeners_seen = listens("b");
}

static void the_new_one_is_there_when_it_is_reported(void** state) {
  (void) state;
  follow_at("a");
  move_to("b");
  rig_on_news = count_listeners;
  listeners_seen = 0;
  rig_check(2);
  assert_int_equal(listeners_seen, 1);
  end();
}

static void a_connection_stays_when_the_address_changes(void** state) {
  char text[HVUV_ADDR_STRLEN];
  hvuv_addr_t addr;
  hvuv_stats_t stats;

  (void) state;
  rig_at("local://any/5000");
  follow();
  rig_run(1);
  assert_int_equal(hvuv_client_init(rig_loop, &client, NULL), 0);
  assert_int_equal(hvuv_addr_parse("local://loopback/5000", &addr), 0);
  assert_int_equal(hvuv_client_connect(&client, &addr, &calling), 0);
  loop_run_until(rig_loop, &is_connected);
  rig_at(at("b", text));
  rig_check(2);
  assert_int_equal(listens("b"), 1);
  hvuv_server_stats(&server, &stats);
  assert_int_equal(stats.connections_now, 1);
  assert_int_equal(is_hung_up, 0);
  hvuv_client_close(&client, NULL);
  loop_run_until(rig_loop, &is_hung_up);
  end();
}

static void where_it_cannot_listen_it_keeps_the_old_one(void** state) {
  (void) state;
  follow_at("a");
  move_to("no/such/folder");
  rig_check(2);
  rig_check(3);
  assert_int_equal(listens("a"), 1);
  move_to("b");
  rig_check(4);
  assert_int_equal(listens("b"), 1);
  assert_story("ask at:a:5000 ask gone ask ask at:b:5000");
  end();
}

static void an_address_that_is_gone_changes_nothing(void** state) {
  (void) state;
  follow_at("a");
  rig_fails(UV_ENOENT);
  rig_check(2);
  rig_fails(UV_EIO);
  rig_check(3);
  assert_int_equal(listens("a"), 1);
  end();
}

static void a_server_that_comes_later_listens_at_what_is_known(void** state) {
  (void) state;
  move_to("a");
  rig_start();
  rig_run(1);
  assert_int_equal(hvuv_follow_listen(&rig_follow, &server, &called), 0);
  loop_run_turns(rig_loop, 3);
  assert_int_equal(rig_asked(), 1);
  assert_int_equal(listens("a"), 1);
  end();
}

static void a_server_that_shares_its_callers_moves_too(void** state) {
  uv_loop_t other_loop;
  hvuv_server_t other;

  (void) state;
  assert_int_equal(uv_loop_init(&other_loop), 0);
  assert_int_equal(hvuv_server_init(&other_loop, &other, NULL), 0);
  move_to("a");
  follow();
  assert_int_equal(hvuv_server_share(&other, &server), 0);
  rig_run(1);
  rig_check(2);
  assert_int_equal(listens("a"), 1);
  move_to("b");
  rig_check(3);
  assert_int_equal(listens("b"), 1);
  hvuv_server_stop(&other, 0, NULL);
  uv_run(&other_loop, UV_RUN_DEFAULT);
  assert_int_equal(uv_loop_close(&other_loop), 0);
  end();
}

/* --- Folders -------------------------------------------------------------- */

static void make_folder(const char* name) {
  char path[ENDPOINT_ROOM];
  uv_fs_t req;

  assert_int_equal(
      uv_fs_mkdir(NULL, &req, endpoint_path(name, path), 0700, NULL), 0);
  uv_fs_req_cleanup(&req);
}

static void remove_file(const char* name) {
  char path[ENDPOINT_ROOM];
  uv_fs_t req;

  assert_int_equal(uv_fs_unlink(NULL, &req, endpoint_path(name, path), NULL),
                   0);
  uv_fs_req_cleanup(&req);
}

static void remove_folder(const char* name) {
  char path[ENDPOINT_ROOM];
  uv_fs_t req;

  assert_int_equal(uv_fs_rmdir(NULL, &req, endpoint_path(name, path), NULL), 0);
  uv_fs_req_cleanup(&req);
}

/* As a VM's folder is removed when it ends. On Windows none is while somebody
 * listens in it, since a lock that is held stays. */
static void remove_vm(void) {
  if (!net_is_posix()) {
    end();
    print_message("Windows removes no folder in which somebody listens\n");
    skip();
  }
  remove_file("vm/s_5000");
  remove_file("vm/s_5000.lock");
  remove_folder("vm");
}

/* Follows an address that does not change, in a folder that is there. */
static void keep(void) {
  char text[HVUV_ADDR_STRLEN];

  make_folder("vm");
  rig_options.resolve = NULL;
  assert_int_equal(hvuv_addr_parse(at("vm/s", text), &rig_options.addr), 0);
  follow();
  loop_run_turns(rig_loop, 3);
  assert_int_equal(listens("vm/s"), 1);
  trace_reset();
}

static void a_folder_that_goes_and_comes_has_its_listener_again(void** state) {
  (void) state;
  keep();
  remove_vm();
  rig_look();
  assert_story("gone");
  make_folder("vm");
  rig_look();
  assert_story("at:s:5000");
  assert_int_equal(listens("vm/s"), 1);
  call("vm/s_5000");
  end();
}

static void a_folder_that_came_again_unseen_has_its_listener_again(
    void** state) {
  (void) state;
  keep();
  remove_vm();
  make_folder("vm");
  rig_look();
  assert_story("at:s:5000");
  assert_int_equal(listens("vm/s"), 1);
  call("vm/s_5000");
  end();
}

static void a_socket_that_was_removed_is_made_again(void** state) {
  (void) state;
  keep();
  remove_file("vm/s_5000");
  rig_look();
  assert_story("at:s:5000");
  assert_int_equal(listens("vm/s"), 1);
  call("vm/s_5000");
  end();
}

static void a_folder_is_followed_without_a_server_too(void** state) {
  char text[HVUV_ADDR_STRLEN];

  (void) state;
  rig_options.resolve = NULL;
  assert_int_equal(hvuv_addr_parse(at("vm/s", text), &rig_options.addr), 0);
  rig_start();
  rig_look();
  make_folder("vm");
  rig_look();
  remove_folder("vm");
  rig_look();
  assert_story("gone at:s:5000 gone");
  end();
}

static void a_listener_that_is_there_is_left_alone(void** state) {
  (void) state;
  keep();
  rig_look();
  rig_look();
  assert_story("");
  assert_int_equal(listens("vm/s"), 1);
  end();
}

/* --- Who goes first ------------------------------------------------------- */

static void a_follow_that_closes_leaves_the_listener(void** state) {
  (void) state;
  follow_at("a");
  rig_close();
  loop_run_turns(rig_loop, 3);
  assert_true(rig_is_closed());
  assert_int_equal(listens("a"), 1);
  stop_server();
  loop_run_out(rig_loop);
}

static void a_server_that_stops_is_followed_no_more(void** state) {
  (void) state;
  follow_at("a");
  stop_server();
  loop_run_until(rig_loop, &is_stopped);
  move_to("b");
  rig_check(2);
  assert_story("ask at:a:5000 ask at:b:5000");
  rig_close();
}

static void another_server_may_come_then(void** state) {
  (void) state;
  move_to("a");
  follow();
  stop_server();
  loop_run_until(rig_loop, &is_stopped);
  is_stopped = 0;
  assert_int_equal(hvuv_server_init(rig_loop, &server, NULL), 0);
  assert_int_equal(hvuv_follow_listen(&rig_follow, &server, &called), 0);
  rig_run(1);
  assert_int_equal(listens("a"), 1);
  end();
}

/* If each of them counted, the next lookup would be a quarter of an hour away. */
static void a_server_that_comes_is_no_lookup_that_failed(void** state) {
  int i;

  (void) state;
  rig_options.max_interval_ms = 1000000;
  rig_fails(UV_EIO);
  follow();
  rig_run(1);
  for (i = 0; i < 20; i++) {
    is_stopped = 0;
    stop_server();
    loop_run_until(rig_loop, &is_stopped);
    assert_int_equal(hvuv_server_init(rig_loop, &server, NULL), 0);
    assert_int_equal(hvuv_follow_listen(&rig_follow, &server, &called), 0);
    loop_run_turns(rig_loop, 3);
  }
  rig_check(2);
  assert_story("ask failed:EIO ask");
  end();
}

static void a_server_stops_inside_the_news(void** state) {
  (void) state;
  move_to("a");
  rig_on_news = stop_server;
  follow();
  rig_run(1);
  loop_run_until(rig_loop, &is_stopped);
  rig_close();
}

static void mistakes_are_returned(void** state) {
  hvuv_protocol_t none = {.on_message = NULL};

  (void) state;
  rig_start();
  assert_int_equal(hvuv_follow_listen(&rig_follow, NULL, &called), UV_EINVAL);
  assert_int_equal(hvuv_follow_listen(&rig_follow, &server, NULL), UV_EINVAL);
  assert_int_equal(hvuv_follow_listen(&rig_follow, &server, &none), UV_EINVAL);
  assert_int_equal(hvuv_follow_listen(&rig_follow, &server, &called), 0);
  assert_int_equal(hvuv_follow_listen(&rig_follow, &server, &called),
                   UV_EALREADY);
  stop_server();
  assert_int_equal(hvuv_follow_listen(&rig_follow, &server, &called),
                   UV_EINVAL);
  rig_close();
}

static void a_listener_without_memory_is_tried_again(void** state) {
  int n;

  (void) state;
  move_to("a");
  for (n = 2; n < 12; n++) { /* the first is the lookup's */
    rig_start();
    assert_int_equal(hvuv_follow_listen(&rig_follow, &server, &called), 0);
    trace_reset();
    alloc_fail_nth(n);
    rig_look();
    if (!alloc_has_failed())
      break;
    assert_story("ask failed:ENOMEM");
    assert_int_equal(listens("a"), 0);
    rig_look();
    assert_story("ask at:a:5000");
    assert_int_equal(listens("a"), 1);
    end();
    is_stopped = 0;
    assert_int_equal(hvuv_server_init(rig_loop, &server, NULL), 0);
  }
  assert_true(n > 4 && n < 12);
  alloc_fail_nth(0);
  end();
}

#define LISTEN(test) cmocka_unit_test_setup_teardown(test, up, down)

int main(void) {
  const struct CMUnitTest tests[] = {
      LISTEN(a_server_listens_where_the_vm_is_found),
      LISTEN(a_server_moves_with_the_address),
      LISTEN(the_new_one_is_there_when_it_is_reported),
      LISTEN(a_connection_stays_when_the_address_changes),
      LISTEN(where_it_cannot_listen_it_keeps_the_old_one),
      LISTEN(an_address_that_is_gone_changes_nothing),
      LISTEN(a_server_that_comes_later_listens_at_what_is_known),
      LISTEN(a_server_that_shares_its_callers_moves_too),
      LISTEN(a_folder_that_goes_and_comes_has_its_listener_again),
      LISTEN(a_folder_that_came_again_unseen_has_its_listener_again),
      LISTEN(a_socket_that_was_removed_is_made_again),
      LISTEN(a_folder_is_followed_without_a_server_too),
      LISTEN(a_listener_that_is_there_is_left_alone),
      LISTEN(a_follow_that_closes_leaves_the_listener),
      LISTEN(a_server_that_stops_is_followed_no_more),
      LISTEN(another_server_may_come_then),
      LISTEN(a_server_that_comes_is_no_lookup_that_failed),
      LISTEN(a_server_stops_inside_the_news),
      LISTEN(mistakes_are_returned),
      LISTEN(a_listener_without_memory_is_tried_again),
  };
  int skipped = net_skip_without_unix();

  if (skipped != 0)
    return skipped;
  return cmocka_run_group_tests(tests, NULL, NULL);
}
