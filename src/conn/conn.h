/*
 * Connections of the framework, between a protocol handler and a wire.
 *
 *      handler           hvuv/protocol.h, the user's
 *         |
 *      hvuv_conn_t       conn.c: states, reading, ending; conn_send.c and
 *         |              conn_cork.c: sending; conn_time.c: what takes too long
 *      hvuv__wire_t      wire_stream.c: a stream; wire_test.c: a test program
 *
 * A group is what connections of one owner (a server, a client, a test) share:
 * the wire, the limits, the counters, the clock.
 *
 * A connection's states:
 *
 *   NEW --- hvuv__conn_open ---> OPEN --- hvuv_conn_end ---> ENDING
 *    |                            |                             |
 *    |  hvuv__conn_drop           | error, time, abort          | both ended,
 *    |                            v                             v error, time
 *    +-------------------------> CLOSING <----------------------+
 *                                 | the wire has closed
 *                                 v
 *                              on_close (not from NEW), freed
 *
 * Who calls whom: a wire calls the functions of "for wires" from the loop only,
 * never from inside one of its own verbs; so no function that a handler calls
 * calls a handler back.
 */
#ifndef HVUV_SRC_CONN_CONN_H
#define HVUV_SRC_CONN_CONN_H

#include "loop/alarm.h"
#include "hvuv/protocol.h"
#include "hvuv/server.h"
#include "hvuv/stream.h"

typedef struct hvuv__group_s hvuv__group_t;
typedef struct hvuv__chunk_s hvuv__chunk_t;

typedef struct hvuv__wire_s {
  /* Starts or stops reading; never called for what is so already. */
  int (*read)(hvuv_conn_t* conn, int on);

  /* Queues a chunk; hvuv__conn_sent() follows exactly once, before
   * hvuv__conn_closed(). On an error nothing was taken. */
  int (*write)(hvuv_conn_t* conn, hvuv__chunk_t* chunk);

  /* Sends what the kernel takes now and says how much, as hvuv_try_write();
   * NULL: every write is a chunk. Only asked with nothing queued. */
  int (*try_write)(hvuv_conn_t* conn,
                   const uv_buf_t bufs[],
                   unsigned int nbufs);

  /* Bytes queued. */
  size_t (*queued)(const hvuv_conn_t* conn);

  /* Ends our direction behind what is queued; hvuv__conn_shut() follows, unless
   * it closes first. */
  int (*shutdown)(hvuv_conn_t* conn);

  /* hvuv__conn_closed() follows, once. */
  void (*close)(hvuv_conn_t* conn);

  /* The connection keeps the loop alive (1), or no longer (-1): one that is
   * paused does, too. */
  void (*hold)(hvuv_conn_t* conn, int change);

  int (*peer)(const hvuv_conn_t* conn, hvuv_addr_t* addr);
  int (*local)(const hvuv_conn_t* conn, hvuv_addr_t* addr);

  /* Milliseconds of a clock that never goes back. */
  uint64_t (*now)(const hvuv__group_t* group);

  /* hvuv__group_alarm() is to be called once, so long from now; replaces an
   * earlier one. */
  void (*set_alarm)(hvuv__group_t* group, uint64_t delay_ms);
} hvuv__wire_t;

struct hvuv__group_s {
  const hvuv__wire_t* wire;
  uv_loop_t* loop; /* NULL in tests */
  void** data;     /* the owner's */
  hvuv_limits_t limits;
  hvuv_stats_t stats;
  hvuv_conn_t* conns;   /* all but NEW ones */
  hvuv_conn_t* later;   /* resumed with messages that wait */
  hvuv__alarm_t* alarm; /* wire_stream.c's */
  hvuv_conn_t* corked;  /* whose handler is handed messages */
  char* cork;           /* what it has sent there, see conn_cork.c */
  size_t cork_bytes;
  uint64_t alarm_at_ms; /* UINT64_MAX: not set */
  uint64_t look_at_ms;  /* the first deadline of all; UINT64_MAX: none */

  /* A connection's block is about to be freed, its handler has been told. */
  void (*on_gone)(hvuv__group_t* group, hvuv_conn_t* conn, int reason);

  /* The alarm rang, for whatever reason; may be NULL. */
  void (*on_alarm)(hvuv__group_t* group);
};

enum hvuv__conn_state {
  HVUV__CONN_NEW = 0,
  HVUV__CONN_OPEN,
  HVUV__CONN_ENDING,
  HVUV__CONN_CLOSING
};

enum hvuv__conn_flag {
  HVUV__CONN_READS = 1 << 0,      /* the wire reads */
  HVUV__CONN_PAUSED = 1 << 1,     /* by the handler */
  HVUV__CONN_CHOKED = 1 << 2,     /* more than the high mark is queued */
  HVUV__CONN_PEER_ENDED = 1 << 3, /* nothing more will come */
  HVUV__CONN_SHUT = 1 << 4,       /* our direction has ended */
  HVUV__CONN_GREETED = 1 << 5,    /* a first message has come */
  HVUV__CONN_LATER = 1 << 6,      /* on the group's list */
  HVUV__CONN_WAS_OPEN = 1 << 7    /* on_open was called */
};

