/*
 * Random conversations between two real ends: test_conversations [COUNT [SEED]].
 *
 *   plan     a seed gives the carrier (`local`, a pair of sockets, a fake VMM with
 *            good or stingy manners), the sizes, and what both ends do
 *   acts     write, try_write, read, pause, end, close; between turns of the loop
 *            and inside callbacks, alloc_cb too
 *   finish   both end in order, or one closes, or both do
 *
 * What holds in each: bytes arrive as they were sent and in order; all that was
 * accepted before an orderly end arrives, then UV_EOF; of one that closes, all
 * that it was told had been taken; every request is told once and in order, and
 * the loop closes with nothing left (rig_teardown). A conversation that fails
 * says its seed, which repeats it.
 */
#include <stdlib.h>

#include "rig.h"
#include "support/endpoint.h"
#include "support/fakes/fake_vmm.h"
#include "support/net.h"
#include "support/wine.h"

#define COUNT     300 /* without an argument */
#define ACTS_MAX  60
#define QUEUE_MAX ((size_t) 1048576)
#define WRITE_MAX 65536u

/* LAST_CARRIER is the last that is to be had, see CMakeLists.txt. */
typedef enum carrier_e {
  UNIX_PAIR,
  TCP_PAIR,
  LOCAL,
  HYBRID,
  STINGY_HYBRID
} carrier_t;
typedef enum finish_e { BOTH_END, ONE_CLOSES, BOTH_CLOSE, FINISHES } finish_t;

typedef struct talk_s {
  rig_t* rig;
  side_t* sides[2]; /* the first called */
  carrier_t carrier;
  finish_t finish;
  int may_end; /* before the finish */
  int in_callbacks;
} talk_t;

static unsigned long count = COUNT;
static uint64_t first_seed;
static uint64_t seed; /* of the conversation under way */
static uint64_t state;
static talk_t talk;
static uint64_t total_bytes;   /* that arrived */
static unsigned long in_order; /* conversations that both have ended */

/* --- Chance (splitmix64) */

