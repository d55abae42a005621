/*
 * The load: connections on which messages go out and come back.
 *
 * What is sent is told by place alone: byte p of connection c is byte
 * (p + c * STRIDE) % PERIOD of a pattern. So nothing is composed before a send,
 * what comes back is compared with the pattern itself, and a byte that is lost,
 * doubled, out of order or another connection's is seen.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client.h"

static const char* place(const load_t* load, const conn_t* c, uint64_t at) {
  return load->pattern + (at + (uint64_t) c->id * STRIDE) % PERIOD;
}

static size_t smaller(uint64_t a, uint64_t b) {
  return (size_t) (a < b ? a : b);
}

/* A message is under way from before its first byte is sent to when its last
 * one is back. */
static void note_begin(const load_t* load, conn_t* c) {
  size_t bytes;

  bytes = load->scenario.bytes;
  if (load->latency != NULL && c->begun != NULL && c->sent % bytes == 0)
    c->begun[c->sent / bytes % load->scenario.depth] = now_ns();
}

static void note_back(const load_t* load, const conn_t* c, unsigned long back) {
  unsigned long i;
  uint64_t now;

  if (load->latency == NULL || c->begun == NULL || back == c->back)
    return;
  now = now_ns();
  for (i = c->back; i < back; i++)
    latency_add(load->latency, now - c->begun[i % load->scenario.depth]);
}

/* Sends the granted messages, each by itself, as far as the kernel takes
 * them. When it takes no more, replies are on their way and wake us. */
void client_send(load_t* load, conn_t* c) {
  size_t bytes;
  size_t len;
  ssize_t n;

  bytes = load->scenario.bytes;
  while (c->sent < c->granted * bytes) {
    note_begin(load, c);
    len = smaller(bytes - c->sent % bytes, CHUNK);
    n = send(c->fd, place(load, c, c->sent), len, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n < 0 && errno == EAGAIN)
      return;
    if (n < 0)
      die("client: send: %s", strerror(errno));
    c->sent += (size_t) n;
  }
}

void client_receive(load_t* load, conn_t* c, int flags) {
  unsigned long back;
  ssize_t n;

  n = recv(c->fd, load->buffer, CHUNK, flags);
  if (n < 0 && errno == EAGAIN && flags != 0)
    return;
  if (n < 0)
    die("client: recv: %s", strerror(errno));
  if (n == 0)
    die("client: the server hung up");
  if ((size_t) n > c->sent - c->received ||
      memcmp(load->buffer, place(load, c, c->received), (size_t) n) != 0)
    die("client: what came back is not what was sent (connection %u, "
        "byte %llu and on)",
        c->id,
        (unsigned long long) c->received);

  c->received += (size_t) n;
  back = (unsigned long) (c->received / load->scenario.bytes);
  note_back(load, c, back);
  load->under_way -= back - c->back;
  c->back = back;
}

static void grant(load_t* load, conn_t* c) {
  while (load->left > 0 && c->granted - c->back < load->scenario.depth) {
    c->granted++;
    load->left--;
    load->under_way++;
  }
}

static void wait_and_receive(load_t* load) {
  struct epoll_event events[1024];
  conn_t* c;
  int n;
  int i;

  n = epoll_wait(load->epoll, events, 1024, TIMEOUT_S * 1000);
  if (n < 0 && errno != EINTR)
    die("client: epoll_wait: %s", strerror(errno));
  if (n == 0)
    die("client: no reply within %d s", TIMEOUT_S);

  for (i = 0; i < n; i++) {
    c = events[i].data.ptr;
    client_receive(load, c, MSG_DONTWAIT);
    if (!load->in_step)
      grant(load, c);
    client_send(load, c);
  }
}

/* Without epoll, which would only add noise. */
static void receive_only(load_t* load) {
  conn_t* c;

  c = &load->conns[0];
  client_receive(load, c, 0);
  if (!load->in_step)
    grant(load, c);
  client_send(load, c);
}

static void echo(load_t* load) {
  unsigned int i;

  do {
    for (i = 0; i < load->scenario.connections; i++) {
      grant(load, &load->conns[i]);
      client_send(load, &load->conns[i]);
    }
    while (load->under_way > 0) {
      if (load->scenario.connections == 1)
        receive_only(load);
      else
        wait_and_receive(load);
    }
  } while (load->left > 0);
}

unsigned int load_connections(const scenario_t* scenario, unsigned long total) {
  return scenario->load == LOAD_ECHO || scenario->load == LOAD_CHAIN
             ? scenario->connections
             : (unsigned int) total;
}

int load_calls(const scenario_t* scenario) {
  return scenario->load == LOAD_CALL || scenario->load == LOAD_POUND;
}

static void add_connection(load_t* load, unsigned int id) {
  struct epoll_event event = {.events = EPOLLIN};
  conn_t* c;

  c = &load->conns[id];
  c->id = id;
  c->begun = load->begun + (size_t) id * load->scenario.depth;
  c->fd = kind_connect(load->path, TIMEOUT_S);
  event.data.ptr = c;
  if (epoll_ctl(load->epoll, EPOLL_CTL_ADD, c->fd, &event) != 0)
    die("client: epoll_ctl: %s", strerror(errno));
}

load_t* load_open(const scenario_t* scenario, const char* path) {
  unsigned int seed;
  unsigned int i;
  load_t* load;

  load = calloc(1, sizeof(*load));
  if (load == NULL)
    die("client: no memory");
  load->scenario = *scenario;
  load->path = path;

  seed = 1;
  for (i = 0; i < PERIOD; i++) {
    seed = seed * 1664525u + 1013904223u;
    load->pattern[i] = (char) (seed >> 24);
  }
  for (; i < PERIOD + CHUNK; i++)
    load->pattern[i] = load->pattern[i - PERIOD];

  if (scenario->load == LOAD_OPEN) {
    client_prepare_to_open(load);
    return load;
  }

  load->epoll = epoll_create1(EPOLL_CLOEXEC);
  load->conns = calloc(scenario->connections, sizeof(conn_t));
  load->begun = calloc(scenario_lap(scenario), sizeof(uint64_t));
  if (load->epoll == -1 || load->conns == NULL || load->begun == NULL)
    die("client: neither memory nor epoll");
  for (i = 0; i < scenario->connections; i++)
    add_connection(load, i);
  return load;
}

void load_run(load_t* load, unsigned long messages, int in_step) {
  load->left = messages;
  load->in_step = in_step;
  if (load->scenario.load == LOAD_OPEN)
    client_open_and_close(load);
  else if (load->scenario.load == LOAD_CHAIN)
    client_follow_chain(load);
  else
    echo(load);
}

void load_time(load_t* load, latency_t* latency) {
  load->latency = latency;
}

void load_close(load_t* load) {
  unsigned int i;

  if (load->scenario.load != LOAD_OPEN) {
    for (i = 0; i < load->scenario.connections; i++)
      close(load->conns[i].fd);
    close(load->epoll);
  }
  free(load->conns);
  free(load->begun);
  free(load);
}
