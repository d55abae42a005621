/* The story of a test. */
#include "trace.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static char story[64 * 1024];
static size_t length;

void trace_reset(void) {
  story[0] = '\0';
  length = 0;
}

#if defined(__GNUC__)
__attribute__((format(printf, 1, 0)))
#endif
static void
append(const char* format, va_list args) {
  size_t room;
  int n;

  room = sizeof(story) - length;
  n = vsnprintf(story + length, room, format, args);
  if (n < 0)
    return;
  length += (size_t) n < room ? (size_t) n : room - 1;
}

void trace(const char* format, ...) {
  va_list args;

  if (length > 0 && length < sizeof(story) - 1) {
    story[length++] = ' ';
    story[length] = '\0';
  }
  va_start(args, format);
  append(format, args);
  va_end(args);
}

void trace_status(const char* what, ssize_t status) {
  if (status < 0)
    trace("%s:%s", what, uv_err_name((int) status));
  else
    trace("%s:%ld", what, (long) status);
}

const char* trace_story(void) {
  return story;
}

void assert_story(const char* expected) {
  assert_string_equal(story, expected);
  trace_reset();
}