static uint64_t next(void) {
  uint64_t x;

  x = state += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

static unsigned int below(unsigned int n) {
  return (unsigned int) (next() % n);
}

/* Often small, now and then as large as may be, and sometimes nothing. */
static size_t any_size(void) {
  static const unsigned int limits[] = {1, 2, 100, 100, 5000, 5000, WRITE_MAX};

  return below(limits[below(7)] + 1);
}

/* --- Acts: legal in every callback */

/* A stingy VMM makes the caller's end the end of both directions. */
static int loses_by_ending(const side_t* side) {
  return talk.carrier == STINGY_HYBRID && side == talk.sides[0];
}

static void write_some(side_t* side) {
  if (hvuv_get_write_queue_size(&side->stream) < QUEUE_MAX)
    side_write(side, any_size(), 1 + below(6));
}

static void act(side_t* side) {
  unsigned int kind;

  kind = below(20);
  if (hvuv_is_closing(&side->stream))
    return;
  if (kind < 10)
    write_some(side);
  else if (kind < 12)
    side_try_write(side, any_size());
  else if (kind < 16)
    side_read(side);
  else if (kind < 19)
    hvuv_read_stop(&side->stream);
  else if (talk.may_end && below(4) == 0 && !loses_by_ending(side))
    side_shutdown(side);
}

static void act_in_callback(side_t* side) {
  talk.rig->room_bytes = 1 + below(below(2) == 0 ? 64 : 65536);
  if (side == talk.rig->listener || talk.in_callbacks == 0 || below(4) != 0)
    return;
  act(side);
  if (talk.in_callbacks > 1 && below(200) == 0)
    side_close(side);
}

/* --- Who talks */

static side_t* adopt(rig_t* rig, uv_os_sock_t sock) {
  side_t* side;

  side = side_new(rig);
  assert_code(hvuv_open(&side->stream, sock), 0);
  return side;
}

static void pair(rig_t* rig, int over_tcp) {
  uv_os_sock_t socks[2];

  assert_code(over_tcp ? net_tcp_pair(socks) : net_pair(socks), 0);
  talk.sides[0] = adopt(rig, socks[0]);
  talk.sides[1] = adopt(rig, socks[1]);
}

/* What is written while the connect is pending goes out after it. */
static void call(rig_t* rig) {
  rig_listen(rig, 4);
  talk.sides[0] = side_new(rig);
  talk.sides[1] = NULL;
  side_connect(talk.sides[0]);
  while (below(3) != 0)
    act(talk.sides[0]);
  RIG_RUN_UNTIL(rig,
                talk.sides[0]->connects_told == 1 && rig->accepted != NULL);
  assert_code(talk.sides[0]->connect_status, 0);
  talk.sides[1] = rig->accepted;
}

static void squeeze(side_t* side) {
  int value;

  value = 4096 << below(4);
  if (!hvuv_is_closing(&side->stream) && below(2) == 0)
    assert_code(hvuv_send_buffer_size(&side->stream, &value), 0);
}

/* --- How it ends */

static int is_open(const side_t* side) {
  return !hvuv_is_closing(&side->stream);
}

static int is_told(const side_t* side) {
  return side->writes_told == side->writes_asked &&
         side->shutdowns_told == side->shutdowns_asked;
}

/* Reads until it has heard the other's end, and all of its own is told. */
static void read_out(side_t* side) {
  if (is_open(side))
    side_read(side);
  RIG_RUN_UNTIL(talk.rig, !is_open(side) || (side->ends > 0 && is_told(side)));
}

/* Whether closing with unread bytes takes back what was sent before, as TCP's
 * reset may; on Windows every pair is TCP's. */
static int takes_back(void) {
  return talk.carrier == TCP_PAIR || talk.carrier == STINGY_HYBRID ||
         !net_is_posix();
}

/* What `from` sent and `to`, which has not closed, read. */
static void expect_arrived(const side_t* from, const side_t* to) {
  int has_ended;

  assert_int_equal(to->in_wrong, 0);
  assert_true(to->in_bytes <= from->out_bytes);
  if (!is_open(to))
    return;
  has_ended = from->shutdowns_told > 0 && from->shutdown_status == 0;
  if (is_open(from) || (has_ended && (from->end == UV_EOF || !takes_back())))
    assert_int_equal(to->in_bytes, from->out_bytes);
  else if (!takes_back())
    assert_true(to->in_bytes >= from->out_taken);
}

static int has_said_all(const side_t* from, const side_t* to) {
  return !is_open(from) || (is_told(from) && to->in_bytes == from->out_bytes);
}

/* The caller ends when both have said all, and heard it. */
static void wait_before_ending(side_t* a, side_t* b) {
  if (is_open(a))
    side_read(a);
  if (is_open(b))
    side_read(b);
  RIG_RUN_UNTIL(talk.rig,
                (has_said_all(a, b) && has_said_all(b, a)) || !is_open(a) ||
                    !is_open(b));
}

static void both_end(side_t* a, side_t* b) {
  if (talk.carrier == STINGY_HYBRID)
    wait_before_ending(a, b);
  if (is_open(a))
    side_shutdown(a);
  if (is_open(b))
    side_shutdown(b);
  if (is_open(a))
    side_read(a);
  read_out(b);
  read_out(a);
  if (!is_open(a) || !is_open(b))
    return;
  in_order++;
  assert_code(a->end, UV_EOF);
  assert_code(b->end, UV_EOF);
  assert_int_equal(a->writes_ok, a->writes_asked);
  assert_int_equal(b->writes_ok, b->writes_asked);
}

static void one_closes(side_t* a, side_t* b) {
  if (below(4) == 0)
    side_reset(a);
  else
    side_close(a);
  read_out(b);
  if (is_open(b) && b->end != UV_ECONNRESET)
    assert_code(b->end, UV_EOF);
}

static void finish(void) {
  side_t* a = talk.sides[below(2)];
  side_t* b = talk.sides[a == talk.sides[0]];

  talk.in_callbacks = 0;
  if (talk.finish == BOTH_END) {
    both_end(a, b);
  } else if (talk.finish == ONE_CLOSES) {
    one_closes(a, b);
  } else {
    side_close(a);
    side_close(b);
  }
  expect_arrived(a, b);
  expect_arrived(b, a);
  total_bytes += a->in_bytes + b->in_bytes;
}

/* --- A conversation */

static void plan(void) {
  talk.carrier = (carrier_t) below(
      (hvuv_supported(HVUV_LOCAL) == 0 ? LAST_CARRIER : TCP_PAIR) + 1);
  talk.finish = (finish_t) below(FINISHES);
  talk.may_end = below(2) == 0;
  talk.in_callbacks = (int) below(3);
}

static void converse(rig_t* rig) {
  unsigned int nacts;

  talk.rig = rig;
  if (talk.carrier >= LOCAL)
    call(rig);
  else
    pair(rig, talk.carrier == TCP_PAIR);
  squeeze(talk.sides[0]);
  squeeze(talk.sides[1]);
  rig->in_callback = act_in_callback;
  for (nacts = below(ACTS_MAX); nacts > 0; nacts--) {
    act(talk.sides[below(2)]);
    if (below(3) == 0)
      rig_spin(rig, 1 + (int) below(4));
  }
  finish();
}

static void start(rig_t* rig) {
  hvuv_guid_t service;
  char path[ENDPOINT_ROOM];

  hvuv_addr_parse("local://any/5000", &rig->at);
  if (talk.carrier < HYBRID)
    return;
  hvuv_service_from_port(5000, &service);
  hvuv_addr_hybrid(&rig->at, endpoint_path("v.sock", path), &service);
  rig->extra = fake_vmm_start(
      path, talk.carrier == HYBRID ? FAKE_VMM_GENEROUS : FAKE_VMM_STINGY);
}

static void end_vmm(rig_t* rig) {
  if (rig->extra != NULL)
    fake_vmm_stop(rig->extra);
}

static void target(const hvuv_addr_t* bound, hvuv_addr_t* to) {
  if (talk.carrier == LOCAL)
    hvuv_addr_parse("local://loopback/5000", to);
  else
    *to = *bound;
}

static const transport_t transport = {
    .name = "random", .start = start, .finish = end_vmm, .target = target};

static int say_seed(void** unused) {
  (void) unused;
  if (seed != 0)
    print_error("It was: test_conversations 1 %llu\n",
                (unsigned long long) seed);
  return 0;
}

/* What systems and libraries open once, some of them at the first conversation
 * of a kind. On Windows also what a thread of theirs closes a little later. */
static int may_leave_some(unsigned long i) {
  return i == 0 || !net_is_posix();
}

/* A descriptor that each conversation leaves shows in the sum of them. */
#define DESCRIPTORS_ONCE 50

static void random_conversations_lose_nothing(void** unused) {
  int descriptors = endpoint_count_descriptors();
  unsigned long i;
  void* s;
  int err;

  (void) unused;
  for (i = 0; i < count; i++) {
    state = seed = first_seed + i;
    plan();
    s = (void*) (uintptr_t) &transport;
    assert_int_equal(rig_setup(&s), 0);
    converse(s);
    err = may_leave_some(i) ? rig_teardown_leaky(&s) : rig_teardown(&s);
    assert_int_equal(err, 0);
  }
  seed = 0;
  assert_true(endpoint_count_descriptors() <= descriptors + DESCRIPTORS_ONCE);
  print_message("%llu bytes arrived; %lu conversations ended in order\n",
                (unsigned long long) total_bytes,
                in_order);
}

int main(int argc, char** argv) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_teardown(random_conversations_lose_nothing, say_seed),
  };

  if (wine_has(WINE_END_DROPS_SENDS)) {
    print_message("This Wine loses bytes that it has accepted (wine.h)\n");
    return 77;
  }
  net_start();
  uv_random(NULL, NULL, &first_seed, 4, 0, NULL);
  if (argc > 1)
    count = strtoul(argv[1], NULL, 10);
  if (argc > 2)
    first_seed = strtoull(argv[2], NULL, 10);
  print_message("%lu conversations from seed %llu on\n",
                count,
                (unsigned long long) first_seed);
  return cmocka_run_group_tests_name("conversations", tests, NULL, NULL);
}
