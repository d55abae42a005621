/* Servers at local:// addresses: several, with one protocol or more, who may
 * come, and how long a stop takes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "server_rig.h"
#include "support/endpoint.h"
#include "support/peer.h"

#define X "6e0b8e9c-4c6c-4c0e-9a9e-0f6f0a1b2c3d"
#define Y "71d9c3a0-2f0d-4b57-8a27-3d5ce21a9b10"

/* Says something and waits for as many bytes, or the end. */
typedef struct caller_s {
  hvuv_stream_t stream;
  hvuv_connect_t connect;
  hvuv_write_t write;
  const char* bytes;
  unsigned int nbytes;
  char room[64];
  size_t have;
  int status;
  int is_over;
  int is_closed;
} caller_t;

static server_rig_t* rig;
static hvuv_protocol_t lines;

static int setup(void** state) {
  (void) state;
  endpoint_open();
  rig = server_rig_up();
  lines = rig->protocol;
  lines.framing.kind = HVUV_FRAMING_LINES;
  return 0;
}

static int teardown(void** state) {
  (void) state;
  server_rig_down(rig);
  endpoint_close();
  return 0;
}

static void on_alloc(hvuv_stream_t* stream, size_t suggested, uv_buf_t* buf) {
  caller_t* c = stream->data;

  (void) suggested;
  *buf = uv_buf_init(c->room + c->have,
                     (unsigned int) (sizeof(c->room) - c->have));
}

static void on_read(hvuv_stream_t* stream, ssize_t n, const uv_buf_t* buf) {
  caller_t* c = stream->data;

  (void) buf;
  if (n > 0)
    c->have += (size_t) n;
  c->is_over = n < 0 || c->have >= c->nbytes;
}

static void on_connect(hvuv_connect_t* req, int status) {
  caller_t* c = req->handle->data;
  uv_buf_t buf = uv_buf_init((char*) (uintptr_t) c->bytes, c->nbytes);

  c->status = status;
  if (status == 0)
    status = hvuv_write(&c->write, &c->stream, &buf, 1, NULL);
  if (status == 0)
    status = hvuv_read_start(&c->stream, on_alloc, on_read);
  c->is_over = status != 0;
}

static void on_close(hvuv_stream_t* stream) {
  ((caller_t*) stream->data)->is_closed = 1;
}

static hvuv_addr_t addr_of(const char* text) {
  hvuv_addr_t addr;

  assert_int_equal(hvuv_addr_parse(text, &addr), 0);
  return addr;
}

static int listen_at(const char* text, const hvuv_protocol_t* protocol) {
  hvuv_addr_t addr = addr_of(text);

  return hvuv_server_listen(&rig->server, &addr, protocol);
}

static void call(caller_t* c,
                 const char* vm,
                 const char* text,
                 const char* bytes,
                 unsigned int nbytes) {
  hvuv_addr_t addr = addr_of(text);

  memset(c, 0, sizeof(*c));
  c->bytes = bytes;
  c->nbytes = nbytes;
  c->stream.data = c;
  assert_int_equal(hvuv_init(rig->loop, &c->stream), 0);
  endpoint_play(vm);
  assert_int_equal(hvuv_connect(&c->connect, &c->stream, &addr, on_connect), 0);
  endpoint_play(NULL);
}

/* Whether what it says comes back; closes it. */
static int is_answered(caller_t* c) {
  SERVER_RUN_UNTIL(rig, c->is_over);
  hvuv_close(&c->stream, on_close);
  SERVER_RUN_UNTIL(rig, c->is_closed);
  return c->status == 0 && c->have == c->nbytes &&
         memcmp(c->room, c->bytes, c->nbytes) == 0;
}

static int is_served(const char* vm,
                     const char* text,
                     const char* bytes,
                     unsigned int nbytes) {
  caller_t c;

  call(&c, vm, text, bytes, nbytes);
  return is_answered(&c);
}

static int is_framed(const char* vm, const char* text) {
  return is_served(vm, text, "\0\0\0\2hi", 6);
}

