#include "addr/utf.h"

#include <assert.h>
#include <string.h>

static size_t bytes_of(uint32_t c) {
  if (c < 0x80)
    return 1;
  if (c < 0x800)
    return 2;
  return c < 0x10000 ? 3 : 4;
}

static int is_surrogate(uint32_t c) {
  return c >= 0xd800 && c <= 0xdfff;
}

int hvuv__utf_is_control(uint32_t c) {
  return c < 0x20 || (c >= 0x7f && c < 0xa0);
}

/* How many bytes a character takes that begins with this one; 0 if none
 * does. */
static size_t bytes_from(uint8_t lead) {
  if (lead < 0x80)
    return 1;
  if (lead < 0xc0)
    return 0;
  if (lead < 0xe0)
    return 2;
  if (lead < 0xf0)
    return 3;
  return lead < 0xf8 ? 4 : 0;
}

size_t hvuv__utf8_scan(const char* text, size_t len, uint32_t* c) {
  static const uint8_t lead_bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
  size_t bytes = len > 0 ? bytes_from((uint8_t) text[0]) : 0;
  uint32_t value;
  size_t i;

  if (bytes == 0 || bytes > len)
    return 0;
  value = (uint8_t) text[0] & lead_bits[bytes];
  for (i = 1; i < bytes; i++) {
    uint8_t byte = (uint8_t) text[i];

    if ((byte & 0xc0) != 0x80)
      return 0;
    value = value << 6 | (byte & 0x3fu);
  }
  /* One character has one spelling: the shortest. */
  if (bytes_of(value) != bytes || value > 0x10ffff || is_surrogate(value))
    return 0;
  *c = value;
  return bytes;
}

void hvuv__utf8_begin(hvuv__utf8_out_t* out, char* text, size_t size) {
  assert(size > 0);
  out->text = text;
  out->size = size;
  out->len = 0;
  out->is_full = 0;
  memset(text, 0, size);
}

void hvuv__utf8_put(hvuv__utf8_out_t* out, uint32_t c) {
  static const uint8_t leads[] = {0, 0, 0xc0, 0xe0, 0xf0};
  size_t bytes;
  size_t i;

  if (hvuv__utf_is_control(c) || is_surrogate(c) || c > 0x10ffff)
    c = HVUV__UTF_REPLACEMENT;
  bytes = bytes_of(c);
  if (out->is_full || out->len + bytes >= out->size) {
    out->is_full = 1;
    return;
  }
  for (i = bytes - 1; i > 0; i--) {
    out->text[out->len + i] = (char) (0x80 | (c & 0x3f));
    c >>= 6;
  }
  out->text[out->len] = (char) (leads[bytes] | c);
  out->len += bytes;
  assert(out->len < out->size);
}
