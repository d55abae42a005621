/*
 * The wire that is a stream, over real sockets: how a conversation ends when
 * the peer is one that knows nothing of hvuv.
 *
 * Times are short, and what must happen in time happens in the same loop as
 * what would be late, so that a slow machine slows both.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "conn/wire_stream.h"
#include "hvuv/socket.h"
#include "support/alloc.h"
#include "support/loop.h"
#include "support/net.h"
#include "support/wine.h"
#include "sys/sys.h"

#define NCONNS 2
#define LARGE  ((size_t) 4 * 1024 * 1024)

typedef struct end_s {
  hvuv_conn_t* conn; /* NULL when it is gone */
  uv_os_sock_t peer; /* NET_NONE when it is closed */
  int gone;
  int reason;
  char got[64];
  size_t got_bytes;
} end_t;

typedef struct scene_s {
  uv_loop_t* loop;
  hvuv__group_t group; /* first of all that a connection's group is */
  hvuv_limits_t limits;
  hvuv_protocol_t protocol;
  end_t ends[NCONNS];
  void* data;
  void (*on_message)(hvuv_conn_t* conn);
  uv_timer_t timer;
  size_t pace_bytes; /* what the first peer reads each time */
  size_t read_bytes;
  int at_end; /* it has read the end ... */
  size_t want_bytes;
  int has_all; /* ... or so many bytes */
} scene_t;

static scene_t scene;
static char large[LARGE];

static end_t* end_of(const hvuv_conn_t* conn) {
  return conn == scene.ends[0].conn ? &scene.ends[0] : &scene.ends[1];
}

static int on_message(hvuv_conn_t* conn, const char* bytes, size_t nbytes) {
  end_t* end = end_of(conn);
  size_t room = sizeof(end->got) - 1 - end->got_bytes;

  if (nbytes > room)
    nbytes = room;
  memcpy(end->got + end->got_bytes, bytes, nbytes);
  end->got_bytes += nbytes;
  if (scene.on_message != NULL)
    scene.on_message(conn);
  return 0;
}

static void on_gone(hvuv__group_t* group, hvuv_conn_t* conn, int reason) {
  end_t* end = end_of(conn);

  (void) group;
  end->conn = NULL;
  end->gone = 1;
  end->reason = reason;
}

static int up(void** state) {
  int i;

  (void) state;
  alloc_install();
  memset(&scene, 0, sizeof(scene));
  for (i = 0; i < NCONNS; i++)
    scene.ends[i].peer = NET_NONE;
  scene.loop = loop_open();
  scene.protocol.on_message = on_message;
  hvuv_limits_init(&scene.limits);
  scene.limits.max_queued_bytes = 0;
  uv_timer_init(scene.loop, &scene.timer);
  return 0;
}

static void begin(void) {
  assert_int_equal(
      hvuv__group_init(&scene.group, scene.loop, &scene.limits, &scene.data),
      0);
  scene.group.on_gone = on_gone;
}

static void open_with(end_t* end, uv_os_sock_t socks[2]) {
  assert_int_equal(net_unblock(socks[1]), 0);
  end->peer = socks[1];
  end->conn = hvuv__conn_new_stream(&scene.group, &scene.protocol);
  assert_non_null(end->conn);
  assert_int_equal(hvuv_open(hvuv_conn_stream(end->conn), socks[0]), 0);
  hvuv__conn_open(end->conn);
}

static void open_unix(end_t* end) {
  uv_os_sock_t socks[2];

  assert_int_equal(net_pair(socks), 0);
  open_with(end, socks);
}

static void open_tcp(end_t* end) {
  uv_os_sock_t socks[2];

  assert_int_equal(net_tcp_pair(socks), 0);
  open_with(end, socks);
}

static void close_peer(end_t* end) {
  net_close(end->peer);
  end->peer = NET_NONE;
}

static int down(void** state) {
  int i;

  (void) state;
  for (i = 0; i < NCONNS; i++) {
    if (scene.ends[i].peer != NET_NONE)
      close_peer(&scene.ends[i]);
    if (scene.ends[i].conn != NULL)
      hvuv_conn_abort(scene.ends[i].conn, 0);
  }
  uv_close((uv_handle_t*) &scene.timer, NULL);
  loop_run_out(scene.loop);
  if (scene.group.wire != NULL) /* It was not skipped before. */
    hvuv__group_close(&scene.group);
  loop_run_out(scene.loop);
  loop_close(scene.loop);
  alloc_check();
  return 0;
}

#define ENDS(test) cmocka_unit_test_setup_teardown(test, up, down)

