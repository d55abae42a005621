/*
 * The handler that proves, in front of the one that was asked for.
 *
 *   on_open      a nonce, a deadline; a server's challenge
 *   on_message   a frame: exchange.c says what comes of it. When it is over
 *                the connection is handed over (conn/prove.h), and nothing of
 *                this file is called for it any more
 *   on_end, on_close   it has failed
 *
 * Connections of several loops may have one auth (hvuv_server_share()): its
 * secrets and counters are looked at and changed under lock.h's lock.
 *
 * The table of callbacks is the first thing of an auth, so that a
 * connection's protocol leads to the secrets. The exchange is in the
 * connection's state, which the handler behind gets zeroed.
 */
#include "hvuv/auth.h"

#include <assert.h>
#include <string.h>

#include "auth/exchange.h"
#include "auth/lock.h"
#include "auth/mac.h"
#include "auth/secret_file.h"
#include "base/alloc.h"
#include "base/log.h"
#include "conn/conn.h"
#include "conn/conn_show.h"
#include "conn/prove.h"

#define TIMEOUT_MS 5000

struct hvuv__auth_s {
  hvuv_protocol_t protocol; /* first: an auth is found by its protocol */
  hvuv_auth_t* handle;
  const hvuv_protocol_t* inner;
  hvuv_auth_role_t role;
  uint64_t timeout_ms;
  hvuv__terms_t terms;
  hvuv_auth_stats_t stats;
  void (*on_failed)(hvuv_auth_t* auth, hvuv_conn_t* conn, int reason);
};

typedef struct hvuv__auth_s auth_t;

static void check(const auth_t* auth) {
  assert(auth->handle->impl == auth);
  assert(auth->role == HVUV_AUTH_SERVER || auth->role == HVUV_AUTH_CLIENT);
  assert(auth->protocol.state_bytes >= sizeof(hvuv__exchange_t));
  assert(auth->protocol.state_bytes >= auth->inner->state_bytes);
  assert(auth->terms.purpose_bytes <= HVUV_AUTH_PURPOSE_MAX);
  assert(auth->timeout_ms > 0);
  (void) auth;
}

static auth_t* auth_of(const hvuv_conn_t* conn) {
  auth_t* auth = (auth_t*) (uintptr_t) conn->protocol;

  check(auth);
  return auth;
}

/* --- The exchange --------------------------------------------------------- */

static int has_secret(const auth_t* auth) {
  int yes;

  hvuv__auth_lock();
  yes = auth->terms.secrets.count > 0;
  hvuv__auth_unlock();
  return yes;
}

static int take_frame(auth_t* auth,
                      hvuv__exchange_t* exchange,
                      const hvuv__frame_t* in,
                      hvuv__frame_t* out) {
  int err;

  hvuv__auth_lock();
  err = hvuv__exchange_take(exchange, &auth->terms, in, out);
  hvuv__auth_unlock();
  return err;
}

static void count(uint64_t* counter) {
  hvuv__auth_lock();
  ++*counter;
  hvuv__auth_unlock();
}

static int send_frame(hvuv_conn_t* conn, const hvuv__frame_t* frame) {
  char bytes[HVUV__FRAME_MAX];
  size_t nbytes;

  if (frame->kind == 0)
    return 0;
  nbytes = hvuv__frame_write(frame, bytes);
  return hvuv_conn_send(conn, bytes, nbytes);
}

static int on_open(hvuv_conn_t* conn) {
  auth_t* auth = auth_of(conn);
  unsigned char nonce[HVUV__NONCE_BYTES];
  hvuv__frame_t out;
  int err;

  hvuv__conn_prove(conn);
  if (!has_secret(auth))
    return UV_EACCES;
  err = uv_random(NULL, NULL, nonce, sizeof(nonce), 0, NULL);
  if (err != 0)
    return err;
  hvuv__exchange_begin(hvuv_conn_state(conn), auth->role, nonce, &out);
  err = hvuv_conn_set_deadline(conn, auth->timeout_ms);
  assert(err == 0);
  return send_frame(conn, &out);
}

static void log_proof(const hvuv_conn_t* conn,
                      hvuv_log_level_t level,
                      const char* what) {
  static hvuv__log_place_t place = HVUV__LOG_PLACE("auth/proof");
  char peer[HVUV_ADDR_STRLEN];

  hvuv__log(&place, level, "%s: %s", hvuv__conn_show(conn, peer), what);
}

static int finish(auth_t* auth, hvuv_conn_t* conn) {
  const hvuv__exchange_t* exchange = hvuv_conn_state(conn);

  if (hvuv__log_wants(HVUV_LOG_DEBUG))
    log_proof(conn,
              HVUV_LOG_DEBUG,
              exchange->secret == 0 ? "proved"
                                    : "proved by the previous secret");
  count(exchange->secret == 0 ? &auth->stats.proved_current
                              : &auth->stats.proved_previous);
  return hvuv__conn_hand_over(conn, auth->inner);
}

static int on_message(hvuv_conn_t* conn, const char* bytes, size_t nbytes) {
  auth_t* auth = auth_of(conn);
  hvuv__exchange_t* exchange = hvuv_conn_state(conn);
  hvuv__frame_t out;
  hvuv__frame_t in;
  int send_err;
  int err;

  err = hvuv__frame_read(&in, bytes, nbytes);
  if (err != 0)
    return err;
  err = take_frame(auth, exchange, &in, &out);
  send_err = send_frame(conn, &out);
  if (err != 0 || send_err != 0)
    return err != 0 ? err : send_err;
  if (exchange->state == HVUV__EXPECTS_NOTHING)
    return finish(auth, conn);
  return 0;
}

