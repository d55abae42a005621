/*
 * The bare loop: level-triggered epoll, recv until a read is short, send at
 * once. What the kernel does not take is kept, and nothing is read meanwhile.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"

typedef struct {
  int fd;
  char* kept; /* what the kernel did not take */
  size_t kept_at;
  size_t kept_end;
} conn_t;

static int epoll;
static unsigned int open_connections;
static size_t piece_bytes;
static char buffer[READ_BYTES];

static void control(int op, conn_t* c, int fd, uint32_t events) {
  struct epoll_event event = {.events = events, .data.ptr = c};

  if (epoll_ctl(epoll, op, fd, &event) != 0)
    die("raw_epoll: epoll_ctl: %s", strerror(errno));
}

static void hang_up(conn_t* c) {
  close(c->fd);
  free(c->kept);
  free(c);
  open_connections--;
}

static void keep(conn_t* c, const char* bytes, size_t len) {
  c->kept = malloc(len);
  if (c->kept == NULL)
    die("raw_epoll: no memory");
  memcpy(c->kept, bytes, len);
  c->kept_at = 0;
  c->kept_end = len;
  control(EPOLL_CTL_MOD, c, c->fd, EPOLLOUT);
}

static void send_kept(conn_t* c) {
  ssize_t n;

  n = send(c->fd, c->kept + c->kept_at, c->kept_end - c->kept_at, MSG_NOSIGNAL);
  if (n < 0 && errno == EAGAIN)
    return;
  if (n < 0)
    die("raw_epoll: send: %s", strerror(errno));
  c->kept_at += (size_t) n;
  if (c->kept_at < c->kept_end)
    return;

  free(c->kept);
  c->kept = NULL;
  control(EPOLL_CTL_MOD, c, c->fd, EPOLLIN);
}

/* Returns 0 if the kernel did not take all. */
static int reply(conn_t* c, size_t len) {
  size_t piece;
  size_t at;
  ssize_t n;

  for (at = 0; at < len; at += (size_t) n) {
    piece = len - at < piece_bytes ? len - at : piece_bytes;
    n = send(c->fd, buffer + at, piece, MSG_NOSIGNAL);
    if (n < 0 && errno != EAGAIN)
      die("raw_epoll: send: %s", strerror(errno));
    if (n < (ssize_t) piece) {
      at += n < 0 ? 0 : (size_t) n;
      keep(c, buffer + at, len - at);
      return 0;
    }
  }
  return 1;
}

static void echo(conn_t* c) {
  ssize_t n;

  do {
    n = recv(c->fd, buffer, sizeof(buffer), 0);
    if (n < 0 && errno == EAGAIN)
      return;
    if (n <= 0) {
      hang_up(c);
      return;
    }
  } while (reply(c, (size_t) n) && n == sizeof(buffer));
}

/* Returns how many it took. */
static unsigned int accept_all(int listener, unsigned int most) {
  unsigned int taken;
  conn_t* c;
  int fd;

  for (taken = 0; taken < most; taken++) {
    fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd == -1 && errno == EAGAIN)
      break;
    c = calloc(1, sizeof(*c));
    if (fd == -1 || c == NULL)
      die("raw_epoll: accept: %s", strerror(errno));
    c->fd = fd;
    control(EPOLL_CTL_ADD, c, fd, EPOLLIN);
    open_connections++;
  }
  return taken;
}

void serve_epoll(const job_t* job) {
  struct epoll_event events[1024];
  unsigned int to_come;
  conn_t* c;
  int n;
  int i;

  piece_bytes = job->bytes;
  to_come = job->connections;
  epoll = epoll_create1(EPOLL_CLOEXEC);
  control(EPOLL_CTL_ADD, NULL, job->listener, EPOLLIN);

  while (to_come > 0 || open_connections > 0) {
    n = epoll_wait(epoll, events, 1024, -1);
    for (i = 0; i < n; i++) {
      c = events[i].data.ptr;
      if (c == NULL)
        to_come -= accept_all(job->listener, to_come);
      else if (c->kept != NULL)
        send_kept(c);
      else
        echo(c);
    }
  }
  close(job->listener);
  close(epoll);
}
