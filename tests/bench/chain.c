/*
 * Chains of writes, as a file is sent: each message in the callback of the one
 * before. Here by the bare loop, which has no callbacks and sends until the
 * kernel is full, and by uv_write; chain_hvuv.c has hvuv's.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "bench.h"

static char message[READ_BYTES];
static size_t message_bytes;

const char* chain_message(const job_t* job) {
  size_t i;

  if (job->connections != 1 || job->bytes > sizeof(message))
    die("a chain has one connection, and messages of at most %zu bytes",
        sizeof(message));
  for (i = 0; i < job->bytes; i++)
    message[i] = (char) (i % CHAIN_PERIOD);
  return message;
}

/* --- The bare loop -------------------------------------------------------- */

static void await(int fd, short events) {
  struct pollfd pollfd = {.fd = fd, .events = events};

  if (poll(&pollfd, 1, -1) != 1)
    die("raw_epoll: poll: %s", strerror(errno));
}

static void send_all(int fd, uint64_t count) {
  size_t at;
  ssize_t n;

  for (; count > 0; count--) {
    for (at = 0; at < message_bytes; at += n < 0 ? 0 : (size_t) n) {
      n = send(fd, message + at, message_bytes - at, MSG_NOSIGNAL);
      if (n < 0 && errno != EAGAIN)
        die("raw_epoll: send: %s", strerror(errno));
      if (n < 0)
        await(fd, POLLOUT);
    }
  }
}

void chain_epoll(const job_t* job) {
  uint64_t count;
  int fd;

  chain_message(job);
  message_bytes = job->bytes;
  await(job->listener, POLLIN);
  fd = accept4(job->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd == -1)
    die("raw_epoll: accept: %s", strerror(errno));
  for (;;) {
    await(fd, POLLIN);
    if (recv(fd, &count, sizeof(count), 0) != (ssize_t) sizeof(count))
      break;
    send_all(fd, count);
  }
  close(fd);
}

/* --- uv_write ------------------------------------------------------------- */

static uv_loop_t loop;
static uv_pipe_t listener;
static uv_pipe_t stream;
static uv_write_t req;
static uint64_t left;
static char number[sizeof(left)];

static void write_next(void);

static void on_written(uv_write_t* r, int status) {
  (void) r;
  must("uv: chain: write", status);
  if (--left > 0)
    write_next();
}

static void write_next(void) {
  uv_buf_t buf = uv_buf_init(message, (unsigned int) message_bytes);

  must("uv_write", uv_write(&req, (uv_stream_t*) &stream, &buf, 1, on_written));
}

static void alloc_number(uv_handle_t* handle, size_t size, uv_buf_t* buf) {
  (void) handle;
  (void) size;
  *buf = uv_buf_init(number, sizeof(number));
}

static void on_number(uv_stream_t* s, ssize_t nread, const uv_buf_t* buf) {
  (void) buf;
  if (nread < 0) {
    uv_close((uv_handle_t*) s, NULL);
    return;
  }
  if (nread == 0)
    return;
  if (nread != (ssize_t) sizeof(number))
    die("uv: chain: half a number");
  memcpy(&left, number, sizeof(left));
  write_next();
}

static void on_connection(uv_stream_t* server, int status) {
  must("uv: chain: connection", status);
  must("uv_pipe_init", uv_pipe_init(&loop, &stream, 0));
  must("uv_accept", uv_accept(server, (uv_stream_t*) &stream));
  must("uv_read_start",
       uv_read_start((uv_stream_t*) &stream, alloc_number, on_number));
  uv_close((uv_handle_t*) server, NULL);
}

void chain_uv(const job_t* job) {
  chain_message(job);
  message_bytes = job->bytes;
  must("uv_loop_init", uv_loop_init(&loop));
  must("uv_pipe_init", uv_pipe_init(&loop, &listener, 0));
  must("uv_pipe_open", uv_pipe_open(&listener, job->listener));
  must("uv_listen", uv_listen((uv_stream_t*) &listener, 1, on_connection));
  uv_run(&loop, UV_RUN_DEFAULT);
  must("uv_loop_close", uv_loop_close(&loop));
}