static void each_address_has_its_protocol(void** state) {
  (void) state;
  server_rig_init(rig);
  assert_int_equal(listen_at("local://any/5000", &rig->protocol), 0);
  assert_int_equal(listen_at("local://loopback/5001", &rig->protocol), 0);
  assert_int_equal(listen_at("local://any/5002", &lines), 0);
  assert_true(is_framed(NULL, "local://loopback/5000"));
  assert_true(is_framed(NULL, "local://loopback/5001"));
  assert_true(is_served(NULL, "local://loopback/5002", "a line\n", 7));
  assert_true(is_framed(NULL, "local://loopback/5000"));
  assert_int_equal(rig->counts[AT_MESSAGE], 4);
}

static void an_address_that_fails_leaves_the_others(void** state) {
  hvuv_addr_t addr;
  hvuv_addr_t last;

  (void) state;
  server_rig_init(rig);
  assert_int_equal(hvuv_server_address(&rig->server, 0, &addr), UV_ENOENT);
  assert_int_equal(listen_at("local://any/5000", &rig->protocol), 0);
  assert_int_equal(listen_at("local://any/5000", &rig->protocol),
                   UV_EADDRINUSE);
  assert_int_equal(listen_at("local://parent/5001", &rig->protocol),
                   UV_EADDRNOTAVAIL);
  assert_int_equal(listen_at("local://any/5002", &rig->protocol), 0);
  assert_true(is_framed(NULL, "local://loopback/5000"));
  assert_true(is_framed(NULL, "local://loopback/5002"));

  assert_int_equal(hvuv_server_address(&rig->server, 1, &addr), 0);
  last = addr_of("local://any/5002");
  assert_true(hvuv_addr_equal(&addr, &last));
  assert_int_equal(hvuv_server_address(&rig->server, 2, &addr), UV_ENOENT);
}

static int unlisten(const char* text) {
  hvuv_addr_t addr = addr_of(text);

  return hvuv_server_unlisten(&rig->server, &addr);
}

static void an_address_may_be_given_up_and_taken_again(void** state) {
  hvuv_addr_t addr;

  (void) state;
  server_rig_init(rig);
  assert_int_equal(listen_at("local://any/5000", &rig->protocol), 0);
  assert_int_equal(listen_at("local://any/5001", &rig->protocol), 0);
  assert_int_equal(unlisten("local://any/5002"), UV_ENOENT);
  assert_int_equal(unlisten("local://any/5000"), 0);
  assert_int_equal(unlisten("local://any/5000"), UV_ENOENT);
  assert_false(is_framed(NULL, "local://loopback/5000"));
  assert_true(is_framed(NULL, "local://loopback/5001"));

  assert_int_equal(listen_at("local://any/5000", &rig->protocol), 0);
  assert_true(is_framed(NULL, "local://loopback/5000"));
  assert_int_equal(hvuv_server_address(&rig->server, 1, &addr), 0);
  assert_int_equal(hvuv_server_unlisten(&rig->server, &addr), 0);
  assert_int_equal(unlisten("local://any/5001"), 0);
  assert_int_equal(hvuv_server_address(&rig->server, 0, &addr), UV_ENOENT);
  assert_int_equal(hvuv_server_unlisten(&rig->server, NULL), UV_EINVAL);
  assert_int_equal(hvuv_server_unlisten(NULL, &addr), UV_EINVAL);
}

static void give_up_the_address(server_rig_t* r, hvuv_conn_t* conn) {
  (void) r;
  (void) conn;
  assert_int_equal(unlisten("local://any/5000"), 0);
}

static void connections_outlive_their_listener(void** state) {
  (void) state;
  server_rig_init(rig);
  assert_int_equal(listen_at("local://any/5000", &rig->protocol), 0);
  rig->acts[AT_OPEN] = give_up_the_address;
  assert_true(is_framed(NULL, "local://loopback/5000"));
  assert_false(is_framed(NULL, "local://loopback/5000"));
  assert_int_equal(rig->counts[AT_OPEN], 1);
}

