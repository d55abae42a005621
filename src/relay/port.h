/*
 * One side of a relay: a stream of hvuv's or of libuv's, with the same few
 * verbs for both, and what the relay is told of it.
 *
 * Callbacks find their end by the stream's `data`, because the read callbacks
 * are given nothing else; what the user had there is kept meanwhile.
 */
#ifndef HVUV_SRC_RELAY_PORT_H
#define HVUV_SRC_RELAY_PORT_H

#include "hvuv/relay.h"

typedef struct hvuv__relay_s hvuv__relay_t;

typedef struct hvuv__relay_end_s {
  hvuv_relay_end_t stream;
  hvuv__relay_t* relay;
  void* user_data;
  /* What this end is asked to do, one of each at a time. */
  union {
    hvuv_write_t hvuv;
    uv_write_t uv;
  } write;
  union {
    hvuv_shutdown_t hvuv;
    uv_shutdown_t uv;
  } shutdown;
} hvuv__relay_end_t;

/* Whether it can be an end of a relay: 0, UV_EINVAL or UV_ENOTCONN. */
int hvuv__relay_end_check(const hvuv_relay_end_t* stream);

uv_loop_t* hvuv__relay_end_loop(const hvuv_relay_end_t* stream);

/* Takes the stream's `data`, and gives it back. */
void hvuv__relay_end_take(hvuv__relay_end_t* end);
void hvuv__relay_end_give_back(hvuv__relay_end_t* end);

int hvuv__relay_end_read(hvuv__relay_end_t* end);
void hvuv__relay_end_pause(hvuv__relay_end_t* end);

/* How many bytes the system took at once, or UV_EAGAIN. */
int hvuv__relay_end_try_write(hvuv__relay_end_t* end, char* base, size_t len);
int hvuv__relay_end_write(hvuv__relay_end_t* end, char* base, size_t len);

/* Bytes written that the system has not taken. */
size_t hvuv__relay_end_queued(const hvuv__relay_end_t* end);

int hvuv__relay_end_shutdown(hvuv__relay_end_t* end);

/* With `reset`, so that the peer sees that it was no orderly end, where the
 * stream can do that. */
void hvuv__relay_end_close(hvuv__relay_end_t* end, int reset);

/* --- What relay.c is told; none of it from inside the verbs above */

/* The buffer to read into. */
void hvuv__relay_on_alloc(hvuv__relay_end_t* end, uv_buf_t* buf);

/* nread is never 0. */
void hvuv__relay_on_read(hvuv__relay_end_t* end, ssize_t nread);
void hvuv__relay_on_written(hvuv__relay_end_t* end, int status);
void hvuv__relay_on_shutdown(hvuv__relay_end_t* end, int status);

/* May free the end. */
void hvuv__relay_on_closed(hvuv__relay_t* relay);

#endif /* HVUV_SRC_RELAY_PORT_H */
