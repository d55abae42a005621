/* echo_client [-n COUNT] [-s BYTES] [ADDRESS] [MESSAGE]: sends MESSAGE, or
 * BYTES bytes, COUNT times, ends its direction, reads until the server ends the
 * other, and exits with 0 only if every byte came back as it was sent. */
#include <stdlib.h>
#include <string.h>

#include "report.h"
#include "utf8_args.h"

static hvuv_addr_t addr;
static hvuv_stream_t stream;
static hvuv_connect_t connect_req;
static hvuv_write_t write_req;
static hvuv_shutdown_t shutdown_req;
static char* message;
static unsigned long long nbytes; /* of one message */
static unsigned long long count, sent, received;
static int failed;

static void check(const char* step, int err) {
  if (report(step, &addr, err) == 0 || hvuv_is_closing(&stream))
    return;
  failed = 1;
  hvuv_close(&stream, NULL);
}

static void on_shutdown(hvuv_shutdown_t* req, int status) {
  if (!hvuv_is_closing(req->handle))
    check("shutdown", status);
}

static void on_written(hvuv_write_t* req, int status);

static void send_next(void) {
  uv_buf_t buf = uv_buf_init(message, (unsigned int) nbytes);

  if (sent < count)
    check("send", hvuv_write(&write_req, &stream, &buf, 1, on_written));
  else
    check("shutdown", hvuv_shutdown(&shutdown_req, &stream, on_shutdown));
}

static void on_written(hvuv_write_t* req, int status) {
  if (hvuv_is_closing(req->handle))
    return;
  check("send", status);
  if (status != 0)
    return;
  printf("Bytes Sent: %llu\n", nbytes);
  sent++;
  send_next();
}

static void on_alloc(hvuv_stream_t* s, size_t suggested, uv_buf_t* buf) {
  static char buffer[65536];

  (void) s;
  (void) suggested;
  *buf = uv_buf_init(buffer, sizeof(buffer));
}

static void on_read(hvuv_stream_t* s, ssize_t nread, const uv_buf_t* buf) {
  ssize_t i;

  if (nread == UV_EOF) {
    printf("Connection closed\n");
    hvuv_close(s, NULL);
  } else if (nread < 0) {
    check("receive", (int) nread);
  } else if (nread > 0) {
    printf("Bytes received: %ld\n", (long) nread);
    for (i = 0; i < nread; i++, received++)
      failed |= buf->base[i] != message[received % nbytes];
  }
}

static void on_connect(hvuv_connect_t* req, int status) {
  check("connect", status);
  if (status != 0)
    return;
  check("receive", hvuv_read_start(req->handle, on_alloc, on_read));
  send_next();
}

/* A number from 1 to max; 0 if the text is none. */
static unsigned long long number(const char* text, unsigned long long max) {
  char* end;
  unsigned long long n = strtoull(text, &end, 10);

  return *text >= '0' && *text <= '9' && *end == '\0' && n <= max ? n : 0;
}

static int usage(void) {
  fprintf(stderr,
          "usage: echo_client [-n COUNT] [-s BYTES] [ADDRESS] [MESSAGE]\n"
          "ADDRESS such as " DEFAULT_ADDRESS "\n");
  return 2;
}

int main(int argc, char** argv) {
  const char* text = "this is a test";
  uv_loop_t* loop = uv_default_loop();
  unsigned long long i;

  argv = utf8_args(&argc, argv);
  count = 1;
  for (; argc > 2 && argv[1][0] == '-'; argc -= 2, argv += 2) {
    if (strcmp(argv[1], "-n") == 0 && (count = number(argv[2], 1000000)) != 0)
      continue;
    if (strcmp(argv[1], "-s") == 0 && (nbytes = number(argv[2], 1 << 30)) != 0)
      continue;
    return usage();
  }
  if (argc > 3 || (argc > 2 && (*argv[2] == '\0' || nbytes != 0)) ||
      hvuv_addr_parse(argc > 1 ? argv[1] : DEFAULT_ADDRESS, &addr) != 0)
    return usage();
  if (argc > 2)
    text = argv[2];

  nbytes = nbytes != 0 ? nbytes : strlen(text);
  message = malloc((size_t) nbytes);
  if (message == NULL)
    return report("prepare", &addr, UV_ENOMEM) != 0;
  for (i = 0; i < nbytes; i++)
    message[i] = text[i % strlen(text)];

  setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
  if (report("init", &addr, hvuv_init(loop, &stream)) != 0)
    return 1;
  check("connect", hvuv_connect(&connect_req, &stream, &addr, on_connect));
  uv_run(loop, UV_RUN_DEFAULT);
  free(message);
  if (!failed && received != sent * nbytes)
    fprintf(stderr, "%llu of %llu came back\n", received, sent * nbytes);
  return uv_loop_close(loop) != 0 || failed || received != count * nbytes;
}
