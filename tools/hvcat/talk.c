#include "talk.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "progress.h"
#include "report.h"
#include "stdio_os.h"

/* How long nothing has moved before our direction is ended where that may end
 * both (docs/endings.md), and before input is given up that goes nowhere. */
#define REST_MS 1000

/* How often time is looked at, where there is something to see. */
#define TICK_MS 250

static void send_next(talk_t* t);

/* --- The end */

static void on_part_closed(talk_t* t) {
  if (--t->open == 0)
    t->cb(t, t->status);
}

static void on_stream_closed(hvuv_stream_t* stream) {
  on_part_closed(stream->data);
}

static void on_tick_closed(uv_handle_t* tick) {
  on_part_closed(tick->data);
}

static void close_all(talk_t* t) {
  if (hvuv_is_closing(t->stream))
    return;
  progress_end(t);
  uv_close((uv_handle_t*) &t->tick, on_tick_closed);
  if (t->status == 0 || hvuv_close_reset(t->stream, on_stream_closed) != 0)
    hvuv_close(t->stream, on_stream_closed);
}

/* Output may still have the last piece, which is waited for if all went
 * well. */
static void finish(talk_t* t, int status) {
  if (t->status == 0)
    t->status = status;
  if (t->is_over && status == 0)
    return;
  t->is_over = 1;
  input_hold(t->in);
  hvuv_read_stop(t->stream);
  if (!t->is_writing || t->status != 0)
    close_all(t);
}

/* A step of the stream failed. */
static void fail(talk_t* t, hvuv_step_t step, int err) {
  report(&hvcat, step, &t->settings->addr, err);
  finish(t, err);
}

static void finish_if_due(talk_t* t) {
  if (!t->out_ended || t->is_over)
    return;
  if (t->in_ended || t->in->kind == UV_TTY)
    finish(t, 0);
}

static int rests(const talk_t* t) {
  return uv_now(t->tick.loop) - t->moved_ms >= REST_MS;
}

/* The other side has ended, and takes nothing either: it has closed. */
static int is_gone(const talk_t* t) {
  hvuv_relay_end_t end = {t->stream, NULL, HVUV_HALF_CLOSE_AUTO};
  uv_os_sock_t sock;

  return hvuv_relay_look(&end) == UV_ECONNRESET ||
         (hvuv_fileno(t->stream, &sock) == 0 && stdio_takes_nothing(sock));
}

/* Input that came without a pause would have failed to be sent by now. */
static void finish_if_gone(talk_t* t) {
  if (!t->out_ended || t->is_over || t->is_writing || !rests(t) ||
      hvuv_get_write_queue_size(t->stream) != 0 || !is_gone(t))
    return;
  if (t->settings->is_verbose)
    fprintf(stderr, "hvcat: the other side has closed; input goes nowhere\n");
  finish(t, 0);
}

/* --- Our direction */

static void on_shutdown(hvuv_shutdown_t* req, int status) {
  talk_t* t = req->data;

  if (status != 0 && !t->is_over && !t->out_ended)
    fail(t, HVUV_STEP_SEND, status);
}

static void end_our_direction_if_due(talk_t* t) {
  int err;

  if (!t->in_ended || t->is_over || t->has_shut_down || t->out_ended ||
      t->status != 0 || t->settings->keeps_sending_open)
    return;
  if (hvuv_addr_family(&t->settings->addr) == HVUV_HYBRID && !rests(t))
    return; /* the tick looks again */
  t->has_shut_down = 1;
  t->shutdown.data = t;
  err = hvuv_shutdown(&t->shutdown, t->stream, on_shutdown);
  if (err != 0)
    fail(t, HVUV_STEP_SEND, err);
}

static void end_input(talk_t* t) {
  t->in_ended = 1;
  end_our_direction_if_due(t);
  finish_if_due(t);
}

/* What the peer sent before it went is still received. */
static void fail_to_send(talk_t* t, int err) {
  if (t->is_over)
    return;
  report(&hvcat, HVUV_STEP_SEND, &t->settings->addr, err);
  t->status = err;
  t->in_ended = 1;
  finish_if_due(t);
}

static void has_sent(talk_t* t, size_t nbytes) {
  t->bytes_sent += nbytes;
  t->moved_ms = uv_now(t->tick.loop);
}

static void on_sent(hvuv_write_t* req, int status) {
  talk_t* t = req->data;

  if (status == 0)
    has_sent(t, t->rest.len);
  else if (status != UV_ECANCELED)
    fail_to_send(t, status);
  if (status == 0 && !t->is_over)
    send_next(t);
}

