/* What connections may keep together, and who goes when it is not enough: over
 * a wire that takes nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "conn/conn.h"
#include "conn/conn_block.h"
#include "conn/conn_group.h"
#include "support/alloc.h"

#define NCONNS  8
#define NCHUNKS 64
#define KIB     ((size_t) 1024)
#define ROOM    (800 * KIB) /* for all, besides the blocks */

/* A chunk costs that much more than its bytes, at most. */
#define CHUNK_BYTES 300

static hvuv__group_t group;
static hvuv_protocol_t protocol;
static hvuv_conn_t* conns[NCONNS];
static int reasons[NCONNS]; /* 1: it is open */
static uint64_t now_ms;
static hvuv__chunk_t* chunks[NCHUNKS]; /* that the wire has, then NULL */
static char bytes[2 * 1024 * 1024];

/* --- A wire that takes nothing -------------------------------------------- */

static int has_unread(const hvuv_conn_t* conn) {
  (void) conn;
  return 0;
}

static int start_reading(hvuv_conn_t* conn, int on) {
  (void) conn;
  (void) on;
  return 0;
}

static int take_chunk(hvuv_conn_t* conn, hvuv__chunk_t* chunk) {
  hvuv__chunk_t** link = chunks;

  (void) conn;
  while (*link != NULL)
    link++;
  assert_true(link < chunks + NCHUNKS - 1);
  *link = chunk;
  return 0;
}

static int try_write(hvuv_conn_t* conn,
                     const uv_buf_t bufs[],
                     unsigned int nbufs) {
  (void) conn;
  (void) bufs;
  (void) nbufs;
  return UV_EAGAIN;
}

static size_t queued(const hvuv_conn_t* conn) {
  return conn->chunk_bytes;
}

static int shut(hvuv_conn_t* conn) {
  (void) conn;
  return 0;
}

static void close_it(hvuv_conn_t* conn, int resets) {
  (void) conn;
  (void) resets;
}

static void look(hvuv_conn_t* conn) {
  (void) conn;
}

static void hold(hvuv_conn_t* conn, int change) {
  (void) conn;
  (void) change;
}

static const hvuv__wire_t wire = {
    .has_unread = has_unread,
    .read = start_reading,
    .write = take_chunk,
    .try_write = try_write,
    .queued = queued,
    .outstanding = queued,
    .shutdown = shut,
    .close = close_it,
    .look = look,
    .hold = hold,
};

static uint64_t clock_now(const hvuv__group_t* g) {
  (void) g;
  return now_ms;
}

static void set_alarm(hvuv__group_t* g, uint64_t delay_ms) {
  (void) g;
  (void) delay_ms;
}

static const hvuv__clock_t stopped = {
    .now = clock_now,
    .exact_now = clock_now,
    .set_alarm = set_alarm,
};

/* --- Connections ---------------------------------------------------------- */

static int on_message(hvuv_conn_t* conn, const char* b, size_t n) {
  (void) conn;
  (void) b;
  (void) n;
  return 0;
}

static void on_close(hvuv_conn_t* conn, int reason) {
  int i;

  for (i = 0; i < NCONNS; i++)
    if (conns[i] == conn)
      reasons[i] = reason;
}

static void on_gone(hvuv__group_t* g, hvuv_conn_t* conn, int reason) {
  (void) g;
  (void) conn;
  (void) reason;
}

/* The loop comes to those that are closing. */
static void turn(void) {
  int kept = 0;
  int i;

  for (i = 0; chunks[i] != NULL; i++)
    if (chunks[i]->conn->state == HVUV__CONN_CLOSING)
      hvuv__conn_sent(chunks[i], UV_ECANCELED);
    else
      chunks[kept++] = chunks[i];
  memset(chunks + kept, 0, sizeof(chunks) - (size_t) kept * sizeof(chunks[0]));
  for (i = 0; i < NCONNS; i++) {
    if (conns[i] == NULL || conns[i]->state != HVUV__CONN_CLOSING)
      continue;
    hvuv__conn_closed(conns[i]);
    conns[i] = NULL;
  }
}

static int setup(void** state) {
  static void* data;
  hvuv_limits_t limits;
  int i;

  (void) state;
  alloc_install();
  memset(&group, 0, sizeof(group));
  memset(&protocol, 0, sizeof(protocol));
  protocol.framing.kind = HVUV_FRAMING_LENGTH;
  protocol.framing.prefix_bytes = 4;
  protocol.framing.max_message_bytes = sizeof(bytes);
  protocol.on_message = on_message;
  protocol.on_close = on_close;
  hvuv_limits_init(&limits);
  hvuv__group_prepare(&group, &wire, &stopped, &limits, &data);
  group.on_gone = on_gone;
  now_ms = 1000000;
  for (i = 0; i < NCONNS; i++) {
    conns[i] = hvuv__conn_new(&group, &protocol);
    assert_non_null(conns[i]);
    hvuv__conn_open(conns[i]);
    reasons[i] = 1;
  }
  group.most_bytes = group.held_bytes + ROOM;
  return 0;
}

