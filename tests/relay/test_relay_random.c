/*
 * Conversations through one relay and through two in a row, of every kind of
 * end: test_relay_random [COUNT [SEED [FIRST]]].
 *
 * First the stamped ones: each side {ends, closes, is reset} x {before, during,
 * after the other's writing} x the other {reads, reads late, has ended first}.
 * Then COUNT random ones. What has to hold of each of them stands in verify().
 */
#include "relay_rig.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT 200

enum act { END, CLOSE, RESET, END_CLOSE, END_RESET };

/* What a peer does, in this order: it sends its bytes, waits until it has
 * received so many, and acts. When it cannot go on, it acts sooner. One of the
 * last two ends its direction first, and closes or resets so many turns later. */
typedef struct part_s {
  size_t bytes;
  size_t awaits;
  enum act act;
  unsigned int turns;      /* between the two halves of an act */
  unsigned int deaf_turns; /* does not read in so many turns, now and then */
  hvuv_half_close_t half_close;
} part_t;

typedef struct plan_s {
  part_t parts[2];
  int hops;
  size_t buffer_bytes;
} plan_t;

typedef struct hop_s {
  hvuv_relay_t relay;
  int is_done;
  int status;
} hop_t;

/* How far a peer has come with its act. */
typedef struct course_s {
  int has_begun;
  int is_over;
  unsigned int turns; /* since it began */
  int is_early;       /* it closed or reset before its relay closed the side */
} course_t;

static unsigned long seed;
static unsigned long number;
static unsigned long first_number = 1;
static unsigned long count = COUNT;

/* --- Chance: xorshift, from the seed and the number alone */

static uint64_t dice;

static void shake(void) {
  int i;

  dice = (uint64_t) seed * 2654435761u + number * 40503u + 1;
  for (i = 0; i < 8; i++) {
    dice ^= dice << 13;
    dice ^= dice >> 7;
    dice ^= dice << 17;
  }
}

static size_t throw_dice(size_t sides) {
  dice ^= dice << 13;
  dice ^= dice >> 7;
  dice ^= dice << 17;
  return (size_t) (dice >> 16) % sides;
}

/* Small ones as often as large ones. */
static size_t some_bytes(void) {
  static const size_t most[] = {1, 2, 100, 5000, 70000, 300000};

  return throw_dice(most[throw_dice(sizeof(most) / sizeof(most[0]))] + 1);
}

/* --- Relays */

static void on_hop_end(hvuv_relay_t* relay, int status) {
  hop_t* hop = relay->data;

  hop->is_done++;
  hop->status = status;
}

static void start_hop(hop_t* hop,
                      hvuv_relay_end_t* first,
                      hvuv_relay_end_t* second,
                      const plan_t* plan) {
  hvuv_relay_options_t options;

  hvuv_relay_options_init(&options);
  options.buffer_bytes = plan->buffer_bytes;
  options.half_close_rest_ms = 20;
  hop->relay.data = hop;
  assert_int_equal(
      hvuv_relay_start_ex(&hop->relay, first, second, &options, on_hop_end), 0);
}

static void start(relay_rig_t* rig,
                  const plan_t* plan,
                  hop_t hops[2],
                  hvuv_stream_t middle[2]) {
  hvuv_relay_end_t inner = {NULL, NULL, HVUV_HALF_CLOSE_AUTO};
  hvuv_relay_end_t ends[2];
  uv_os_sock_t socks[2];
  int i;

  rig->cbs = 1; /* The sides are closed by what is no relay of the rig's. */
  memset(hops, 0, 2 * sizeof(hops[0]));
  for (i = 0; i < 2; i++) {
    ends[i] = relay_end(&rig->sides[i]);
    ends[i].half_close = plan->parts[i].half_close;
  }
  if (plan->hops == 1) {
    start_hop(&hops[0], &ends[0], &ends[1], plan);
    hops[1].is_done = 1;
    return;
  }
  assert_int_equal(throw_dice(2) ? net_pair(socks) : net_tcp_pair(socks), 0);
  for (i = 0; i < 2; i++) {
    assert_int_equal(hvuv_init(rig->loop, &middle[i]), 0);
    assert_int_equal(hvuv_open(&middle[i], socks[i]), 0);
    inner.hvuv = &middle[i];
    start_hop(&hops[i], &ends[i], &inner, plan);
  }
}