static void on_input(void* owner, ssize_t nread) {
  talk_t* t = owner;
  int n;

  if (nread < 0) {
    if (nread != UV_EOF)
      report_meaning(
          &hvcat, "read", "standard input", (int) nread, "It ends here.");
    if (nread != UV_EOF && t->status == 0)
      t->status = (int) nread;
    end_input(t);
    return;
  }
  t->rest = uv_buf_init(t->in->piece, (unsigned int) nread);
  n = hvuv_try_write(t->stream, &t->rest, 1);
  if (n < 0 && n != UV_EAGAIN) {
    fail_to_send(t, n);
    return;
  }
  if (n > 0) {
    has_sent(t, (size_t) n);
    t->rest.base += n;
    t->rest.len -= (unsigned int) n;
  }
  if (t->rest.len == 0) {
    send_next(t);
    return;
  }
  t->write.data = t;
  n = hvuv_write(&t->write, t->stream, &t->rest, 1, on_sent);
  if (n != 0)
    fail_to_send(t, n);
}

static void send_next(talk_t* t) {
  input_read(t->in, on_input, t);
}

/* --- The other direction */

static void receive(talk_t* t);
static void on_tick(uv_timer_t* tick);

static void on_output(void* owner, int status) {
  talk_t* t = owner;

  t->is_writing = 0;
  if (status != 0 && t->status == 0) {
    report_meaning(&hvcat,
                   "write",
                   "standard output",
                   status,
                   status == UV_EPIPE
                       ? "Whoever read it has gone, so this ends."
                       : "What came was not all written, so this ends.");
    finish(t, status);
  }
  if (t->is_over)
    close_all(t);
  else if (t->out_ended)
    finish_if_due(t);
  else
    receive(t);
}

static void on_alloc(hvuv_stream_t* stream, size_t suggested, uv_buf_t* buf) {
  talk_t* t = stream->data;

  (void) suggested;
  *buf = uv_buf_init(t->piece, sizeof(t->piece));
}

static int is_for_next_caller(const talk_t* t) {
  return t->settings->keeps && t->settings->command == NULL;
}

static void end_output(talk_t* t) {
  t->out_ended = 1;
  end_our_direction_if_due(t);
  finish_if_due(t);
  if (!t->is_over && !uv_is_active((uv_handle_t*) &t->tick))
    uv_timer_start(&t->tick, on_tick, TICK_MS, TICK_MS);
  if (!t->is_over && !is_for_next_caller(t))
    output_end(t->out);
}

static void on_read(hvuv_stream_t* stream, ssize_t n, const uv_buf_t* buf) {
  talk_t* t = stream->data;

  if (n == 0)
    return;
  if (n == UV_EOF) {
    end_output(t);
  } else if (n < 0) {
    if (t->status != 0) /* the failed write was reported */
      finish(t, (int) n);
    else
      fail(t, HVUV_STEP_RECEIVE, (int) n);
  } else {
    t->bytes_received += (uint64_t) n;
    t->moved_ms = uv_now(t->tick.loop);
    hvuv_read_stop(stream);
    t->is_writing = 1;
    output_write(t->out, buf->base, (size_t) n, on_output, t);
  }
}

static void receive(talk_t* t) {
  int err = hvuv_read_start(t->stream, on_alloc, on_read);

  if (err != 0)
    fail(t, HVUV_STEP_RECEIVE, err);
}

/* --- Time */

static void on_tick(uv_timer_t* tick) {
  talk_t* t = tick->data;
  uint64_t limit_ms = t->settings->idle_timeout_ms;

  if (t->is_over)
    return;
  progress_show(t);
  end_our_direction_if_due(t);
  finish_if_gone(t);
  if (limit_ms != 0 && !t->is_over &&
      uv_now(tick->loop) - t->moved_ms >= limit_ms)
    fail(t, HVUV_STEP_TIME_LIMIT, UV_ETIMEDOUT);
}

/* Nothing may be behind the tick that nobody asked for. */
static int needs_tick(const talk_t* t) {
  return t->settings->idle_timeout_ms != 0 || progress_is_shown(t) ||
         hvuv_addr_family(&t->settings->addr) == HVUV_HYBRID;
}

void talk_start(talk_t* t,
                const settings_t* settings,
                hvuv_stream_t* stream,
                input_t* in,
                output_t* out,
                talk_cb cb) {
  uv_loop_t* loop = stream->loop;

  memset(t, 0, offsetof(talk_t, piece));
  t->settings = settings;
  t->stream = stream;
  t->in = in;
  t->out = out;
  t->cb = cb;
  t->open = 2;
  t->began_ms = t->moved_ms = uv_now(loop);
  stream->data = t;
  uv_timer_init(loop, &t->tick); /* Always 0. */
  t->tick.data = t;
  if (needs_tick(t))
    uv_timer_start(&t->tick, on_tick, TICK_MS, TICK_MS);
  receive(t);
  if (!t->is_over)
    send_next(t);
}

void talk_cancel(talk_t* t) {
  finish(t, UV_ECANCELED);
}
