/*
 * What the files of a connection share: the connection and its group.
 *
 * A group is what connections of one owner (a server, a client, a test) have in
 * common: the wire, the clock, the limits, the counters. It has one alarm, and
 * one buffer in which the connection whose handler is at work puts together
 * what it sends.
 *
 * The states of a connection are those of ending.h, which draws them.
 */
#ifndef HVUV_SRC_CONN_CONN_STATE_H
#define HVUV_SRC_CONN_CONN_STATE_H

#include <assert.h>

#include "conn/counts.h"
#include "conn/ending.h"
#include "conn/limits.h"
#include "conn/wire.h"
#include "framing/edges.h"
#include "loop/far_alarm.h"

/* As many bytes are put together at most. */
#define HVUV__CORK_BYTES 16384

/* What the handler at work has sent to its own connection; conn_out.c's. */
typedef struct hvuv__cork_s {
  hvuv_conn_t* conn; /* whose handler is at work; NULL: nobody's */
  char* next;        /* where the next byte goes */
  char* limit;       /* up to here without another look */
  char* base;        /* NULL: there is no buffer yet */
  char* end;         /* the furthest limit: edges fit behind it */
} hvuv__cork_t;

static inline size_t hvuv__cork_used(const hvuv__cork_t* cork) {
  return (size_t) (cork->next - cork->base);
}

/* Has it looked at again before a message is added. */
static inline void hvuv__cork_stop(hvuv__cork_t* cork) {
  cork->limit = cork->next;
}

/* Forgets what is in it. */
static inline void hvuv__cork_empty(hvuv__cork_t* cork) {
  cork->next = cork->base;
  cork->limit = cork->base;
}

struct hvuv__group_s {
  /* What every message touches comes first. */
  const hvuv__wire_t* wire;
  const hvuv__clock_t* clock;
  uv_loop_t* loop; /* NULL in tests */
  hvuv__cork_t cork;
  hvuv_stats_t stats;

  void** data; /* the owner's */
  hvuv_limits_t limits;
  int is_stopping;    /* all say goodbye; end_timeout_ms is the owner's grace */
  hvuv_conn_t* conns; /* all but NEW ones */
  hvuv_conn_t* resumed;     /* with messages that wait, for the alarm */
  hvuv__far_alarm_t* alarm; /* clock_loop.c's */
  int is_large;         /* many connections: its alarm may keep a descriptor */
  uint64_t alarm_at_ms; /* UINT64_MAX: not set */
  uint64_t look_at_ms;  /* the first deadline of all; UINT64_MAX: none */
  size_t held_bytes;    /* by all connections, NEW ones too; see counts.h */
  size_t closing_bytes; /* and by those that are CLOSING */
  size_t most_bytes;    /* that may be held; SIZE_MAX: no limit */
  int is_making_room;
  uint64_t marked_ms; /* when budget.c last noted how much all had moved */

  /* More would be held than may be: budget.c's. asks (NULL: a new connection)
   * wants so many bytes. 0, or UV_ENOSPC if it cannot have them. */
  int (*make_room)(hvuv__group_t* group, hvuv_conn_t* asks, size_t nbytes);

  /* A connection's block is about to be freed; its on_close has been called. */
  void (*on_gone)(hvuv__group_t* group, hvuv_conn_t* conn, int reason);
};

enum hvuv__conn_flag {
  HVUV__CONN_READS = 1 << 0,    /* the wire reads */
  HVUV__CONN_PAUSED = 1 << 1,   /* by the handler */
  HVUV__CONN_CHOKED = 1 << 2,   /* more than the high mark is queued */
  HVUV__CONN_RESUMED = 1 << 3,  /* on the group's list */
  HVUV__CONN_WAS_OPEN = 1 << 4, /* on_open was called */
  HVUV__CONN_RETUNES = 1 << 5,  /* another framing counts from the next byte */
  HVUV__CONN_REFUSED = 1 << 6,  /* the handler has refused a message */
  HVUV__CONN_UNTAKEN = 1 << 7,  /* the peer had not taken all, when looked at */
  HVUV__CONN_WATCHED = 1 << 8   /* how far it comes will be looked at */
};

/* While it has one of these, messages are not simply handed out. */
#define HVUV__CONN_STOPPED (HVUV__CONN_PAUSED | HVUV__CONN_CHOKED)
#define HVUV__CONN_ASIDE   (HVUV__CONN_STOPPED | HVUV__CONN_RETUNES)

struct hvuv_conn_s {
  /* What every message touches comes first. */
  hvuv__group_t* group;
  const hvuv_protocol_t* protocol;
  enum hvuv__conn_state state;
  unsigned int flags;
  size_t chunks;      /* queued, or not yet reported to have gone */
  size_t chunk_bytes; /* in them */
  hvuv__counts_t counts;
  size_t* sum_bytes;      /* the group's, in which what it holds is */
  hvuv_framing_t framing; /* of what is sent, and of what comes next; its limit
                             is that of hvuv__framing_limit() */
  hvuv_decoder_t decoder; /* of what comes */

