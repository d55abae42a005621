/*
 * One exchange, as one side sees it. It knows no connection and no random
 * numbers: frames go in, and what comes of them is returned.
 *
 *   server   begin: challenge ---> RESPONSE --- it is right: welcome -----> OVER
 *                                           '-- wrong: refusal, EACCES ---> OVER
 *
 *   client   begin ---> CHALLENGE --- response ---> WELCOME --- right ----> OVER
 *                                                           '-- EACCES ---> OVER
 *
 *   any      a frame that is not the next one: EPROTO --------------------> OVER
 */
#ifndef HVUV_SRC_AUTH_EXCHANGE_H
#define HVUV_SRC_AUTH_EXCHANGE_H

#include "auth/frame.h"
#include "auth/secrets.h"

/* What this side expects. */
enum hvuv__exchange_state {
  HVUV__EXPECTS_CHALLENGE = 1,
  HVUV__EXPECTS_RESPONSE,
  HVUV__EXPECTS_WELCOME,
  HVUV__EXPECTS_NOTHING
};

typedef struct hvuv__exchange_s {
  enum hvuv__exchange_state state;
  unsigned int secret;                    /* which of the two was proved */
  unsigned char nonce[HVUV__NONCE_BYTES]; /* ours */
  unsigned char proof[HVUV__PROOF_BYTES]; /* of the server, that a client
                                             expects */
} hvuv__exchange_t;

/* What two sides must have in common. */
typedef struct hvuv__terms_s {
  hvuv__secrets_t secrets;
  size_t purpose_bytes;
  char purpose[HVUV_AUTH_PURPOSE_MAX];
} hvuv__terms_t;

/* A new exchange with this nonce, which must never be used again. A server's
 * first frame is written to *out. */
void hvuv__exchange_begin(hvuv__exchange_t* exchange,
                          hvuv_auth_role_t role,
                          const unsigned char nonce[HVUV__NONCE_BYTES],
                          hvuv__frame_t* out);

/* Takes the peer's next frame. out->kind becomes that of a frame to be sent, or
 * 0 for none; there may be one with an error, too. 0, and if the exchange
 * EXPECTS_NOTHING then, the peer has proved itself; UV_EACCES, UV_EPROTO. */
int hvuv__exchange_take(hvuv__exchange_t* exchange,
                        const hvuv__terms_t* terms,
                        const hvuv__frame_t* in,
                        hvuv__frame_t* out);

#endif /* HVUV_SRC_AUTH_EXCHANGE_H */
