/*
 * Testing a protocol handler: without sockets, loops or clocks.
 *
 * A test is one connection whose peer is the test program: it decides what is
 * received and when, and sees what was sent.
 *
 *   hvuv_test_open(&test, &protocol, NULL, NULL);
 *   hvuv_test_receive(test, "ping\n", 5);
 *   assert_string_equal(hvuv_test_sent(test, NULL), "pong\n");
 *   hvuv_test_close(test);
 *
 * Everything happens inside the calls here, which return when the handler has
 * nothing left to do; on_close may have been called by then, and the connection
 * is gone. What the test program itself does to the connection outside of
 * callbacks (send, resume) takes effect in the next call here;
 * hvuv_test_advance(test, 0) is one that does nothing else. All calls except
 * hvuv_test_close() are allowed inside callbacks too, and take effect after
 * them.
 *
 * hvuv_conn_loop() returns NULL, as there is no loop. A handler that needs
 * timers of its own should find its loop through hvuv_conn_context().
 *
 * The harness allocates what it needs for itself with the C library's malloc(),
 * and calls abort() if that fails. An allocator set with
 * hvuv_replace_allocator() therefore serves the connection alone: a test that
 * makes its n-th call fail, for each n, shows what the handler does when memory
 * runs out.
 *
 * Not included by <hvuv.h>.
 */
#ifndef HVUV_TESTING_H
#define HVUV_TESTING_H

#include <stddef.h>
#include <stdint.h>

#include "export.h"
#include "protocol.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct hvuv_test_s hvuv_test_t;

/* Opens a connection: on_open has been called when this returns 0. limits may
 * be NULL for the defaults; hvuv_conn_context() returns data. *protocol must
 * stay valid and unchanged until hvuv_test_close(), which must be called.
 * UV_EINVAL as for hvuv_server_listen() and hvuv_server_init(), UV_ENOMEM. */
HVUV_EXTERN int hvuv_test_open(hvuv_test_t** test,
                               const hvuv_protocol_t* protocol,
                               const hvuv_limits_t* limits,
                               void* data);

/* Sets the addresses for hvuv_conn_peer() and hvuv_conn_local(), which return
 * UV_ENOTSUP before this is called and for NULL. */
HVUV_EXTERN void hvuv_test_set_names(hvuv_test_t* test,
                                     const hvuv_addr_t* peer,
                                     const hvuv_addr_t* local);

/* Lets the peer send these bytes, which are received in pieces of up to 64 KiB,
 * as from a socket. What is not received now, because the handler has paused or
 * has sent too much, waits. Returns the number of bytes that wait. */
HVUV_EXTERN size_t hvuv_test_receive(hvuv_test_t* test,
                                     const void* bytes,
                                     size_t nbytes);

/* Lets the peer finish sending, after the bytes that wait. */
HVUV_EXTERN void hvuv_test_receive_end(hvuv_test_t* test);

/* Lets the socket fail with a UV_E* code; what the peer sent and was not read
 * yet is lost, as after a reset. As with a socket, the failure shows when
 * something is next read or sent: if the connection is paused and nothing is
 * queued, on_close is called when it resumes. Only the first failure counts. */
HVUV_EXTERN void hvuv_test_break(hvuv_test_t* test, int status);

/* Lets everything that is sent from now on, or is queued, fail with a UV_E*
 * code, as UV_EPIPE when a peer has closed; what it had sent before that is
 * still received, as is what hvuv_test_receive() adds. Only the first failure
 * counts. */
HVUV_EXTERN void hvuv_test_break_sending(hvuv_test_t* test, int status);

/* Advances the test's clock by ms. It does not move otherwise. */
HVUV_EXTERN void hvuv_test_advance(hvuv_test_t* test, uint64_t ms);

/* Limits what the peer takes to this many more bytes; initially, and with
 * SIZE_MAX, there is no limit. A handler that always has more to send needs
 * one: without it each call here returns after some thousand of its sends. */
HVUV_EXTERN void hvuv_test_set_room(hvuv_test_t* test, size_t nbytes);

/* Returns all bytes that the peer has taken since the last hvuv_test_forget(),
 * framing included, followed by a NUL. They are valid until another function is
 * called for the test. Never returns NULL; nbytes may be NULL. */
HVUV_EXTERN const char* hvuv_test_sent(const hvuv_test_t* test, size_t* nbytes);

/* Forgets the bytes that the peer has taken so far. */
HVUV_EXTERN void hvuv_test_forget(hvuv_test_t* test);

/* Returns 1 if the outgoing direction has been shut down: hvuv_conn_end() was
 * called and all queued bytes were taken. */
HVUV_EXTERN int hvuv_test_has_ended(const hvuv_test_t* test);

/* Returns 1 if the connection was closed in a way that the peer sees as a
 * reset, where there is such a thing: with any reason but 0. */
HVUV_EXTERN int hvuv_test_was_reset(const hvuv_test_t* test);

/* Returns the connection and sets *reason to 0; once on_close has been called,
 * returns NULL and sets *reason to its reason. reason may be NULL. */
HVUV_EXTERN hvuv_conn_t* hvuv_test_conn(const hvuv_test_t* test, int* reason);

/* Copies the statistics, as a server's or client's. */
HVUV_EXTERN void hvuv_test_stats(const hvuv_test_t* test, hvuv_stats_t* stats);

/* Deprecated: the former names, removed in 0.2. */
#define hvuv_test_fail hvuv_test_break
#define hvuv_test_pass hvuv_test_advance

/* Ends the test and frees it; a connection that is still open is aborted with
 * UV_ECANCELED first. test may be NULL. */
HVUV_EXTERN void hvuv_test_close(hvuv_test_t* test);

#ifdef __cplusplus
}
#endif

#endif /* HVUV_TESTING_H */
