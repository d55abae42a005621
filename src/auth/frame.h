/*
 * The frames of an exchange as bytes, without the byte in front that says how
 * many follow: that is the framing's (HVUV_FRAMING_LENGTH). Pure.
 *
 *   | "hvau" | version | kind | nonce, proof: as the kind has them |
 */
#ifndef HVUV_SRC_AUTH_FRAME_H
#define HVUV_SRC_AUTH_FRAME_H

#include <stddef.h>

#define HVUV__NONCE_BYTES 32
#define HVUV__PROOF_BYTES 32
#define HVUV__FRAME_HEAD  6
#define HVUV__FRAME_MAX                                                        \
  (HVUV__FRAME_HEAD + HVUV__NONCE_BYTES + HVUV__PROOF_BYTES)

enum hvuv__frame_kind {
  HVUV__FRAME_CHALLENGE = 1, /* nonce */
  HVUV__FRAME_RESPONSE,      /* nonce, proof */
  HVUV__FRAME_WELCOME,       /* proof */
  HVUV__FRAME_REFUSAL
};

typedef struct hvuv__frame_s {
  enum hvuv__frame_kind kind;
  unsigned char nonce[HVUV__NONCE_BYTES]; /* zero where the kind has none */
  unsigned char proof[HVUV__PROOF_BYTES]; /* the same */
} hvuv__frame_t;

/* UV_EPROTO if the bytes are no frame of this version. */
int hvuv__frame_read(hvuv__frame_t* frame, const char* bytes, size_t nbytes);

/* Returns how many bytes it has written, of a frame that is one. */
size_t hvuv__frame_write(const hvuv__frame_t* frame,
                         char bytes[HVUV__FRAME_MAX]);

#endif /* HVUV_SRC_AUTH_FRAME_H */