static void on_end(hvuv_conn_t* conn) {
  hvuv_conn_abort(conn, UV_EOF);
}

static void on_close(hvuv_conn_t* conn, int reason) {
  auth_t* auth = auth_of(conn);

  if (reason == 0 || reason == UV_ECANCELED)
    return; /* We have ended it. */
  if (hvuv__log_wants(HVUV_LOG_WARNING))
    log_proof(conn, HVUV_LOG_WARNING, uv_err_name(reason));
  count(reason == UV_EACCES ? &auth->stats.refused : &auth->stats.broken);
  if (auth->on_failed != NULL)
    auth->on_failed(auth->handle, conn, reason);
}

/* --- Life ----------------------------------------------------------------- */

void hvuv_auth_options_init(hvuv_auth_options_t* options) {
  memset(options, 0, sizeof(*options));
  options->timeout_ms = TIMEOUT_MS;
}

static size_t larger(size_t a, size_t b) {
  return a > b ? a : b;
}

static void set_up(auth_t* auth,
                   hvuv_auth_role_t role,
                   const hvuv_protocol_t* inner,
                   const hvuv_auth_options_t* options) {
  static const hvuv_framing_t framing = {.kind = HVUV_FRAMING_LENGTH,
                                         .prefix_bytes = 1,
                                         .max_message_bytes = HVUV__FRAME_MAX};

  auth->protocol.state_bytes =
      larger(sizeof(hvuv__exchange_t), inner->state_bytes);
  auth->protocol.framing = framing;
  auth->protocol.on_open = on_open;
  auth->protocol.on_message = on_message;
  auth->protocol.on_end = on_end;
  auth->protocol.on_close = on_close;
  auth->role = role;
  auth->inner = inner;
  auth->timeout_ms = options->timeout_ms;
  auth->on_failed = options->on_failed;
  if (options->purpose != NULL) {
    auth->terms.purpose_bytes = strlen(options->purpose);
    memcpy(auth->terms.purpose, options->purpose, auth->terms.purpose_bytes);
  }
}

static int check_options(const hvuv_auth_options_t* options) {
  if (options->timeout_ms == 0)
    return UV_EINVAL;
  if (options->purpose != NULL &&
      strlen(options->purpose) > HVUV_AUTH_PURPOSE_MAX)
    return UV_EINVAL;
  return 0;
}

int hvuv_auth_init(hvuv_auth_t* handle,
                   hvuv_auth_role_t role,
                   const hvuv_protocol_t* inner,
                   const hvuv_auth_options_t* options) {
  hvuv_auth_options_t defaults;
  auth_t* auth;
  int err;

  if (handle == NULL || hvuv__protocol_check(inner) != 0 ||
      (role != HVUV_AUTH_SERVER && role != HVUV_AUTH_CLIENT))
    return UV_EINVAL;
  hvuv_auth_options_init(&defaults);
  if (options == NULL)
    options = &defaults;
  err = check_options(options);
  if (err == 0)
    err = hvuv__mac_supported();
  if (err == 0)
    err = hvuv__auth_lock_init();
  if (err != 0)
    return err;

  auth = hvuv__calloc(1, sizeof(*auth));
  if (auth == NULL)
    return UV_ENOMEM;
  set_up(auth, role, inner, options);
  auth->handle = handle;
  handle->impl = auth;
  check(auth);
  return 0;
}

static void take_secrets(auth_t* auth, hvuv__secrets_t* secrets) {
  hvuv__auth_lock();
  auth->terms.secrets = *secrets;
  hvuv__auth_unlock();
  hvuv__mac_wipe(secrets, sizeof(*secrets));
}

int hvuv_auth_set_secrets(hvuv_auth_t* handle,
                          const void* current,
                          size_t current_bytes,
                          const void* previous,
                          size_t previous_bytes) {
  hvuv__secrets_t secrets = {.count = 0};
  int err;

  if (handle == NULL || current == NULL)
    return UV_EINVAL;
  check(handle->impl);
  err = hvuv__secrets_add(&secrets, current, current_bytes);
  if (err == 0 && previous != NULL)
    err = hvuv__secrets_add(&secrets, previous, previous_bytes);
  if (err == 0)
    take_secrets(handle->impl, &secrets);
  hvuv__mac_wipe(&secrets, sizeof(secrets));
  return err;
}

int hvuv_auth_load(hvuv_auth_t* handle, const char* path) {
  hvuv__secrets_t secrets;
  int err;

  if (handle == NULL || path == NULL)
    return UV_EINVAL;
  check(handle->impl);
  err = hvuv__secret_file_read(path, &secrets);
  if (err == 0)
    take_secrets(handle->impl, &secrets);
  hvuv__mac_wipe(&secrets, sizeof(secrets));
  return err;
}

void hvuv_auth_close(hvuv_auth_t* handle) {
  check(handle->impl);
  hvuv__mac_wipe(&handle->impl->terms, sizeof(handle->impl->terms));
  hvuv__free(handle->impl);
  handle->impl = NULL;
}

/* --- Looking at it -------------------------------------------------------- */

const hvuv_protocol_t* hvuv_auth_protocol(const hvuv_auth_t* handle) {
  check(handle->impl);
  return &handle->impl->protocol;
}

void hvuv_auth_stats(const hvuv_auth_t* handle, hvuv_auth_stats_t* stats) {
  check(handle->impl);
  hvuv__auth_lock();
  *stats = handle->impl->stats;
  hvuv__auth_unlock();
}

size_t hvuv_auth_size(void) {
  return sizeof(hvuv_auth_t);
}

void* hvuv_auth_get_data(const hvuv_auth_t* handle) {
  return handle->data;
}

void hvuv_auth_set_data(hvuv_auth_t* handle, void* data) {
  handle->data = data;
}
