/*
 * Connecting.
 *
 *   connect --> talk | command | pass the socket | end (-z)
 *    ^   |
 *    |   +-- failed, and may not for ever (hvuv_error_class) --> wait --+
 *    +------------------- until --retry SECONDS are over <--------------+
 */
#include "hvcat.h"
#include "report.h"
#include "stdio_os.h"

#define PAUSE_MS 250

static uv_timer_t pause_timer;
static uint64_t began_ms;
static int is_open; /* the stream */

static void attempt(void);

static void on_pause(uv_timer_t* timer) {
  (void) timer;
  attempt();
}

static void on_failed_closed(hvuv_stream_t* stream) {
  (void) stream;
  is_open = 0;
  if (!cat.is_ending)
    uv_timer_start(&pause_timer, on_pause, PAUSE_MS, 0);
}

static int may_retry(int err) {
  return hvuv_error_class(&cat.settings.addr, err) != HVUV_ERROR_PERMANENT &&
         uv_now(cat.loop) - began_ms + PAUSE_MS < cat.settings.retry_ms;
}

static void fail(int err) {
  if (cat.is_ending)
    return;
  if (is_open && may_retry(err)) {
    hvuv_close(&cat.stream, on_failed_closed);
    return;
  }
  report(&hvcat, HVUV_STEP_CONNECT, &cat.settings.addr, err);
  cat_end(1);
}

static void on_talk_over(talk_t* talk, int status) {
  (void) talk;
  is_open = 0;
  cat_end(status != 0);
}

static void pass(void) {
  uv_os_sock_t sock;
  int err = hvuv_detach(&cat.stream, &sock);

  if (err == 0) {
    err = stdio_pass(sock);
    stdio_close_socket(sock);
  }
  report_meaning(&hvcat,
                 "pass a socket",
                 "standard output",
                 err,
                 "--fdpass is for a program that takes one there, as ssh does "
                 "with ProxyUseFdpass.");
  cat_end(err != 0);
}

static void go_on(void) {
  if (cat.settings.only_connects) {
    cat_end(0);
  } else if (cat.settings.passes_socket) {
    pass();
  } else if (cat.settings.command != NULL) {
    is_open = 0;
    exec_start(exec_new(cat_end), &cat.stream);
  } else if (cat_open_stdio() == 0) {
    talk_start(
        &cat.talk, &cat.settings, &cat.stream, &cat.in, &cat.out, on_talk_over);
  } else {
    cat_end(1);
  }
}

static void on_connect(hvuv_connect_t* req, int status) {
  if (status != 0) {
    fail(status);
  } else if (!cat.is_ending) {
    cat_note(req->handle, "answers");
    go_on();
  }
}

static void attempt(void) {
  static hvuv_connect_t req;
  uint64_t left_ms = cat.settings.connect_timeout_ms;
  int err = hvuv_init(cat.loop, &cat.stream);

  is_open = err == 0;
  if (err == 0)
    err = hvuv_set_connect_timeout(&cat.stream, left_ms);
  if (err == 0)
    err = hvuv_connect(&req, &cat.stream, &cat.settings.addr, on_connect);
  if (err != 0)
    fail(err);
}

void connect_start(void) {
  uv_timer_init(cat.loop, &pause_timer); /* Always 0. */
  began_ms = uv_now(cat.loop);
  attempt();
}

void connect_end(void) {
  if (cat.settings.listens)
    return;
  uv_close((uv_handle_t*) &pause_timer, NULL);
  if (!is_open || hvuv_is_closing(&cat.stream))
    return;
  if (cat.talk.cb != NULL)
    talk_cancel(&cat.talk);
  else
    hvuv_close(&cat.stream, NULL);
}
