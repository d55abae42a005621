#include "auth_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "auth/mac.h"
#include "support/alloc.h"
#include "support/trace.h"

/* --- The handler behind --------------------------------------------------- */

static int on_open(hvuv_conn_t* conn) {
  const side_t* side = hvuv_conn_context(conn);
  const char* state = hvuv_conn_state(conn);
  size_t i;

  for (i = 0; i < side->protocol.state_bytes; i++)
    if (state[i] != 0)
      trace("%s:dirty", side->name);
  trace("%s:open", side->name);
  if (side->says != NULL)
    hvuv_conn_send(conn, side->says, strlen(side->says));
  return side->open_result;
}

static int on_message(hvuv_conn_t* conn, const char* bytes, size_t nbytes) {
  const side_t* side = hvuv_conn_context(conn);

  trace("%s:message:%.*s", side->name, (int) nbytes, bytes);
  return 0;
}

static void on_end(hvuv_conn_t* conn) {
  const side_t* side = hvuv_conn_context(conn);

  trace("%s:end", side->name);
  hvuv_conn_end(conn);
}

static void on_close(hvuv_conn_t* conn, int reason) {
  const side_t* side = hvuv_conn_context(conn);
  char text[32];

  snprintf(text, sizeof(text), "%s:close", side->name);
  trace_status(text, reason);
}

static void on_failed(hvuv_auth_t* auth, hvuv_conn_t* conn, int reason) {
  const side_t* side = hvuv_conn_context(conn);
  char text[32];

  snprintf(text,
           sizeof(text),
           "%s:failed%s",
           side->name,
           auth->data == side ? "" : "?");
  trace_status(text, reason);
}

/* --- The sides ------------------------------------------------------------ */

static void init_side(side_t* side, hvuv_auth_role_t role, const char* name) {
  side->role = role;
  side->name = name;
  side->secret = SECRET;
  hvuv_auth_options_init(&side->options);
  side->options.on_failed = on_failed;
  hvuv_limits_init(&side->limits);
  side->protocol.framing.kind = HVUV_FRAMING_LINES;
  side->protocol.state_bytes = 512;
  side->protocol.on_open = on_open;
  side->protocol.on_message = on_message;
  side->protocol.on_end = on_end;
  side->protocol.on_close = on_close;
}

int rig_up(void** state) {
  rig_t* rig = calloc(1, sizeof(*rig));

  alloc_install();
  trace_reset();
  init_side(&rig->server, HVUV_AUTH_SERVER, "s");
  init_side(&rig->client, HVUV_AUTH_CLIENT, "c");
  *state = rig;
  return 0;
}

int rig_down(void** state) {
  rig_t* rig = *state;

  rig_close_side(&rig->server);
  rig_close_side(&rig->client);
  alloc_check();
  free(rig);
  return 0;
}

static size_t size_of(const char* text) {
  return text == NULL ? 0 : strlen(text);
}

int rig_open_side(side_t* side) {
  int err;

  err =
      hvuv_auth_init(&side->auth, side->role, &side->protocol, &side->options);
  if (err != 0)
    return err;
  side->auth.data = side;
  if (side->secret != NULL)
    assert_int_equal(hvuv_auth_set_secrets(&side->auth,
                                           side->secret,
                                           size_of(side->secret),
                                           side->previous,
                                           size_of(side->previous)),
                     0);
  return hvuv_test_open(
      &side->test, hvuv_auth_protocol(&side->auth), &side->limits, side);
}

void rig_close_side(side_t* side) {
  hvuv_test_close(side->test);
  side->test = NULL;
  if (side->auth.impl != NULL)
    hvuv_auth_close(&side->auth);
}

void rig_open(rig_t* rig) {
  assert_int_equal(rig_open_side(&rig->server), 0);
  assert_int_equal(rig_open_side(&rig->client), 0);
}

/* --- The way -------------------------------------------------------------- */

static size_t take(side_t* from, char* bytes, size_t room) {
  const char* sent;
  size_t n;

  sent = hvuv_test_sent(from->test, &n);
  assert_true(n <= room);
  memcpy(bytes, sent, n);
  hvuv_test_forget(from->test);
  return n;
}

static size_t carry(side_t* from, side_t* to, size_t slice) {
  char bytes[4096];
  size_t nbytes;
  size_t at;
  size_t n;

  nbytes = take(from, bytes, sizeof(bytes));
  for (at = 0; at < nbytes; at += n) {
    n = nbytes - at < slice ? nbytes - at : slice;
    hvuv_test_receive(to->test, bytes + at, n);
  }
  return nbytes;
}

void rig_carry_one(side_t* from, side_t* to) {
  carry(from, to, SIZE_MAX);
}

void rig_carry_slices(rig_t* rig, size_t slice) {
  size_t n;
  int i;

  for (i = 0, n = 1; n > 0 && i < 100; i++) {
    n = carry(&rig->server, &rig->client, slice);
    n += carry(&rig->client, &rig->server, slice);
  }
  assert_int_equal(n, 0);
}

void rig_carry(rig_t* rig) {
  rig_carry_slices(rig, SIZE_MAX);
}

int rig_is_supported(void) {
  if (hvuv__mac_supported() == 0)
    return 1;
  printf("Skipped: built without libsodium\n");
  return 0;
}
