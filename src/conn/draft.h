/* A message on its way out: its parts, and what the framing puts around
 * them. */
#ifndef HVUV_SRC_CONN_DRAFT_H
#define HVUV_SRC_CONN_DRAFT_H

#include "hvuv/framing.h"

typedef struct hvuv__draft_s {
  const uv_buf_t* parts; /* the caller's */
  unsigned int nparts;
  size_t nbytes; /* of the parts */
  char head[HVUV_FRAMING_EDGE_BYTES];
  char tail[HVUV_FRAMING_EDGE_BYTES];
  size_t head_bytes;
  size_t tail_bytes;
} hvuv__draft_t;

/* With a framing that is valid, and whose limit is hvuv__framing_limit()'s. 0,
 * UV_EINVAL or UV_EMSGSIZE. */
int hvuv__draft_make(hvuv__draft_t* draft,
                     const hvuv_framing_t* framing,
                     const uv_buf_t parts[],
                     unsigned int nparts);

static inline size_t hvuv__draft_bytes(const hvuv__draft_t* draft) {
  return draft->head_bytes + draft->nbytes + draft->tail_bytes;
}

/* How many buffers it takes in place. */
static inline unsigned int hvuv__draft_nbufs(const hvuv__draft_t* draft) {
  return draft->nparts + (draft->head_bytes > 0) + (draft->tail_bytes > 0);
}

/* Fills so many: what is around it, which the caller has at head and tail, and
 * the parts between them. */
void hvuv__draft_point(const hvuv__draft_t* draft,
                       char* head,
                       char* tail,
                       uv_buf_t bufs[]);

/* Writes all but the first bytes in a row. */
void hvuv__draft_write(const hvuv__draft_t* draft, size_t skip, char* to);

#endif /* HVUV_SRC_CONN_DRAFT_H */
