#include "siege.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "support/endpoint.h"
#include "support/files.h"
#include "support/peer.h"

/* A run ends after so many turns in which nobody got further. */
#define IDLE_TURNS 20
#define TURNS_MAX  200000

/* Callers call before the server looks, and one that finds it full would wait.
 * SOMAXCONN is 128 on musl. */
#define BACKLOG 4096

siege_t siege;
const char* siege_address = "local://any/5000";

/* --- The server ----------------------------------------------------------- */

static int on_message(hvuv_conn_t* conn, const char* bytes, size_t nbytes) {
  static const char answer[SIEGE_ANSWER_BYTES];
  if (nbytes > 0 && bytes[0] == 'b')
    return hvuv_conn_send(conn, answer, sizeof(answer));
  return hvuv_conn_send(conn, bytes, nbytes);
}

/* X is who means no good. */
static int on_open(hvuv_conn_t* conn) {
  char* is_hostile = hvuv_conn_state(conn);
  hvuv_addr_t peer;
  hvuv_guid_t x;

  assert_int_equal(hvuv_guid_parse(SIEGE_X_ID, &x), 0);
  *is_hostile = hvuv_conn_peer(conn, &peer) == 0 &&
                hvuv_addr_family(&peer) == HVUV_LOCAL &&
                hvuv_guid_equal(&peer.u.hyperv.vm_id, &x);
  return 0;
}

static void on_close(hvuv_conn_t* conn, int reason) {
  (void) conn;
  if (reason == UV_ENOSPC)
    siege.closed_over_memory++;
  else
    siege.closed_otherwise += reason != 0;
}

static void on_stopped(hvuv_server_t* server) {
  (void) server;
  siege.has_stopped = 1;
}

void siege_options(hvuv_server_options_t* options) {
  hvuv_server_options_init(options);
  options->max_connections = SIEGE_CALLERS_MAX;
  options->max_per_peer = 0;
  options->limits.first_message_timeout_ms = 0; /* Machines may be slow. */
  options->limits.message_timeout_ms = 0;
}

void siege_up(const hvuv_server_options_t* options) {
  hvuv_server_options_t roomy = *options;
  hvuv_addr_t addr;

  roomy.backlog = BACKLOG;
  endpoint_open();
  memset(&siege, 0, sizeof(siege));
  siege.protocol.framing.kind = HVUV_FRAMING_LENGTH;
  siege.protocol.framing.prefix_bytes = 4;
  siege.protocol.framing.max_message_bytes = SIEGE_ANSWER_BYTES;
  siege.protocol.state_bytes = 1;
  siege.protocol.on_open = on_open;
  siege.protocol.on_message = on_message;
  siege.protocol.on_close = on_close;
  assert_int_equal(uv_loop_init(&siege.loop), 0);
  assert_int_equal(hvuv_server_init(&siege.loop, &siege.server, &roomy), 0);
  assert_int_equal(hvuv_addr_parse(siege_address, &addr), 0);
  assert_int_equal(hvuv_server_listen(&siege.server, &addr, &siege.protocol),
                   0);
}

void siege_down(void) {
  int i;

  hvuv_server_stop(&siege.server, 0, on_stopped);
  for (i = 0; i < siege.ncallers; i++)
    if (siege.callers[i].sock != NET_NONE)
      net_close(siege.callers[i].sock);
  uv_run(&siege.loop, UV_RUN_DEFAULT);
  assert_true(siege.has_stopped);
  assert_int_equal(uv_loop_close(&siege.loop), 0);
  endpoint_close();
}

void siege_look(void) {
  hvuv_server_stats(&siege.server, &siege.stats);
}

/* --- Callers -------------------------------------------------------------- */

int siege_need(int ncallers) {
  return endpoint_need_descriptors(2 * (unsigned long) ncallers + 100);
}

/* Where this VM's next caller has its own end. */
static char* own_name(const char* vm, char name[ENDPOINT_ROOM]) {
  static unsigned int count;
  char relative[64];

  snprintf(relative, sizeof(relative), "l/%s", vm);
  if (files_kind_of(endpoint_path(relative, name)) == FILES_NONE)
    files_make_folder(name);
  snprintf(relative, sizeof(relative), "l/%s/%u", vm, count++);
  return endpoint_path(relative, name);
}

static uv_os_sock_t connect_to_path(const char* vm) {
  char path[ENDPOINT_ROOM];
  char name[ENDPOINT_ROOM];
  uv_os_sock_t sock;

  sock = peer_connect(endpoint_path("l/host/5000.a", path), own_name(vm, name));
  files_remove(name);
  return sock;
}

uv_os_sock_t (*siege_connect)(const char* vm) = connect_to_path;

uv_os_sock_t siege_dial(const char* vm) {
  uv_os_sock_t sock = siege_connect(vm);

  assert_true(sock != NET_NONE);
  assert_int_equal(net_unblock(sock), 0);
  return sock;
}

