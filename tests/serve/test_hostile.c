/*
 * Peers that mean no good, while others are served: what each costs (its peak
 * is printed), how it ends, and what the counters say.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "meter.h"
#include "server_rig.h"

/* Short enough to wait for; so long that a slow machine serves the others. */
#define SHORT_MS 400

#define KIB ((size_t) 1024)

#define HIGH_BYTES (64 * KIB)

/* What the handler did not take of one read. */
#define SLICE_BYTES (64 * KIB)

/* The connection itself, and the smallest room of a decoder. */
#define CONN_BYTES (2 * KIB)

/* For each message that is queued, besides its bytes. */
#define MESSAGE_BYTES (256)

static server_rig_t* rig;
static int served; /* others, so far */

static int setup(void** state) {
  (void) state;
  rig = server_rig_up();
  meter_install();
  served = 0;
  rig->options.limits.high_water_bytes = HIGH_BYTES;
  rig->options.limits.low_water_bytes = 16 * KIB;
  rig->options.limits.max_queued_bytes = 256 * KIB;
  return 0;
}

static int teardown(void** state) {
  (void) state;
  server_rig_down(rig);
  meter_check();
  return 0;
}

/* Somebody else comes, is served, and goes. */
static void serve_another(void) {
  uv_os_sock_t sock = server_rig_call(rig);

  server_rig_ask(rig, sock, "good");
  server_rig_hang_up(rig, sock);
  served++;
}

/* The buffer of the loop is there, and what one other costs is forgotten. */
static void start(void) {
  server_rig_start(rig);
  serve_another();
  SERVER_RUN_UNTIL(rig, rig->counts[AT_CLOSE] == 1);
  meter_mark();
}

static int count_closed(int reason) {
  int found = 0;
  int i;

  for (i = 0; i < rig->counts[AT_CLOSE]; i++)
    found += rig->reasons[i] == reason;
  return found;
}

static void expect_cost(const char* who, size_t most) {
  size_t peak = meter_peak();

  print_message("           %s: %lu bytes at most, of %lu\n",
                who,
                (unsigned long) peak,
                (unsigned long) most);
  assert_true(peak <= most);
}

/* One other at a time has its connection and its echo. */
#define OTHER_BYTES (CONN_BYTES + MESSAGE_BYTES)

/* It ended so, all the others well; counters agree. */
static void expect_fate(int reason, int count) {
  serve_another();
  SERVER_RUN_UNTIL(rig, count_closed(0) == served);
  SERVER_RUN_UNTIL(rig, count_closed(reason) >= count);
  server_rig_stats(rig);
  assert_int_equal(count_closed(reason), count);
  assert_int_equal(rig->counts[AT_CLOSE], served + count);
  assert_int_equal(rig->stats.connections_now, 0);
  assert_int_equal(rig->stats.connections_ever, served + count);
  assert_int_equal(rig->stats.timed_out, reason == UV_ETIMEDOUT ? count : 0);
  assert_int_equal(
      rig->stats.protocol_errors,
      reason == UV_EOF || reason == UV_EPROTO || reason == UV_EMSGSIZE ? count
                                                                       : 0);
  assert_int_equal(rig->stats.other_errors,
                   reason == UV_ECONNRESET ? count : 0);
}

/* Sends messages of so many bytes, and never reads, until the server has not
 * taken any for some turns. */
static void stuff(uv_os_sock_t sock, size_t nbytes) {
  static const int small = 4096;
  static char frames[64 * 1024];
  size_t filled = 0;
  size_t sent = 0;
  int heard = 0;
  int idle = 0;
  ssize_t r;

  /* Else the kernel has megabytes of room. */
  setsockopt(sock, SOL_SOCKET, SO_RCVBUF, (const char*) &small, sizeof(small));
  while (filled + 4 + nbytes <= sizeof(frames)) {
    memset(frames + filled, 0, 4 + nbytes);
    frames[filled + 2] = (char) (nbytes >> 8);
    frames[filled + 3] = (char) nbytes;
    filled += 4 + nbytes;
  }
  while (idle < 10) {
    r = net_send(sock, frames + sent, filled - sent);
    if (r > 0)
      sent = (sent + (size_t) r) % filled;
    server_rig_turn(rig);
    idle = r > 0 || heard != rig->counts[AT_MESSAGE] ? 0 : idle + 1;
    heard = rig->counts[AT_MESSAGE];
    if (r <= 0 && r != UV_EAGAIN)
      break;
  }
}

