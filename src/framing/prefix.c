#include "framing/prefix.h"

#include <assert.h>

#include "framing/edges.h"

/* Seven bits a byte, and a size is held in 32: whatever says more than
 * HVUV_FRAMING_MAX_MAX but fits is too large, and what does not fit no size. */
#define VARINT_BYTES_MAX 5

static void skip(uv_buf_t* input, size_t n) {
  assert(n <= input->len);
  input->base += n;
  input->len -= (unsigned long) n; /* Its type, or wider, everywhere. */
}

/* The size is whole: of the message alone from now on. */
static int accept_size(hvuv_decoder_t* d) {
  unsigned int counted = hvuv__framing_counted_bytes(&d->framing);

  if (d->size < counted)
    return UV_EPROTO;
  d->size -= counted;
  return d->size > d->framing.max_message_bytes ? UV_EMSGSIZE : 1;
}

/* Each takes one byte: 1 when the prefix is whole, 0 when not, or an error. */
static int take_length_byte(hvuv_decoder_t* d, unsigned char byte) {
  if (d->framing.is_little_endian)
    d->size |= (uint64_t) byte << 8 * d->head_bytes;
  else
    d->size = d->size << 8 | byte;
  d->head_bytes++;
  return d->head_bytes == d->framing.prefix_bytes;
}

static int take_varint_byte(hvuv_decoder_t* d, unsigned char byte) {
  uint64_t bits = byte & 0x7f;

  /* A last byte of 0 would be a longer form of the same number; the fifth has
   * room for four bits. */
  if (d->head_bytes > 0 && byte == 0)
    return UV_EPROTO;
  if (d->head_bytes == VARINT_BYTES_MAX - 1 && byte > 0x0f)
    return UV_EPROTO;

  d->size |= bits << 7 * d->head_bytes;
  d->head_bytes++;
  return (byte & 0x80) == 0;
}

static int take_bytes(hvuv_decoder_t* d, uv_buf_t* input) {
  int r;

  for (r = 0; r == 0 && input->len > 0; skip(input, 1)) {
    if (d->framing.kind == HVUV_FRAMING_VARINT)
      r = take_varint_byte(d, (unsigned char) *input->base);
    else
      r = take_length_byte(d, (unsigned char) *input->base);
  }
  return r;
}

/* A length in two or four bytes, as it lies there. */
static uint64_t length_at(const hvuv_framing_t* f, const char* bytes) {
  unsigned int last = f->prefix_bytes - 1;
  uint64_t size = 0;
  unsigned int i;

  for (i = 0; i <= last; i++)
    size =
        size << 8 | (unsigned char) bytes[f->is_little_endian ? last - i : i];
  return size;
}

int hvuv__prefix_take(hvuv_decoder_t* d, uv_buf_t* input) {
  int r;

  assert(d->error == 0 && d->have_bytes == 0);
  if (d->framing.kind == HVUV_FRAMING_LENGTH && d->head_bytes == 0 &&
      input->len >= d->framing.prefix_bytes) {
    d->size = length_at(&d->framing, input->base);
    d->head_bytes = d->framing.prefix_bytes;
    skip(input, d->head_bytes);
    return accept_size(d);
  }
  r = take_bytes(d, input);
  return r == 1 ? accept_size(d) : r;
}
