/* Dialling, waiting to dial again, and telling how it went. */
#include "serve/client.h"
#include "loop/hub.h"

/* --- Telling -------------------------------------------------------------- */

static void tell_attempt(hvuv__client_t* c, const hvuv_attempt_t* attempt) {
  if (c->options.on_attempt != NULL)
    c->options.on_attempt(c->client, attempt);
}

static void finish(hvuv__client_t* c, int status) {
  c->state = HVUV__CLIENT_IDLE;
  if (c->options.on_done != NULL)
    c->options.on_done(c->client, status);
}

/* --- Waiting -------------------------------------------------------------- */

static void wait_for(hvuv__client_t* c, uint64_t delay_ms) {
  c->state = HVUV__CLIENT_WAITING;
  hvuv__hub_hold(c->anchor.hub, 1);
  hvuv__alarm_set(c->alarm, delay_ms);
}

void hvuv__client_stop_waiting(hvuv__client_t* c) {
  hvuv__alarm_stop(c->alarm);
  hvuv__hub_hold(c->anchor.hub, -1);
}

/* --- Dialling ------------------------------------------------------------- */

static void on_failed(hvuv__client_t* c, int status) {
  hvuv_attempt_t attempt = {.number = c->attempts, .status = status};

  attempt.error_class = hvuv_error_class(&c->addr, status);
  attempt.is_last =
      !(c->options.retry & (unsigned int) attempt.error_class) ||
      (c->options.max_attempts != 0 && c->attempts >= c->options.max_attempts);
  if (!attempt.is_last) {
    attempt.next_delay_ms = hvuv__backoff_next(&c->backoff);
    wait_for(c, attempt.next_delay_ms);
  }

  tell_attempt(c, &attempt);
  if (attempt.is_last && c->state != HVUV__CLIENT_CLOSING)
    finish(c, status);
}

static void on_connected(hvuv_connect_t* req, int status) {
  hvuv_attempt_t attempt = {.status = 0};
  hvuv_conn_t* conn = req->handle->data;
  hvuv__client_t* c = (hvuv__client_t*) conn->group;

  /* A client that closes hears of its cancelled connect here, too; its
   * connection closes already. */
  if (status != 0) {
    hvuv__conn_drop(conn, status);
    return;
  }

  attempt.number = c->attempts;
  tell_attempt(c, &attempt);
  if (c->state == HVUV__CLIENT_CLOSING)
    return;

  c->state = HVUV__CLIENT_OPEN;
  c->opened_ms = uv_now(c->group.loop);
  hvuv__conn_open(conn);
}

int hvuv__client_dial(hvuv__client_t* c) {
  hvuv_stream_t* stream;
  int err;

  c->conn = hvuv__conn_new_stream(&c->group, c->protocol);
  if (c->conn == NULL)
    return UV_ENOMEM;

  c->state = HVUV__CLIENT_DIALLING;
  c->attempts++;
  stream = &c->conn->stream;
  hvuv_set_connect_timeout(stream, c->options.connect_timeout_ms);
  err = hvuv_connect(&c->conn->connect_req, stream, &c->addr, on_connected);
  if (err != 0)
    hvuv__conn_drop(c->conn, err);
  return 0;
}

void hvuv__client_alarm(void* owner) {
  hvuv__client_t* c = owner;

  if (c->state != HVUV__CLIENT_WAITING)
    return;
  hvuv__client_stop_waiting(c);
  if (hvuv__client_dial(c) == 0)
    return;

  c->state = HVUV__CLIENT_DIALLING;
  c->attempts++;
  on_failed(c, UV_ENOMEM);
}

void hvuv__client_gone(hvuv__group_t* group, hvuv_conn_t* conn, int reason) {
  hvuv__client_t* c = (hvuv__client_t*) group;

  (void) conn;
  c->conn = NULL;
  if (c->state == HVUV__CLIENT_CLOSING) {
    hvuv__client_close_anchor(c);
    return;
  }
  if (c->state == HVUV__CLIENT_DIALLING) {
    on_failed(c, reason);
    return;
  }

  c->attempts = 0;
  hvuv__backoff_lived(&c->backoff, uv_now(c->group.loop) - c->opened_ms);
  if (c->options.reconnects)
    wait_for(c, hvuv__backoff_next(&c->backoff));
  else
    finish(c, reason);
}
