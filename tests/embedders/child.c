/* Connections that are given to a child process, as inetd does it: the parent
 * accepts, hands the socket to uv_spawn() by its number (hvuv_fileno) and closes
 * its own copy. It also plays the caller, who is to get every byte back and then
 * the end, which comes only if nobody else has kept the socket. Two children:
 *
 *   --plain  knows nothing of hvuv: the socket is its standard input and output
 *   --hvuv   adopts the socket, its descriptor 3, with hvuv_open() */
#include <string.h>
#include <unistd.h>

#include "embedder.h"

#define BYTES      300000
#define CHILD_SOCK 3

/* --- Children --------------------------------------------------------------- */

/* Standard streams are blocking in a child of libuv's. */
static int be_plain(void) {
  static char bytes[4096];
  ssize_t n, written, i;

  while ((n = read(0, bytes, sizeof(bytes))) > 0)
    for (i = 0; i < n; i += written)
      if ((written = write(1, bytes + i, (size_t) (n - i))) < 0)
        return 1;
  return n != 0;
}

typedef struct chunk_s {
  hvuv_write_t write;
  char bytes[];
} chunk_t;

static hvuv_shutdown_t shutdown_req;
static int child_status;

static void on_child_alloc(hvuv_stream_t* stream, size_t size, uv_buf_t* buf) {
  chunk_t* chunk = malloc(sizeof(*chunk) + size);

  (void) stream;
  CHECK(chunk != NULL);
  *buf = uv_buf_init(chunk->bytes, (unsigned int) size);
}

static chunk_t* chunk_of(const uv_buf_t* buf) {
  return (chunk_t*) (buf->base - offsetof(chunk_t, bytes));
}

static void on_child_written(hvuv_write_t* req, int status) {
  child_status |= status;
  free(req);
}

static void on_child_shutdown(hvuv_shutdown_t* req, int status) {
  child_status |= status;
  hvuv_close(req->handle, NULL);
}

static void on_child_read(hvuv_stream_t* stream,
                          ssize_t nread,
                          const uv_buf_t* buf) {
  uv_buf_t reply;

  if (nread > 0) {
    reply = uv_buf_init(buf->base, (unsigned int) nread);
    CHECK(hvuv_write(
              &chunk_of(buf)->write, stream, &reply, 1, on_child_written) == 0);
    return;
  }
  if (buf->base != NULL)
    free(chunk_of(buf));
  if (nread == UV_EOF)
    CHECK(hvuv_shutdown(&shutdown_req, stream, on_child_shutdown) == 0);
  else
    CHECK(nread == 0);
}

static int be_hvuv(void) {
  uv_loop_t* loop = uv_default_loop();
  hvuv_stream_t stream;

  CHECK(hvuv_init(loop, &stream) == 0);
  CHECK(hvuv_open(&stream, CHILD_SOCK) == 0);
  CHECK(hvuv_read_start(&stream, on_child_alloc, on_child_read) == 0);
  uv_run(loop, UV_RUN_DEFAULT);
  return child_status != 0 || uv_loop_close(loop) != 0;
}

/* --- The parent hands a connection over ------------------------------------- */

static const char* child_argument;
static uv_process_t process;
static hvuv_stream_t listener;
static hvuv_stream_t accepted;
static int exit_code;

static void on_exit_of_child(uv_process_t* child, int64_t status, int signum) {
  exit_code = signum != 0 ? -signum : (int) status;
  uv_close((uv_handle_t*) child, NULL);
}

