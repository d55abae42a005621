/* HTTP/1.1 upgrade to a framed protocol on one connection, the way WebSockets
 * begin. The server has two protocols, lines and prefixed messages, and goes from
 * one to the other with hvuv_conn_set_protocol(). Two kinds of clients:
 *
 *   polite  waits for the 101, then has its connection change the framing; the
 *           server's first message comes right behind the 101
 *   eager   sends its messages right behind the request: in one write with it, or
 *           all of it byte by byte. It reads with a decoder of its own
 *
 * Both are to get the greeting, then each of their messages back, in capitals. */
#include <ctype.h>
#include <string.h>

#include "embedder.h"

#define REQUEST                                                                \
  "GET /talk HTTP/1.1\r\nHost: vm\r\nConnection: Upgrade\r\n"                  \
  "Upgrade: talk\r\n\r\n"
#define MESSAGES "\0\3one\0\0\0\5a\r\n\r\n\0\4four"
#define EXPECTED "welcome|ONE||A\r\n\r\n|FOUR|"

static const char request[] = REQUEST MESSAGES;
#define REQUEST_BYTES (sizeof(request) - 1)

static const hvuv_framing_t lines = {.kind = HVUV_FRAMING_LINES};
static const hvuv_framing_t sized = {.kind = HVUV_FRAMING_LENGTH,
                                     .prefix_bytes = 2};
static hvuv_addr_t addr;
static hvuv_server_t server;
static unsigned int served; /* connections that ended with 0 */

/* --- The server ------------------------------------------------------------- */

static int on_talk(hvuv_conn_t* conn, const char* bytes, size_t nbytes) {
  char capitals[64];
  size_t i;

  if (nbytes > sizeof(capitals))
    return UV_EMSGSIZE;
  for (i = 0; i < nbytes; i++)
    capitals[i] = (char) toupper((unsigned char) bytes[i]);
  return hvuv_conn_send(conn, capitals, nbytes);
}

static void on_served(hvuv_conn_t* conn, int reason) {
  (void) conn;
  served += reason == 0;
}

static const hvuv_protocol_t talk_protocol = {
    .framing = {.kind = HVUV_FRAMING_LENGTH, .prefix_bytes = 2},
    .on_message = on_talk,
    .on_close = on_served,
};

/* The state: whether an upgrade was asked for. */
static int on_http_line(hvuv_conn_t* conn, const char* bytes, size_t nbytes) {
  static const char header[] = "Upgrade: talk";
  static const char switching[] = "HTTP/1.1 101 Switching Protocols\r\n"
                                  "Connection: Upgrade\r\nUpgrade: talk\r\n\r";
  int* is_wanted = hvuv_conn_state(conn);
  int err;

  if (nbytes > 0) {
    *is_wanted |= nbytes == sizeof(header) - 1 &&
                  memcmp(bytes, header, sizeof(header) - 1) == 0;
    return 0;
  }
  if (!*is_wanted)
    return UV_EPROTO;

  err = hvuv_conn_send(conn, switching, sizeof(switching) - 1);
  if (err == 0)
    err = hvuv_conn_set_protocol(conn, &talk_protocol);
  return err == 0 ? hvuv_conn_send(conn, "welcome", 7) : err;
}

static const hvuv_protocol_t http_protocol = {
    .state_bytes = sizeof(int),
    .framing = {.kind = HVUV_FRAMING_LINES},
    .on_message = on_http_line,
};

/* --- What a client got ------------------------------------------------------ */

static char got[128];
static size_t got_bytes;

static void note(const char* bytes, size_t nbytes) {
  CHECK(got_bytes + nbytes + 1 <= sizeof(got));
  memcpy(got + got_bytes, bytes, nbytes);
  got[got_bytes + nbytes] = '|';
  got_bytes += nbytes + 1;
}

static int has_all(void) {
  return got_bytes == sizeof(EXPECTED) - 1 &&
         memcmp(got, EXPECTED, got_bytes) == 0;
}

/* --- The polite client ------------------------------------------------------ */

static hvuv_client_t client;
static int is_framed;
static int polite_reason;

static int on_polite_open(hvuv_conn_t* conn) {
  /* The framing adds the last LF. */
  return hvuv_conn_send(conn, REQUEST, sizeof(REQUEST) - 2);
}

static int upgrade(hvuv_conn_t* conn) {
  int err = hvuv_conn_set_framing(conn, &sized);

  if (err == 0)
    err = hvuv_conn_send(conn, "one", 3);
  if (err == 0)
    err = hvuv_conn_send(conn, "", 0);
  if (err == 0)
    err = hvuv_conn_send(conn, "a\r\n\r\n", 5);
  if (err == 0)
    err = hvuv_conn_send(conn, "four", 4);
  is_framed = 1;
  return err;
}

