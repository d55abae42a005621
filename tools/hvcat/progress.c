#include "progress.h"

#include <stdio.h>

#define STDOUT 1
#define STDERR 2

/* Shorter ones are not worth a line. */
#define FROM_MS  2000
#define EVERY_MS 1000

static uint64_t shown_ms; /* when last; 0: not yet */

/* Not over what a person types and reads. */
int progress_is_shown(const talk_t* t) {
  return uv_guess_handle(STDERR) == UV_TTY &&
         uv_guess_handle(STDOUT) != UV_TTY && t->in->kind != UV_TTY;
}

static void print(const talk_t* t, const char* before, const char* after) {
  uint64_t ms = uv_now(t->tick.loop) - t->began_ms;
  double seconds = (double) ms / 1000;
  double mib = (double) (t->bytes_sent + t->bytes_received) / (1 << 20);

  fprintf(stderr,
          "%s%llu bytes sent, %llu received in %.1f s",
          before,
          (unsigned long long) t->bytes_sent,
          (unsigned long long) t->bytes_received,
          seconds);
  if (seconds > 0 && mib / seconds >= 0.1)
    fprintf(stderr, " (%.1f MiB/s)", mib / seconds);
  fprintf(stderr, "%s", after);
}

void progress_show(const talk_t* t) {
  uint64_t now_ms = uv_now(t->tick.loop);

  if (!progress_is_shown(t) || now_ms - t->began_ms < FROM_MS ||
      (shown_ms != 0 && now_ms - shown_ms < EVERY_MS))
    return;
  shown_ms = now_ms;
  print(t, "\r", "   ");
  fflush(stderr);
}

void progress_end(const talk_t* t) {
  if (shown_ms != 0)
    fputc('\n', stderr);
  shown_ms = 0;
  if (t->settings->is_verbose)
    print(t, "hvcat: ", "\n");
}
