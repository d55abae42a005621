#include "form.h"

#include <stdint.h>
#include <string.h>

size_t form_most(const hvuv_framing_t* f) {
  uint64_t most = f->max_message_bytes;

  if (f->kind == HVUV_FRAMING_LENGTH && f->prefix_bytes < 4 &&
      most >> (8 * f->prefix_bytes) != 0)
    most = ((uint64_t) 1 << (8 * f->prefix_bytes)) - 1;
  return (size_t) most;
}

/* --- In ------------------------------------------------------------------- */

static int cut_length(const hvuv_framing_t* f,
                      const unsigned char* bytes,
                      size_t nbytes,
                      form_cut_t* cut) {
  uint64_t size = 0;
  unsigned int i;

  if (nbytes < f->prefix_bytes)
    return 0;
  for (i = 0; i < f->prefix_bytes; i++)
    size = size << 8 | bytes[f->is_little_endian ? f->prefix_bytes - 1 - i : i];
  if (size > form_most(f))
    return UV_EMSGSIZE;
  cut->begin = f->prefix_bytes;
  cut->size = (size_t) size;
  cut->whole = cut->begin + cut->size;
  return nbytes >= cut->whole;
}

/* A size of more than four bytes is above every limit used here. */
static int cut_varint(const hvuv_framing_t* f,
                      const unsigned char* bytes,
                      size_t nbytes,
                      form_cut_t* cut) {
  uint64_t size = 0;
  size_t i;

  for (i = 0; i < nbytes && i < 5; i++) {
    size |= (uint64_t) (bytes[i] & 0x7f) << (7 * i);
    if (size > form_most(f))
      return UV_EMSGSIZE;
    if (bytes[i] & 0x80)
      continue;
    if (bytes[i] == 0 && i > 0)
      return UV_EPROTO;
    cut->begin = i + 1;
    cut->size = (size_t) size;
    cut->whole = cut->begin + cut->size;
    return nbytes >= cut->whole;
  }
  return i == 5 ? UV_EPROTO : 0;
}

static int cut_line(const hvuv_framing_t* f,
                    const char* bytes,
                    size_t nbytes,
                    form_cut_t* cut) {
  const char* end = nbytes == 0 ? NULL : memchr(bytes, '\n', nbytes);
  size_t size = end == NULL ? nbytes : (size_t) (end - bytes);

  cut->whole = size + 1;
  if (size > 0 && bytes[size - 1] == '\r')
    size--;
  cut->begin = 0;
  cut->size = size;
  if (size > form_most(f))
    return UV_EMSGSIZE;
  return end != NULL;
}

int form_cut(const hvuv_framing_t* f,
             const char* bytes,
             size_t nbytes,
             form_cut_t* cut) {
  switch (f->kind) {
    case HVUV_FRAMING_LENGTH:
      return cut_length(f, (const unsigned char*) bytes, nbytes, cut);
    case HVUV_FRAMING_VARINT:
      return cut_varint(f, (const unsigned char*) bytes, nbytes, cut);
    case HVUV_FRAMING_LINES:
      return cut_line(f, bytes, nbytes, cut);
    default:
      cut->begin = 0;
      cut->size = nbytes;
      cut->whole = nbytes;
      return nbytes > 0;
  }
}

/* --- Out ------------------------------------------------------------------ */

static size_t put_head(const hvuv_framing_t* f, size_t size, char* to) {
  unsigned int i;
  size_t n = 0;

  if (f->kind == HVUV_FRAMING_LENGTH) {
    for (i = 0; i < f->prefix_bytes; i++)
      to[f->is_little_endian ? i : f->prefix_bytes - 1 - i] =
          (char) ((uint64_t) size >> (8 * i));
    return f->prefix_bytes;
  }
  if (f->kind != HVUV_FRAMING_VARINT)
    return 0;
  do {
    to[n++] = (char) ((size & 0x7f) | (size > 0x7f ? 0x80 : 0));
    size >>= 7;
  } while (size > 0);
  return n;
}

size_t form_put(const hvuv_framing_t* f,
                unsigned long number,
                size_t size,
                char* to) {
  size_t n = put_head(f, size, to);
  size_t i;

  for (i = 0; i < size; i++)
    to[n + i] = (char) ('a' + (number * 7 + i + i / 26) % 26);
  n += size;
  if (f->kind == HVUV_FRAMING_LINES)
    to[n++] = '\n';
  return n;
}