static int on_polite_message(hvuv_conn_t* conn,
                             const char* bytes,
                             size_t nbytes) {
  if (!is_framed)
    return nbytes > 0 ? 0 : upgrade(conn);
  note(bytes, nbytes);
  if (has_all())
    hvuv_conn_end(conn);
  return 0;
}

static void on_polite_close(hvuv_conn_t* conn, int reason) {
  (void) conn;
  polite_reason = reason;
  hvuv_client_close(&client, NULL);
  hvuv_server_stop(&server, 1000, NULL);
}

static const hvuv_protocol_t polite_protocol = {
    .framing = {.kind = HVUV_FRAMING_LINES},
    .on_open = on_polite_open,
    .on_message = on_polite_message,
    .on_close = on_polite_close,
};

static void start_polite(uv_loop_t* loop) {
  CHECK(hvuv_client_init(loop, &client, NULL) == 0);
  CHECK(hvuv_client_connect(&client, &addr, &polite_protocol) == 0);
}

/* --- The eager client ------------------------------------------------------- */

static hvuv_stream_t stream;
static hvuv_connect_t connect_req;
static hvuv_write_t write_req;
static hvuv_shutdown_t shutdown_req;
static hvuv_decoder_t decoder;
static char buffer[4096];
static size_t sent;
static size_t step; /* bytes of one write */
static int eager_end;

static void on_written(hvuv_write_t* req, int status);

static void send_next(void) {
  size_t left = REQUEST_BYTES - sent;
  uv_buf_t buf = uv_buf_init((char*) request + sent,
                             (unsigned int) (left < step ? left : step));

  if (left == 0) {
    CHECK(hvuv_shutdown(&shutdown_req, &stream, NULL) == 0);
    return;
  }
  sent += buf.len;
  CHECK(hvuv_write(&write_req, &stream, &buf, 1, on_written) == 0);
}

static void on_written(hvuv_write_t* req, int status) {
  (void) req;
  CHECK(status == 0);
  send_next();
}

static void on_alloc(hvuv_stream_t* handle, size_t suggested, uv_buf_t* buf) {
  (void) handle;
  (void) suggested;
  *buf = uv_buf_init(buffer, sizeof(buffer));
}

/* Lines until the empty one, and messages behind it. */
static void take(uv_buf_t input) {
  uv_buf_t message;
  int err;

  while ((err = hvuv_decoder_next(&decoder, &input, &message)) == 1) {
    if (is_framed) {
      note(message.base, message.len);
    } else if (message.len == 0) {
      is_framed = 1;
      hvuv_decoder_close(&decoder);
      CHECK(hvuv_decoder_init(&decoder, &sized) == 0);
    }
  }
  CHECK(err == 0);
}

static void on_read(hvuv_stream_t* handle, ssize_t nread, const uv_buf_t* buf) {
  if (nread > 0)
    take(uv_buf_init(buf->base, (unsigned int) nread));
  if (nread >= 0)
    return;
  eager_end = (int) nread;
  hvuv_decoder_close(&decoder);
  hvuv_close(handle, NULL);
  hvuv_server_stop(&server, 1000, NULL);
}

static void on_connect(hvuv_connect_t* req, int status) {
  CHECK(status == 0);
  CHECK(hvuv_read_start(req->handle, on_alloc, on_read) == 0);
  send_next();
}

static void start_eager(uv_loop_t* loop, size_t bytes) {
  sent = 0;
  step = bytes;
  eager_end = 0;
  CHECK(hvuv_decoder_init(&decoder, &lines) == 0);
  CHECK(hvuv_init(loop, &stream) == 0);
  CHECK(hvuv_connect(&connect_req, &stream, &addr, on_connect) == 0);
}

/* --- The program ------------------------------------------------------------ */

static void begin(uv_loop_t* loop) {
  got_bytes = 0;
  is_framed = 0;
  served = 0;
  CHECK(hvuv_server_init(loop, &server, NULL) == 0);
  CHECK(hvuv_server_listen(&server, &addr, &http_protocol) == 0);
}

static void end(uv_loop_t* loop) {
  uv_run(loop, UV_RUN_DEFAULT);
  CHECK(has_all());
  CHECK(served == 1);
}

int main(void) {
  uv_loop_t loop;

  place_open();
  CHECK(hvuv_addr_parse("local://loopback/8080", &addr) == 0);
  CHECK(uv_loop_init(&loop) == 0);

  begin(&loop);
  start_polite(&loop);
  end(&loop);
  CHECK(polite_reason == 0);

  for (step = 1; step <= REQUEST_BYTES; step++) {
    begin(&loop);
    start_eager(&loop, step);
    end(&loop);
    CHECK(eager_end == UV_EOF);
  }

  CHECK(uv_loop_close(&loop) == 0);
  place_close();
  printf("Upgraded with the 101 awaited, and in writes of 1 to %zu bytes\n",
         REQUEST_BYTES);
  return 0;
}
