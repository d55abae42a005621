/*
 * Connections that are opened and closed, so many at a time: all of them are
 * opened and have their message sent, then each is closed when that has come
 * back, and then the next ones follow. One of no bytes only says that it has
 * ended, and is closed when the server has hung up: else calls would pile up
 * before the server, however few were to be under way.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client.h"

void client_prepare_to_open(load_t* load) {
  load->conns = calloc(load->scenario.connections, sizeof(conn_t));
  load->begun = calloc(load->scenario.connections, sizeof(uint64_t));
  if (load->conns == NULL || load->begun == NULL)
    die("client: no memory");
}

static void begin(load_t* load, unsigned int i) {
  conn_t* c = &load->conns[i];

  memset(c, 0, sizeof(*c));
  load->begun[i] = now_ns();
  c->id = load->opened++;
  c->fd = kind_connect(load->path, TIMEOUT_S);
  if (load->scenario.bytes == 0) {
    shutdown(c->fd, SHUT_WR);
    return;
  }
  c->granted = 1;
  load->under_way++;
  client_send(load, c);
}

static void await_end(load_t* load, conn_t* c) {
  ssize_t n;

  n = recv(c->fd, load->buffer, CHUNK, 0);
  if (n != 0)
    die("client: an end was to come: %s", n < 0 ? strerror(errno) : "no bytes");
}

static void finish(load_t* load, unsigned int i) {
  conn_t* c = &load->conns[i];

  if (load->scenario.bytes == 0)
    await_end(load, c);
  while (c->back < c->granted)
    client_receive(load, c, 0);
  close(c->fd);
  /* Here a message's way includes its connection's. */
  if (load->latency != NULL)
    latency_add(load->latency, now_ns() - load->begun[i]);
}

void client_open_and_close(load_t* load) {
  unsigned int i;

  for (; load->left > 0; load->left -= load->scenario.connections) {
    for (i = 0; i < load->scenario.connections; i++)
      begin(load, i);
    for (i = 0; i < load->scenario.connections; i++)
      finish(load, i);
  }
}
