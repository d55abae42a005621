/*
 * wslinfo, in the distribution, writes one line of UTF-8: a GUID with or
 * without braces, or "wsl1" (its source, in microsoft/WSL). wsl.exe passes it
 * on as it is, but what wsl.exe itself writes is UTF-16, and versions differ in
 * what they convert. So an order mark and the zero bytes of UTF-16 are passed
 * over; both texts are ASCII.
 */
#include "vm/wslinfo.h"

#include <assert.h>
#include <string.h>
#include <uv.h>

/* A GUID in braces, or as much of a longer line as shows that it is none. */
#define LINE_ROOM 48

static int is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* How many bytes of an order mark it begins with, of UTF-16 (little-endian, as
 * on Windows) or UTF-8. */
static size_t order_mark(const char* output, size_t len) {
  if (len >= 2 && memcmp(output, "\xff\xfe", 2) == 0)
    return 2;
  return len >= 3 && memcmp(output, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

/* The text without the space around it. 0 if it has no room. */
static int read_line(const char* output, size_t len, char line[LINE_ROOM]) {
  size_t count = 0;
  size_t i;

  for (i = order_mark(output, len); i < len; i++) {
    if (output[i] == '\0' || (count == 0 && is_space(output[i])))
      continue;
    if (count == LINE_ROOM - 1)
      return 0;
    line[count++] = output[i];
  }
  while (count > 0 && is_space(line[count - 1]))
    count--;
  line[count] = '\0';
  assert(strlen(line) == count);
  return 1;
}

int hvuv__wslinfo_parse(const char* output, size_t len, hvuv_guid_t* id) {
  char line[LINE_ROOM];

  assert(len <= HVUV__WSLINFO_MAX_BYTES);
  if (!read_line(output, len, line))
    return UV_EPROTO;
  if (strcmp(line, "wsl1") == 0)
    return UV_ENOTSUP;
  return hvuv_guid_parse(line, id) == 0 ? 0 : UV_EPROTO;
}