/* --- Peers */

static void act(peer_t* peer, const part_t* part, course_t* course) {
  if (!course->has_begun) {
    course->has_begun = 1;
    if (part->act == END || part->act == END_CLOSE || part->act == END_RESET)
      peer_end(peer);
  } else {
    course->turns++;
  }
  if (part->act == END) {
    course->is_over = 1;
  } else if (part->act == CLOSE || part->act == RESET ||
             course->turns > part->turns) {
    if (part->act == CLOSE || part->act == END_CLOSE)
      peer_close(peer);
    else
      peer_abort(peer);
    course->is_over = 1;
  }
}

/* When its relay closes a side, nothing is told of its peer any more. */
static int is_joined(const side_t* side) {
  if (side->kind == SIDE_HVUV || side->kind == SIDE_HVUV_TCP)
    return !hvuv_is_closing(&side->u.hvuv);
  return !uv_is_closing((const uv_handle_t*) &side->u);
}

/* Two ends that have both arrived are the last that TCP tells of a connection. */
static int is_over_for_tcp(const relay_rig_t* rig, const hop_t* hop, int i) {
  const peer_t* other = &rig->peers[!i];

  return side_is_tcp(rig, i) && rig->peers[i].has_ended && other->has_ended &&
         hop->relay.bytes[!i] == other->sent;
}

static int is_due(const peer_t* peer, const part_t* part) {
  int has_sent = peer->sent >= part->bytes || peer->refused != 0;
  int has_waited = peer->received >= part->awaits || peer->heard != 0;

  return has_sent && has_waited;
}

/* One that has ended in order reads to the end. */
static int is_through(const peer_t* peer) {
  return peer->sock == NET_NONE || peer->heard != 0;
}

static void converse(relay_rig_t* rig,
                     const plan_t* plan,
                     hop_t hops[2],
                     course_t courses[2]) {
  unsigned int deaf[2] = {plan->parts[0].deaf_turns, plan->parts[1].deaf_turns};
  uint64_t since = uv_hrtime();
  int i;

  for (i = 0; i < 2; i++)
    peer_send(&rig->peers[i], plan->parts[i].bytes);
  while (!hops[0].is_done || !hops[1].is_done || !is_through(&rig->peers[0]) ||
         !is_through(&rig->peers[1])) {
    for (i = 0; i < 2; i++) {
      if (deaf[i] > 0)
        deaf[i]--;
      rig->peers[i].is_deaf = deaf[i] > 0;
      if (plan->parts[i].deaf_turns > 0 && throw_dice(50) == 0)
        deaf[i] = plan->parts[i].deaf_turns;
      if (!courses[i].is_over &&
          (courses[i].has_begun || is_due(&rig->peers[i], &plan->parts[i]))) {
        act(&rig->peers[i], &plan->parts[i], &courses[i]);
        courses[i].is_early = rig->peers[i].sock == NET_NONE &&
                              !hops[0].is_done && is_joined(&rig->sides[i]) &&
                              !is_over_for_tcp(rig, &hops[0], i);
      }
    }
    relay_step(rig);
    if (relay_is_late(since))
      fail_msg("number %lu of seed %lu does not end", number, seed);
  }
}

/* --- What has to hold */

static void expect(int condition, const char* what) {
  if (!condition)
    fail_msg("number %lu of seed %lu: %s", number, seed, what);
}

/* Everything that peer i has sent must arrive if it has not aborted; and where
 * a close with bytes unread takes nothing back, also then. */
