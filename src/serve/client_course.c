/* From attempt to attempt; client_course.h has what goes in and out. */
#include "serve/client_course.h"

#include <assert.h>

#include "conn/conn_group.h"
#include "serve/journal.h"

typedef hvuv__client_t client_t;

/* --- Reporting ------------------------------------------------------------ */

static void report_attempt(client_t* c, const hvuv_attempt_t* attempt) {
  hvuv__journal_attempt(&c->addr, attempt);
  if (c->options.on_attempt != NULL)
    c->options.on_attempt(c->handle, attempt);
}

static void finish(client_t* c, int status) {
  hvuv__client_move(c, HVUV__CLIENT_IDLE);
  hvuv__client_check(c);
  if (c->options.on_done != NULL)
    c->options.on_done(c->handle, status);
}

/* --- Dialling ------------------------------------------------------------- */

static void wait_for(client_t* c, uint64_t delay_ms) {
  hvuv__client_move(c, HVUV__CLIENT_WAITING);
  hvuv__owner_set_alarm(&c->owner, delay_ms);
  hvuv__client_check(c);
}

static void attempt_failed(client_t* c,
                           hvuv_error_class_t error_class,
                           int status) {
  hvuv_attempt_t attempt;

  assert(c->state == HVUV__CLIENT_DIALLING && c->conn == NULL);
  attempt = hvuv__retry_failed(&c->retry, error_class, status);
  if (!attempt.is_last)
    wait_for(c, attempt.next_delay_ms);
  report_attempt(c, &attempt);
  if (attempt.is_last && c->state != HVUV__CLIENT_CLOSING)
    finish(c, status);
}

static void on_connected(hvuv_connect_t* req, int status) {
  client_t* c = req->data;
  hvuv_attempt_t attempt = {.status = 0};

  hvuv__client_check(c);
  /* The cancelled connect of a client that closes is reported here, too; its
   * connection closes already. */
  if (status != 0) {
    hvuv__conn_drop(c->conn, status);
    return;
  }

  attempt.number = c->retry.attempts;
  report_attempt(c, &attempt);
  if (c->state == HVUV__CLIENT_CLOSING)
    return;

  hvuv__client_move(c, HVUV__CLIENT_OPEN);
  c->opened_ms = uv_now(c->handle->loop);
  hvuv__conn_open(c->conn);
}

int hvuv__course_dial(client_t* c) {
  hvuv_stream_t* stream;
  int err;

  assert(c->conn == NULL);
  c->conn = hvuv__owner_new_conn(&c->owner, c->protocol);
  if (c->conn == NULL)
    return UV_ENOMEM;

  hvuv__client_move(c, HVUV__CLIENT_DIALLING);
  hvuv__retry_begin(&c->retry);
  c->connect_req.data = c;
  stream = hvuv_conn_stream(c->conn);
  hvuv_set_connect_timeout(stream, c->options.connect_timeout_ms);
  err = hvuv_connect(&c->connect_req, stream, &c->addr, on_connected);
  if (err != 0)
    hvuv__conn_drop(c->conn, err);
  hvuv__client_check(c);
  return 0;
}

/* An attempt that came to nothing before there was a connection. */
static void fail_at_once(client_t* c,
                         hvuv_error_class_t error_class,
                         int status) {
  hvuv__client_move(c, HVUV__CLIENT_DIALLING);
  hvuv__retry_begin(&c->retry);
  attempt_failed(c, error_class, status);
}

static void dial_or_fail(client_t* c) {
  if (hvuv__course_dial(c) != 0)
    fail_at_once(c, hvuv_error_class(&c->addr, UV_ENOMEM), UV_ENOMEM);
}

/* --- The guide ------------------------------------------------------------ */

void hvuv__course_ask(client_t* c) {
  hvuv__client_move(c, HVUV__CLIENT_ASKING);
  c->guide->ask(c->guide);
  hvuv__client_check(c);
}

/* What no VM has is no mistake: it may start. */
void hvuv__course_guided(client_t* c, const hvuv_addr_t* addr, int status) {
  hvuv__client_check(c);
  assert(c->state == HVUV__CLIENT_ASKING && status <= 0);
  if (status == 0) {
    c->addr = *addr;
    dial_or_fail(c);
    return;
  }
  fail_at_once(c,
               status == UV_ENOENT ? HVUV_ERROR_VM_OFF
                                   : hvuv_error_class(&c->addr, status),
               status);
}

void hvuv__course_alone(client_t* c) {
  assert(c->guide == NULL);
  if (c->state == HVUV__CLIENT_ASKING)
    wait_for(c, 0);
}

/* --- Events of the owner -------------------------------------------------- */

void hvuv__course_on_alarm(hvuv__owner_t* owner) {
  client_t* c = (client_t*) owner;

  assert(c->state == HVUV__CLIENT_WAITING);
  if (c->guide != NULL)
    hvuv__course_ask(c);
  else
    dial_or_fail(c);
}

static void connection_closed(client_t* c, int has_message, int reason) {
  uint64_t lived_ms = uv_now(c->handle->loop) - c->opened_ms;
  uint64_t delay_ms;

  if (c->options.reconnects &&
      hvuv__retry_closed(&c->retry, has_message, lived_ms, &delay_ms))
    wait_for(c, delay_ms);
  else
    finish(c, reason);
}

void hvuv__course_on_gone(hvuv__owner_t* owner, hvuv_conn_t* conn, int reason) {
  client_t* c = (client_t*) owner;
  int has_message = hvuv__conn_has_greeted(conn);

  assert(c->conn == conn);
  c->conn = NULL;
  if (c->state == HVUV__CLIENT_DIALLING)
    attempt_failed(c, hvuv_error_class(&c->addr, reason), reason);
  else if (c->state == HVUV__CLIENT_OPEN)
    connection_closed(c, has_message, reason);
}
