#include "echo.h"

#include <string.h>

#include "embedder.h"

#define AHEAD     8
#define BYTES_MAX 6000

/* --- Messages --------------------------------------------------------------- */

/* The n-th of a client: its size and its bytes follow from who and which. */
static size_t fill(char* bytes, unsigned int seed, unsigned int n) {
  unsigned int x = seed * 7919u + n * 104729u + 1;
  size_t nbytes = x % BYTES_MAX;
  size_t i;

  for (i = 0; i < nbytes; i++) {
    x = x * 1103515245u + 12345u;
    bytes[i] = (char) (x >> 16);
  }
  return nbytes;
}

static int send_next(echo_client_t* client, hvuv_conn_t* conn) {
  char bytes[BYTES_MAX];

  return hvuv_conn_send(conn, bytes, fill(bytes, client->seed, client->sent++));
}

/* --- The end ---------------------------------------------------------------- */

static void count_closed(echo_t* echo) {
  if (--echo->open == 0 && echo->on_closed != NULL)
    echo->on_closed(echo);
}

static void on_stopped(hvuv_server_t* server) {
  count_closed(server->data);
}

static void on_client_closed(hvuv_client_t* client) {
  count_closed(((echo_client_t*) client->data)->echo);
}

static void stop_if_done(echo_t* echo) {
  if (echo->served == ECHO_CLIENTS && echo->finished == ECHO_CLIENTS)
    hvuv_server_stop(&echo->server, 0, on_stopped);
}

/* --- The server ------------------------------------------------------------- */

static int on_served_message(hvuv_conn_t* conn,
                             const char* bytes,
                             size_t nbytes) {
  return hvuv_conn_send(conn, bytes, nbytes);
}

static void on_served(hvuv_conn_t* conn, int reason) {
  echo_t* echo = hvuv_conn_context(conn);

  echo->failures += reason != 0;
  echo->served++;
  stop_if_done(echo);
}

static const hvuv_protocol_t server_protocol = {
    .framing = {.kind = HVUV_FRAMING_LENGTH, .prefix_bytes = 4},
    .on_message = on_served_message,
    .on_close = on_served,
};

void echo_listen(echo_t* echo, uv_loop_t* loop, unsigned int port) {
  hvuv_addr_t addr;
  char text[64];

  memset(echo, 0, sizeof(*echo));
  snprintf(text, sizeof(text), "local://any/%u", port);
  CHECK(hvuv_addr_parse(text, &addr) == 0);
  CHECK(hvuv_server_init(loop, &echo->server, NULL) == 0);
  echo->server.data = echo;
  echo->open = 1;
  CHECK(hvuv_server_listen(&echo->server, &addr, &server_protocol) == 0);
}

/* --- Clients ---------------------------------------------------------------- */

static int on_client_open(hvuv_conn_t* conn) {
  echo_client_t* client = hvuv_conn_context(conn);
  int err = 0;

  while (err == 0 && client->sent < AHEAD)
    err = send_next(client, conn);
  return err;
}

static int on_client_message(hvuv_conn_t* conn,
                             const char* bytes,
                             size_t nbytes) {
  echo_client_t* client = hvuv_conn_context(conn);
  char expected[BYTES_MAX];

  if (nbytes != fill(expected, client->seed, client->received) ||
      memcmp(bytes, expected, nbytes) != 0)
    return UV_EPROTO;
  client->received++;
  if (client->sent < ECHO_MESSAGES)
    return send_next(client, conn);
  if (client->received == ECHO_MESSAGES)
    hvuv_conn_end(conn);
  return 0;
}

static void on_client_end(hvuv_conn_t* conn, int reason) {
  echo_client_t* client = hvuv_conn_context(conn);

  client->echo->failures += reason != 0;
  client->echo->finished++;
  hvuv_client_close(&client->client, on_client_closed);
  stop_if_done(client->echo);
}

static const hvuv_protocol_t client_protocol = {
    .framing = {.kind = HVUV_FRAMING_LENGTH, .prefix_bytes = 4},
    .on_open = on_client_open,
    .on_message = on_client_message,
    .on_close = on_client_end,
};

void echo_call(echo_t* echo, unsigned int port) {
  hvuv_addr_t addr;
  char text[64];
  unsigned int i;

  snprintf(text, sizeof(text), "local://loopback/%u", port);
  CHECK(hvuv_addr_parse(text, &addr) == 0);
  for (i = 0; i < ECHO_CLIENTS; i++) {
    echo_client_t* client = &echo->clients[i];

    client->echo = echo;
    client->seed = port * ECHO_CLIENTS + i;
    CHECK(hvuv_client_init(echo->server.loop, &client->client, NULL) == 0);
    client->client.data = client;
    echo->open++;
    CHECK(hvuv_client_connect(&client->client, &addr, &client_protocol) == 0);
  }
}

int echo_is_complete(const echo_t* echo) {
  unsigned int i;

  for (i = 0; i < ECHO_CLIENTS; i++)
    if (echo->clients[i].received != ECHO_MESSAGES)
      return 0;
  return echo->open == 0 && echo->failures == 0;
}