static void send_large(end_t* end) {
  assert_int_equal(hvuv_conn_send(end->conn, large, sizeof(large)), 0);
  loop_run_turns(scene.loop, 3);
  assert_true(hvuv_conn_queued_bytes(end->conn) > 0);
}

/* The first peer reads on, a little each time, and hangs up at the end. */
static void on_pace(uv_timer_t* timer) {
  static char room[65536];
  end_t* end = &scene.ends[0];
  ssize_t n;

  n = net_recv(end->peer, room, scene.pace_bytes);
  if (n > 0)
    scene.read_bytes += (size_t) n;
  scene.has_all = scene.read_bytes == scene.want_bytes;
  if (n != 0)
    return;
  scene.at_end = 1;
  uv_timer_stop(timer);
  close_peer(end);
}

static void read_slowly(size_t pace_bytes, uint64_t pace_ms) {
  scene.pace_bytes = pace_bytes;
  assert_int_equal(uv_timer_start(&scene.timer, on_pace, pace_ms, pace_ms), 0);
}

/* --- Early answers ---------------------------------------------------------- */

static void what_a_peer_has_said_before_it_hung_up_is_delivered(void** state) {
  end_t* end = &scene.ends[0];
  char room[100];

  (void) state;
  if (!net_is_posix())
    skip();
  begin();
  open_unix(end);
  send_large(end);
  assert_int_equal(net_recv(end->peer, room, sizeof(room)), sizeof(room));
  assert_int_equal(net_send(end->peer, "413", 3), 3);
  close_peer(end);
  loop_run_until(scene.loop, &end->gone);
  assert_string_equal(end->got, "413");
  assert_int_equal(end->reason, UV_ECONNRESET);
}

static void pause_it(hvuv_conn_t* conn) {
  hvuv_conn_pause(conn);
}

static void who_has_paused_gets_it_when_he_resumes(void** state) {
  end_t* end = &scene.ends[0];

  (void) state;
  if (!net_is_posix())
    skip();
  begin();
  open_unix(end);
  hvuv_conn_pause(end->conn);
  send_large(end);
  assert_int_equal(net_send(end->peer, "413", 3), 3);
  close_peer(end);
  loop_run_turns(scene.loop, 10);
  assert_false(end->gone);
  hvuv_conn_resume(end->conn);
  loop_run_until(scene.loop, &end->gone);
  assert_string_equal(end->got, "413");
}

static void who_has_paused_learns_at_once_that_there_is_nothing(void** state) {
  end_t* end = &scene.ends[0];

  (void) state;
  begin();
  open_unix(end);
  scene.on_message = pause_it;
  assert_int_equal(net_send(end->peer, "a", 1), 1);
  loop_run_turns(scene.loop, 3);
  send_large(end);
  close_peer(end);
  loop_run_until(scene.loop, &end->gone);
  assert_string_equal(end->got, "a");
  assert_int_not_equal(end->reason, 0);
}

/* Where the system does not say what a peer has taken, a reader that is as slow
 * as those below is late. */
static int can_see_progress(const end_t* end) {
  uv_os_sock_t sock;
  size_t bytes;

  return hvuv_fileno(hvuv_conn_stream(end->conn), &sock) == 0 &&
         hvuv__sys_outstanding(sock, &bytes) == 0;
}

/* --- Slow readers ----------------------------------------------------------- */

static void who_reads_slowly_gets_all_before_the_end(void** state) {
  end_t* end = &scene.ends[0];

  (void) state;
  scene.limits.end_timeout_ms = 600;
  begin();
  open_unix(end);
  if (!can_see_progress(end))
    skip();
  assert_int_equal(hvuv_conn_send(end->conn, large, LARGE / 4), 0);
  hvuv_conn_end(end->conn);
  read_slowly(32768, 30);
  loop_run_until(scene.loop, &end->gone);
  assert_int_equal(scene.read_bytes, LARGE / 4);
  assert_true(scene.at_end);
  assert_int_equal(end->reason, 0);
}

/* All is in the kernel from the beginning, which counts what was taken of a Unix
 * socket in pieces of some 37,000 bytes: each read takes one at least, or the
 * peer looks as if it took nothing. */
static void who_reads_slowly_from_the_kernel_is_waited_for(void** state) {
  end_t* end = &scene.ends[0];

  (void) state;
  scene.limits.end_timeout_ms = 1200;
  begin();
  open_unix(end);
  if (!can_see_progress(end))
    skip();
  assert_int_equal(hvuv_conn_send(end->conn, large, 100000), 0);
  hvuv_conn_end(end->conn);
  loop_run_turns(scene.loop, 3);
  assert_int_equal(hvuv_conn_queued_bytes(end->conn), 0);
  read_slowly(40000, 500);
  loop_run_until(scene.loop, &end->gone);
  assert_int_equal(scene.read_bytes, 100000);
  assert_int_equal(end->reason, 0);
}

