#include "server_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/alloc.h"
#include "support/loop.h"

#define PATIENCE_NS ((uint64_t) 50 * 1000 * 1000 * 1000)

/* A connection's state. */
typedef struct talk_s {
  int is_open;
  int has_ended;
} talk_t;

/* --- The handler */

static void note(server_rig_t* rig,
                 enum server_rig_moment moment,
                 hvuv_conn_t* conn) {
  server_rig_act act = rig->acts[moment];

  rig->counts[moment]++;
  rig->wrong += rig->stops > 0;
  rig->acts[moment] = NULL;
  if (act != NULL)
    act(rig, conn);
  if (rig->acts_each[moment] != NULL)
    rig->acts_each[moment](rig, conn);
}

static server_rig_t* rig_of(const hvuv_conn_t* conn) {
  return hvuv_conn_context(conn);
}

static int on_open(hvuv_conn_t* conn) {
  server_rig_t* rig = rig_of(conn);
  talk_t* talk = hvuv_conn_state(conn);

  rig->wrong += talk->is_open;
  talk->is_open = 1;
  note(rig, AT_OPEN, conn);
  return rig->open_answer;
}

static int on_message(hvuv_conn_t* conn, const char* bytes, size_t nbytes) {
  server_rig_t* rig = rig_of(conn);
  talk_t* talk = hvuv_conn_state(conn);

  rig->wrong += !talk->is_open || talk->has_ended || hvuv_conn_is_ending(conn);
  if (!rig->is_silent)
    rig->unsent += hvuv_conn_send(conn, bytes, nbytes) != 0;
  note(rig, AT_MESSAGE, conn);
  return rig->message_answer;
}

static void on_writable(hvuv_conn_t* conn) {
  talk_t* talk = hvuv_conn_state(conn);

  rig_of(conn)->wrong += !talk->is_open || hvuv_conn_is_ending(conn);
  note(rig_of(conn), AT_WRITABLE, conn);
}

static void on_end(hvuv_conn_t* conn) {
  talk_t* talk = hvuv_conn_state(conn);

  rig_of(conn)->wrong += !talk->is_open || talk->has_ended;
  talk->has_ended = 1;
  hvuv_conn_end(conn);
  note(rig_of(conn), AT_END, conn);
}

static void on_close(hvuv_conn_t* conn, int reason) {
  server_rig_t* rig = rig_of(conn);
  talk_t* talk = hvuv_conn_state(conn);

  rig->wrong += !talk->is_open;
  talk->is_open = 0;
  if (rig->counts[AT_CLOSE] < SERVER_RIG_REASONS)
    rig->reasons[rig->counts[AT_CLOSE]] = reason;
  note(rig, AT_CLOSE, conn);
}

static void on_accept_error(hvuv_server_t* server, int status) {
  server_rig_t* rig = server->data;

  rig->accept_error = status;
  note(rig, AT_ACCEPT_ERROR, NULL);
}

static void on_refused(hvuv_server_t* server,
                       const hvuv_addr_t* peer,
                       int reason) {
  server_rig_t* rig = server->data;

  memset(&rig->refused_peer, 0, sizeof(rig->refused_peer));
  if (peer != NULL)
    rig->refused_peer = *peer;
  rig->refused_reason = reason;
  note(rig, AT_REFUSED, NULL);
}

/* --- The server */

static void on_tick(uv_timer_t* tick) {
  (void) tick; /* Ends the loop's wait. */
}

server_rig_t* server_rig_up(void) {
  server_rig_t* rig;

  net_start();
  rig = calloc(1, sizeof(*rig));
  if (rig == NULL)
    abort();
  alloc_install();
  rig->loop = loop_open();
  assert_int_equal(uv_timer_init(rig->loop, &rig->tick), 0);
  rig->turns_left = 1000000;
  rig->deadline_ns = uv_hrtime() + PATIENCE_NS;

  hvuv_server_options_init(&rig->options);
  rig->options.on_accept_error = on_accept_error;
  rig->options.on_refused = on_refused;
  rig->protocol.state_bytes = sizeof(talk_t);
  rig->protocol.framing.kind = HVUV_FRAMING_LENGTH;
  rig->protocol.framing.prefix_bytes = 4;
  rig->protocol.on_open = on_open;
  rig->protocol.on_message = on_message;
  rig->protocol.on_writable = on_writable;
  rig->protocol.on_end = on_end;
  rig->protocol.on_close = on_close;
  return rig;
}

void server_rig_init(server_rig_t* rig) {
  rig->server.data = rig;
  assert_int_equal(hvuv_server_init(rig->loop, &rig->server, &rig->options), 0);
  rig->is_up = 1;
}

void server_rig_listen(server_rig_t* rig) {
  uv_os_sock_t sock;

  assert_int_equal(net_tcp_listen(&sock, &rig->at), 0);
  assert_int_equal(
      hvuv_server_listen_socket(&rig->server, sock, &rig->protocol), 0);
}

