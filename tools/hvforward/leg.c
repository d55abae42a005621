#include "leg.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "unix_socket.h"

void leg_init(leg_t* leg, leg_class_t class, uv_loop_t* loop) {
  void* data = leg->data;
  int err;

  memset(leg, 0, sizeof(*leg));
  leg->data = data;
  leg->class = class;
  switch (class) {
    case LEG_TCP:
      err = uv_tcp_init(loop, &leg->u.tcp);
      break;
    case LEG_PIPE:
      err = uv_pipe_init(loop, &leg->u.pipe, 0);
      break;
    default:
      assert(class == LEG_HVUV);
      err = hvuv_init(loop, &leg->u.hvuv);
      break;
  }
  if (err != 0)
    abort(); /* Out of memory. */

  if (class == LEG_TCP)
    uv_tcp_nodelay(&leg->u.tcp, 1); /* Keystrokes do not wait. */
  if (class == LEG_HVUV)
    leg->u.hvuv.data = leg;
  else
    leg->u.handle.data = leg;
}

/* --- Callbacks */

static void on_hvuv_status(hvuv_stream_t* stream, int status) {
  leg_t* leg = stream->data;

  leg->status_cb(leg, status);
}

static void on_uv_status(uv_stream_t* stream, int status) {
  leg_t* leg = stream->data;

  leg->status_cb(leg, status);
}

void leg_on_hvuv_connect(hvuv_connect_t* req, int status) {
  on_hvuv_status(req->handle, status);
}

void leg_on_uv_connect(uv_connect_t* req, int status) {
  on_uv_status(req->handle, status);
}

static void on_closed(leg_t* leg) {
  if (leg->closed_cb != NULL)
    leg->closed_cb(leg);
}

static void on_hvuv_closed(hvuv_stream_t* stream) {
  on_closed(stream->data);
}

static void on_uv_closed(uv_handle_t* handle) {
  on_closed(handle->data);
}

/* --- Verbs */

int leg_listen(leg_t* leg, leg_status_cb cb) {
  assert(cb != NULL);
  leg->status_cb = cb;
  if (leg->class == LEG_HVUV)
    return hvuv_listen(&leg->u.hvuv, SOMAXCONN, on_hvuv_status);
  return uv_listen(&leg->u.uv, SOMAXCONN, on_uv_status);
}

int leg_accept(leg_t* server, leg_t* client) {
  assert(server->class == client->class);
  if (server->class == LEG_HVUV)
    return hvuv_accept(&server->u.hvuv, &client->u.hvuv);
  return uv_accept(&server->u.uv, &client->u.uv);
}

static void on_hvuv_written(hvuv_write_t* req, int status) {
  on_hvuv_status(req->handle, status);
}

static void on_uv_written(uv_write_t* req, int status) {
  on_uv_status(req->handle, status);
}

int leg_write(
    leg_t* leg, leg_write_t* req, char* text, size_t len, leg_status_cb cb) {
  uv_buf_t buf = uv_buf_init(text, (unsigned int) len);

  leg->status_cb = cb;
  if (leg->class == LEG_HVUV)
    return hvuv_write(&req->hvuv, &leg->u.hvuv, &buf, 1, on_hvuv_written);
  return uv_write(&req->uv, &leg->u.uv, &buf, 1, on_uv_written);
}

hvuv_relay_end_t leg_end(leg_t* leg) {
  hvuv_relay_end_t end = {NULL, NULL, HVUV_HALF_CLOSE_AUTO};

  if (leg->class == LEG_HVUV)
    end.hvuv = &leg->u.hvuv;
  else
    end.uv = &leg->u.uv;
  return end;
}

int leg_socket(const leg_t* leg, uv_os_sock_t* sock) {
  uv_os_fd_t fd;
  int err;

  if (leg->class == LEG_HVUV)
    return hvuv_fileno(&leg->u.hvuv, sock);
  err = uv_fileno(&leg->u.handle, &fd);
  if (err == 0)
    *sock = (uv_os_sock_t) fd;
  return err;
}

void leg_close(leg_t* leg, leg_cb cb) {
  leg->closed_cb = cb;
  /* Its inode is nobody else's while the socket is open. */
  if (leg->claim != NULL)
    unix_release(leg->claim);
  leg->claim = NULL;
  if (leg->class == LEG_HVUV)
    hvuv_close(&leg->u.hvuv, on_hvuv_closed);
  else
    uv_close(&leg->u.handle, on_uv_closed);
}

void leg_close_reset(leg_t* leg, leg_cb cb) {
  int err = UV_ENOTSUP;

  assert(leg->claim == NULL);
  leg->closed_cb = cb;
  if (leg->class == LEG_HVUV)
    err = hvuv_close_reset(&leg->u.hvuv, on_hvuv_closed);
  else if (leg->class == LEG_TCP)
    err = uv_tcp_close_reset(&leg->u.tcp, on_uv_closed);
  if (err != 0)
    leg_close(leg, cb);
}