/* Of a peer that takes nothing and sends messages of n bytes: those between the
 * marks, and as many that the kernel has taken and that are not called back yet
 * when the handler goes on; and what was read and must wait. */
static size_t stuffed_bytes(size_t n) {
  size_t messages = HIGH_BYTES / (n + 4) + 2;
  size_t bytes = messages * (n + 4 + MESSAGE_BYTES);

  /* Tiny ones are counted by what they cost, after the first 64. */
  if (bytes > 2 * HIGH_BYTES)
    bytes = 2 * HIGH_BYTES + 64 * MESSAGE_BYTES;
  return 2 * bytes + SLICE_BYTES + CONN_BYTES + OTHER_BYTES;
}

static void one_that_never_reads_is_not_read_from(void** state) {
  uv_os_sock_t sock;

  (void) state;
  rig->options.limits.idle_timeout_ms = SHORT_MS;
  start();
  sock = server_rig_call(rig);
  stuff(sock, 1000);
  serve_another();
  expect_cost("never reads", stuffed_bytes(1000));
  expect_fate(UV_ETIMEDOUT, 1);
}

static void one_that_never_reads_many_messages_is_not_read_from(void** state) {
  uv_os_sock_t sock;

  (void) state;
  rig->options.limits.idle_timeout_ms = SHORT_MS;
  start();
  sock = server_rig_call(rig);
  stuff(sock, 1);
  serve_another();
  expect_cost("never reads, tiny messages", stuffed_bytes(1));
  expect_fate(UV_ETIMEDOUT, 1);
}

static void one_that_reads_byte_by_byte_costs_no_more(void** state) {
  uv_os_sock_t sock;
  char byte;
  int i;

  (void) state;
  start();
  sock = server_rig_call(rig);
  stuff(sock, 1000);
  for (i = 0; i < 300; i++) {
    assert_int_equal(net_recv(sock, &byte, 1), 1);
    server_rig_turn(rig);
    if (i % 50 == 0)
      serve_another();
  }
  expect_cost("reads byte by byte", stuffed_bytes(1000));
  server_rig_stats(rig);
  assert_int_equal(rig->stats.timed_out, 0);
  assert_int_equal(rig->counts[AT_CLOSE] - count_closed(0), 0);
}

/* The handler goes on sending to a peer that takes nothing. */
static void push(server_rig_t* r, hvuv_conn_t* conn) {
  static char bytes[1000];
  int* refusals = r->data;
  int i;

  for (i = 0; i < 1000; i++)
    *refusals += hvuv_conn_send(conn, bytes, sizeof(bytes)) == UV_ENOBUFS;
}

static void what_a_handler_queues_is_bounded(void** state) {
  int refusals = 0;

  (void) state;
  rig->data = &refusals;
  rig->options.limits.idle_timeout_ms = SHORT_MS;
  start();
  rig->acts[AT_OPEN] = push;
  server_rig_call(rig);
  SERVER_RUN_UNTIL(rig, refusals > 0);
  expect_cost("is sent more than it reads",
              256 * KIB + CONN_BYTES + (256 * KIB / 1000 + 1) * MESSAGE_BYTES);
  rig->acts[AT_OPEN] = NULL;
  /* What the kernel took counts as activity, so it ends a while later. */
  expect_fate(UV_ETIMEDOUT, 1);
}

/* --- Frames */

static void one_that_says_nothing_is_given_up(void** state) {
  (void) state;
  rig->options.limits.first_message_timeout_ms = SHORT_MS;
  start();
  server_rig_call(rig);
  expect_fate(UV_ETIMEDOUT, 1);
  expect_cost("says nothing", CONN_BYTES + OTHER_BYTES);
}

static void half_a_frame_is_waited_for_a_while(void** state) {
  static const char half[] = {0, 15, 0, 0, 'h', 'a', 'l', 'f'};
  uv_os_sock_t sock;

  (void) state;
  rig->options.limits.message_timeout_ms = SHORT_MS;
  start();
  sock = server_rig_call(rig);
  server_rig_ask(rig, sock, "first");
  assert_int_equal(net_send(sock, half, sizeof(half)), sizeof(half));
  expect_fate(UV_ETIMEDOUT, 1);
  expect_cost("half a frame", CONN_BYTES + OTHER_BYTES);
}

