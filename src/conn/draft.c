#include "conn/draft.h"

#include <assert.h>
#include <string.h>

#include "framing/edges.h"

/* 0, UV_EINVAL or UV_EMSGSIZE. */
static int add_up(hvuv__draft_t* draft) {
  const uv_buf_t* part = draft->parts;
  unsigned int i;

  draft->nbytes = 0;
  for (i = 0; i < draft->nparts; i++, part++) {
    if (part->base == NULL && part->len > 0)
      return UV_EINVAL;
    if (part->len > HVUV_FRAMING_MAX_MAX - draft->nbytes)
      return UV_EMSGSIZE;
    draft->nbytes += part->len;
  }
  return 0;
}

static int frame(const hvuv_framing_t* framing, hvuv__draft_t* draft) {
  if (framing->kind != HVUV_FRAMING_RAW &&
      draft->nbytes > framing->max_message_bytes)
    return UV_EMSGSIZE;
  draft->head_bytes =
      hvuv__framing_put_head(framing, draft->nbytes, draft->head);
  draft->tail_bytes = hvuv__framing_put_tail(framing, draft->tail);
  return 0;
}

int hvuv__draft_make(hvuv__draft_t* draft,
                     const hvuv_framing_t* framing,
                     const uv_buf_t parts[],
                     unsigned int nparts) {
  int err;

  draft->parts = parts;
  draft->nparts = nparts;
  err = add_up(draft);
  return err == 0 ? frame(framing, draft) : err;
}

static inline void point(uv_buf_t* buf, char* base, size_t nbytes) {
  buf->base = base;
  buf->len = (unsigned int) nbytes;
}

void hvuv__draft_point(const hvuv__draft_t* draft,
                       char* head,
                       char* tail,
                       uv_buf_t bufs[]) {
  unsigned int i;

  if (draft->head_bytes > 0)
    point(bufs++, head, draft->head_bytes);
  for (i = 0; i < draft->nparts; i++)
    *bufs++ = draft->parts[i];
  if (draft->tail_bytes > 0)
    point(bufs, tail, draft->tail_bytes);
}

/* Copies some bytes but for the first *skip, which it lowers. */
static char* append(char* to, const char* bytes, size_t nbytes, size_t* skip) {
  size_t skipped = nbytes < *skip ? nbytes : *skip;

  *skip -= skipped;
  nbytes -= skipped;
  if (nbytes > 0)
    memcpy(to, bytes + skipped, nbytes);
  return to + nbytes;
}

void hvuv__draft_write(const hvuv__draft_t* draft, size_t skip, char* to) {
  unsigned int i;

  assert(skip <= hvuv__draft_bytes(draft));
  to = append(to, draft->head, draft->head_bytes, &skip);
  for (i = 0; i < draft->nparts; i++)
    to = append(to, draft->parts[i].base, draft->parts[i].len, &skip);
  append(to, draft->tail, draft->tail_bytes, &skip);
}
