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

#include "addr/utf.h"

static int is_surrogate(uint32_t c) {
  return c >= 0xd800 && c <= 0xdfff;
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
    bytes = hvuv__utf8_scan(text + at, len - at, &c);
    if (bytes == 0 || hvuv__utf_is_control(c))
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
  return 1;
}

void hvuv__service_name_format(const uint16_t units[],
                               size_t count,
                               char text[HVUV_SERVICE_NAME_SIZE]) {
  hvuv__utf8_out_t out;
  size_t at = 0;
  uint32_t c;

  hvuv__utf8_begin(&out, text, HVUV_SERVICE_NAME_SIZE);
  while (at < count && !out.is_full) {
    at += scan_utf16(units + at, count - at, &c);
    hvuv__utf8_put(&out, c);
  }
  assert(out.len < HVUV_SERVICE_NAME_SIZE);
}