static void spawn_with(uv_loop_t* loop, int sock) {
  const uv_stdio_container_t none = {.flags = UV_IGNORE};
  const uv_stdio_container_t errors = {.flags = UV_INHERIT_FD, .data.fd = 2};
  const uv_stdio_container_t given = {.flags = UV_INHERIT_FD, .data.fd = sock};
  uv_stdio_container_t plain[] = {given, given, errors};
  uv_stdio_container_t hvuv[] = {none, none, errors, given};
  int is_plain = strcmp(child_argument, "--plain") == 0;
  char path[4096];
  size_t size = sizeof(path);
  char* argv[] = {path, (char*) child_argument, NULL};
  uv_process_options_t options = {.file = path,
                                  .args = argv,
                                  .stdio = is_plain ? plain : hvuv,
                                  .stdio_count = is_plain ? 3 : CHILD_SOCK + 1,
                                  .exit_cb = on_exit_of_child};

  CHECK(uv_exepath(path, &size) == 0);
  CHECK(uv_spawn(loop, &process, &options) == 0);
}

static void on_connection(hvuv_stream_t* server, int status) {
  uv_os_sock_t sock;

  CHECK(status == 0);
  CHECK(hvuv_init(server->loop, &accepted) == 0);
  CHECK(hvuv_accept(server, &accepted) == 0);
  CHECK(hvuv_fileno(&accepted, &sock) == 0);
  spawn_with(server->loop, sock);
  hvuv_close(&accepted, NULL);
  hvuv_close(server, NULL);
}

/* --- The caller ------------------------------------------------------------- */

static hvuv_stream_t caller;
static hvuv_connect_t connect_req;
static hvuv_write_t write_req;
static char bytes[BYTES];
static char buffer[65536];
static size_t received;
static int differs;
static int caller_end;

static void on_alloc(hvuv_stream_t* stream, size_t suggested, uv_buf_t* buf) {
  (void) stream;
  (void) suggested;
  *buf = uv_buf_init(buffer, sizeof(buffer));
}

static void on_read(hvuv_stream_t* stream, ssize_t nread, const uv_buf_t* buf) {
  size_t n = (size_t) nread;

  if (nread > 0) {
    differs |=
        n > BYTES - received || memcmp(buf->base, bytes + received, n) != 0;
    received += n;
  }
  if (nread < 0 || differs) {
    caller_end = (int) nread;
    hvuv_close(stream, NULL);
  }
}

static void on_connect(hvuv_connect_t* req, int status) {
  uv_buf_t buf = uv_buf_init(bytes, BYTES);

  CHECK(status == 0);
  CHECK(hvuv_write(&write_req, req->handle, &buf, 1, NULL) == 0);
  CHECK(hvuv_shutdown(&shutdown_req, req->handle, NULL) == 0);
  CHECK(hvuv_read_start(req->handle, on_alloc, on_read) == 0);
}

static void give_to(const char* argument) {
  hvuv_addr_t addr;
  uv_loop_t loop;

  child_argument = argument;
  exit_code = -1;
  received = 0;
  caller_end = 0;
  CHECK(uv_loop_init(&loop) == 0);
  CHECK(hvuv_addr_parse("local://loopback/5000", &addr) == 0);
  CHECK(hvuv_init(&loop, &listener) == 0);
  CHECK(hvuv_bind(&listener, &addr) == 0);
  CHECK(hvuv_listen(&listener, SOMAXCONN, on_connection) == 0);
  CHECK(hvuv_init(&loop, &caller) == 0);
  CHECK(hvuv_connect(&connect_req, &caller, &addr, on_connect) == 0);
  uv_run(&loop, UV_RUN_DEFAULT);
  CHECK(uv_loop_close(&loop) == 0);

  CHECK(!differs && received == BYTES);
  CHECK(caller_end == UV_EOF);
  CHECK(exit_code == 0);
  printf("%d bytes there and back, by a child with %s\n", BYTES, argument);
}

int main(int argc, char** argv) {
  size_t i;

  if (argc > 1)
    return strcmp(argv[1], "--hvuv") == 0 ? be_hvuv() : be_plain();

  place_open();
  for (i = 0; i < BYTES; i++)
    bytes[i] = (char) (i * 31 + i / 251);
  give_to("--plain");
  give_to("--hvuv");
  place_close();
  return 0;
}
