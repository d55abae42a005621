/*
 * A stage for tests of the core over fakes: a loop, streams whose callbacks
 * write the story (trace.h), and everything checked when it is torn down.
 *
 * Streams and requests are blocks of their own that their last callback frees,
 * so that a sanitizer sees whoever touches them later. A callback that runs
 * inside the call that asked for it adds the word INSIDE to the story; a buffer
 * that is asked for or given back out of turn LENT or WRONG-BUFFER; a close
 * callback with requests not called back EARLY.
 *
 * Words:
 *
 *   LABEL:STATUS   a write, connect or shutdown called back
 *   read:N  eof    a read callback; "connection:STATUS", "close" likewise
 */
#ifndef HVUV_TESTS_SUPPORT_RIGS_SCENE_H
#define HVUV_TESTS_SUPPORT_RIGS_SCENE_H

#include "support/fakes/fake_poller.h"
#include "support/fakes/fake_sys.h"
#include "support/fakes/fake_unix.h"
#include "hvuv.h"

/* Of every test: cmocka_unit_test_setup_teardown(test, scene_up, scene_down).
 * scene_down closes what the test left open, then fails it if anything at all
 * is left or was not as it must be. */
int scene_up(void** state);
int scene_down(void** state);

/* A row of a test table. */
#define SCENE(test) cmocka_unit_test_setup_teardown(test, scene_up, scene_down)

/* The scene's loop. */
uv_loop_t* scene_loop(void);

/* Turns of the loop, 1 unless said otherwise. */
void turn(void);
void turns(int n);

/* Turns in each of which every socket is first found ready for what it waits
 * for, until nothing is waited for and nothing is left to do. */
void scene_play(void);

/* --- Streams */

/* After hvuv_init(). */
hvuv_stream_t* scene_stream(void);
hvuv_stream_t* scene_stream_on(uv_loop_t* loop);

/* Connected: a fake vsock socket adopted. */
hvuv_stream_t* scene_open(uv_os_sock_t* sock);

/* The same with a socket of no family of ours. */
hvuv_stream_t* scene_open_foreign(uv_os_sock_t* sock);

/* Listening at vsock://any:5000. */
hvuv_stream_t* scene_listener(uv_os_sock_t* sock);

/* Connecting to vsock://host:5000, request "connect", under way. */
hvuv_stream_t* scene_connecting(uv_os_sock_t* sock);

/* An address from its text. */
hvuv_addr_t scene_addr(const char* text);

/* --- Verbs, with callbacks that write the story */

/* Not to be called twice for a stream. */
void scene_close(hvuv_stream_t* stream);

/* Closes all streams that are not closing, and turns until all are closed. */
void scene_close_all(void);

int scene_connect(hvuv_stream_t* stream, const char* label, const char* addr);
int scene_listen(hvuv_stream_t* stream);
int scene_read_start(hvuv_stream_t* stream);
int scene_shutdown(hvuv_stream_t* stream, const char* label);

/* A write of bytes that are copied first, or of buffers that must last. */
int scene_write(hvuv_stream_t* stream, const char* label, const char* bytes);
int scene_write_bufs(hvuv_stream_t* stream,
                     const char* label,
                     const uv_buf_t bufs[],
                     unsigned int nbufs);

/* hvuv_accept() into a new stream, which is returned; NULL and the word
 * "accept:ERROR" if it fails. */
hvuv_stream_t* scene_accept(hvuv_stream_t* server);

int scene_try_write(hvuv_stream_t* stream, const char* bytes);

/* --- What callbacks do */

typedef void (*scene_act)(hvuv_stream_t* stream);

/* The next callback, or every one, with this word (up to the ':') does this
 * after it has written its word. "alloc" is a word too, unwritten. A closing
 * act may be scene_close() itself. */
void scene_on(const char* label, scene_act act);
void scene_on_every(const char* label, scene_act act);

/* Requests that were accepted and have not called back. */
int scene_pending(void);

/* How often a callback with this word has run. */
int scene_count(const char* label);

/* A flag that becomes 1 when the next callback with this word has run, for
 * loop_run_until(). */
const int* scene_flag(const char* label);

/* The size of the buffers that alloc_cb lends: 65536 at first, at most that; 0
 * lends none. */
void scene_alloc_size(size_t size);

/* All bytes read so far, NUL-terminated. */
const char* scene_received(void);
size_t scene_received_size(void);

#endif /* HVUV_TESTS_SUPPORT_RIGS_SCENE_H */
