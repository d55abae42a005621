/*
 * A stream that gives its socket back, and who goes on with it: for tests of
 * hvuv_detach() on real sockets. One at a time.
 *
 *   the peer sends "first second "; the stream reads "first " and is detached;
 *   its next owner reads the rest, is read from, and sees the end
 */
#ifndef HVUV_TESTS_STREAM_HANDOFF_H
#define HVUV_TESTS_STREAM_HANDOFF_H

#include "hvuv.h"
#include "support/net.h"

#define HANDOFF_PATIENCE_MS 10000

typedef struct handoff_s {
  uv_loop_t* loop;
  hvuv_stream_t stream;
  uv_os_sock_t peer;     /* of the stream, and of what has its socket later */
  uv_os_sock_t detached; /* what the stream gave back */
  int closed;            /* the stream; a flag for loop_run_until() */
} handoff_t;

extern handoff_t handoff;

/* A loop, and a stream on the first of two connected sockets. */
void handoff_open(const uv_os_sock_t socks[2]);

/* Closes the stream, unless it has been. */
void handoff_close_stream(void);

/* Runs the loop out. The peer is not closed. */
void handoff_end(void);

/* Reads the peer's first word, "first ", and detaches in that callback; or from
 * another stream, which is then detached. */
void handoff_detach(void);
void handoff_detach_from(hvuv_stream_t* stream);

/* Waits for the peer's bytes, though it does not end, and leaves reading. */
void handoff_wait_for_bytes(void);

/* libuv's handle, which has the socket now: it reads "second ", sends "answer",
 * reads "third" and, when end() has ended the peer's direction, the end. */
void handoff_goes_on_in(uv_stream_t* handle, void (*end)(uv_os_sock_t peer));

/* The peer's side. */
void handoff_send(const char* text);
void handoff_expect(const char* text);
void handoff_expect_end(void);

#endif /* HVUV_TESTS_STREAM_HANDOFF_H */
