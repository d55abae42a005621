/* GUIDs as bytes, as ports and as text. */
#include "bus/guid.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include <uv.h>

#include "bus/wire.h"

static const uint8_t template[12] = {
    0xcb, 0xfa, 0xe6, 0x11, 0xbd, 0x58, 0x64, 0x00, 0x6a, 0x79, 0x86, 0xd3};

/* Which byte each pair of digits is, from left to right. */
static const uint8_t order[16] = {
    3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};

bus__guid_t bus__guid_of_port(uint32_t port) {
  bus__guid_t guid;

  bus__put_u32(guid.bytes, 0, port);
  memcpy(guid.bytes + 4, template, sizeof(template));
  return guid;
}

int bus__guid_is_port(const bus__guid_t* guid, uint32_t* port) {
  if (memcmp(guid->bytes + 4, template, sizeof(template)) != 0)
    return 0;
  *port = bus__guid_data1(guid);
  return 1;
}

static int digit(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  if (c >= 'A' && c <= 'F')
    return c - 'A' + 10;
  return -1;
}

static int is_hyphen_before(unsigned int pair) {
  return pair == 4 || pair == 6 || pair == 8 || pair == 10;
}

int bus__guid_parse(const char* text, size_t len, bus__guid_t* guid) {
  size_t at = 0;
  unsigned int i;
  int high;
  int low;

  if (len != BUS__GUID_TEXT - 1)
    return UV_EINVAL;
  for (i = 0; i < 16; i++) {
    if (is_hyphen_before(i) && text[at++] != '-')
      return UV_EINVAL;
    high = digit(text[at++]);
    low = digit(text[at++]);
    if (high < 0 || low < 0)
      return UV_EINVAL;
    guid->bytes[order[i]] = (uint8_t) (high << 4 | low);
  }
  assert(at == len);
  return 0;
}

void bus__guid_print(const bus__guid_t* guid, char text[BUS__GUID_TEXT]) {
  const uint8_t* b = guid->bytes;
  int n;

  n = snprintf(text,
               BUS__GUID_TEXT,
               "%08" PRIx32 "-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x",
               bus__u32(b, 0),
               bus__u16(b, 4),
               bus__u16(b, 6),
               b[8],
               b[9],
               b[10],
               b[11],
               b[12],
               b[13],
               b[14],
               b[15]);
  assert(n == BUS__GUID_TEXT - 1);
  (void) n;
}

uint32_t bus__guid_data1(const bus__guid_t* guid) {
  return bus__u32(guid->bytes, 0);
}

int bus__guid_equal(const bus__guid_t* a, const bus__guid_t* b) {
  return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}