static void who_waits_at_an_address_that_is_given_up_is_dropped(void** state) {
  caller_t waiting;

  (void) state;
  rig->options.max_connections = 1;
  server_rig_init(rig);
  assert_int_equal(listen_at("local://any/5000", &rig->protocol), 0);
  server_rig_listen(rig);
  server_rig_ask(rig, server_rig_call(rig), "hello");
  call(&waiting, NULL, "local://loopback/5000", "\0\0\0\2hi", 6);
  server_rig_turns(rig, 5);
  assert_int_equal(rig->counts[AT_OPEN], 1);
  assert_int_equal(unlisten("local://any/5000"), 0);
  assert_false(is_answered(&waiting));

  server_rig_hang_up(rig, rig->callers[0]);
  server_rig_ask(rig, server_rig_call(rig), "hello");
}

static int is_of(const char* vm, const hvuv_addr_t* addr) {
  hvuv_guid_t vm_id;

  return hvuv_guid_parse(vm, &vm_id) == 0 &&
         hvuv_addr_family(addr) == HVUV_LOCAL &&
         hvuv_guid_equal(&addr->u.hyperv.vm_id, &vm_id);
}

static void only_those_allowed_get_in(void** state) {
  hvuv_addr_t allowed[2];

  (void) state;
  allowed[0] = addr_of("local://" X "/1");
  allowed[1] = addr_of("local://loopback/2");
  rig->options.allowed_peers = allowed;
  rig->options.nallowed_peers = 2;
  server_rig_init(rig);
  memset(allowed, 0, sizeof(allowed)); /* It was copied. */
  assert_int_equal(listen_at("local://any/5000", &rig->protocol), 0);

  assert_true(is_framed(X, "local://parent/5000"));
  assert_false(is_framed(Y, "local://parent/5000"));
  assert_true(is_framed(NULL, "local://loopback/5000"));
  server_rig_stats(rig);
  assert_int_equal(rig->stats.refused_peer, 1);
  assert_int_equal(rig->counts[AT_REFUSED], 1);
  assert_int_equal(rig->refused_reason, UV_EACCES);
  assert_true(is_of(Y, &rig->refused_peer));
  assert_int_equal(rig->stats.connections_ever, 2);
  assert_int_equal(rig->stats.other_errors, 0);
}

static void one_vm_cannot_take_every_place(void** state) {
  caller_t first;
  caller_t other;

  (void) state;
  rig->options.max_per_peer = 1;
  server_rig_init(rig);
  assert_int_equal(listen_at("local://any/5000", &rig->protocol), 0);
  call(&first, X, "local://parent/5000", "\0\0\0\2hi", 6);
  SERVER_RUN_UNTIL(rig, rig->counts[AT_MESSAGE] == 1);
  assert_false(is_framed(X, "local://parent/5000"));
  assert_int_equal(rig->refused_reason, UV_EBUSY);
  assert_true(is_of(X, &rig->refused_peer));
  call(&other, Y, "local://parent/5000", "\0\0\0\2hi", 6);
  assert_true(is_answered(&other));

  assert_true(is_answered(&first));
  SERVER_RUN_UNTIL(rig, rig->counts[AT_CLOSE] == 2);
  assert_true(is_framed(X, "local://parent/5000"));
  server_rig_stats(rig);
  assert_int_equal(rig->stats.refused_full, 1);
}

