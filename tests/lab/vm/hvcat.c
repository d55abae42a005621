/* hvcat [-l] listen|connect ADDRESS: sends its input, ends its direction, and
 * prints what it gets until the other side has ended; with -l ("last") it sends
 * only then. What socat and ncat do, with hvuv. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hvuv.h>

#define INPUT_MAX (1 << 24)

static hvuv_addr_t addr;
static hvuv_stream_t listener, stream;
static hvuv_connect_t connect_req;
static hvuv_write_t write_req;
static hvuv_shutdown_t shutdown_req;
static char* input;
static size_t input_bytes;
static int last, ended, sent, failed;

static void check(const char* what, int err) {
  if (err == 0)
    return;
  fprintf(stderr, "hvcat: %s: %s\n", what, uv_strerror(err));
  failed = 1;
  if (!hvuv_is_closing(&stream))
    hvuv_close(&stream, NULL);
}

static void close_when_done(void) {
  if (ended && sent && !hvuv_is_closing(&stream))
    hvuv_close(&stream, NULL);
}

static void on_written(hvuv_write_t* req, int status) {
  (void) req;
  check("write", status);
}

static void on_shutdown(hvuv_shutdown_t* req, int status) {
  (void) req;
  check("shutdown", status);
  sent = 1;
  close_when_done();
}

static void send_all(void) {
  uv_buf_t buf = uv_buf_init(input, (unsigned int) input_bytes);

  if (input_bytes > 0)
    check("write", hvuv_write(&write_req, &stream, &buf, 1, on_written));
  if (!failed)
    check("shutdown", hvuv_shutdown(&shutdown_req, &stream, on_shutdown));
}

static void on_alloc(hvuv_stream_t* s, size_t suggested, uv_buf_t* buf) {
  static char room[65536];

  (void) s;
  (void) suggested;
  *buf = uv_buf_init(room, sizeof(room));
}

static void on_read(hvuv_stream_t* s, ssize_t n, const uv_buf_t* buf) {
  (void) s;
  if (n > 0) {
    failed |= fwrite(buf->base, 1, (size_t) n, stdout) != (size_t) n;
  } else if (n == UV_EOF) {
    ended = 1;
    if (last)
      send_all();
    close_when_done();
  } else if (n < 0) {
    check("read", (int) n);
  }
}

static void talk(void) {
  check("read", hvuv_read_start(&stream, on_alloc, on_read));
  if (!last && !failed)
    send_all();
}

static void on_connect(hvuv_connect_t* req, int status) {
  (void) req;
  check("connect", status);
  if (status == 0)
    talk();
}

static void on_connection(hvuv_stream_t* server, int status) {
  check("connection", status);
  check("accept", hvuv_accept(server, &stream));
  hvuv_close(server, NULL);
  if (!failed)
    talk();
}

static void start(uv_loop_t* loop, const char* how) {
  check("init", hvuv_init(loop, &stream));
  if (strcmp(how, "connect") == 0) {
    check("connect", hvuv_connect(&connect_req, &stream, &addr, on_connect));
    return;
  }
  check("init", hvuv_init(loop, &listener));
  check("bind", hvuv_bind(&listener, &addr));
  check("listen", hvuv_listen(&listener, 1, on_connection));
  if (failed)
    hvuv_close(&listener, NULL);
  else
    fprintf(stderr, "Listening on port %u\n", addr.u.vsock.port);
}

int main(int argc, char** argv) {
  uv_loop_t* loop = uv_default_loop();

  last = argc > 1 && strcmp(argv[1], "-l") == 0;
  argc -= last;
  argv += last;
  input = malloc(INPUT_MAX);
  if (argc != 3 || input == NULL || hvuv_addr_parse(argv[2], &addr) != 0)
    return 2;
  input_bytes = fread(input, 1, INPUT_MAX, stdin);

  start(loop, argv[1]);
  uv_run(loop, UV_RUN_DEFAULT);
  free(input);
  return uv_loop_close(loop) != 0 || fflush(stdout) != 0 || failed;
}