static void a_frame_that_drips_is_waited_for_a_while(void** state) {
  static const char head[] = {0, 15, 0, 0};
  uv_os_sock_t sock;
  size_t sent;

  (void) state;
  rig->options.limits.message_timeout_ms = SHORT_MS;
  start();
  sock = server_rig_call(rig);
  assert_int_equal(net_send(sock, head, sizeof(head)), sizeof(head));
  SERVER_RUN_UNTIL(rig, rig->counts[AT_OPEN] == 2);
  for (sent = 0; net_send(sock, "x", 1) == 1; sent++) {
    server_rig_turn(rig);
    if (count_closed(UV_ETIMEDOUT) > 0)
      break;
  }
  expect_fate(UV_ETIMEDOUT, 1);
  /* Room for twice what has come, and what it grew from. */
  expect_cost("drips", 3 * sent + CONN_BYTES + OTHER_BYTES);
}

static void four_gib_are_not_waited_for(void** state) {
  static const char head[] = {'\xff', '\xff', '\xff', '\xff', 'x'};
  uv_os_sock_t sock;

  (void) state;
  start();
  sock = server_rig_call(rig);
  assert_int_equal(net_send(sock, head, sizeof(head)), sizeof(head));
  expect_fate(UV_EMSGSIZE, 1);
  expect_cost("announces 4 GiB", CONN_BYTES + OTHER_BYTES);
}

static void send_garbage(uv_os_sock_t sock, int is_text) {
  static char bytes[4096];
  uint32_t seed = 12345;
  size_t i;

  for (i = 0; i < sizeof(bytes); i++) {
    seed = seed * 1664525u + 1013904223u;
    bytes[i] = is_text ? 'x' : (char) (seed >> 24 | 0x80);
  }
  for (i = 0; i < 64 && net_send(sock, bytes, sizeof(bytes)) > 0; i++)
    server_rig_turn(rig);
}

static void garbage_is_no_message(void** state) {
  static const struct {
    hvuv_framing_kind_t kind;
    int reason;
  } rows[] = {
      {HVUV_FRAMING_LENGTH, UV_EMSGSIZE},
      {HVUV_FRAMING_VARINT, UV_EPROTO},
      {HVUV_FRAMING_LINES, UV_EMSGSIZE},
  };
  size_t i;

  (void) state;
  for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    if (i > 0)
      setup(NULL);
    rig->protocol.framing.kind = rows[i].kind;
    rig->protocol.framing.max_message_bytes = 16 * KIB;
    server_rig_start(rig);
    meter_mark();
    send_garbage(server_rig_call(rig), rows[i].kind == HVUV_FRAMING_LINES);
    SERVER_RUN_UNTIL(rig, rig->counts[AT_CLOSE] == 1);
    assert_int_equal(rig->reasons[0], rows[i].reason);
    assert_int_equal(rig->counts[AT_MESSAGE], 0);
    /* The loop's buffer is in it. */
    expect_cost("garbage", 64 * KIB + CONN_BYTES + 2 * 16 * KIB);
    if (i < 2)
      teardown(NULL);
  }
}

/* --- Comings and goings */

static void more_than_allowed_are_refused(void** state) {
  uv_os_sock_t good;
  uv_os_sock_t socks[20];
  int i;

  (void) state;
  rig->options.max_connections = 4;
  rig->options.when_full = HVUV_FULL_REFUSE;
  server_rig_start(rig);
  good = server_rig_call(rig);
  server_rig_ask(rig, good, "first");
  meter_mark();
  for (i = 0; i < 20; i++) {
    socks[i] = server_rig_call(rig);
    server_rig_ask(rig, good, "still there");
  }
  for (i = 3; i < 20; i++)
    server_rig_await_end(rig, socks[i]);
  server_rig_ask(rig, good, "and there");
  server_rig_stats(rig);
  assert_int_equal(rig->stats.refused_full, 17);
  assert_int_equal(rig->stats.connections_now, 4);
  assert_int_equal(rig->counts[AT_OPEN], 4);
  assert_int_equal(rig->counts[AT_CLOSE], 0);
  expect_cost("come in crowds", 5 * CONN_BYTES + OTHER_BYTES);
}

