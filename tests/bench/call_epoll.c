/* Calls by a bare epoll loop: what a connect, a message there and back and a
 * close cost without anything between. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"

typedef struct {
  int fd;
  size_t back;
} call_t;

static char bytes[READ_BYTES];
static char buffer[READ_BYTES];

/* The socket blocks, but nothing on it does: a Unix socket is connected at
 * once, and the message finds room. */
static void begin(const calls_t* calls, int epoll, call_t* call) {
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = call};

  call->fd = kind_connect_plain(calls->place);
  call->back = 0;
  if (send(call->fd, bytes, calls->bytes, MSG_NOSIGNAL) !=
          (ssize_t) calls->bytes ||
      epoll_ctl(epoll, EPOLL_CTL_ADD, call->fd, &event) != 0)
    die("raw_epoll: call: %s", strerror(errno));
}

/* Returns whether it is over. */
static int receive(const calls_t* calls, call_t* call) {
  ssize_t n;

  n = recv(call->fd, buffer, sizeof(buffer), 0);
  if (n <= 0)
    die("raw_epoll: recv: %s", n == 0 ? "the end" : strerror(errno));
  call->back += (size_t) n;
  if (call->back < calls->bytes)
    return 0;
  close(call->fd);
  return 1;
}

/* Without a message there is nothing to wait for. */
static void knock(const calls_t* calls) {
  unsigned long i;

  for (i = 0; i < calls->calls; i++)
    close(kind_connect_plain(calls->place));
}

void call_epoll(const calls_t* calls) {
  struct epoll_event events[1024];
  unsigned long begun;
  unsigned long over;
  call_t* all;
  int epoll;
  int n;
  int i;

  if (calls->bytes == 0) {
    knock(calls);
    return;
  }
  epoll = epoll_create1(EPOLL_CLOEXEC);
  all = calloc(calls->callers, sizeof(*all));
  if (epoll == -1 || all == NULL)
    die("raw_epoll: neither memory nor epoll");
  for (begun = 0; begun < calls->callers && begun < calls->calls; begun++)
    begin(calls, epoll, &all[begun]);
  for (over = 0; over < calls->calls;) {
    n = epoll_wait(epoll, events, 1024, -1);
    for (i = 0; i < n; i++) {
      if (!receive(calls, events[i].data.ptr))
        continue;
      over++;
      if (begun++ < calls->calls)
        begin(calls, epoll, events[i].data.ptr);
    }
  }
  free(all);
  close(epoll);
}
