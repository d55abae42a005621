/*
 * What the streams of one loop share: the end of the turn.
 *
 * A turn's end is where everything happens that must not happen inside the
 * call that asked for it. A stream that has something to do then is put on the
 * hub's list, once; the hub calls it back in the same turn if the loop is
 * polling, in the next one otherwise.
 */
#ifndef HVUV_SRC_LOOP_HUB_H
#define HVUV_SRC_LOOP_HUB_H

#include "hvuv/stream.h"
#include "poll/poll.h"

typedef struct hvuv__hub_s hvuv__hub_t;

/* The loop's hub, made when it has none; one more stream uses it. UV_ENOMEM. */
int hvuv__hub_enter(uv_loop_t* loop, hvuv__hub_t** hub);

/* One stream less. A hub that nobody uses ends with the turn. Only from inside
 * hvuv__stream_turn_end(). */
void hvuv__hub_leave(hvuv__hub_t* hub);

/* Has hvuv__stream_turn_end() called for the stream at the turn's end. Until
 * then the loop is kept alive and does not block. */
void hvuv__hub_defer(hvuv__hub_t* hub, hvuv_stream_t* stream);

/* One more (1) or one less (-1) stream that keeps the loop alive by what it
 * waits for. Pollers and alarms themselves never do. */
void hvuv__hub_hold(hvuv__hub_t* hub, int change);

/* What the pollers of the loop share, for hvuv__poller_open(). */
hvuv__poll_shared_t* hvuv__hub_poll(hvuv__hub_t* hub);

/* A buffer of HVUV__HUB_BUFFER_BYTES that all streams of the loop share:
 * whoever asks for it has it until it returns to the loop. NULL if there is no
 * memory. It lives as long as the hub. */
#define HVUV__HUB_BUFFER_BYTES 65536
char* hvuv__hub_buffer(hvuv__hub_t* hub);

/* Implemented by stream.c. */
void hvuv__stream_turn_end(hvuv_stream_t* stream);

#endif /* HVUV_SRC_LOOP_HUB_H */