/* Unix sockets poll as writable only when three quarters of the buffer are
 * free, which takes this peer longer than it may be idle. */
static void who_reads_slowly_is_not_idle(void** state) {
  end_t* end = &scene.ends[0];

  (void) state;
  scene.limits.first_message_timeout_ms = 0;
  scene.limits.idle_timeout_ms = 500;
  begin();
  open_unix(end);
  if (!can_see_progress(end))
    skip();
  assert_int_equal(hvuv_conn_send(end->conn, large, LARGE / 8), 0);
  scene.want_bytes = LARGE / 8;
  read_slowly(16384, 60);
  loop_run_until(scene.loop, &scene.has_all);
  assert_false(end->gone);
}

static void who_reads_nothing_is_late(void** state) {
  end_t* end = &scene.ends[0];

  (void) state;
  scene.limits.end_timeout_ms = 32;
  begin();
  open_unix(end);
  send_large(end);
  hvuv_conn_end(end->conn);
  loop_run_until(scene.loop, &end->gone);
  assert_int_equal(end->reason, UV_ETIMEDOUT);
}

/* --- A loop that is late ---------------------------------------------------- */

static void block(hvuv_conn_t* conn) {
  scene.on_message = NULL;
  (void) conn;
  net_send(scene.ends[1].peer, "in time", 7);
  uv_sleep(1300);
}

static void who_has_sent_while_a_handler_blocked_is_in_time(void** state) {
  (void) state;
  scene.limits.first_message_timeout_ms = 1000;
  begin();
  open_unix(&scene.ends[0]);
  open_unix(&scene.ends[1]);
  assert_int_equal(hvuv_conn_set_deadline(scene.ends[1].conn, 60000), 0);
  scene.on_message = block;
  assert_int_equal(net_send(scene.ends[0].peer, "a", 1), 1);
  loop_run_turns(scene.loop, 10);
  assert_string_equal(scene.ends[1].got, "in time");
  assert_false(scene.ends[1].gone);
}

/* --- What the peer sees, and what of it we see ------------------------------- */

static void assert_peer_reads(const end_t* end, ssize_t expected) {
  char room[10];

  assert_int_equal(net_await(end->peer, 1, 10000), 0);
  assert_int_equal(net_recv(end->peer, room, sizeof(room)), expected);
}

static void an_abort_resets_a_tcp_connection(void** state) {
  end_t* end = &scene.ends[0];

  (void) state;
  if (wine_has(WINE_ENDS_BEFORE_RESET))
    skip();
  begin();
  open_tcp(end);
  hvuv_conn_abort(end->conn, UV_EPROTO);
  loop_run_until(scene.loop, &end->gone);
  assert_int_equal(end->reason, UV_EPROTO);
  assert_peer_reads(end, UV_ECONNRESET);
}

static void an_abort_resets_a_unix_connection_with_bytes_unread(void** state) {
  end_t* end = &scene.ends[0];

  (void) state;
  if (!net_is_posix())
    skip();
  begin();
  open_unix(end);
  hvuv_conn_pause(end->conn);
  assert_int_equal(net_send(end->peer, "a", 1), 1);
  hvuv_conn_abort(end->conn, UV_EPROTO);
  loop_run_until(scene.loop, &end->gone);
  assert_peer_reads(end, UV_ECONNRESET);
}

/* Where the abort is a reset that takes back what came before it, it does not. */
static void the_last_word_before_an_abort_arrives(void** state) {
  end_t* end = &scene.ends[0];

  (void) state;
  if (!net_reads_before_reset())
    skip();
  begin();
  open_unix(end);
  assert_int_equal(hvuv_conn_send(end->conn, "go away", 7), 0);
  hvuv_conn_abort(end->conn, UV_EPROTO);
  loop_run_until(scene.loop, &end->gone);
  assert_peer_reads(end, 7);
}

static void an_orderly_end_is_no_reset(void** state) {
  end_t* end = &scene.ends[0];

  (void) state;
  begin();
  open_tcp(end);
  hvuv_conn_end(end->conn);
  loop_run_turns(scene.loop, 3);
  assert_peer_reads(end, 0);
  close_peer(end);
  loop_run_until(scene.loop, &end->gone);
  assert_int_equal(end->reason, 0);
}

