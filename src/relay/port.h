/*
 * One side of a relay: a stream of hvuv's or of libuv's, with the same few
 * verbs for both. What happens to it is reported to the table of callbacks that
 * its owner opened it with, never from inside a verb.
 *
 * Callbacks find their port by the stream's `data`, because a read callback has
 * no request; what the user kept there comes back with
 * hvuv__port_give_back().
 */
#ifndef HVUV_SRC_RELAY_PORT_H
#define HVUV_SRC_RELAY_PORT_H

#include "base/handle.h"
#include "hvuv/relay.h"

typedef struct hvuv__port_s hvuv__port_t;

typedef struct hvuv__port_events_s {
  /* Asks for the buffer to read into. */
  void (*on_alloc)(hvuv__port_t* port, uv_buf_t* buf);
  /* nread is never 0; after UV_EOF or an error reading has stopped. */
  void (*on_read)(hvuv__port_t* port, ssize_t nread);
  void (*on_written)(hvuv__port_t* port, int status);
  void (*on_shutdown)(hvuv__port_t* port, int status);
  /* The last one. May free the port. */
  void (*on_closed)(hvuv__port_t* port);
} hvuv__port_events_t;

struct hvuv__port_s {
  hvuv_relay_end_t stream;
  const hvuv__port_events_t* events;
  void* owner;
  void* user_data; /* the stream's `data` until it is given back */
  /* One of each at a time. */
  union {
    hvuv_write_t hvuv;
    uv_write_t uv;
  } write;
  union {
    hvuv_shutdown_t hvuv;
    uv_shutdown_t uv;
  } shutdown;
  hvuv__wait_t wait; /* for the end of one of libuv's */
};

/* Whether the stream may be a side of a relay: 0, UV_EINVAL or UV_ENOTCONN. */
int hvuv__port_accepts(const hvuv_relay_end_t* stream);

uv_loop_t* hvuv__port_loop(const hvuv_relay_end_t* stream);

/* Whether the stream may keep its loop alive. */
int hvuv__port_has_ref(const hvuv__port_t* port);

/* Takes the stream's `data`, and gives it back. */
void hvuv__port_take(hvuv__port_t* port,
                     const hvuv_relay_end_t* stream,
                     const hvuv__port_events_t* events,
                     void* owner);
void hvuv__port_give_back(hvuv__port_t* port);

int hvuv__port_read_start(hvuv__port_t* port);
void hvuv__port_read_stop(hvuv__port_t* port);

/* Returns how many bytes the system took at once, or UV_EAGAIN. */
int hvuv__port_try_write(hvuv__port_t* port, char* base, size_t len);
int hvuv__port_write(hvuv__port_t* port, char* base, size_t len);

/* Bytes written that have not left for good: those that the system has not
 * taken, and where it says so those that the peer has not. */
size_t hvuv__port_outstanding(const hvuv__port_t* port);

int hvuv__port_shutdown(hvuv__port_t* port);

/* --- What reading and writing do not report */

/* Takes the error that the system keeps for the stream: 0, or a code. */
int hvuv__port_take_error(const hvuv__port_t* port);

/* As hvuv_relay_look(). */
int hvuv__port_look(const hvuv_relay_end_t* stream);

/* Whether one direction can be ended without the other: what the user has said,
 * else what is known of the family. */
int hvuv__port_half_closes(const hvuv__port_t* port);

/* Whether the peer notices, in some way, that one direction was ended; else
 * only closing is seen. */
int hvuv__port_passes_end(const hvuv__port_t* port);

/* Whether hvuv__port_close() with `reset` may lose what is outstanding. */
int hvuv__port_resets(const hvuv__port_t* port);

/* --- Ending */

/* With `reset`, so that the peer sees that it was no orderly end, where the
 * stream can do that. */
void hvuv__port_close(hvuv__port_t* port, int reset);

#endif /* HVUV_SRC_RELAY_PORT_H */
