/* Framings: which are valid, and what they put around a message. */
#include "framing/edges.h"

int hvuv_framing_check(const hvuv_framing_t* f) {
  if (f == NULL || f->max_message_bytes > HVUV_FRAMING_MAX_MAX)
    return UV_EINVAL;

  switch (f->kind) {
    case HVUV_FRAMING_LENGTH:
      return f->prefix_bytes == 1 || f->prefix_bytes == 2 ||
                     f->prefix_bytes == 4 || f->prefix_bytes == 8
                 ? 0
                 : UV_EINVAL;
    case HVUV_FRAMING_RAW:
    case HVUV_FRAMING_VARINT:
    case HVUV_FRAMING_LINES:
      return 0;
    default:
      return UV_EINVAL;
  }
}

size_t hvuv__framing_limit(const hvuv_framing_t* f) {
  size_t limit = f->max_message_bytes;
  size_t most;

  if (limit == 0)
    limit = HVUV_FRAMING_MAX_DEFAULT;
  if (f->kind != HVUV_FRAMING_LENGTH || f->prefix_bytes > 2)
    return limit;
  most =
      (f->prefix_bytes == 1 ? 0xff : 0xffff) - hvuv__framing_counted_bytes(f);
  return limit < most ? limit : most;
}

int hvuv_framing_edges(const hvuv_framing_t* f,
                       size_t nbytes,
                       char head[],
                       size_t* head_bytes,
                       char tail[],
                       size_t* tail_bytes) {
  int err;

  err = hvuv_framing_check(f);
  if (err != 0)
    return err;
  if (f->kind != HVUV_FRAMING_RAW && nbytes > hvuv__framing_limit(f))
    return UV_EMSGSIZE;

  *head_bytes = hvuv__framing_put_head(f, nbytes, head);
  *tail_bytes = hvuv__framing_put_tail(f, tail);
  return 0;
}
