/* Who listens, who calls, and all connections. */
#include "bus/hvsock.h"

#include <assert.h>
#include <sys/stat.h>
#include <unistd.h>

/* More callers wait in the kernel. */
#define BACKLOG 511

enum { CALL_ENDPOINT = 8, CALL_SERVICE = 24 };

static void on_caller(uv_stream_t* listener, int status) {
  bus__hvsock_t* hvsock = listener->data;

  if (status != 0 || bus__conn_accept(&hvsock->conns, listener) != 0)
    bus__refuse(hvsock->conns.host, BUS__REFUSED_BUSY, 0);
}

/* A socket that an earlier run has left is in the way; anything else stays. */
static void remove_left_socket(const char* path) {
  struct stat status;

  if (lstat(path, &status) == 0 && S_ISSOCK(status.st_mode))
    unlink(path);
}

/* A connection whose instance is free now waits for that. */
static void on_released(void* owner, const bus__guid_t* instance) {
  bus__hvsock_t* hvsock = owner;
  bus__conn_t* conn;

  if (!hvsock->conns.host->is_ready)
    return;
  for (conn = hvsock->conns.first; conn != NULL; conn = conn->next) {
    if (conn->state == BUS__CONN_WAITING &&
        bus__guid_equal(&conn->instance, instance)) {
      bus__conn_offer(conn);
      return;
    }
  }
}

int bus__hvsock_open(bus__hvsock_t* hvsock,
                     bus__host_t* host,
                     bus__messages_t* messages,
                     bus__channels_t* channels) {
  int err;

  memset(hvsock, 0, sizeof(*hvsock));
  hvsock->conns.host = host;
  hvsock->conns.messages = messages;
  hvsock->conns.channels = channels;
  channels->owner = hvsock;
  channels->on_released = on_released;
  err = uv_pipe_init(host->loop, &hvsock->listener, 0);
  assert(err == 0); /* takes nothing yet */
  hvsock->listener.data = hvsock;
  remove_left_socket(host->options.path);
  err = uv_pipe_bind(&hvsock->listener, host->options.path);
  if (err == 0)
    err = uv_listen((uv_stream_t*) &hvsock->listener, BACKLOG, on_caller);
  if (err != 0)
    uv_close((uv_handle_t*) &hvsock->listener, NULL);
  return err;
}

static void end_all(bus__hvsock_t* hvsock) {
  bus__conn_t* conn;

  for (conn = hvsock->conns.first; conn != NULL; conn = conn->next)
    bus__conn_end(conn);
}

void bus__hvsock_close(bus__hvsock_t* hvsock) {
  end_all(hvsock);
  if (!hvsock->is_gone)
    uv_close((uv_handle_t*) &hvsock->listener, NULL);
}

void bus__hvsock_on_call(bus__hvsock_t* hvsock, const uint8_t* message) {
  bus__guid_t endpoint;
  bus__guid_t service;

  memcpy(endpoint.bytes, message + CALL_ENDPOINT, 16);
  memcpy(service.bytes, message + CALL_SERVICE, 16);
  if (hvsock->is_gone)
    bus__refuse(hvsock->conns.host, BUS__REFUSED_NOBODY, 0);
  else
    bus__conn_call(&hvsock->conns, &service, &endpoint);
}

void bus__hvsock_forget(bus__hvsock_t* hvsock) {
  assert(!hvsock->conns.host->is_ready);
  assert(hvsock->conns.channels->highest == 0);
  end_all(hvsock);
}

void bus__hvsock_stall(bus__hvsock_t* hvsock) {
  bus__conn_t* conn;

  hvsock->conns.host->is_stalled = 1;
  for (conn = hvsock->conns.first; conn != NULL; conn = conn->next)
    if (conn->state == BUS__CONN_OPEN)
      bus__relay_stall(&conn->relay);
}

void bus__hvsock_resume(bus__hvsock_t* hvsock) {
  bus__conn_t* conn;

  hvsock->conns.host->is_stalled = 0;
  for (conn = hvsock->conns.first; conn != NULL; conn = conn->next)
    if (conn->state == BUS__CONN_OPEN)
      bus__relay_serve(&conn->relay);
}

void bus__hvsock_go(bus__hvsock_t* hvsock) {
  if (hvsock->is_gone)
    return;
  bus__hvsock_close(hvsock);
  hvsock->is_gone = 1;
}

void bus__hvsock_log(const bus__hvsock_t* hvsock) {
  const bus__conn_t* conn;

  for (conn = hvsock->conns.first; conn != NULL; conn = conn->next)
    bus__conn_log(conn);
}
