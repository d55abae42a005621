/*
 * The names of services between UTF-8, as programs write them, and UTF-16, as
 * Windows does. Pure: knows nothing of the registry.
 *
 * What a program gives is taken strictly or not at all. What the registry gives
 * anybody may have written, so there every sequence of units has a reading:
 * what is no character of a name becomes U+FFFD.
 */
#include "registry/service_name.h"

#include <assert.h>
#include <string.h>
#include <uv.h>

#define REPLACEMENT 0xfffdu

static int is_control(uint32_t c) {
  return c < 0x20 || (c >= 0x7f && c < 0xa0);
}

static int is_surrogate(uint32_t c) {
  return c >= 0xd800 && c <= 0xdfff;
}

static size_t utf8_bytes(uint32_t c) {
  if (c < 0x80)
    return 1;
  if (c < 0x800)
    return 2;
  return c < 0x10000 ? 3 : 4;
}

/* How many bytes a character takes that begins with this one; 0 if none does.
 */
static size_t utf8_bytes_from(uint8_t lead) {
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

/* Answers the bytes of the character at text, 0 if there is none. Reads no byte
 * behind the NUL, which continues no character. */
static size_t scan_utf8(const char* text, uint32_t* c) {
  static const uint8_t lead_bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
  uint8_t byte = (uint8_t) text[0];
  size_t bytes = utf8_bytes_from(byte);
  size_t i;

  if (bytes == 0)
    return 0;
  *c = byte & lead_bits[bytes];
  for (i = 1; i < bytes; i++) {
    byte = (uint8_t) text[i];
    if ((byte & 0xc0) != 0x80)
      return 0;
    *c = *c << 6 | (byte & 0x3fu);
  }

  /* One character has one spelling: the shortest. */
  if (utf8_bytes(*c) != bytes || *c > 0x10ffff || is_surrogate(*c))
    return 0;
  return bytes;
}

static void put_utf16(uint32_t c, hvuv__service_name_t* name) {
  assert(c <= 0x10ffff && !is_surrogate(c));
  if (c >= 0x10000) {
    c -= 0x10000;
    name->units[name->count++] = (uint16_t) (0xd800 | c >> 10);
    c = 0xdc00 | (c & 0x3ff);
  }
  name->units[name->count++] = (uint16_t) c;
}

int hvuv__service_name_parse(const char* text, hvuv__service_name_t* name) {
  hvuv__service_name_t parsed;
  size_t len = 0;
  size_t at;
  size_t bytes;
  uint32_t c;

  while (text[len] != '\0') {
    if (++len == HVUV_SERVICE_NAME_SIZE)
      return UV_ENAMETOOLONG;
  }

  parsed.count = 0;
  for (at = 0; at < len; at += bytes) {
    bytes = scan_utf8(text + at, &c);
    if (bytes == 0 || is_control(c))
      return UV_EINVAL;
    put_utf16(c, &parsed);
  }
  assert(parsed.count <= len);
  parsed.units[parsed.count] = 0;
  *name = parsed;
  return 0;
}

/* Answers how many units the character took, at least 1. */
static size_t scan_utf16(const uint16_t units[], size_t count, uint32_t* c) {
  assert(count > 0);
  *c = units[0];
  if (*c <= 0xdbff && is_surrogate(*c) && count > 1 && units[1] >= 0xdc00 &&
      units[1] <= 0xdfff) {
    *c = 0x10000 + ((*c & 0x3ffu) << 10) + (units[1] & 0x3ffu);
    return 2;
  }
  if (is_surrogate(*c) || is_control(*c))
    *c = REPLACEMENT;
  return 1;
}

static void put_utf8(uint32_t c, size_t bytes, char* out) {
  static const uint8_t leads[] = {0, 0, 0xc0, 0xe0, 0xf0};
  size_t i;

  assert(bytes == utf8_bytes(c));
  for (i = bytes - 1; i > 0; i--) {
    out[i] = (char) (0x80 | (c & 0x3f));
    c >>= 6;
  }
  out[0] = (char) (leads[bytes] | c);
}

void hvuv__service_name_format(const uint16_t units[],
                               size_t count,
                               char text[HVUV_SERVICE_NAME_SIZE]) {
  size_t len = 0;
  size_t at = 0;
  size_t bytes;
  uint32_t c;

  while (at < count) {
    at += scan_utf16(units + at, count - at, &c);
    bytes = utf8_bytes(c);
    if (len + bytes >= HVUV_SERVICE_NAME_SIZE)
      break;
    put_utf8(c, bytes, text + len);
    len += bytes;
  }
  assert(len < HVUV_SERVICE_NAME_SIZE);
  memset(text + len, 0, HVUV_SERVICE_NAME_SIZE - len);
}
