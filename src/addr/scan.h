/*
 * The parts of an address as text: their names, and the strict scanners that
 * read them, by the rule of text.h. Used by what parses, formats, and finds out
 * what is wrong with a text.
 */
#ifndef HVUV_SRC_ADDR_SCAN_H
#define HVUV_SRC_ADDR_SCAN_H

#include "hvuv/addr.h"

/* "hyperv://" and so on, by family; the first is NULL. */
#define HVUV__SCHEMES 5
extern const char* const hvuv__schemes[HVUV__SCHEMES];

/* "%20", of one byte. */
#define HVUV__ESCAPE_LEN ((size_t) 3)

/* What the text writes as an escape, so that an address is one word of one
 * line. Bytes from 0x80 up are UTF-8, or whatever the file system takes, and
 * stand for themselves. */
static inline int hvuv__is_escaped(char c) {
  unsigned char byte = (unsigned char) c;

  return byte <= 0x20 || byte == 0x7f || byte == '%';
}

int hvuv__scan_word(const char** text, const char* word);

/* Decimal, or hex behind 0x, up to 0xffffffff. */
int hvuv__scan_number(const char** text, uint32_t* number);
int hvuv__scan_vm_id(const char** text, hvuv_guid_t* vm_id);
int hvuv__scan_cid(const char** text, uint32_t* cid);
int hvuv__scan_port(const char** text, uint32_t* port);

/* One byte of a path, which may be an escape. No path holds a NUL. */
int hvuv__scan_path_byte(const char** text, char* byte);

/* 0 if there is none. */
hvuv_family_t hvuv__scan_scheme(const char** text);

/* Reads all that is left of the text, and returns 0 or UV_EINVAL. */
int hvuv__parse_service(const char* text, hvuv_guid_t* service_id);

/* The name of a well-known id; NULL if it has none. */
const char* hvuv__vm_name(const hvuv_guid_t* vm_id);
const char* hvuv__cid_name(uint32_t cid);

#endif /* HVUV_SRC_ADDR_SCAN_H */
