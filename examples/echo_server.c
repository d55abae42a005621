/* echo_server [-1] [ADDRESS]: sends back what it gets, to any number of clients
 * at once, until SIGINT or SIGTERM; with -1 to one, and exits. A client's next
 * bytes are read when the last ones have gone, so one that does not read costs
 * one buffer and no more. */
#include <signal.h>

#include "arguments.h"
#include "program.h"
#include "report.h"

typedef struct client_s {
  hvuv_stream_t stream;
  hvuv_write_t write;
  hvuv_shutdown_t shutdown;
  struct client_s* next;
  uv_buf_t reply;
  char buffer[65536];
} client_t;

static hvuv_addr_t addr;
static hvuv_stream_t server;
static uv_signal_t sigint, sigterm;
static client_t* clients;
static int only_one, failed;

static void on_closed(hvuv_stream_t* stream) {
  free(stream->data);
}

static void stop(void);

static void close_client(client_t* client) {
  client_t** link = &clients;

  if (hvuv_is_closing(&client->stream))
    return;
  while (*link != client)
    link = &(*link)->next;
  *link = client->next;
  hvuv_close(&client->stream, on_closed);
  if (output("Connection closing...\n") != 0)
    stop();
}

static void stop_listening(void) {
  if (hvuv_is_closing(&server))
    return;
  hvuv_close(&server, NULL);
  uv_close((uv_handle_t*) &sigint, NULL);
  uv_close((uv_handle_t*) &sigterm, NULL);
}

/* Asked to, or nobody can read any more what it does. */
static void stop(void) {
  stop_listening();
  while (clients != NULL)
    close_client(clients);
}

static void on_signal(uv_signal_t* handle, int signum) {
  (void) handle;
  output("Stopping on signal %d\n", signum);
  stop();
}

/* Whether a step went well; if not, the client is let go. */
static int check(client_t* client, const char* step, int err) {
  if (report(step, &addr, err) == 0)
    return 1;
  failed = only_one;
  close_client(client);
  return 0;
}

static void on_shutdown(hvuv_shutdown_t* req, int status) {
  if (!hvuv_is_closing(req->handle) && check(req->data, "shutdown", status))
    close_client(req->data);
}

static void on_alloc(hvuv_stream_t* stream, size_t suggested, uv_buf_t* buf) {
  client_t* client = stream->data;

  (void) suggested;
  *buf = uv_buf_init(client->buffer, sizeof(client->buffer));
}

static void on_read(hvuv_stream_t* stream, ssize_t nread, const uv_buf_t* buf);

static void on_written(hvuv_write_t* req, int status) {
  client_t* client = req->data;

  if (hvuv_is_closing(&client->stream) || !check(client, "send", status))
    return;
  if (output("Bytes sent: %lu\n", (unsigned long) client->reply.len) != 0)
    stop();
  else
    check(
        client, "receive", hvuv_read_start(&client->stream, on_alloc, on_read));
}

static void send_back(client_t* client, char* bytes, ssize_t n) {
  hvuv_stream_t* stream = &client->stream;

  if (output("Bytes received: %ld\n", (long) n) != 0) {
    stop();
    return;
  }
  hvuv_read_stop(stream);
  client->reply = uv_buf_init(bytes, (unsigned int) n);
  check(client,
        "send",
        hvuv_write(&client->write, stream, &client->reply, 1, on_written));
}

static void on_read(hvuv_stream_t* stream, ssize_t nread, const uv_buf_t* buf) {
  client_t* client = stream->data;

  if (nread > 0)
    send_back(client, buf->base, nread);
  else if (nread == UV_EOF)
    check(client,
          "shutdown",
          hvuv_shutdown(&client->shutdown, stream, on_shutdown));
  else if (nread < 0)
    check(client, "receive", (int) nread);
}

static void on_connection(hvuv_stream_t* listener, int status) {
  client_t* client;

  if (report("accept", &addr, status) != 0)
    return;
  client = calloc(1, sizeof(*client));
  if (client == NULL || hvuv_init(listener->loop, &client->stream) != 0)
    abort(); /* Out of memory. */
  client->stream.data = client->write.data = client->shutdown.data = client;
  client->next = clients;
  clients = client;

  if (check(client, "accept", hvuv_accept(listener, &client->stream)))
    check(
        client, "receive", hvuv_read_start(&client->stream, on_alloc, on_read));
  if (only_one)
    stop_listening();
}

static int start(uv_loop_t* loop) {
  if (uv_signal_init(loop, &sigint) != 0 ||
      uv_signal_init(loop, &sigterm) != 0 ||
      uv_signal_start(&sigint, on_signal, SIGINT) != 0 ||
      uv_signal_start(&sigterm, on_signal, SIGTERM) != 0)
    return UV_EINVAL;
  if (report("init", &addr, hvuv_init(loop, &server)) != 0 ||
      report("bind", &addr, hvuv_bind(&server, &addr)) != 0)
    return UV_EINVAL;
  return report(
      "listen", &addr, hvuv_listen(&server, SOMAXCONN, on_connection));
}

static int usage(FILE* out, int code) {
  fprintf(out,
          "usage: echo_server [-1] [ADDRESS]\n"
          "  -1  serve one client, and exit\n"
          "ADDRESS such as " DEFAULT_ADDRESS "\n");
  return code;
}

int main(int argc, char** argv) {
  static const char* const options[] = {"-1", NULL};
  const char* none;
  uv_loop_t* loop;
  int i;
  char text[HVUV_ADDR_STRLEN];
  size_t size = sizeof(text);

  argv = program_start(&argc, argv);
  if (is_help(argc, argv))
    return usage(stdout, 0);
  while ((i = take_option(&argc, &argv, options, &none)) >= 0)
    only_one = 1;
  if (i == OPTION_WRONG || too_many(argc, argv, 1) ||
      parse_address("ADDRESS", argc == 2 ? argv[1] : DEFAULT_ADDRESS, &addr) !=
          0)
    return usage(stderr, 2);

  loop = program_loop();
  if (start(loop) != 0)
    return 1;
  hvuv_getsockname(&server, &addr);
  hvuv_addr_format(&addr, text, &size);
  if (output("Listening on %s\n", text) != 0)
    stop();
  uv_run(loop, UV_RUN_DEFAULT);
  return program_end(uv_loop_close(loop) != 0 || failed);
}
