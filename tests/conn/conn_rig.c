#include "conn_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/alloc.h"
#include "support/trace.h"

static void act(hvuv_conn_t* conn, place_t place) {
  const rig_t* rig = hvuv_conn_context(conn);

  if (rig->at[place] != NULL)
    rig->at[place](conn);
}

static int on_open(hvuv_conn_t* conn) {
  rig_t* rig = hvuv_conn_context(conn);

  trace("open");
  rig->conn = conn;
  act(conn, AT_OPEN);
  return rig->fails_at == AT_OPEN ? rig->result : 0;
}

static int on_message(hvuv_conn_t* conn, const char* bytes, size_t nbytes) {
  rig_t* rig = hvuv_conn_context(conn);

  rig->nmessages++;
  if (!rig->is_quiet)
    trace("message:%.*s", (int) nbytes, nbytes == 0 ? "" : bytes);
  act(conn, AT_MESSAGE);
  return rig->fails_at == AT_MESSAGE ? rig->result : 0;
}

static void on_writable(hvuv_conn_t* conn) {
  trace("writable");
  act(conn, AT_WRITABLE);
}

static void on_end(hvuv_conn_t* conn) {
  trace("end");
  act(conn, AT_END);
}

static void on_close(hvuv_conn_t* conn, int reason) {
  trace_status("close", reason);
  act(conn, AT_CLOSE);
}

int rig_up(void** state) {
  rig_t* rig = calloc(1, sizeof(*rig));

  alloc_install();
  trace_reset();
  if (rig == NULL)
    return -1;
  rig->protocol.on_open = on_open;
  rig->protocol.on_message = on_message;
  rig->protocol.on_writable = on_writable;
  rig->protocol.on_end = on_end;
  rig->protocol.on_close = on_close;
  rig->protocol.framing.kind = HVUV_FRAMING_LINES;
  hvuv_limits_init(&rig->limits);
  *state = rig;
  return 0;
}

int rig_down(void** state) {
  rig_t* rig = *state;

  hvuv_test_close(rig->test);
  free(rig);
  alloc_check();
  return 0;
}

void rig_open(rig_t* rig) {
  assert_int_equal(
      hvuv_test_open(&rig->test, &rig->protocol, &rig->limits, rig), 0);
}

size_t rig_receive(rig_t* rig, const char* text) {
  return hvuv_test_receive(rig->test, text, strlen(text));
}

void assert_sent(rig_t* rig, const char* text) {
  size_t nbytes;

  assert_string_equal(hvuv_test_sent(rig->test, &nbytes), text);
  assert_int_equal(nbytes, strlen(text));
  hvuv_test_forget(rig->test);
}

void rig_pause(hvuv_conn_t* conn) {
  hvuv_conn_pause(conn);
}

void rig_resume(hvuv_conn_t* conn) {
  hvuv_conn_resume(conn);
}

void rig_end(hvuv_conn_t* conn) {
  hvuv_conn_end(conn);
}

void rig_abort(hvuv_conn_t* conn) {
  hvuv_conn_abort(conn, UV_ENOTSUP);
}

void rig_on_sent(hvuv_send_t* req, int status) {
  trace_status("sent", status);
  act(req->conn, AT_SENT);
}
