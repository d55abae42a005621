#include "stream/handoff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/loop.h"

handoff_t handoff;

static char room[64];
static size_t have; /* in room */
static int detach_status;
static int has_detached;

static void on_closed(hvuv_stream_t* s) {
  (void) s;
  handoff.closed = 1;
}

void handoff_open(const uv_os_sock_t socks[2]) {
  handoff.loop = loop_open();
  handoff.closed = 0;
  handoff.peer = socks[1];
  assert_int_equal(hvuv_init(handoff.loop, &handoff.stream), 0);
  assert_int_equal(hvuv_open(&handoff.stream, socks[0]), 0);
}

void handoff_close_stream(void) {
  if (!hvuv_is_closing(&handoff.stream))
    hvuv_close(&handoff.stream, on_closed);
  loop_run_until(handoff.loop, &handoff.closed);
}

void handoff_end(void) {
  loop_run_out(handoff.loop);
  loop_close(handoff.loop);
}

/* --- The stream ----------------------------------------------------------- */

static void on_alloc(hvuv_stream_t* s, size_t size, uv_buf_t* buf) {
  (void) s;
  (void) size;
  *buf = uv_buf_init(room, 6);
}

static void on_word(hvuv_stream_t* s, ssize_t n, const uv_buf_t* buf) {
  (void) buf;
  if (n <= 0)
    return;
  have = (size_t) n;
  detach_status = hvuv_detach(s, &handoff.detached);
  has_detached = 1;
}

void handoff_detach_from(hvuv_stream_t* stream) {
  has_detached = 0;
  assert_int_equal(hvuv_read_start(stream, on_alloc, on_word), 0);
  loop_run_until(handoff.loop, &has_detached);
  assert_int_equal(detach_status, 0);
  assert_int_equal(have, 6);
  assert_memory_equal(room, "first ", 6);
}

void handoff_detach(void) {
  handoff_detach_from(&handoff.stream);
}

void handoff_wait_for_bytes(void) {
  assert_int_equal(hvuv_read_start(&handoff.stream, on_alloc, on_word), 0);
  loop_run_turns(handoff.loop, 2);
}

/* --- libuv ---------------------------------------------------------------- */

static uv_write_t write_req;
static int written;
static int ended;
static int closed;

static void on_uv_alloc(uv_handle_t* handle, size_t size, uv_buf_t* buf) {
  (void) handle;
  (void) size;
  *buf = uv_buf_init(room + have, (unsigned int) (sizeof(room) - have));
}

static void on_uv_read(uv_stream_t* s, ssize_t n, const uv_buf_t* buf) {
  (void) s;
  (void) buf;
  if (n > 0)
    have += (size_t) n;
  if (n < 0)
    ended = (int) n;
}

static void on_uv_written(uv_write_t* req, int status) {
  (void) req;
  written = status == 0 ? 1 : status;
}

static void on_uv_closed(uv_handle_t* handle) {
  (void) handle;
  closed = 1;
}

void handoff_goes_on_in(uv_stream_t* handle, void (*end)(uv_os_sock_t peer)) {
  uv_buf_t buf = uv_buf_init((char*) "answer", 6);

  have = 0;
  written = ended = closed = 0;
  assert_int_equal(uv_read_start(handle, on_uv_alloc, on_uv_read), 0);
  assert_int_equal(uv_write(&write_req, handle, &buf, 1, on_uv_written), 0);
  loop_run_until(handoff.loop, &written);
  assert_int_equal(written, 1);
  handoff_expect("answer");
  handoff_send("third");
  end(handoff.peer);
  loop_run_until(handoff.loop, &ended);
  assert_int_equal(ended, UV_EOF);
  assert_int_equal(have, 12);
  assert_memory_equal(room, "second third", 12);
  uv_close((uv_handle_t*) handle, on_uv_closed);
  loop_run_until(handoff.loop, &closed);
}

/* --- The peer ------------------------------------------------------------- */

void handoff_send(const char* text) {
  assert_int_equal(net_send(handoff.peer, text, strlen(text)), strlen(text));
}

void handoff_expect(const char* text) {
  char got[64];
  size_t n;
  ssize_t r;

  for (n = 0; n < strlen(text); n += (size_t) r) {
    assert_int_equal(net_await(handoff.peer, 1, HANDOFF_PATIENCE_MS), 0);
    r = net_recv(handoff.peer, got + n, sizeof(got) - n);
    assert_true(r > 0);
  }
  assert_int_equal(n, strlen(text));
  assert_memory_equal(got, text, n);
}

void handoff_expect_end(void) {
  char byte;

  assert_int_equal(net_await(handoff.peer, 1, HANDOFF_PATIENCE_MS), 0);
  assert_int_equal(net_recv(handoff.peer, &byte, 1), 0);
}
