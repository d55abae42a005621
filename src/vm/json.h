/*
 * A scanner of JSON (RFC 8259) that copies what is asked for and skips the
 * rest. It knows a text and a place in it; the caller walks:
 *
 *   hvuv__json_open(&j, '[');
 *   while (hvuv__json_next(&j, ']'))
 *     ... one value: open, string or skip ...
 *   err = hvuv__json_end(&j);
 *
 * The first fault is kept, and every call after it returns 0 and moves nothing,
 * so a caller asks once, at the end. The text may be anybody's: nothing is read
 * behind its length, and depth is bounded.
 */
#ifndef HVUV_SRC_VM_JSON_H
#define HVUV_SRC_VM_JSON_H

#include <stddef.h>

/* How deep arrays and objects may lie in each other. */
#define HVUV__JSON_DEPTH 32

typedef struct hvuv__json_s {
  const char* at;
  const char* end;
  int is_first; /* of an array or object: no comma comes before it */
  int depth;
  int is_wrong;
} hvuv__json_t;

void hvuv__json_begin(hvuv__json_t* j, const char* text, size_t len);

/* 0, or UV_EPROTO if anything was wrong or is left. */
int hvuv__json_end(hvuv__json_t* j);

/* The first character of the value that comes next, or 0. */
char hvuv__json_peek(hvuv__json_t* j);

/* Enters an array or object. */
int hvuv__json_open(hvuv__json_t* j, char bracket);

/* Whether another element comes; leaves the array or object if not. */
int hvuv__json_next(hvuv__json_t* j, char bracket);

/* Reads a string: as much of it as fits, with its NUL, cut between characters.
 * Control characters and what is no character become U+FFFD. */
int hvuv__json_string(hvuv__json_t* j, char* out, size_t size);

/* Reads the name of an object's next element, and the colon. */
int hvuv__json_name(hvuv__json_t* j, char* out, size_t size);

/* Passes over a value of any kind. */
void hvuv__json_skip(hvuv__json_t* j);

#endif /* HVUV_SRC_VM_JSON_H */