static int teardown(void** state) {
  (void) state;
  hvuv__group_stop(&group, 0);
  turn();
  hvuv__group_release(&group);
  alloc_check();
  return 0;
}

static int queue(int i, size_t nbytes) {
  return hvuv_conn_send(conns[i], bytes, nbytes - CHUNK_BYTES);
}

static void receive(int i, size_t nbytes) {
  size_t n;

  for (; nbytes > 0; nbytes -= n) {
    n = nbytes < 64 * KIB ? nbytes : 64 * KIB;
    hvuv__conn_received(conns[i], bytes, n);
  }
}

static int is_closing(int i) {
  return conns[i]->state == HVUV__CONN_CLOSING;
}

static int count_closing(void) {
  int n = 0;
  int i;

  for (i = 0; i < NCONNS; i++)
    n += is_closing(i);
  return n;
}

/* --- Who goes ------------------------------------------------------------- */

static void whoever_holds_most_goes(void** state) {
  (void) state;
  assert_int_equal(queue(1, 100 * KIB), 0);
  assert_int_equal(queue(2, 400 * KIB), 0);
  assert_int_equal(queue(3, 200 * KIB), 0);
  assert_int_equal(count_closing(), 0);
  assert_int_equal(queue(4, 200 * KIB), 0);
  assert_true(is_closing(2));
  assert_int_equal(count_closing(), 1);
  turn();
  assert_int_equal(reasons[2], UV_ENOSPC);
  assert_int_equal(group.stats.over_memory, 1);
  assert_int_equal(group.stats.other_errors, 0);
}

static void of_those_that_hold_the_same_whoever_moves_least_goes(void** state) {
  int i;

  (void) state;
  for (i = 1; i <= 4; i++) {
    assert_int_equal(queue(i, 160 * KIB), 0);
    conns[i]->counts.bytes_out += i == 3 ? 10 : 10 * 1024 * 1024;
  }
  assert_int_equal(queue(5, 170 * KIB), 0);
  assert_true(is_closing(3));
  assert_int_equal(count_closing(), 1);
}

static void what_was_moved_long_ago_counts_no_more(void** state) {
  int i;

  (void) state;
  conns[1]->counts.bytes_in += (uint64_t) 1 << 40;
  for (i = 0; i < 3; i++) {
    assert_int_equal(queue(7, 700 * KIB), 0);
    assert_int_equal(queue(6, 200 * KIB), 0); /* So that it is looked at. */
    assert_true(is_closing(7));
    hvuv__conn_close(conns[6], UV_ECANCELED);
    turn();
    conns[6] = hvuv__conn_new(&group, &protocol);
    hvuv__conn_open(conns[6]);
    conns[7] = hvuv__conn_new(&group, &protocol);
    hvuv__conn_open(conns[7]);
    now_ms += 1500;
  }

  conns[2]->counts.bytes_in += 1024 * KIB;
  assert_int_equal(queue(1, 380 * KIB), 0);
  assert_int_equal(queue(2, 380 * KIB), 0);
  assert_int_equal(queue(3, 100 * KIB), 0);
  assert_true(is_closing(1));
  assert_int_equal(count_closing(), 1);
}

static void those_that_hold_nothing_but_their_block_stay(void** state) {
  (void) state;
  assert_int_equal(queue(1, 790 * KIB), 0);
  assert_int_equal(queue(2, 790 * KIB), 0);
  assert_true(is_closing(1));
  assert_int_equal(count_closing(), 1);
  turn();
  assert_int_equal(queue(3, 790 * KIB), 0);
  assert_true(is_closing(2));
  turn();
  assert_int_equal(group.stats.connections_now, NCONNS - 2);
}

static void so_many_go_that_an_eighth_is_free(void** state) {
  int i;

  (void) state;
  for (i = 0; i < NCONNS - 1; i++)
    assert_int_equal(queue(i, 110 * KIB), 0);
  assert_int_equal(count_closing(), 0);
  assert_int_equal(queue(NCONNS - 1, 60 * KIB), 0);
  turn();
  assert_true(group.held_bytes <= group.most_bytes - group.most_bytes / 8);
  assert_int_equal(group.stats.over_memory, 2);
}

/* --- Who asks ------------------------------------------------------------- */

static void whoever_asks_and_holds_most_is_refused(void** state) {
  (void) state;
  assert_int_equal(queue(1, 100 * KIB), 0);
  assert_int_equal(queue(2, 600 * KIB), 0);
  assert_int_equal(queue(2, 200 * KIB), UV_ENOSPC);
  assert_int_equal(count_closing(), 0);
  assert_int_equal(queue(3, 200 * KIB), 0);
  assert_true(is_closing(2));
  assert_int_equal(count_closing(), 1);
}