/* Its socket is bound to a file where no partition has its own. */
static void a_caller_of_no_partition_is_counted_and_reported(void** state) {
  char path[ENDPOINT_ROOM];
  char name[ENDPOINT_ROOM];
  uv_os_sock_t sock;

  (void) state;
  server_rig_init(rig);
  assert_int_equal(listen_at("local://any/5000", &rig->protocol), 0);
  sock = peer_connect(endpoint_path("l/host/5000.a", path),
                      endpoint_path("stranger", name));
  server_rig_track(rig, sock);
  SERVER_RUN_UNTIL(rig, rig->counts[AT_REFUSED] > 0);
  assert_int_equal(server_rig_await_end(rig, sock), 0);
  assert_true(rig->refused_reason < 0);
  assert_int_equal(hvuv_addr_family(&rig->refused_peer), 0);
  server_rig_stats(rig);
  assert_int_equal(rig->stats.refused_peer, 1);
  assert_int_equal(rig->stats.accept_errors, 0);
  assert_int_equal(rig->stats.connections_ever, 0);
  assert_true(is_framed(NULL, "local://loopback/5000"));
}

static void without_a_list_everybody_gets_in(void** state) {
  (void) state;
  server_rig_init(rig);
  assert_int_equal(listen_at("local://any/5000", &rig->protocol), 0);
  assert_true(is_framed(X, "local://parent/5000"));
  assert_true(is_framed(Y, "local://parent/5000"));
  assert_true(is_framed(NULL, "local://loopback/5000"));
}

/* --- Stopping ------------------------------------------------------------- */

#define PIECES      15
#define PIECE_BYTES 200000
#define GRACE_MS    60

static void send_much_and_stop(server_rig_t* r, hvuv_conn_t* conn) {
  static const char piece[PIECE_BYTES];
  int i;

  for (i = 0; i < PIECES; i++)
    r->unsent += hvuv_conn_send(conn, piece, sizeof(piece)) != 0;
  server_rig_stop(r, GRACE_MS);
}

/* It takes some 40 kB in a turn of the loop, which is a millisecond or more, and
 * so several times the grace for all. More than the kernel keeps in one piece,
 * so that each turn is seen as progress. */
static void a_peer_that_reads_steadily_gets_everything(void** state) {
  static char room[40000];
  char path[ENDPOINT_ROOM];
  uv_os_sock_t sock;
  size_t have = 0;
  ssize_t n;

  (void) state;
  if (!net_is_posix())
    return; /* The system does not say what the peer has taken. */
  rig->is_silent = 1;
  rig->acts[AT_MESSAGE] = send_much_and_stop;
  server_rig_init(rig);
  assert_int_equal(listen_at("local://any/5000", &rig->protocol), 0);
  sock = peer_connect(endpoint_path("l/host/5000.a", path), NULL);
  server_rig_track(rig, sock);
  server_rig_say(sock, "all of it");
  do {
    server_rig_turn(rig);
    n = net_recv(sock, room, sizeof(room));
    have += n > 0 ? (size_t) n : 0;
  } while (n > 0 || n == UV_EAGAIN);
  assert_int_equal(n, 0);
  assert_int_equal(rig->unsent, 0);
  assert_int_equal(have, PIECES * (4 + PIECE_BYTES));

  server_rig_hang_up(rig, sock);
  SERVER_RUN_UNTIL(rig, rig->stops > 0);
  assert_int_equal(rig->reasons[0], 0);
}

#define TEST(function)                                                         \
  cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(each_address_has_its_protocol),
      TEST(an_address_that_fails_leaves_the_others),
      TEST(an_address_may_be_given_up_and_taken_again),
      TEST(connections_outlive_their_listener),
      TEST(who_waits_at_an_address_that_is_given_up_is_dropped),
      TEST(only_those_allowed_get_in),
      TEST(one_vm_cannot_take_every_place),
      TEST(a_caller_of_no_partition_is_counted_and_reported),
      TEST(without_a_list_everybody_gets_in),
      TEST(a_peer_that_reads_steadily_gets_everything),
  };
  int err;

  net_start();
  err = hvuv_supported(HVUV_LOCAL);
  if (err != 0) {
    print_message("Skipped: this system has no Unix sockets (%s). Remedy: "
                  "Windows 10 1803 or later, not Wine\n",
                  uv_err_name(err));
    return 77;
  }
  return cmocka_run_group_tests_name("server, local", tests, NULL, NULL);
}
