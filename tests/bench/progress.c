/*
 * What is going on, and how long it will take.
 *
 * A verb says first how many seconds it will take, as far as it knows, and then
 * of those, how many are over. What they really took corrects the rest.
 */
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "bench.h"

/* What is known after less than this share of all is worth nothing. */
#define SHARE_LEAST 0.03

static double all_s; /* 0: a verb that does not say */
static double done_s;
static uint64_t began;

static void print_duration(double seconds) {
  if (seconds < 90)
    fprintf(stderr, "about %.0f s", seconds < 1 ? 1 : seconds);
  else
    fprintf(stderr, "about %.0f min", seconds / 60);
}

static void print_left(void) {
  double took;
  double left;

  if (all_s <= 0)
    return;
  took = (double) (now_ns() - began) / 1e9;
  left = all_s - done_s;
  if (done_s > SHARE_LEAST * all_s)
    left *= took / done_s;
  fputs(", ", stderr);
  print_duration(left > 0 ? left : 0);
  fputs(" left", stderr);
}

void progress_begin(double seconds) {
  all_s = seconds;
  done_s = 0;
  began = now_ns();
  fflush(stdout);
  fputs("This takes ", stderr);
  print_duration(seconds);
  fputs(" on a machine that does nothing else.\n", stderr);
}

void progress_done(double seconds) {
  done_s += seconds;
}

void progress_scenario(const char* name, unsigned int n, unsigned int of) {
  if (isatty(STDERR_FILENO))
    return;
  fflush(stdout);
  fprintf(stderr, "%s: %u of %u", name, n, of);
  print_left();
  fputc('\n', stderr);
}

void progress(const char* format, ...) {
  va_list args;

  if (!isatty(STDERR_FILENO))
    return;
  fputs("\r\033[K", stderr);
  va_start(args, format);
  vfprintf(stderr, format, args);
  va_end(args);
  print_left();
  fflush(stderr);
}

void progress_end(void) {
  if (isatty(STDERR_FILENO))
    fputs("\r\033[K", stderr);
}