struct hvuv_conn_s {
  hvuv__group_t* group;
  const hvuv_protocol_t* protocol;
  hvuv_conn_t* next;
  hvuv_conn_t** link; /* what points at it */
  hvuv_conn_t* next_later;
  unsigned int state;
  unsigned int flags;
  int reason;
  hvuv_decoder_t decoder;
  char* stash; /* bytes that were read and must wait */
  size_t stash_bytes;
  size_t stash_used;         /* of those, already with the handler */
  size_t chunks;             /* queued, or not yet told to have gone */
  size_t chunk_bytes;        /* in them */
  uint64_t offered_bytes;    /* sent by the handler so far */
  uint64_t seen_taken_bytes; /* of those, taken when it was last looked at */
  uint64_t opened_ms;
  uint64_t active_ms;  /* when a byte last came or went */
  uint64_t message_ms; /* since when a part of a message is here; 0: is not */
  uint64_t ending_ms;
  void* wire_data;      /* of tests */
  hvuv_stream_t stream; /* of wire_stream.c */
  hvuv_shutdown_t shutdown_req;
  hvuv_connect_t connect_req; /* of clients */
};

/* Some bytes on their way out: a copy, or somebody's own. */
struct hvuv__chunk_s {
  hvuv_write_t req;
  hvuv_conn_t* conn;
  hvuv_send_t* send; /* NULL for a copy */
  size_t nbytes;
  uv_buf_t* bufs;
  unsigned int nbufs;
};

/* --- For owners ---------------------------------------------------------- */

/* 0, or UV_EINVAL if the marks are out of order. */
int hvuv__limits_check(const hvuv_limits_t* limits);

/* 0, or UV_EINVAL if a server or client cannot use it. */
int hvuv__protocol_check(const hvuv_protocol_t* protocol);

/* A group of streams' connections: fills in the wire, and makes the alarm.
 * UV_ENOMEM. */
int hvuv__group_init(hvuv__group_t* group,
                     uv_loop_t* loop,
                     const hvuv_limits_t* limits,
                     void** data);

/* The group has no connections any more. */
void hvuv__group_close(hvuv__group_t* group);

/* A block for a connection with this protocol, NEW, zeroed. NULL if there is no
 * memory. With streams hvuv__conn_new_stream() prepares the stream too. */
hvuv_conn_t* hvuv__conn_new(hvuv__group_t* group,
                            const hvuv_protocol_t* protocol);
hvuv_conn_t* hvuv__conn_new_stream(hvuv__group_t* group,
                                   const hvuv_protocol_t* protocol);

/* The wire is connected: tells the handler, and reads. */
void hvuv__conn_open(hvuv_conn_t* conn);

/* Closes one that is NEW; on_gone follows. */
void hvuv__conn_drop(hvuv_conn_t* conn, int reason);

/* Has on_alarm called so long from now at the latest. */
void hvuv__group_wake(hvuv__group_t* group, uint64_t delay_ms);

/* --- For wires ----------------------------------------------------------- */

void hvuv__conn_received(hvuv_conn_t* conn, char* bytes, size_t nbytes);
void hvuv__conn_received_end(hvuv_conn_t* conn);
void hvuv__conn_failed(hvuv_conn_t* conn, int status);
void hvuv__conn_sent(hvuv__chunk_t* chunk, int status);
void hvuv__conn_shut(hvuv_conn_t* conn, int status);
void hvuv__conn_closed(hvuv_conn_t* conn);
void hvuv__group_alarm(hvuv__group_t* group);

/* --- Between the files of the connection --------------------------------- */

/* Begins the close. */
void hvuv__conn_close(hvuv_conn_t* conn, int reason);

/* Between the two, what the handler sends is put together (conn_cork.c). */
#define HVUV__CORK_BYTES 16384
void hvuv__conn_cork(hvuv_conn_t* conn);
void hvuv__conn_uncork(hvuv_conn_t* conn);

/* Room for so many bytes more, which count as sent. NULL: a chunk is wanted. */
char* hvuv__cork_room(hvuv_conn_t* conn, size_t nbytes);

/* Sends what was put together and then these bytes, from where they lie, if
 * nothing is queued. Returns how many of them the kernel took, 0 if none. */
size_t hvuv__cork_pass(hvuv_conn_t* conn,
                       const uv_buf_t bufs[],
                       unsigned int nbufs);

/* Queues what was put together, as a chunk. On an error nothing was done. */
int hvuv__cork_queue(hvuv_conn_t* conn);

/* Sends what was put together. 0, or why it could not; then what is left stays
 * in front of what comes. Before the stream ends or closes too: had it been
 * sent alone, it would have gone by now. */
int hvuv__cork_flush(hvuv_conn_t* conn);

/* Forgets what was put together. */
void hvuv__cork_drop(hvuv_conn_t* conn);

/* Queues bytes that count as a message already. */
int hvuv__conn_queue_copy(hvuv_conn_t* conn, const char* bytes, size_t nbytes);

/* Gives the handler what waits and reads on, as far as it may. */
void hvuv__conn_go_on(hvuv_conn_t* conn);

/* Starts or stops the wire's reading. */
void hvuv__conn_update(hvuv_conn_t* conn);

/* To be called when something has begun that may take too long. */
void hvuv__conn_watch_time(hvuv_conn_t* conn);

/* Has it looked at from time to time how far the queued bytes have come. */
void hvuv__conn_watch_progress(hvuv_conn_t* conn);

/* Looks now. */
void hvuv__conn_note_progress(hvuv_conn_t* conn, uint64_t now);

#endif /* HVUV_SRC_CONN_CONN_H */