/* More than the peer reads at a time, and no more than every kernel takes. */
#define ANSWER_BYTES 30000

static void answer(hvuv_conn_t* conn) {
  assert_int_equal(hvuv_conn_send(conn, large, ANSWER_BYTES), 0);
}

static void ask_and_end(void (*open)(end_t* end)) {
  static char room[ANSWER_BYTES];
  end_t* end = &scene.ends[0];
  ssize_t n;

  begin();
  scene.on_message = answer;
  open(end);
  assert_int_equal(net_send(end->peer, "a", 1), 1);
  assert_int_equal(hvuv__sys_shutdown(end->peer), 0);
  loop_run_until(scene.loop, &end->gone);
  assert_int_equal(end->reason, 0);

  for (scene.read_bytes = 0; scene.read_bytes < ANSWER_BYTES;) {
    assert_int_equal(net_await(end->peer, 1, 10000), 0);
    n = net_recv(end->peer, room, sizeof(room));
    assert_true(n > 0);
    scene.read_bytes += (size_t) n;
  }
  assert_peer_reads(end, 0);
}

static void who_has_ended_over_tcp_gets_the_answer_and_an_orderly_end(
    void** state) {
  (void) state;
  ask_and_end(open_tcp);
}

static void who_has_ended_on_a_unix_socket_gets_them_too(void** state) {
  (void) state;
  ask_and_end(open_unix);
}

static void a_peer_that_resets_is_gone(void** state) {
  end_t* end = &scene.ends[0];
  int expected;

  (void) state;
  begin();
  open_tcp(end);
  loop_run_turns(scene.loop, 3);
  expected = net_abort(end->peer);
  end->peer = NET_NONE;
  loop_run_until(scene.loop, &end->gone);
  assert_int_equal(end->reason, expected == UV_EOF ? 0 : expected);
}

/* As one that is killed while an answer waits for it. */
static void a_peer_that_dies_with_bytes_unread_is_gone(void** state) {
  end_t* end = &scene.ends[0];

  (void) state;
  if (!net_is_posix())
    skip();
  begin();
  open_unix(end);
  assert_int_equal(hvuv_conn_send(end->conn, "a", 1), 0);
  loop_run_turns(scene.loop, 3);
  close_peer(end);
  loop_run_until(scene.loop, &end->gone);
  assert_int_equal(end->reason, UV_ECONNRESET);
}

static void a_peer_that_dies_while_much_is_queued_is_gone(void** state) {
  end_t* end = &scene.ends[0];

  (void) state;
  if (!net_is_posix())
    skip();
  begin();
  open_unix(end);
  send_large(end);
  close_peer(end);
  loop_run_until(scene.loop, &end->gone);
  assert_int_equal(end->reason, UV_ECONNRESET);
}

static void a_peer_that_dies_while_it_is_told_goodbye_is_gone(void** state) {
  end_t* end = &scene.ends[0];

  (void) state;
  if (!net_is_posix())
    skip();
  begin();
  open_unix(end);
  assert_int_equal(hvuv_conn_send(end->conn, "a", 1), 0);
  hvuv_conn_end(end->conn);
  loop_run_turns(scene.loop, 3);
  close_peer(end);
  loop_run_until(scene.loop, &end->gone);
  assert_int_equal(end->reason, UV_ECONNRESET);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      ENDS(what_a_peer_has_said_before_it_hung_up_is_delivered),
      ENDS(who_has_paused_gets_it_when_he_resumes),
      ENDS(who_has_paused_learns_at_once_that_there_is_nothing),
      ENDS(who_reads_slowly_gets_all_before_the_end),
      ENDS(who_reads_slowly_from_the_kernel_is_waited_for),
      ENDS(who_reads_slowly_is_not_idle),
      ENDS(who_reads_nothing_is_late),
      ENDS(who_has_sent_while_a_handler_blocked_is_in_time),
      ENDS(an_abort_resets_a_tcp_connection),
      ENDS(an_abort_resets_a_unix_connection_with_bytes_unread),
      ENDS(the_last_word_before_an_abort_arrives),
      ENDS(an_orderly_end_is_no_reset),
      ENDS(who_has_ended_over_tcp_gets_the_answer_and_an_orderly_end),
      ENDS(who_has_ended_on_a_unix_socket_gets_them_too),
      ENDS(a_peer_that_resets_is_gone),
      ENDS(a_peer_that_dies_with_bytes_unread_is_gone),
      ENDS(a_peer_that_dies_while_much_is_queued_is_gone),
      ENDS(a_peer_that_dies_while_it_is_told_goodbye_is_gone),
  };

  net_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
