/*
 * Messages in a stream of bytes.
 *
 * A framing defines where a message begins and ends; a decoder takes slices of
 * bytes of any size and returns whole messages. It reads no socket, keeps its
 * place between slices, remembers its error, and knows at the end of input
 * whether that came between two messages. A protocol (hvuv/protocol.h) names
 * its framing and receives messages; the functions here are for bytes from
 * elsewhere.
 *
 *   HVUV_FRAMING_RAW     no messages: bytes as they come
 *   HVUV_FRAMING_LENGTH  the size in 1, 2, 4 or 8 bytes, then that many bytes;
 *                        or that many with those of the size
 *   HVUV_FRAMING_VARINT  the same with a size of seven bits a byte, low bits
 *                        first, the top bit set in all bytes but the last (as
 *                        in Protocol Buffers); in its shortest form only
 *   HVUV_FRAMING_LINES   lines that end with LF or CRLF, returned without it.
 *                        A CR elsewhere is an ordinary byte
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

/* The kinds of framing, as above. */
typedef enum hvuv_framing_kind_e {
  HVUV_FRAMING_RAW = 0,
  HVUV_FRAMING_LENGTH,
  HVUV_FRAMING_VARINT,
  HVUV_FRAMING_LINES
} hvuv_framing_kind_t;

/* The limit that max_message_bytes 0 stands for. */
#define HVUV_FRAMING_MAX_DEFAULT ((size_t) 1024 * 1024)

/* The largest value of max_message_bytes. */
#define HVUV_FRAMING_MAX_MAX ((size_t) 1024 * 1024 * 1024)

/* Size in bytes of a buffer for what goes before or after a message. */
#define HVUV_FRAMING_EDGE_BYTES 8

/* All zero is HVUV_FRAMING_RAW. */
typedef struct hvuv_framing_s {
  hvuv_framing_kind_t kind;
  unsigned int prefix_bytes; /* HVUV_FRAMING_LENGTH: 1, 2, 4 or 8 */
  int is_little_endian;      /* HVUV_FRAMING_LENGTH */
  size_t max_message_bytes;  /* not counting prefix or line end; 0: default */
  int counts_prefix;         /* HVUV_FRAMING_LENGTH: the size in the prefix
                                includes the prefix itself */
} hvuv_framing_t;

/* A decoder; the caller allocates it. */
typedef struct hvuv_decoder_s {
  /* private */
  hvuv_framing_t framing;
  unsigned int state;
  int error;
  unsigned int head_bytes; /* of the prefix, so far */
  uint64_t size;           /* the value of the prefix, so far */
  size_t have_bytes;       /* of the message, kept in bytes */
  size_t room_bytes;
  char* bytes;
} hvuv_decoder_t;

/* Checks a framing. Returns 0 or UV_EINVAL. A limit larger than the prefix can
 * express is valid, and lowered to what it can. */
HVUV_EXTERN int hvuv_framing_check(const hvuv_framing_t* framing);

/* Initialises a decoder. Returns 0, or UV_EINVAL if the framing is invalid.
 * Allocates nothing. */
HVUV_EXTERN int hvuv_decoder_init(hvuv_decoder_t* decoder,
                                  const hvuv_framing_t* framing);

/* Consumes bytes from the front of *input, which is advanced, until a message
 * is complete or no bytes are left.
 *
 * Returns 1 and sets *message if a message is complete; it may be empty. It
 * points into the input if it was whole there, otherwise into the decoder's own
 * memory, and is valid until the next call with this decoder. Call again with
 * the rest of the input, for as long as 1 is returned.
 *
 * Returns 0 when all input was consumed and no message is complete. Or a
 * negative code: decoding has stopped, and every later call returns the same
 * code.
 *
 *   UV_EMSGSIZE  a message is above the limit, or its prefix announces one
 *   UV_EPROTO    a varint that is too long or not in its shortest form, or a
 *                size that includes its prefix and is smaller than that
 *   UV_ENOMEM    no memory for the part of a message received so far
 *
 * *message is set only when 1 is returned. The memory used depends on the bytes
 * received, up to twice as many or 512, never on what a prefix announces; after
 * 0 was returned between messages the decoder holds none.
 *
 * With HVUV_FRAMING_RAW each call with input returns one message: all of it, or
 * at most max_message_bytes. */
HVUV_EXTERN int hvuv_decoder_next(hvuv_decoder_t* decoder,
                                  uv_buf_t* input,
                                  uv_buf_t* message);

/* To be called at the end of input, once hvuv_decoder_next() has returned 0.
 * Returns 0 if the input ended between messages, UV_EOF if it ended inside one
 * (with HVUV_FRAMING_LINES: after bytes without a line end), or the decoder's
 * error. */
HVUV_EXTERN int hvuv_decoder_end(const hvuv_decoder_t* decoder);

/* Frees what the decoder holds; it may be initialised again. Legal on an
 * all-zero decoder. */
HVUV_EXTERN void hvuv_decoder_close(hvuv_decoder_t* decoder);

/* For bindings: the size of a hvuv_decoder_t in bytes; see
 * hvuv_stream_size(). */
HVUV_EXTERN size_t hvuv_decoder_size(void);

/* Writes what is to be sent before and after a message of nbytes into head and
 * tail, each of HVUV_FRAMING_EDGE_BYTES, and sets *head_bytes and *tail_bytes
 * to their sizes. Returns 0, UV_EMSGSIZE if the message is too large for the
 * framing, or UV_EINVAL if the framing is invalid. It is up to the sender that
 * a line contains no LF, and does not end with a CR, which would be taken for
 * part of the line end. */
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