  hvuv_conn_t* next;
  hvuv_conn_t** link; /* what points at it */
  hvuv_conn_t* next_resumed;
  void* tag;          /* what its owner keeps of it; NULL at first */
  int reason;         /* why it was cut, or closes */
  size_t state_bytes; /* room for the handler's state */
  char* stash;        /* bytes that were read and must wait */
  size_t stash_bytes;
  size_t stash_used;        /* of those, already with the handler */
  size_t part_bytes;        /* held by the decoder, as far as counted */
  hvuv__copy_t* first_copy; /* of the chunks whose copy lies apart */
  hvuv__copy_t* last_copy;
  uint64_t marked_bytes[2]; /* in and out, when that was noted: the older mark,
                               the newer */
  uint64_t
      looked_bytes;    /* offered to the wire, when it was last looked at ... */
  int64_t taken_bytes; /* ... and less what was outstanding */
  uint64_t before;     /* messages before the conversation began; see prove.h */
  uint64_t begun_ms;   /* when it did */
  uint64_t message_ms; /* since when a part of a message is here; 0: is not */
  uint64_t ending_ms;  /* when saying goodbye last went on */
  uint64_t deadline_ms;         /* the handler's own; UINT64_MAX: none */
  uint64_t deadline_timeout_ms; /* how far off that was when it was set */
};

static inline uint64_t hvuv__conn_now(const hvuv_conn_t* conn) {
  return conn->group->clock->now(conn->group);
}

static inline uint64_t hvuv__conn_exact_now(const hvuv_conn_t* conn) {
  return conn->group->clock->exact_now(conn->group);
}

/* Whether its state is among these (ending.h). */
static inline int hvuv__conn_is(const hvuv_conn_t* conn, unsigned int states) {
  return (states >> conn->state & 1u) != 0;
}

/* Sends with this framing from now on, which is valid. */
static inline void hvuv__conn_frame(hvuv_conn_t* conn,
                                    const hvuv_framing_t* framing) {
  conn->framing = *framing;
  conn->framing.max_message_bytes = hvuv__framing_limit(framing);
}

/* What nearly every connection is whenever it is looked at: open and reading,
 * and nobody has stopped it. Nothing of it waits to be handed out then. */
static inline int hvuv__conn_flows(const hvuv_conn_t* conn) {
  return conn->state == HVUV__CONN_OPEN &&
         (conn->flags & (HVUV__CONN_READS | HVUV__CONN_ASIDE)) ==
             HVUV__CONN_READS &&
         conn->stash == NULL;
}

/* Whether its handler may be at work on what it has received. */
static inline int hvuv__conn_is_at_work(const hvuv_conn_t* conn) {
  return conn->group->cork.conn == conn || conn->group->wire->try_write == NULL;
}

/* --- Counts --------------------------------------------------------------- */

static inline void hvuv__conn_count_read(hvuv_conn_t* conn, size_t nbytes) {
  conn->counts.bytes_in += nbytes;
  conn->counts.last_active_ms = hvuv__conn_now(conn);
  conn->group->stats.bytes_received += nbytes;
}

static inline void hvuv__conn_count_message_in(hvuv_conn_t* conn) {
  conn->counts.messages_in++;
  conn->group->stats.messages_received++;
}

static inline void hvuv__conn_count_message_out(hvuv_conn_t* conn) {
  conn->counts.messages_out++;
  conn->group->stats.messages_sent++;
}

static inline void hvuv__conn_count_sent(hvuv_conn_t* conn, size_t nbytes) {
  conn->counts.bytes_out += nbytes;
  conn->group->stats.bytes_sent += nbytes;
}

static inline void hvuv__conn_hold(hvuv_conn_t* conn, size_t nbytes) {
  conn->counts.held_bytes += nbytes;
  *conn->sum_bytes += nbytes;
}

static inline void hvuv__conn_let_go(hvuv_conn_t* conn, size_t nbytes) {
  assert(nbytes <= conn->counts.held_bytes);
  assert(conn->counts.held_bytes <= *conn->sum_bytes);
  conn->counts.held_bytes -= nbytes;
  *conn->sum_bytes -= nbytes;
}

/* Whether so many bytes more may be held, for asks or a new connection (NULL):
 * 0, or UV_ENOSPC. */
static inline int hvuv__group_ask(hvuv__group_t* group,
                                  hvuv_conn_t* asks,
                                  size_t nbytes) {
  if (group->held_bytes + nbytes <= group->most_bytes)
    return 0;
  return group->make_room(group, asks, nbytes);
}

/* Whether a first message of the conversation has come. */
static inline int hvuv__conn_has_greeted(const hvuv_conn_t* conn) {
  return conn->counts.messages_in > conn->before;
}

/* Bytes that the wire took so far, or has in its queue. */
static inline uint64_t hvuv__conn_offered(const hvuv_conn_t* conn) {
  return conn->counts.bytes_out + conn->chunk_bytes;
}

/* --- Checks --------------------------------------------------------------- */

/* Assert what holds whenever no function of the room is at work on them. */
#ifdef NDEBUG
static inline void hvuv__conn_check(const hvuv_conn_t* conn) {
  (void) conn;
}

static inline void hvuv__group_check(const hvuv__group_t* group) {
  (void) group;
}
#else
void hvuv__conn_check(const hvuv_conn_t* conn);
void hvuv__group_check(const hvuv__group_t* group);
#endif

#endif /* HVUV_SRC_CONN_CONN_STATE_H */