/* Sends the first n bytes of a message to a server that has read them. */
static uv_os_sock_t begin_message(size_t n) {
  uv_os_sock_t sock;
  uint64_t before;
  char frame[16];

  server_rig_frame("hello", frame);
  sock = server_rig_call(rig);
  SERVER_RUN_UNTIL(rig, rig->counts[AT_OPEN] == rig->counts[AT_CLOSE] + 1);
  server_rig_stats(rig);
  before = rig->stats.bytes_received;
  if (n > 0)
    assert_int_equal(net_send(sock, frame, n), n);
  for (; rig->stats.bytes_received < before + n; server_rig_stats(rig))
    server_rig_turn(rig);
  return sock;
}

static void resets_at_every_byte_end_one_connection_each(void** state) {
  int expected;
  size_t n;
  int i;

  (void) state;
  start();
  for (n = 0; n <= 9; n++) {
    expected = server_rig_reset(rig, begin_message(n));
    if (expected != UV_ECONNRESET)
      expected = n == 0 || n == 9 ? 0 : UV_EOF;
    i = rig->counts[AT_CLOSE];
    SERVER_RUN_UNTIL(rig, rig->counts[AT_CLOSE] > i);
    assert_int_equal(rig->reasons[i], expected);
    i = rig->counts[AT_CLOSE];
    serve_another();
    SERVER_RUN_UNTIL(rig, rig->counts[AT_CLOSE] > i);
  }
  expect_cost("resets", CONN_BYTES + OTHER_BYTES);
  server_rig_stats(rig);
  assert_int_equal(rig->stats.connections_now, 0);
  assert_int_equal(rig->stats.connections_ever, 10 + served);
  assert_int_equal(rig->stats.other_errors, count_closed(UV_ECONNRESET));
}

static void an_end_at_every_byte_is_told_from_a_broken_off_message(
    void** state) {
  size_t n;
  int i;

  (void) state;
  rig->is_silent = 1; /* Else the echo meets a closed socket. */
  server_rig_start(rig);
  for (n = 0; n <= 9; n++) {
    i = rig->counts[AT_CLOSE];
    server_rig_hang_up(rig, begin_message(n));
    SERVER_RUN_UNTIL(rig, rig->counts[AT_CLOSE] > i);
    assert_int_equal(rig->reasons[i], n == 0 || n == 9 ? 0 : UV_EOF);
  }
  server_rig_stats(rig);
  assert_int_equal(rig->stats.protocol_errors, 8);
}

static void end(server_rig_t* r, hvuv_conn_t* conn) {
  (void) r;
  hvuv_conn_end(conn);
}

static void one_that_does_not_end_is_waited_for_a_while(void** state) {
  uv_os_sock_t sock;

  (void) state;
  rig->options.limits.end_timeout_ms = SHORT_MS;
  start();
  sock = server_rig_call(rig);
  server_rig_say(sock, "bye");
  rig->acts[AT_MESSAGE] = end;
  SERVER_RUN_UNTIL(rig, rig->counts[AT_MESSAGE] == 2);
  /* What it still says is dropped. */
  while (count_closed(UV_ETIMEDOUT) == 0 && net_send(sock, "more", 4) == 4)
    server_rig_turn(rig);
  assert_int_equal(rig->counts[AT_MESSAGE], 2);
  expect_fate(UV_ETIMEDOUT, 1);
  expect_cost("does not end", CONN_BYTES + OTHER_BYTES);
}

#define TEST(function)                                                         \
  cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(one_that_never_reads_is_not_read_from),
      TEST(one_that_never_reads_many_messages_is_not_read_from),
      TEST(one_that_reads_byte_by_byte_costs_no_more),
      TEST(what_a_handler_queues_is_bounded),
      TEST(one_that_says_nothing_is_given_up),
      TEST(half_a_frame_is_waited_for_a_while),
      TEST(a_frame_that_drips_is_waited_for_a_while),
      TEST(four_gib_are_not_waited_for),
      TEST(garbage_is_no_message),
      TEST(more_than_allowed_are_refused),
      TEST(resets_at_every_byte_end_one_connection_each),
      TEST(an_end_at_every_byte_is_told_from_a_broken_off_message),
      TEST(one_that_does_not_end_is_waited_for_a_while),
  };

  return cmocka_run_group_tests_name("hostile peers", tests, NULL, NULL);
}
