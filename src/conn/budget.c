/* Room for what is asked for. budget.h has the rule. */
#include "conn/budget.h"

#include <assert.h>
#include <string.h>

#include "conn/conn.h"
#include "conn/conn_block.h"

/* What is to be free afterwards, so that there is not one to go for each that
 * asks: an eighth of the whole. */
#define SPARE_PART 8

/* How long it is remembered at least what a connection has moved. */
#define MARK_MS 1000

/* Twice the bits of a size, and those of a count, below zero. */
#define RANKS        192
#define RANK_OF_NONE (-1)
#define RANK_OF_ONE  64

/* Kept for what closes. */
#define CLOSING_PART 16

typedef struct ranking_s {
  uint64_t bytes[RANKS]; /* that those of each rank would give back */
} ranking_t;

static int log2_of(uint64_t n) {
  int bits = 0;

  while (n >>= 1)
    bits++;
  return bits;
}

/* What would come back if it went. */
static size_t spoils(const hvuv_conn_t* conn) {
  size_t block = hvuv__conn_block_bytes(conn);

  assert(conn->counts.held_bytes >= block);
  return conn->counts.held_bytes - block;
}

static uint64_t moved(const hvuv_conn_t* conn) {
  return conn->counts.bytes_in + conn->counts.bytes_out;
}

static int rank_of(const hvuv_conn_t* conn) {
  size_t nbytes = spoils(conn);

  if (nbytes == 0 || conn->state == HVUV__CONN_CLOSING)
    return RANK_OF_NONE;
  assert(moved(conn) >= conn->marked_bytes[0]);
  return RANK_OF_ONE + 2 * log2_of(nbytes) -
         log2_of(moved(conn) - conn->marked_bytes[0] + 1);
}

static void rank_all(hvuv__group_t* group,
                     const hvuv_conn_t* asks,
                     ranking_t* ranking) {
  const hvuv_conn_t* conn;
  int rank;

  memset(ranking, 0, sizeof(*ranking));
  for (conn = group->conns; conn != NULL; conn = conn->next) {
    rank = rank_of(conn);
    assert(rank < RANKS);
    if (rank != RANK_OF_NONE && conn != asks)
      ranking->bytes[rank] += spoils(conn);
  }
}

/* The rank above which all have to go for so many bytes, which give back
 * *above, and of which some have to. Returns whether there is so much. */
static int find_cut(const ranking_t* ranking,
                    uint64_t wanted,
                    int* cut,
                    uint64_t* above) {
  uint64_t sum = 0;
  int rank = RANKS;

  do {
    *above = sum;
    sum += ranking->bytes[--rank];
  } while (rank > 0 && sum < wanted);
  *cut = rank;
  return sum >= wanted;
}

static void close_from(hvuv__group_t* group,
                       const hvuv_conn_t* asks,
                       int cut,
                       uint64_t wanted_at_cut) {
  uint64_t freed = 0;
  hvuv_conn_t* conn;
  int rank;

  /* None leaves the list meanwhile: that happens from the loop. */
  for (conn = group->conns; conn != NULL; conn = conn->next) {
    rank = rank_of(conn);
    if (conn == asks || rank < cut || (rank == cut && freed >= wanted_at_cut))
      continue;
    freed += rank == cut ? spoils(conn) : 0;
    hvuv__conn_close(conn, UV_ENOSPC);
  }
}

/* With two marks a second and more is always looked back on. */
static void mark_all(hvuv__group_t* group) {
  uint64_t now = group->clock->now(group);
  hvuv_conn_t* conn;

  if (now - group->marked_ms < MARK_MS)
    return;
  group->marked_ms = now;
  for (conn = group->conns; conn != NULL; conn = conn->next) {
    conn->marked_bytes[0] = conn->marked_bytes[1];
    conn->marked_bytes[1] = moved(conn);
  }
}

static int make_room(hvuv__group_t* group, hvuv_conn_t* asks, size_t nbytes) {
  size_t most = group->most_bytes;
  ranking_t ranking;
  uint64_t wanted;
  uint64_t above;
  int cut;

  assert(group->held_bytes + nbytes > most);
  if (nbytes > most)
    return UV_ENOSPC;

  rank_all(group, asks, &ranking);
  wanted = group->held_bytes + nbytes - most;
  if (!find_cut(&ranking, wanted + most / SPARE_PART, &cut, &above) &&
      !find_cut(&ranking, wanted, &cut, &above))
    return UV_ENOSPC;
  if (asks != NULL && rank_of(asks) > cut)
    return UV_ENOSPC;
  close_from(group, asks, cut, wanted + most / SPARE_PART - above);
  mark_all(group);
  assert(group->held_bytes + nbytes <= most);
  return 0;
}

void hvuv__budget_set(hvuv__group_t* group, size_t max_bytes) {
  group->most_bytes =
      max_bytes == 0 ? SIZE_MAX : max_bytes - max_bytes / CLOSING_PART;
}

/* What a connection sends before it closes may ask again. */
int hvuv__budget_make_room(hvuv__group_t* group,
                           hvuv_conn_t* asks,
                           size_t nbytes) {
  int err;

  if (group->is_making_room)
    return UV_ENOSPC;
  group->is_making_room = 1;
  err = make_room(group, asks, nbytes);
  group->is_making_room = 0;
  return err;
}
