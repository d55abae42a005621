/*
 * What a server and a client have in common: both own connections.
 *
 *   owner --- group     its connections (conn.h), their limits and counters
 *     |------ alarm     one, for whatever the owner waits for
 *     |------ anchor    a stream that never gets a socket
 *     |------ witness   of a walk, while it empties and waits for that
 *     |------ guests    whoever uses it from outside, until it ends
 *     '------ blocks    the connections and listeners that are not freed yet
 *
 *   OPEN --- hvuv__owner_end ---> EMPTYING --- no block is left ---> CLOSING
 *                                                                       |
 *            on_closed, freed <------ the anchor's close callback ------+
 *
 * The anchor keeps the loop's hub from the first moment to the last. It holds
 * the loop while only the alarm is set, and its close callback, which the loop
 * makes, becomes the owner's last one.
 */
#ifndef HVUV_SRC_SERVE_OWNER_H
#define HVUV_SRC_SERVE_OWNER_H

#include "loop/alarm.h"
#include "loop/witness.h"
#include "conn/wire_stream.h"

typedef struct hvuv__owner_s hvuv__owner_t;

typedef struct hvuv__owner_events_s {
  /* The alarm has rung. */
  void (*on_alarm)(hvuv__owner_t* owner);

  /* A connection is gone, and no block any more; it is freed behind this.
   * reason is that of its close. */
  void (*on_gone)(hvuv__owner_t* owner, hvuv_conn_t* conn, int reason);

  /* Whoever walks the loop has closed what connections go by, after
   * hvuv__owner_watch_walks(). */
  void (*on_walked)(hvuv__owner_t* owner);

  /* No block is left, and what the owner has on the loop closes now. May be
   * NULL. */
  void (*on_closing)(hvuv__owner_t* owner);

  /* Nothing is left but the owner's own memory, which is freed here. */
  void (*on_closed)(hvuv__owner_t* owner);
} hvuv__owner_events_t;

/* Whoever uses an owner and does not own it. Zeroed at first. */
typedef struct hvuv__guest_s hvuv__guest_t;

struct hvuv__guest_s {
  /* The owner ends, and has forgotten the guest. From inside the call that ends
   * it. */
  void (*on_owner_ended)(hvuv__guest_t* guest);
  hvuv__guest_t* next;
};

enum hvuv__owner_state {
  HVUV__OWNER_OPEN = 0,
  HVUV__OWNER_EMPTYING,
  HVUV__OWNER_CLOSING
};

struct hvuv__owner_s {
  hvuv__group_t group; /* first: a group is found in its owner */
  const hvuv__owner_events_t* events;
  enum hvuv__owner_state state;
  size_t blocks;
  int waits; /* the alarm is set, and holds the loop */
  hvuv__alarm_t* alarm;
  hvuv__witness_t* witness; /* NULL: nobody watches */
  hvuv__guest_t* guests;
  hvuv_stream_t anchor;
};

/* Prepares an owner in zeroed memory. *data is what its connections return as
 * their context. UV_ENOMEM, and then nothing is left to close. */
int hvuv__owner_init(hvuv__owner_t* owner,
                     uv_loop_t* loop,
                     const hvuv_limits_t* limits,
                     void** data,
                     const hvuv__owner_events_t* events);

/* A connection that is NEW, and a block more. NULL: no memory. Only while the
 * owner is open. */
hvuv_conn_t* hvuv__owner_new_conn(hvuv__owner_t* owner,
                                  const hvuv_protocol_t* protocol);

/* A block more or less that is no connection. With the last one an owner that
 * empties begins to close. */
void hvuv__owner_add_block(hvuv__owner_t* owner);
void hvuv__owner_remove_block(hvuv__owner_t* owner);

/* A guest comes, while the owner is open, and goes. */
void hvuv__owner_add_guest(hvuv__owner_t* owner, hvuv__guest_t* guest);
void hvuv__owner_remove_guest(hvuv__owner_t* owner, hvuv__guest_t* guest);

/* 0 on a loop whose handles were closed by whoever walked it: nothing happens
 * there any more but that what closes ends. */
int hvuv__owner_can_wait(const hvuv__owner_t* owner);

/* on_alarm is called so long from now; replaces an earlier time. The loop is
 * held until then. */
void hvuv__owner_set_alarm(hvuv__owner_t* owner, uint64_t delay_ms);

/* No on_alarm follows. Idempotent. */
void hvuv__owner_stop_alarm(hvuv__owner_t* owner);

/* Has on_walked called when the loop is walked, while connections take their
 * time to end. Needs memory and two descriptors; without them nobody watches.
 * Idempotent. */
void hvuv__owner_watch_walks(hvuv__owner_t* owner);

/* Closes the owner once its blocks have gone; on_closed follows, from the
 * loop. Once. */
void hvuv__owner_end(hvuv__owner_t* owner);

#endif /* HVUV_SRC_SERVE_OWNER_H */