static int delivers_all(const relay_rig_t* rig, const plan_t* plan, int i) {
  if (plan->parts[!i].act != END)
    return 0;
  if (plan->parts[i].act == END)
    return 1;
  return plan->parts[i].act == CLOSE && net_is_posix() &&
         (!side_is_tcp(rig, i) || plan->parts[!i].bytes == 0);
}

static int is_reset(const relay_rig_t* rig,
                    const plan_t* plan,
                    const course_t* course,
                    int i) {
  return course->is_early && side_is_tcp(rig, i) && rig->peers[i].heard == 0 &&
         (plan->parts[i].act == RESET || plan->parts[i].act == END_RESET);
}

/* What one relay says of two peers, and what these can see. Nothing is known of
 * what a peer does when the relay closes. */
static void verify_status(const relay_rig_t* rig,
                          const plan_t* plan,
                          const hop_t* hop,
                          const course_t courses[2]) {
  const peer_t* peers = rig->peers;
  int i;

  for (i = 0; i < 2; i++) {
    if (hop->status == 0) {
      expect(peers[i].received == peers[!i].sent ||
                 (plan->parts[i].act != END && !courses[i].is_early),
             "bytes are lost, and the relay does not say so");
      expect(!is_reset(rig, plan, &courses[i], i),
             "a reset that the relay does not tell");
    }
    if (plan->parts[i].act == END && side_is_tcp(rig, i) &&
        (peers[i].received < peers[!i].sent ||
         (is_reset(rig, plan, &courses[!i], !i) &&
          plan->parts[!i].act == RESET)))
      /* The system says it once, to whichever asks first. */
      expect(peers[i].heard != UV_EOF || peers[i].refused == UV_ECONNRESET,
             "cut, and an orderly end is heard");
  }
}

static void verify(const relay_rig_t* rig,
                   const plan_t* plan,
                   const hop_t hops[2],
                   const course_t courses[2]) {
  const part_t* parts = plan->parts;
  int is_orderly = parts[0].act == END && parts[1].act == END;
  int i;

  for (i = 0; i < 2; i++) {
    expect(rig->peers[!i].wrong == 0, "bytes that nobody sent");
    expect(rig->peers[!i].received <= rig->peers[i].sent, "too many bytes");
    if (delivers_all(rig, plan, i))
      expect(rig->peers[!i].received == rig->peers[i].sent, "bytes are lost");
    if (is_orderly) {
      expect(rig->peers[i].sent == parts[i].bytes, "bytes were refused");
      expect(rig->peers[i].heard == UV_EOF, "an end that is none");
      expect(hops[i].status == 0, "a failure that is none");
    }
    expect(hops[i].is_done == 1, "not one callback");
  }
  if (plan->hops == 1 && net_is_posix())
    verify_status(rig, plan, &hops[0], courses);
}

static void run(void** state, const plan_t* plan) {
  relay_rig_t* rig = *state;
  hvuv_stream_t middle[2];
  hop_t hops[2];
  course_t courses[2] = {{0, 0, 0, 0}, {0, 0, 0, 0}};
  const void* pairing = rig->pairing;
  void* again = (void*) (uintptr_t) pairing;

  start(rig, plan, hops, middle);
  converse(rig, plan, hops, courses);
  verify(rig, plan, hops, courses);
  assert_int_equal(relay_teardown(state), 0);
  assert_int_equal(relay_setup(&again), 0);
  *state = again;
}

/* --- Stamped */

enum phase { BEFORE, DURING, AFTER };
enum manner { READS, READS_LATE, HAS_ENDED };

#define PAYLOAD 200000

static plan_t stamp(enum act act, enum phase phase, enum manner manner) {
  plan_t plan;
  part_t* one = &plan.parts[0];
  part_t* other = &plan.parts[1];

  memset(&plan, 0, sizeof(plan));
  plan.hops = 1;
  plan.buffer_bytes = 65536;
  one->bytes = 5000;
  one->act = act;
  other->bytes = manner == HAS_ENDED ? 0 : PAYLOAD;
  one->awaits = phase == BEFORE ? 0 : phase == DURING ? 1 : PAYLOAD;
  other->deaf_turns = manner == READS_LATE ? 10 : 0;
  other->act = END;
  return plan;
}

