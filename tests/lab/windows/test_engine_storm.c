/*
 * Streams that read, stop, write until nothing more goes out, and are closed
 * and replaced, in an order that a seed decides. In the end everything that was
 * written to somebody alive must have come, and what was freed must not have
 * been touched. Where an answer and a cancelling cross, a wake-up or a block
 * could be lost.
 */
#include <string.h>

#include "party.h"

#define PAIRS 6
#define STEPS 3000

typedef struct half_s {
  party_t* party;
  size_t sent; /* to the other half */
  int writes;
} half_t;

static uint32_t seed;

static unsigned int any_of(unsigned int n) {
  seed = seed * 1664525u + 1013904223u;
  return (seed >> 16) % n;
}

/* With little room, so that writes wait. */
static void replace(half_t halves[2]) {
  party_t* pair[2];
  int room = 8192;
  int i;

  for (i = 0; i < 2; i++)
    if (halves[i].party != NULL)
      party_leave(halves[i].party);
  party_pair(pair);
  for (i = 0; i < 2; i++) {
    hvuv_send_buffer_size(&pair[i]->stream, &room);
    hvuv_recv_buffer_size(&pair[i]->stream, &room);
  }
  memset(halves, 0, 2 * sizeof(halves[0]));
  halves[0].party = pair[0];
  halves[1].party = pair[1];
}

static void write_more(half_t* half) {
  size_t bytes;

  if (half->party->wrote != half->writes)
    return; /* Its request is under way. */
  bytes = 1 + any_of(60000);
  party_write(half->party, half->sent, bytes);
  half->sent += bytes;
  half->writes++;
}

static void step(half_t halves[2]) {
  half_t* half = &halves[any_of(2)];

  switch (any_of(24)) {
    case 0:
      replace(halves);
      break;
    case 1:
    case 2:
    case 3:
      party_read(half->party);
      break;
    case 4:
    case 5:
    case 6:
      hvuv_read_stop(&half->party->stream);
      break;
    case 7:
    case 8:
      uv_run(party_loop(), UV_RUN_NOWAIT);
      break;
    default:
      write_more(half);
      break;
  }
}

static void play(uint32_t first_seed) {
  half_t halves[PAIRS][2];
  int i;
  int k;

  seed = first_seed;
  memset(halves, 0, sizeof(halves));
  for (i = 0; i < PAIRS; i++)
    replace(halves[i]);
  for (i = 0; i < STEPS; i++)
    step(halves[any_of(PAIRS)]);
  for (i = 0; i < PAIRS; i++)
    for (k = 0; k < 2; k++)
      party_read(halves[i][k].party);
  for (i = 0; i < PAIRS; i++)
    for (k = 0; k < 2; k++)
      party_read_until(halves[i][k].party, halves[i][1 - k].sent);
  for (i = 0; i < PAIRS; i++)
    for (k = 0; k < 2; k++)
      assert_int_equal(halves[i][k].party->got, halves[i][1 - k].sent);
}

static void nothing_is_lost_in_a_storm(void** state) {
  (void) state;
  play(1);
  play(2);
}

static void nor_in_another(void** state) {
  (void) state;
  play(3);
  play(4);
}

int main(int argc, char** argv) {
  const struct CMUnitTest tests[] = {
      PARTY(nothing_is_lost_in_a_storm),
      PARTY(nor_in_another),
  };

  party_choose(argc, argv);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
