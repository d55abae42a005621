#include "vm/json.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>
#include <uv.h>

#include "addr/utf.h"

#define check(j)                                                               \
  do {                                                                         \
    assert((j)->at <= (j)->end);                                               \
    assert((j)->depth >= 0 && (j)->depth <= HVUV__JSON_DEPTH);                 \
  } while (0)

static int fault(hvuv__json_t* j) {
  j->is_wrong = 1;
  return 0;
}

void hvuv__json_begin(hvuv__json_t* j, const char* text, size_t len) {
  memset(j, 0, sizeof(*j));
  j->at = text;
  j->end = text + len;
  check(j);
}

char hvuv__json_peek(hvuv__json_t* j) {
  check(j);
  while (j->at < j->end &&
         (*j->at == ' ' || *j->at == '\t' || *j->at == '\n' || *j->at == '\r'))
    j->at++;
  if (j->is_wrong || j->at == j->end)
    return '\0';
  return *j->at;
}

static int take(hvuv__json_t* j, char c) {
  if (hvuv__json_peek(j) != c || c == '\0')
    return fault(j);
  j->at++;
  return 1;
}

int hvuv__json_end(hvuv__json_t* j) {
  hvuv__json_peek(j);
  return j->is_wrong || j->depth != 0 || j->at != j->end ? UV_EPROTO : 0;
}

int hvuv__json_open(hvuv__json_t* j, char bracket) {
  assert(bracket == '[' || bracket == '{');
  if (j->depth == HVUV__JSON_DEPTH || !take(j, bracket))
    return fault(j);
  j->depth++;
  j->is_first = 1;
  check(j);
  return 1;
}

int hvuv__json_next(hvuv__json_t* j, char bracket) {
  assert(bracket == ']' || bracket == '}');
  if (j->is_wrong)
    return 0;
  assert(j->depth > 0);
  if (hvuv__json_peek(j) == bracket) {
    j->at++;
    j->depth--;
    j->is_first = 0;
    return 0;
  }
  if (!j->is_first && !take(j, ','))
    return 0;
  j->is_first = 0;
  return 1;
}

/* --- Strings --- */

static int take_hex(hvuv__json_t* j, uint32_t* unit) {
  int i;

  *unit = 0;
  if (j->end - j->at < 4)
    return fault(j);
  for (i = 0; i < 4; i++) {
    char c = *j->at++;
    uint32_t digit;

    if (c >= '0' && c <= '9')
      digit = (uint32_t) (c - '0');
    else if (c >= 'a' && c <= 'f')
      digit = (uint32_t) (c - 'a') + 10;
    else if (c >= 'A' && c <= 'F')
      digit = (uint32_t) (c - 'A') + 10;
    else
      return fault(j);
    *unit = *unit << 4 | digit;
  }
  return 1;
}

/* Behind "\u": a unit, or a pair of them. A half of a pair is no character, and
 * what stands behind it is read by itself. */
static int take_unicode(hvuv__json_t* j, uint32_t* c) {
  hvuv__json_t behind;
  uint32_t low;

  if (!take_hex(j, c))
    return 0;
  if (*c < 0xd800 || *c > 0xdbff)
    return 1;
  if (j->end - j->at < 6 || j->at[0] != '\\' || j->at[1] != 'u')
    return 1;
  behind = *j;
  behind.at += 2;
  if (!take_hex(&behind, &low) || low < 0xdc00 || low > 0xdfff)
    return 1;
  j->at = behind.at;
  *c = 0x10000 + ((*c & 0x3ff) << 10) + (low & 0x3ff);
  return 1;
}

static int take_escape(hvuv__json_t* j, uint32_t* c) {
  static const char letters[] = "\"\\/bfnrt";
  static const char meanings[] = "\"\\/\b\f\n\r\t";
  const char* letter;

  if (j->at == j->end)
    return fault(j);
  if (*j->at == 'u') {
    j->at++;
    return take_unicode(j, c);
  }
  letter = memchr(letters, *j->at, sizeof(letters) - 1);
  if (letter == NULL)
    return fault(j);
  j->at++;
  *c = (unsigned char) meanings[letter - letters];
  return 1;
}