static void every_end_at_every_time_before_every_peer(void** state) {
  int acts, phase, manner, side, hops;
  plan_t plan;
  part_t swapped;

  number = 0;
  shake();
  for (acts = END; acts <= RESET; acts++) {
    for (phase = BEFORE; phase <= AFTER; phase++) {
      for (manner = READS; manner <= HAS_ENDED; manner++) {
        for (side = 0; side < 2; side++) {
          for (hops = 1; hops <= 2; hops++) {
            plan = stamp(
                (enum act) acts, (enum phase) phase, (enum manner) manner);
            plan.hops = hops;
            if (side == 1) {
              swapped = plan.parts[0];
              plan.parts[0] = plan.parts[1];
              plan.parts[1] = swapped;
            }
            run(state, &plan);
          }
        }
      }
    }
  }
}

/* --- Random */

static part_t some_part(void) {
  part_t part;

  part.bytes = some_bytes();
  part.awaits = throw_dice(3) == 0 ? some_bytes() : 0;
  part.act = throw_dice(4) == 0 ? CLOSE : throw_dice(6) == 0 ? RESET : END;
  if (part.act != END && throw_dice(2) == 0)
    part.act = part.act == CLOSE ? END_CLOSE : END_RESET;
  part.turns = (unsigned int) throw_dice(30);
  part.deaf_turns = throw_dice(3) == 0 ? (unsigned int) throw_dice(40) : 0;
  part.half_close =
      throw_dice(4) == 0 ? HVUV_HALF_CLOSE_NO : HVUV_HALF_CLOSE_AUTO;
  return part;
}

static void random_conversations(void** state) {
  static const size_t buffers[] = {7, 1000, 65536};
  unsigned long i;
  plan_t plan;

  print_message("seed %lu\n", seed);
  for (i = 0; i < count; i++) {
    number = first_number + i;
    shake();
    plan.parts[0] = some_part();
    plan.parts[1] = some_part();
    plan.hops = 1 + (int) throw_dice(2);
    plan.buffer_bytes = buffers[throw_dice(3)];
    if (plan.buffer_bytes == 7) { /* A system call for each. */
      plan.parts[0].bytes %= 1000;
      plan.parts[1].bytes %= 1000;
    }
    plan.parts[0].awaits %= plan.parts[1].bytes + 1;
    plan.parts[1].awaits %= plan.parts[0].bytes + 1;
    run(state, &plan);
  }
}

#define TESTS_OF(pairing)                                                      \
  RELAY_TEST(pairing, every_end_at_every_time_before_every_peer),              \
      RELAY_TEST(pairing, random_conversations)

int main(int argc, char** argv) {
  const struct CMUnitTest anywhere[] = {
      TESTS_OF(hvuv_hvuv),
      TESTS_OF(hvuv_tcp),
      TESTS_OF(tcp_hvuv),
      TESTS_OF(tcp_tcp),
      TESTS_OF(adopted_hvuv),
      TESTS_OF(adopted_adopted),
  };
  /* Windows' pipes are no sockets. */
  const struct CMUnitTest posix[] = {TESTS_OF(pipe_hvuv)};
  int failed;

  net_start();
#ifdef SIGPIPE
  signal(SIGPIPE, SIG_IGN); /* libuv's streams raise it */
#endif
  seed = argc > 2 ? strtoul(argv[2], NULL, 10)
                  : (unsigned long) (uv_hrtime() / 1000 % 1000000000);
  count = argc > 1 ? strtoul(argv[1], NULL, 10) : COUNT;
  first_number = argc > 3 ? strtoul(argv[3], NULL, 10) : 1;
  failed = cmocka_run_group_tests_name("relay random", anywhere, NULL, NULL);
  if (net_is_posix())
    failed +=
        cmocka_run_group_tests_name("relay random, pipes", posix, NULL, NULL);
  return failed;
}
