/* Where a serial port's bytes go: a descriptor, whole lines at a time, so that lines of
 * two writers do not get mixed. What has no end of line yet waits for one, for 512
 * bytes, or for the end. What cannot be written is lost and counted. */
#ifndef HVSOCK_MACHINE_CONSOLE_H
#define HVSOCK_MACHINE_CONSOLE_H

#include <stddef.h>
#include <stdint.h>

typedef struct console_s {
  int fd; /* -1: nowhere */
  size_t used;
  uint64_t bytes;
  uint64_t lost;
  uint8_t line[512];
} console_t;

/* Does not own the descriptor. */
void console_open(console_t* console, int fd);
void console_put(console_t* console, uint8_t byte);
void console_flush(console_t* console);

#endif /* HVSOCK_MACHINE_CONSOLE_H */
