/*
 * Messages in a stream of bytes.
 *
 * A framing says how messages are told apart; a decoder takes bytes in slices
 * of any size and gives out whole messages. It is pure: it reads no socket,
 * keeps its place between slices, remembers its error, and can say at the end
 * of input whether that came at a message's boundary. A protocol
 * (hvuv/protocol.h) names its framing and is handed messages; the functions
 * here are for those who have bytes from elsewhere.
 *
 *   HVUV_FRAMING_RAW     no messages: bytes as they come
 *   HVUV_FRAMING_LENGTH  the size first, in 1, 2 or 4 bytes, then so many bytes
 *   HVUV_FRAMING_VARINT  the same with a size of seven bits a byte, low bits
 *                        first, the top bit set in all but the last (as
 *                        Protocol Buffers has it); the shortest form only
 *   HVUV_FRAMING_LINES   lines that end with LF or CRLF; handed out without
 *                        it. A CR elsewhere is a byte like others
 */
#ifndef HVUV_FRAMING_H
#define HVUV_FRAMING_H

#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "export.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum hvuv_framing_kind_e {
  HVUV_FRAMING_RAW = 0,
  HVUV_FRAMING_LENGTH,
  HVUV_FRAMING_VARINT,
  HVUV_FRAMING_LINES
} hvuv_framing_kind_t;

/* What max_message_bytes 0 means. */
#define HVUV_FRAMING_MAX_DEFAULT ((size_t) 1024 * 1024)

/* The most that max_message_bytes may be. */
#define HVUV_FRAMING_MAX_MAX ((size_t) 1024 * 1024 * 1024)

/* Room for what stands before and behind a message. */
#define HVUV_FRAMING_EDGE_BYTES 5

/* All zero is HVUV_FRAMING_RAW. */
typedef struct hvuv_framing_s {
  hvuv_framing_kind_t kind;
  unsigned int prefix_bytes; /* HVUV_FRAMING_LENGTH: 1, 2 or 4 */
  int is_little_endian;      /* HVUV_FRAMING_LENGTH */
  size_t max_message_bytes;  /* without prefix and line end; 0: the default */
} hvuv_framing_t;

typedef struct hvuv_decoder_s {
  /* private */
  hvuv_framing_t framing;
  unsigned int state;
  int error;
  unsigned int head_bytes; /* of the prefix, so far */
  uint32_t size;           /* what the prefix says, so far */
  size_t have_bytes;       /* of the message, kept in bytes */
  size_t room_bytes;
  char* bytes;
} hvuv_decoder_t;

/* Checks a framing: 0 or UV_EINVAL. A limit that the prefix cannot express is
 * no mistake, and lowered to what it can. */
HVUV_EXTERN int hvuv_framing_check(const hvuv_framing_t* framing);

/* Prepares a decoder. UV_EINVAL if the framing is none. Allocates nothing. */
HVUV_EXTERN int hvuv_decoder_init(hvuv_decoder_t* decoder,
                                  const hvuv_framing_t* framing);

/* Takes bytes from the front of *input, which shrinks by what was taken, until
 * a message is whole or nothing is left.
 *
 * Returns 1 and the message: it lies in the input where it was whole there,
 * else in the decoder's own memory, and stays as it is until the next call with
 * this decoder. An empty message is one too. Call again with the rest of the
 * input, until it is no longer 1.
 *
 * Returns 0 when all was taken and no message is whole. Or why the peer is not
 * to be heard any more, now and in each later call:
 *
 *   UV_EMSGSIZE  a message is, or says that it will be, above the limit
 *   UV_EPROTO    a varint that is too long or not in its shortest form
 *   UV_ENOMEM    no memory for the part of a message that has come
 *
 * *message is written with 1 only. Memory follows the bytes that have come, up
 * to twice as many or 512, never what a prefix announces; between messages,
 * once 0 was returned, the decoder holds none.
 *
 * With HVUV_FRAMING_RAW each call with input is one message: all of it, or as
 * much as max_message_bytes. */
HVUV_EXTERN int hvuv_decoder_next(hvuv_decoder_t* decoder,
                                  uv_buf_t* input,
                                  uv_buf_t* message);

/* What the end of input means, once next has returned 0: 0 at a message's
 * boundary, UV_EOF inside one (of HVUV_FRAMING_LINES: behind bytes without a
 * line end), or the decoder's error. */
HVUV_EXTERN int hvuv_decoder_end(const hvuv_decoder_t* decoder);

/* Gives back what it holds; it may be prepared again. Legal on a zeroed one. */
HVUV_EXTERN void hvuv_decoder_close(hvuv_decoder_t* decoder);

/* What to send before and behind a message of nbytes, into rooms of
 * HVUV_FRAMING_EDGE_BYTES; *head_bytes and *tail_bytes become their sizes.
 * Returns 0, UV_EMSGSIZE if such a message is too large for the framing, or
 * UV_EINVAL if the framing is none. That a line holds no LF, and does not
 * end with a CR, which would be taken for the line end's, is the sender's to
 * see to. */
HVUV_EXTERN int hvuv_framing_edges(const hvuv_framing_t* framing,
                                   size_t nbytes,
                                   char head[],
                                   size_t* head_bytes,
                                   char tail[],
                                   size_t* tail_bytes);

#ifdef __cplusplus
}
#endif

#endif /* HVUV_FRAMING_H */
