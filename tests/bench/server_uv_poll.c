/*
 * A bare uv_poll_t for each connection, recv and send in its callback: what the
 * epoll loop beside it does, with libuv's loop in place of its own. No adapter
 * on uv_poll can do less.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "bench.h"

typedef struct {
  uv_poll_t poll;
  int fd;
  char* kept; /* what the kernel did not take */
  size_t kept_at;
  size_t kept_end;
} conn_t;

static uv_loop_t loop;
static uv_poll_t listener_poll;
static int listener;
static unsigned int to_come;
static size_t piece_bytes;
static char buffer[READ_BYTES];

static void on_event(uv_poll_t* poll, int status, int events);

static void on_closed(uv_handle_t* handle) {
  free(handle);
}

static void hang_up(conn_t* c) {
  uv_poll_stop(&c->poll);
  close(c->fd);
  free(c->kept);
  uv_close((uv_handle_t*) &c->poll, on_closed);
}

static void keep(conn_t* c, const char* bytes, size_t len) {
  c->kept = malloc(len);
  if (c->kept == NULL)
    die("uv_poll: no memory");
  memcpy(c->kept, bytes, len);
  c->kept_at = 0;
  c->kept_end = len;
  must("uv_poll_start", uv_poll_start(&c->poll, UV_WRITABLE, on_event));
}

static void send_kept(conn_t* c) {
  ssize_t n;

  n = send(c->fd, c->kept + c->kept_at, c->kept_end - c->kept_at, MSG_NOSIGNAL);
  if (n < 0 && errno == EAGAIN)
    return;
  if (n < 0)
    die("uv_poll: send: %s", strerror(errno));
  c->kept_at += (size_t) n;
  if (c->kept_at < c->kept_end)
    return;

  free(c->kept);
  c->kept = NULL;
  must("uv_poll_start", uv_poll_start(&c->poll, UV_READABLE, on_event));
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
      die("uv_poll: send: %s", strerror(errno));
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

static void on_event(uv_poll_t* poll, int status, int events) {
  conn_t* c = (conn_t*) poll;

  (void) events;
  must("uv_poll: connection", status);
  if (c->kept != NULL)
    send_kept(c);
  else
    echo(c);
}

static void on_listener(uv_poll_t* poll, int status, int events) {
  conn_t* c;
  int fd;

  (void) events;
  must("uv_poll: listener", status);
  for (; to_come > 0; to_come--) {
    fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd == -1 && errno == EAGAIN)
      return;
    c = calloc(1, sizeof(*c));
    if (fd == -1 || c == NULL)
      die("uv_poll: accept: %s", strerror(errno));
    c->fd = fd;
    must("uv_poll_init", uv_poll_init(&loop, &c->poll, fd));
    must("uv_poll_start", uv_poll_start(&c->poll, UV_READABLE, on_event));
  }
  uv_poll_stop(poll);
  close(listener);
  uv_close((uv_handle_t*) poll, NULL);
}

void serve_uv_poll(const job_t* job) {
  listener = job->listener;
  to_come = job->connections;
  piece_bytes = job->bytes;
  must("uv_loop_init", uv_loop_init(&loop));
  must("uv_poll_init", uv_poll_init(&loop, &listener_poll, listener));
  must("uv_poll_start",
       uv_poll_start(&listener_poll, UV_READABLE, on_listener));
  uv_run(&loop, UV_RUN_DEFAULT);
  must("uv_loop_close", uv_loop_close(&loop));
}