/* One character in a string. Returns 0 at the closing quote, or if there is
 * none. */
static int take_char(hvuv__json_t* j, uint32_t* c) {
  size_t bytes;

  if (j->at == j->end || (unsigned char) *j->at < 0x20)
    return fault(j);
  if (*j->at == '"') {
    j->at++;
    return 0;
  }
  if (*j->at == '\\') {
    j->at++;
    return take_escape(j, c);
  }
  bytes = hvuv__utf8_scan(j->at, (size_t) (j->end - j->at), c);
  if (bytes == 0) {
    *c = HVUV__UTF_REPLACEMENT;
    bytes = 1;
  }
  j->at += bytes;
  return 1;
}

int hvuv__json_string(hvuv__json_t* j, char* out, size_t size) {
  hvuv__utf8_out_t text;
  uint32_t c;

  assert(size > 0);
  hvuv__utf8_begin(&text, out, size);
  if (!take(j, '"'))
    return 0;
  while (take_char(j, &c))
    hvuv__utf8_put(&text, c);
  check(j);
  return !j->is_wrong;
}

int hvuv__json_name(hvuv__json_t* j, char* out, size_t size) {
  return hvuv__json_string(j, out, size) && take(j, ':');
}

/* --- What is of no interest --- */

static int take_digits(hvuv__json_t* j) {
  const char* from = j->at;

  while (j->at < j->end && *j->at >= '0' && *j->at <= '9')
    j->at++;
  return j->at > from ? 1 : fault(j);
}

static int take_if(hvuv__json_t* j, const char* any) {
  if (j->at == j->end || *j->at == '\0' || strchr(any, *j->at) == NULL)
    return 0;
  j->at++;
  return 1;
}

static void skip_number(hvuv__json_t* j) {
  take_if(j, "-");
  if (!take_if(j, "0"))
    take_digits(j);
  if (!j->is_wrong && take_if(j, "."))
    take_digits(j);
  if (!j->is_wrong && take_if(j, "eE")) {
    take_if(j, "+-");
    take_digits(j);
  }
}

static void skip_word(hvuv__json_t* j, const char* word) {
  size_t len = strlen(word);

  if ((size_t) (j->end - j->at) < len || memcmp(j->at, word, len) != 0)
    fault(j);
  else
    j->at += len;
}

/* One value without what is in it, which the caller's loop passes over. */
static void skip_one(hvuv__json_t* j, char first, char open[]) {
  char nothing[8];

  switch (first) {
    case '[':
    case '{':
      if (hvuv__json_open(j, first))
        open[j->depth] = first == '[' ? ']' : '}';
      break;
    case '"':
      hvuv__json_string(j, nothing, sizeof(nothing));
      break;
    case 't':
      skip_word(j, "true");
      break;
    case 'f':
      skip_word(j, "false");
      break;
    case 'n':
      skip_word(j, "null");
      break;
    default:
      skip_number(j);
  }
}

void hvuv__json_skip(hvuv__json_t* j) {
  char open[HVUV__JSON_DEPTH + 1]; /* what closes each depth that was opened */
  char nothing[8];
  int depth = j->depth;

  if (j->is_wrong)
    return;
  skip_one(j, hvuv__json_peek(j), open);
  while (!j->is_wrong && j->depth > depth) {
    char bracket = open[j->depth];

    if (!hvuv__json_next(j, bracket))
      continue;
    if (bracket == '}')
      hvuv__json_name(j, nothing, sizeof(nothing));
    skip_one(j, hvuv__json_peek(j), open);
  }
  assert(j->is_wrong || j->depth == depth);
}