void siege_call(const char* vm, int n) {
  siege_caller_t* caller;

  assert_true(siege.ncallers + n <= SIEGE_CALLERS_MAX);
  while (n-- > 0) {
    caller = &siege.callers[siege.ncallers++];
    memset(caller, 0, sizeof(*caller));
    caller->sock = siege_dial(vm);
    if (n % 50 == 0)
      siege_turn();
  }
}

static void fill_name(struct sockaddr_un* un, const char* path) {
  memset(un, 0, sizeof(*un));
  un->sun_family = AF_UNIX;
  assert_true(strlen(path) < sizeof(un->sun_path));
  strcpy(un->sun_path, path);
}

uv_os_sock_t siege_try_call(const char* vm) {
  char text[ENDPOINT_ROOM];
  struct sockaddr_un un;
  uv_os_sock_t sock;
  int has_called;

  assert_int_equal(net_socket(AF_UNIX, SOCK_STREAM, &sock), 0);
  assert_int_equal(net_unblock(sock), 0);
  fill_name(&un, own_name(vm, text));
  assert_int_equal(bind(sock, (struct sockaddr*) &un, sizeof(un)), 0);
  files_remove(text);
  fill_name(&un, endpoint_path("l/host/5000.a", text));
  has_called = connect(sock, (struct sockaddr*) &un, sizeof(un)) == 0;
  if (has_called)
    return sock;
  net_close(sock);
  return NET_NONE;
}

static void hang_up(siege_caller_t* caller) {
  net_close(caller->sock);
  caller->sock = NET_NONE;
}

int siege_send(siege_caller_t* caller,
               const char* bytes,
               size_t nbytes,
               size_t most) {
  size_t at = caller->sent % nbytes;
  size_t n = nbytes - at;
  ssize_t r;

  if (caller->sent >= most)
    return 0;
  if (n > most - caller->sent)
    n = most - caller->sent;
  r = net_send(caller->sock, bytes + at, n);
  if (r < 0 && r != UV_EAGAIN)
    hang_up(caller);
  if (r <= 0)
    return 0;
  caller->sent += (size_t) r;
  return 1;
}

int siege_read(siege_caller_t* caller, size_t most) {
  static char dropped[65536];
  ssize_t r;

  r = net_recv(
      caller->sock, dropped, most < sizeof(dropped) ? most : sizeof(dropped));
  if (r == 0 || (r < 0 && r != UV_EAGAIN))
    hang_up(caller);
  if (r <= 0)
    return 0;
  caller->received += (size_t) r;
  return 1;
}

/* --- Turns ---------------------------------------------------------------- */

static void feed_one(hvuv_conn_t* conn, void* arg) {
  const char* is_hostile = hvuv_conn_state(conn);

  if (*is_hostile)
    siege.feed(conn, arg);
}

int siege_turn(void) {
  int has_moved = 0;
  int i;

  for (i = 0; siege.step != NULL && i < siege.ncallers; i++)
    if (siege.callers[i].sock != NET_NONE)
      has_moved |= siege.step(&siege.callers[i]);
  if (siege.feed != NULL)
    hvuv_server_each(&siege.server, feed_one, NULL);
  uv_run(&siege.loop, UV_RUN_NOWAIT);
  return has_moved;
}

void siege_run(void) {
  int idle = 0;
  int turns;

  for (turns = 0; idle < IDLE_TURNS; turns++) {
    idle = siege_turn() ? 0 : idle + 1;
    assert_true(turns < TURNS_MAX);
  }
  siege_look();
}

/* --- Honest callers ------------------------------------------------------- */

static void await_echo(uv_os_sock_t sock) {
  static const char message[] = {0, 0, 0, 4, 'g', 'o', 'o', 'd'};
  char echo[sizeof(message)];
  size_t have = 0;
  ssize_t r;
  int turns;

  assert_int_equal(net_send(sock, message, sizeof(message)), sizeof(message));
  for (turns = 0; have < sizeof(echo); turns++) {
    siege_turn();
    r = net_recv(sock, echo + have, sizeof(echo) - have);
    if (r != UV_EAGAIN)
      assert_true(r > 0);
    have += r > 0 ? (size_t) r : 0;
    assert_true(turns < TURNS_MAX);
  }
  assert_memory_equal(echo, message, sizeof(message));
}

double siege_ask(uv_os_sock_t sock) {
  uint64_t begin = uv_hrtime();

  await_echo(sock);
  return (double) (uv_hrtime() - begin) / 1e6;
}

uv_os_sock_t siege_befriend(const char* vm) {
  uv_os_sock_t sock = siege_dial(vm);

  await_echo(sock);
  return sock;
}

double siege_serve(const char* vm) {
  uint64_t begin = uv_hrtime();

  net_close(siege_befriend(vm));
  return (double) (uv_hrtime() - begin) / 1e6;
}