void server_rig_start(server_rig_t* rig) {
  server_rig_init(rig);
  server_rig_listen(rig);
}

static void on_stopped(hvuv_server_t* server) {
  server_rig_t* rig = server->data;

  rig->stops++;
  rig->wrong += rig->counts[AT_OPEN] != rig->counts[AT_CLOSE];
  rig->is_up = 0;
  memset(server, 0xa5, sizeof(*server)); /* The memory is ours again. */
}

void server_rig_stats(server_rig_t* rig) {
  hvuv_server_stats(&rig->server, &rig->stats);
}

void server_rig_stop(server_rig_t* rig, uint64_t grace_ms) {
  hvuv_server_stop(&rig->server, grace_ms, on_stopped);
}

int server_rig_turn(server_rig_t* rig) {
  if (rig->turns_left-- == 0 || uv_hrtime() > rig->deadline_ns)
    fail_msg("it did not happen");
  /* Again and again, for it may ring before the loop waits. */
  uv_timer_start(&rig->tick, on_tick, 1, 1);
  uv_run(rig->loop, UV_RUN_ONCE);
  uv_timer_stop(&rig->tick);
  return 1;
}

void server_rig_turns(server_rig_t* rig, int n) {
  while (n-- > 0)
    server_rig_turn(rig);
}

void server_rig_down(server_rig_t* rig) {
  int i;

  if (rig->is_up) {
    if (rig->stops == 0)
      server_rig_stop(rig, 0);
    SERVER_RUN_UNTIL(rig, rig->stops > 0);
    assert_int_equal(rig->stops, 1);
  }
  for (i = 0; i < rig->ncallers; i++)
    net_close(rig->callers[i]);

  uv_close((uv_handle_t*) &rig->tick, NULL);
  loop_run_out(rig->loop);
  loop_close(rig->loop);
  assert_int_equal(rig->wrong, 0);
  assert_int_equal(rig->counts[AT_OPEN], rig->counts[AT_CLOSE]);
  free(rig);
  alloc_check();
}

/* --- Callers */

void server_rig_track(server_rig_t* rig, uv_os_sock_t sock) {
  assert_true(sock != NET_NONE);
  assert_int_equal(net_unblock(sock), 0);
  assert_true(rig->ncallers < SERVER_RIG_CALLERS);
  rig->callers[rig->ncallers++] = sock;
}

uv_os_sock_t server_rig_call(server_rig_t* rig) {
  uv_os_sock_t sock;

  assert_int_equal(net_tcp_connect(&sock, &rig->at), 0);
  server_rig_track(rig, sock);
  return sock;
}

static void forget(server_rig_t* rig, uv_os_sock_t sock) {
  int i;

  for (i = 0; rig->callers[i] != sock; i++)
    assert_true(i + 1 < rig->ncallers);
  rig->callers[i] = rig->callers[--rig->ncallers];
}

void server_rig_hang_up(server_rig_t* rig, uv_os_sock_t sock) {
  forget(rig, sock);
  net_close(sock);
}

int server_rig_reset(server_rig_t* rig, uv_os_sock_t sock) {
  forget(rig, sock);
  return net_abort(sock);
}

size_t server_rig_frame(const char* text, char room[]) {
  size_t n = strlen(text);

  room[0] = (char) (n >> 24);
  room[1] = (char) (n >> 16);
  room[2] = (char) (n >> 8);
  room[3] = (char) n;
  memcpy(room + 4, text, n);
  return n + 4;
}

void server_rig_say(uv_os_sock_t sock, const char* text) {
  char frame[256];
  size_t n;

  assert_true(strlen(text) + 4 <= sizeof(frame));
  n = server_rig_frame(text, frame);
  assert_int_equal(net_send(sock, frame, n), n);
}

void server_rig_ask(server_rig_t* rig, uv_os_sock_t sock, const char* text) {
  char expected[256];
  char got[256];
  size_t have;
  size_t n;
  ssize_t r;

  server_rig_say(sock, text);
  n = server_rig_frame(text, expected);
  for (have = 0; have < n; server_rig_turn(rig)) {
    r = net_recv(sock, got + have, n - have);
    if (r != UV_EAGAIN)
      assert_true(r > 0);
    have += r > 0 ? (size_t) r : 0;
  }
  assert_memory_equal(got, expected, n);
}

int server_rig_await_end(server_rig_t* rig, uv_os_sock_t sock) {
  static char dropped[65536];
  ssize_t r;

  do {
    r = net_recv(sock, dropped, sizeof(dropped));
    if (r == UV_EAGAIN)
      server_rig_turn(rig);
  } while (r > 0 || r == UV_EAGAIN);
  return (int) r;
}
