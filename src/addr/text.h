/*
 * The strict scanners that guid.c and scan.c share. They know neither
 * locale nor errno, and read no byte behind the NUL.
 *
 * A scanner reads at *text. It returns 1 and moves *text behind what it read,
 * or it returns 0 and moves nothing.
 */
#ifndef HVUV_SRC_ADDR_TEXT_H
#define HVUV_SRC_ADDR_TEXT_H

#include <stddef.h>

#include "hvuv/guid.h"

/* What hvuv__text_digit() makes of a character that is no digit. */
#define HVUV__NO_DIGIT 16u

/* The value of a hex digit in either case. */
static inline unsigned int hvuv__text_digit(char c) {
  if (c >= '0' && c <= '9')
    return (unsigned int) (c - '0');
  if (c >= 'a' && c <= 'f')
    return (unsigned int) (c - 'a') + 10u;
  if (c >= 'A' && c <= 'F')
    return (unsigned int) (c - 'A') + 10u;
  return HVUV__NO_DIGIT;
}

static inline int hvuv__text_skip(const char** text, char c) {
  if (**text != c)
    return 0;
  *text += 1;
  return 1;
}

/* How many bytes at `at` are a control character, which a terminal may obey: 1
 * of ASCII, 2 of ISO 8859 (U+0080 to U+009F in UTF-8), else 0. */
static inline size_t hvuv__text_control(const char* at) {
  unsigned char byte = (unsigned char) *at;

  if (byte != '\0' && (byte < 0x20 || byte == 0x7f))
    return 1;
  return byte == 0xc2 && ((unsigned char) at[1] & 0xe0) == 0x80 ? 2 : 0;
}

/* A GUID with or without braces; what follows it is the caller's to judge. */
int hvuv__guid_scan(const char** text, hvuv_guid_t* guid);

#endif /* HVUV_SRC_ADDR_TEXT_H */
