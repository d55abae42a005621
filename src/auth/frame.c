#include "auth/frame.h"

#include <assert.h>
#include <string.h>
#include <uv.h>

/* The head but for the kind; the version is its last byte. */
static const char head[HVUV__FRAME_HEAD - 1] = {'h', 'v', 'a', 'u', 1};

/* What each kind has behind its head. */
static const struct {
  size_t nonce;
  size_t proof;
} rows[] = {
    [HVUV__FRAME_CHALLENGE] = {HVUV__NONCE_BYTES, 0},
    [HVUV__FRAME_RESPONSE] = {HVUV__NONCE_BYTES, HVUV__PROOF_BYTES},
    [HVUV__FRAME_WELCOME] = {0, HVUV__PROOF_BYTES},
    [HVUV__FRAME_REFUSAL] = {0, 0},
};

#define NROWS (sizeof(rows) / sizeof(rows[0]))

int hvuv__frame_read(hvuv__frame_t* frame, const char* bytes, size_t nbytes) {
  size_t kind;

  if (nbytes < HVUV__FRAME_HEAD || memcmp(bytes, head, sizeof(head)) != 0)
    return UV_EPROTO;
  kind = (unsigned char) bytes[sizeof(head)];
  if (kind < HVUV__FRAME_CHALLENGE || kind >= NROWS ||
      nbytes != HVUV__FRAME_HEAD + rows[kind].nonce + rows[kind].proof)
    return UV_EPROTO;

  memset(frame, 0, sizeof(*frame));
  frame->kind = (enum hvuv__frame_kind) kind;
  bytes += HVUV__FRAME_HEAD;
  memcpy(frame->nonce, bytes, rows[kind].nonce);
  memcpy(frame->proof, bytes + rows[kind].nonce, rows[kind].proof);
  return 0;
}

size_t hvuv__frame_write(const hvuv__frame_t* frame,
                         char bytes[HVUV__FRAME_MAX]) {
  size_t kind = frame->kind;
  char* at = bytes;

  assert(kind >= HVUV__FRAME_CHALLENGE && kind < NROWS);
  memcpy(at, head, sizeof(head));
  at += sizeof(head);
  *at++ = (char) kind;
  memcpy(at, frame->nonce, rows[kind].nonce);
  at += rows[kind].nonce;
  memcpy(at, frame->proof, rows[kind].proof);
  at += rows[kind].proof;
  assert(at <= bytes + HVUV__FRAME_MAX);
  return (size_t) (at - bytes);
}
