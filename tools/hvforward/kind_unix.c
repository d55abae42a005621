/* Unix sockets at a path. They listen and accept as hvuv's streams, and connect
 * as libuv's. */
#include <stdio.h>
#include <string.h>

#include "dial.h"
#include "hvforward.h"
#include "unix_socket.h"

static int unix_parse(place_t* place, char* why, size_t size) {
  const char* not_here = unix_unsupported();
  size_t len = strlen(place->rest);

  if (not_here != NULL || len == 0) {
    snprintf(why,
             size,
             "\"%.80s\": %s",
             place->text,
             not_here != NULL ? not_here : "has no path: unix:PATH is needed.");
    return UV_EINVAL;
  }
  if (len >= HVUV_PATH_SIZE) {
    snprintf(why,
             size,
             "\"%.80s\": its path has %lu bytes, and a Unix socket's at most "
             "%d.",
             place->text,
             (unsigned long) len,
             HVUV_PATH_SIZE - 1);
    return UV_EINVAL;
  }
  memcpy(place->u.path, place->rest, len + 1);
  return 0;
}

static int unix_bind_leg(const place_t* place, int index, leg_t* server) {
  uv_os_sock_t sock;
  int err;

  if (index > 0)
    return UV_EOF;
  err = unix_bind(place->u.path, settings.socket_mode, &sock, &server->claim);
  return err != 0 ? err : hvuv_open(&server->u.hvuv, sock);
}

static int unix_connect(dial_t* dial) {
  leg_t* leg = dial->leg;

  uv_pipe_connect(
      &leg->connect.uv, &leg->u.pipe, dial->to->u.path, leg_on_uv_connect);
  return 0;
}

const kind_t kind_unix = {.scheme = "unix:",
                          .form = "unix:PATH",
                          .listens_as = LEG_HVUV,
                          .connects_as = LEG_PIPE,
                          .parse = unix_parse,
                          .bind = unix_bind_leg,
                          .connect = unix_connect,
                          .print = place_print_text,
                          .explain = place_explain_path,
                          .may_pass = place_may_pass};
