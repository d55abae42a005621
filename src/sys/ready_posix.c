#include "sys/ready.h"

#include <assert.h>
#include <poll.h>

/* poll() has them in 256 bytes, for which Linux needs no memory
 * (fs/select.c). */
const unsigned int hvuv__ready_max = HVUV__READY_MAX;

static short to_poll(int events) {
  return (short) ((events & UV_READABLE ? POLLIN : 0) |
                  (events & UV_WRITABLE ? POLLOUT : 0));
}

static int from_poll(short bits) {
  if (bits & (POLLERR | POLLNVAL))
    return 0;
  return (bits & POLLIN ? UV_READABLE : 0) | (bits & POLLOUT ? UV_WRITABLE : 0);
}

unsigned int hvuv__ready_now(const uv_os_sock_t socks[],
                             unsigned char events[],
                             unsigned int n) {
  struct pollfd looks[HVUV__READY_MAX];
  unsigned int ready;
  unsigned int i;
  int is_known;

  assert(n > 0 && n <= HVUV__READY_MAX);
  for (i = 0; i < n; i++) {
    looks[i].fd = socks[i]; /* HVUV__NO_SOCK is ignored (POSIX, poll()). */
    looks[i].events = to_poll(events[i]);
  }

  is_known = poll(looks, n, 0) > 0; /* else 0, EINTR or ENOMEM */
  ready = 0;
  for (i = 0; i < n; i++) {
    events[i] = is_known ? (unsigned char) from_poll(looks[i].revents) : 0;
    ready += events[i] != 0;
  }
  return ready;
}
