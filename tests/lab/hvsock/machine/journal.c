#include "machine/journal.h"

#include <stdint.h>
#include <stdio.h>

#include <uv.h>

#define LINE_BYTES 512

static uint64_t began_ns;

void journal_open(void) {
  began_ns = uv_hrtime();
}

void journal_line_of(const char* format, va_list args) {
  char line[LINE_BYTES];
  double seconds = (double) (uv_hrtime() - began_ns) / 1e9;

  vsnprintf(line, sizeof(line), format, args);
  fprintf(stderr, "hvsock_vm %8.3f: %s\n", seconds, line);
}

void journal_line(const char* format, ...) {
  va_list args;

  va_start(args, format);
  journal_line_of(format, args);
  va_end(args);
}
