/*
 * What goes before and after a message, written for a framing that is known to
 * be valid, and a message that is within its limit: inline, because every
 * message that is sent passes here.
 */
#ifndef HVUV_SRC_FRAMING_EDGES_H
#define HVUV_SRC_FRAMING_EDGES_H

#include "hvuv/framing.h"

/* The largest message of a valid framing: its own limit or the default, and no
 * more than its prefix can express. As the max_message_bytes of a framing it
 * changes nothing. */
size_t hvuv__framing_limit(const hvuv_framing_t* framing);

/* What the size in a prefix includes besides the message. */
static inline unsigned int hvuv__framing_counted_bytes(
    const hvuv_framing_t* f) {
  return f->counts_prefix ? f->prefix_bytes : 0;
}

static inline size_t hvuv__framing_put_length(const hvuv_framing_t* f,
                                              size_t nbytes,
                                              char head[]) {
  uint64_t size = (uint64_t) nbytes + hvuv__framing_counted_bytes(f);
  unsigned int last = f->prefix_bytes - 1;
  unsigned int i;

  for (i = 0; i <= last; i++, size >>= 8)
    head[f->is_little_endian ? i : last - i] = (char) (size & 0xff);
  return f->prefix_bytes;
}

static inline size_t hvuv__framing_put_varint(size_t size, char head[]) {
  size_t n;

  for (n = 0; size > 0x7f; size >>= 7)
    head[n++] = (char) ((size & 0x7f) | 0x80);
  head[n++] = (char) size;
  return n;
}

/* What goes before a message of nbytes; returns how many bytes that is, at most
 * HVUV_FRAMING_EDGE_BYTES. */
static inline size_t hvuv__framing_put_head(const hvuv_framing_t* f,
                                            size_t nbytes,
                                            char head[]) {
  if (f->kind == HVUV_FRAMING_LENGTH)
    return hvuv__framing_put_length(f, nbytes, head);
  if (f->kind == HVUV_FRAMING_VARINT)
    return hvuv__framing_put_varint(nbytes, head);
  return 0;
}

/* The same of what goes after it. */
static inline size_t hvuv__framing_put_tail(const hvuv_framing_t* f,
                                            char tail[]) {
  if (f->kind != HVUV_FRAMING_LINES)
    return 0;
  tail[0] = '\n';
  return 1;
}

#endif /* HVUV_SRC_FRAMING_EDGES_H */
