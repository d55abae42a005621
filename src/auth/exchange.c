/* The steps of an exchange, and what a proof is made of: hvuv/auth.h. */
#include "auth/exchange.h"

#include <assert.h>
#include <string.h>

#include "auth/mac.h"

static_assert(HVUV__PROOF_BYTES == HVUV__MAC_BYTES, "a proof is a MAC");

static void check(const hvuv__exchange_t* exchange) {
  assert(exchange->state >= HVUV__EXPECTS_CHALLENGE &&
         exchange->state <= HVUV__EXPECTS_NOTHING);
  assert(exchange->secret < 2);
  (void) exchange;
}

/* The nonces in the order of the roles, whoever asks. */
static void make_proof(const hvuv__terms_t* terms,
                       unsigned int secret,
                       char role,
                       const unsigned char* server_nonce,
                       const unsigned char* client_nonce,
                       unsigned char proof[HVUV__PROOF_BYTES]) {
  static const char domain[] = "hvuv auth 1"; /* with its NUL */
  const hvuv__secret_t* key = &terms->secrets.at[secret];
  uv_buf_t parts[5];

  assert(secret < terms->secrets.count && (role == 'C' || role == 'S'));
  parts[0] = uv_buf_init((char*) (uintptr_t) domain, sizeof(domain));
  parts[1] = uv_buf_init(&role, 1);
  parts[2] = uv_buf_init((char*) (uintptr_t) server_nonce, HVUV__NONCE_BYTES);
  parts[3] = uv_buf_init((char*) (uintptr_t) client_nonce, HVUV__NONCE_BYTES);
  parts[4] = uv_buf_init((char*) (uintptr_t) terms->purpose,
                         (unsigned int) terms->purpose_bytes);
  hvuv__mac(key->bytes, key->nbytes, parts, 5, proof);
}

void hvuv__exchange_begin(hvuv__exchange_t* exchange,
                          hvuv_auth_role_t role,
                          const unsigned char nonce[HVUV__NONCE_BYTES],
                          hvuv__frame_t* out) {
  memset(exchange, 0, sizeof(*exchange));
  memset(out, 0, sizeof(*out));
  memcpy(exchange->nonce, nonce, HVUV__NONCE_BYTES);
  exchange->state = HVUV__EXPECTS_CHALLENGE;
  if (role == HVUV_AUTH_SERVER) {
    exchange->state = HVUV__EXPECTS_RESPONSE;
    out->kind = HVUV__FRAME_CHALLENGE;
    memcpy(out->nonce, nonce, HVUV__NONCE_BYTES);
  }
  check(exchange);
}

/* --- The server's side ---------------------------------------------------- */

/* All secrets are tried, whichever is right. Returns how many are, and sets
 * *which to the first of those. */
static unsigned int find_secret(const hvuv__exchange_t* exchange,
                                const hvuv__terms_t* terms,
                                const hvuv__frame_t* in,
                                unsigned int* which) {
  unsigned char proof[HVUV__PROOF_BYTES];
  unsigned int found = 0;
  unsigned int i;

  for (i = terms->secrets.count; i-- > 0;) {
    make_proof(terms, i, 'C', exchange->nonce, in->nonce, proof);
    if (hvuv__mac_equal(proof, in->proof)) {
      *which = i;
      found++;
    }
  }
  hvuv__mac_wipe(proof, sizeof(proof));
  return found;
}

static int take_response(hvuv__exchange_t* exchange,
                         const hvuv__terms_t* terms,
                         const hvuv__frame_t* in,
                         hvuv__frame_t* out) {
  exchange->state = HVUV__EXPECTS_NOTHING;
  if (find_secret(exchange, terms, in, &exchange->secret) == 0) {
    out->kind = HVUV__FRAME_REFUSAL;
    return UV_EACCES;
  }
  out->kind = HVUV__FRAME_WELCOME;
  make_proof(
      terms, exchange->secret, 'S', exchange->nonce, in->nonce, out->proof);
  return 0;
}

/* --- The client's side ---------------------------------------------------- */

/* The server's proof is worked out now, because the secrets may be others when
 * it comes. */
static int take_challenge(hvuv__exchange_t* exchange,
                          const hvuv__terms_t* terms,
                          const hvuv__frame_t* in,
                          hvuv__frame_t* out) {
  if (terms->secrets.count == 0)
    return UV_EACCES;
  out->kind = HVUV__FRAME_RESPONSE;
  memcpy(out->nonce, exchange->nonce, HVUV__NONCE_BYTES);
  make_proof(terms, 0, 'C', in->nonce, exchange->nonce, out->proof);
  make_proof(terms, 0, 'S', in->nonce, exchange->nonce, exchange->proof);
  exchange->state = HVUV__EXPECTS_WELCOME;
  return 0;
}

static int take_welcome(hvuv__exchange_t* exchange, const hvuv__frame_t* in) {
  int is_right = hvuv__mac_equal(exchange->proof, in->proof);

  hvuv__mac_wipe(exchange->proof, sizeof(exchange->proof));
  exchange->state = HVUV__EXPECTS_NOTHING;
  return is_right ? 0 : UV_EACCES;
}

int hvuv__exchange_take(hvuv__exchange_t* exchange,
                        const hvuv__terms_t* terms,
                        const hvuv__frame_t* in,
                        hvuv__frame_t* out) {
  enum hvuv__exchange_state state = exchange->state;

  check(exchange);
  assert(in != out);
  memset(out, 0, sizeof(*out));
  if (state == HVUV__EXPECTS_RESPONSE && in->kind == HVUV__FRAME_RESPONSE)
    return take_response(exchange, terms, in, out);
  if (state == HVUV__EXPECTS_CHALLENGE && in->kind == HVUV__FRAME_CHALLENGE)
    return take_challenge(exchange, terms, in, out);
  if (state == HVUV__EXPECTS_WELCOME && in->kind == HVUV__FRAME_WELCOME)
    return take_welcome(exchange, in);

  exchange->state = HVUV__EXPECTS_NOTHING;
  if (state == HVUV__EXPECTS_WELCOME && in->kind == HVUV__FRAME_REFUSAL)
    return UV_EACCES;
  return UV_EPROTO;
}
