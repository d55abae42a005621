/*
 * The prefix of a message that comes: its size. A prefix that lies whole in the
 * input, as nearly every one does, is read there; one that comes in parts a
 * byte at a time. Both understand the same bytes.
 */
#ifndef HVUV_SRC_FRAMING_PREFIX_H
#define HVUV_SRC_FRAMING_PREFIX_H

#include "hvuv/framing.h"

/* Takes a prefix, or what there is of it, off the front of *input, for a
 * decoder that is in one: 1 if it is whole and decoder->size the message's, 0
 * if not, UV_EPROTO or UV_EMSGSIZE. */
int hvuv__prefix_take(hvuv_decoder_t* decoder, uv_buf_t* input);

#endif /* HVUV_SRC_FRAMING_PREFIX_H */
