/* Characters in UTF-8: read strictly, and written so that the text can be
 * shown: what is no character, or a control character, becomes U+FFFD. */
#ifndef HVUV_SRC_ADDR_UTF_H
#define HVUV_SRC_ADDR_UTF_H

#include <stddef.h>
#include <stdint.h>

#define HVUV__UTF_REPLACEMENT 0xfffdu

/* Where a text goes: always with its NUL, and cut between characters. */
typedef struct hvuv__utf8_out_s {
  char* text;
  size_t size;
  size_t len;
  int is_full; /* a character had no room, so none after it is put */
} hvuv__utf8_out_t;

/* Whether it is a control character of ASCII or ISO 8859. */
int hvuv__utf_is_control(uint32_t c);

/* Returns how many bytes the character at text takes, which has len bytes; 0,
 * and *c unchanged, if there is none. */
size_t hvuv__utf8_scan(const char* text, size_t len, uint32_t* c);

void hvuv__utf8_begin(hvuv__utf8_out_t* out, char* text, size_t size);
void hvuv__utf8_put(hvuv__utf8_out_t* out, uint32_t c);

#endif /* HVUV_SRC_ADDR_UTF_H */
