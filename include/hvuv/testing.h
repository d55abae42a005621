/*
 * Testing a protocol handler: without sockets, loops or clocks.
 *
 * A test is one connection whose peer is the test program: it says what comes
 * and when, and sees what was sent.
 *
 *   hvuv_test_open(&test, &protocol, NULL, NULL);
 *   hvuv_test_receive(test, "ping\n", 5);
 *   assert_string_equal(hvuv_test_sent(test, NULL), "pong\n");
 *   hvuv_test_close(test);
 *
 * Everything happens inside the calls here, which return when the handler has
 * nothing left to do; so on_close may have been called, and the connection is
 * gone then. What the test program asks of the connection itself, outside its
 * callbacks (a send, a resume), happens in the next call here;
 * hvuv_test_pass(test, 0) is one that does nothing else. Inside callbacks the
 * calls are allowed too, but for hvuv_test_close(), and happen afterwards.
 *
 * hvuv_conn_loop() is NULL: there is none. A handler that needs timers of its
 * own takes its loop from hvuv_conn_context().
 *
 * What the harness needs for itself comes from the C library's malloc(), and it
 * ends the program with abort() when there is none. So an allocator that was
 * set with hvuv_replace_allocator() sees what the connection asks for and
 * nothing else, and by having the n-th of its calls fail, for each n, a test
 * shows what the handler does without memory.
 *
 * Not included by <hvuv.h>.
 */
#ifndef HVUV_TESTING_H
#define HVUV_TESTING_H

#include <stddef.h>
#include <stdint.h>

#include "export.h"
#include "protocol.h"
#include "server.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct hvuv_test_s hvuv_test_t;

/* Opens a connection: on_open has been called when this returns 0. limits may
 * be NULL for the defaults; data is what hvuv_conn_context() gives. *protocol
 * must stay as it is until hvuv_test_close(), which must follow. UV_EINVAL as
 * hvuv_server_listen() and hvuv_server_init(), UV_ENOMEM. */
HVUV_EXTERN int hvuv_test_open(hvuv_test_t** test,
                               const hvuv_protocol_t* protocol,
                               const hvuv_limits_t* limits,
                               void* data);

/* Who hvuv_conn_peer() and hvuv_conn_local() say they are from now on; at first
 * and with NULL that is UV_ENOTSUP. */
HVUV_EXTERN void hvuv_test_set_names(hvuv_test_t* test,
                                     const hvuv_addr_t* peer,
                                     const hvuv_addr_t* local);

/* The peer sends these bytes, which come in one piece of up to 64 KiB, as from
 * a socket. What is not taken, because the handler paused or sent too much,
 * waits. Returns how many bytes wait. */
HVUV_EXTERN size_t hvuv_test_receive(hvuv_test_t* test,
                                     const void* bytes,
                                     size_t nbytes);

/* The peer finishes sending, behind what waits. */
HVUV_EXTERN void hvuv_test_receive_end(hvuv_test_t* test);

/* The socket fails with a UV_E* code: a reset loses what the peer sent and was
 * not read yet. As with a socket, that shows when something is read or sent
 * next: on_close comes when the connection resumes, if it was paused and
 * nothing is queued. The first failure counts. */
HVUV_EXTERN void hvuv_test_fail(hvuv_test_t* test, int status);

/* So much time passes. The clock stands still otherwise. */
HVUV_EXTERN void hvuv_test_pass(hvuv_test_t* test, uint64_t ms);

/* The peer takes at most so many more bytes, then none; at first there is no
 * limit. SIZE_MAX lifts it. A handler that always has more to send needs one:
 * without it each call here ends after some thousand of its sends. */
HVUV_EXTERN void hvuv_test_set_room(hvuv_test_t* test, size_t nbytes);

/* All bytes that the peer has taken since the last hvuv_test_forget(), as long
 * as no other function is called for the test; framing included, and with a NUL
 * behind them. Never NULL; nbytes may be. */
HVUV_EXTERN const char* hvuv_test_sent(const hvuv_test_t* test, size_t* nbytes);
HVUV_EXTERN void hvuv_test_forget(hvuv_test_t* test);

/* Whether our direction has ended (hvuv_conn_end(), all queued bytes taken). */
HVUV_EXTERN int hvuv_test_has_ended(const hvuv_test_t* test);

/* The connection; NULL once on_close has been called, and *reason then is what
 * that was told, else 0. reason may be NULL. */
HVUV_EXTERN hvuv_conn_t* hvuv_test_conn(const hvuv_test_t* test, int* reason);

HVUV_EXTERN void hvuv_test_stats(const hvuv_test_t* test, hvuv_stats_t* stats);

/* Ends the test; a connection that is still there is aborted with
 * UV_ECANCELED first. NULL is allowed. */
HVUV_EXTERN void hvuv_test_close(hvuv_test_t* test);

#ifdef __cplusplus
}
#endif

#endif /* HVUV_TESTING_H */