static void nobody_goes_where_that_would_not_help(void** state) {
  (void) state;
  assert_int_equal(queue(1, 100 * KIB), 0);
  assert_int_equal(queue(2, ROOM + KIB), UV_ENOSPC);
  assert_int_equal(queue(2, 2 * ROOM), UV_ENOSPC);
  assert_int_equal(count_closing(), 0);
  assert_int_equal(queue(2, ROOM), 0);
  assert_true(is_closing(1));
}

static void what_is_lent_counts(void** state) {
  static hvuv_send_t reqs[3];
  uv_buf_t buf;

  (void) state;
  buf = uv_buf_init(bytes, (unsigned int) (790 * KIB));
  assert_int_equal(hvuv_conn_send_ref(&reqs[0], conns[1], &buf, 1, NULL), 0);
  assert_int_equal(hvuv_conn_send_ref(&reqs[1], conns[2], &buf, 1, NULL), 0);
  assert_true(is_closing(1));
  assert_int_equal(hvuv_conn_send_ref(&reqs[2], conns[2], &buf, 1, NULL),
                   UV_ENOSPC);
}

static void a_new_connection_has_the_room_of_others(void** state) {
  hvuv_conn_t* conn;

  (void) state;
  assert_int_equal(queue(1, ROOM), 0);
  conn = hvuv__conn_new(&group, &protocol);
  assert_non_null(conn);
  assert_true(is_closing(1));
  hvuv__conn_free(conn);
}

static void where_blocks_are_all_there_is_no_room_for_another(void** state) {
  (void) state;
  group.most_bytes = group.held_bytes + 10;
  assert_null(hvuv__conn_new(&group, &protocol));
  assert_int_equal(count_closing(), 0);
}

/* --- Messages that come --------------------------------------------------- */

static void a_message_that_misses_a_byte_counts(void** state) {
  (void) state;
  memcpy(bytes, "\0\x0a\0\0", 4); /* 640 KiB */
  receive(1, 640 * KIB + 3);
  memset(bytes, 0, 4);
  assert_true(conns[1]->counts.held_bytes > 640 * KIB);
  assert_int_equal(count_closing(), 0);
  assert_int_equal(queue(2, 400 * KIB), 0);
  assert_true(is_closing(1));
}

static void one_that_alone_fills_all_by_a_message_is_closed(void** state) {
  (void) state;
  memcpy(bytes, "\0\x1f\xff\0", 4); /* 2 MiB less 256 bytes */
  receive(1, 2048 * KIB - 300);
  memset(bytes, 0, 4);
  assert_true(is_closing(1));
  assert_int_equal(count_closing(), 1);
  turn();
  assert_int_equal(reasons[1], UV_ENOSPC);
  assert_int_equal(group.stats.over_memory, 1);
}

/* --- Memory --------------------------------------------------------------- */

static void the_memory_is_there_before_the_loop_comes_to_it(void** state) {
  size_t blocks = group.held_bytes;

  (void) state;
  memcpy(bytes, "\0\x04\0\0", 4);
  receive(1, 60 * KIB);
  memset(bytes, 0, 4);
  assert_int_equal(queue(1, 400 * KIB), 0);
  assert_true(group.held_bytes > blocks + 460 * KIB);
  hvuv__conn_close(conns[1], UV_ECANCELED);
  assert_true(group.held_bytes + group.closing_bytes <= blocks + CHUNK_BYTES);
  assert_int_equal(group.closing_bytes, conns[1]->counts.held_bytes);
  turn();
  assert_int_equal(group.closing_bytes, 0);
}

static void without_a_limit_nobody_goes(void** state) {
  int i;

  (void) state;
  group.most_bytes = SIZE_MAX;
  for (i = 0; i < NCONNS; i++)
    assert_int_equal(queue(i, 2048 * KIB), 0);
  assert_int_equal(count_closing(), 0);
}

#define TEST(function)                                                         \
  cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(whoever_holds_most_goes),
      TEST(of_those_that_hold_the_same_whoever_moves_least_goes),
      TEST(what_was_moved_long_ago_counts_no_more),
      TEST(those_that_hold_nothing_but_their_block_stay),
      TEST(so_many_go_that_an_eighth_is_free),
      TEST(whoever_asks_and_holds_most_is_refused),
      TEST(nobody_goes_where_that_would_not_help),
      TEST(what_is_lent_counts),
      TEST(a_new_connection_has_the_room_of_others),
      TEST(where_blocks_are_all_there_is_no_room_for_another),
      TEST(a_message_that_misses_a_byte_counts),
      TEST(one_that_alone_fills_all_by_a_message_is_closed),
      TEST(the_memory_is_there_before_the_loop_comes_to_it),
      TEST(without_a_limit_nobody_goes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
