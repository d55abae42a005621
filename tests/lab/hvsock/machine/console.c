#include "machine/console.h"

#include <assert.h>
#include <errno.h>
#include <unistd.h>

void console_open(console_t* console, int fd) {
  console->fd = fd;
  console->used = 0;
  console->bytes = 0;
  console->lost = 0;
}

void console_flush(console_t* console) {
  size_t done = 0;
  ssize_t n;

  while (console->fd >= 0 && done < console->used) {
    n = write(console->fd, console->line + done, console->used - done);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      break;
    done += (size_t) n;
  }
  if (console->fd >= 0)
    console->lost += console->used - done;
  console->used = 0;
}

void console_put(console_t* console, uint8_t byte) {
  assert(console->used < sizeof(console->line));
  console->line[console->used++] = byte;
  console->bytes++;
  if (byte == '\n' || console->used == sizeof(console->line))
    console_flush(console);
}
