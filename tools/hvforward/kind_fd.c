/* Listening sockets of any family that this process was started with: fd:N, and
 * systemd: for those of a socket unit. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hvforward.h"
#include "place.h"
#include "system.h"

static int fd_parse(place_t* place, char* why, size_t size) {
  size_t len = strlen(place->rest);
  const char* what = NULL;
  int err;

  if (len == 0 || len > 6 || strspn(place->rest, "0123456789") != len)
    what = "needs the number of a descriptor: fd:3.";
  place->u.fd = atoi(place->rest);
  err = what == NULL ? system_listens(place->u.fd) : 0;
  if (err == UV_EBADF)
    what = "there is no such descriptor: whoever starts hvforward passes it.";
  else if (err == UV_ENOTSOCK)
    what = "is no socket.";
  else if (err == UV_ENOTCONN)
    what = "is a socket that does not listen (in a socket unit, Accept=no).";
  else if (err != 0)
    what = "descriptors are not passed on Windows.";
  if (what == NULL)
    return 0;
  snprintf(why, size, "\"%.80s\": %s", place->text, what);
  return UV_EINVAL;
}

static int fd_bind(const place_t* place, int index, leg_t* server) {
  return index > 0 ? UV_EOF
                   : hvuv_open(&server->u.hvuv, (uv_os_sock_t) place->u.fd);
}

static int passed_parse(place_t* place, char* why, size_t size) {
  if (system_passed(place->rest, 0, &place->u.fd) > 0)
    return 0;
  snprintf(why,
           size,
           "\"%.80s\": no sockets%s%.80s were passed (LISTEN_FDS): start it by "
           "a socket unit, or systemd-socket-activate.",
           place->text,
           place->rest[0] != '\0' ? " named " : "",
           place->rest);
  return UV_EINVAL;
}

static int passed_bind(const place_t* place, int index, leg_t* server) {
  int fd = -1;

  if (index >= system_passed(place->rest, index, &fd))
    return UV_EOF;
  if (system_listens(fd) == UV_ENOTCONN)
    return UV_ENOTCONN;
  return hvuv_open(&server->u.hvuv, (uv_os_sock_t) fd);
}

static void fd_explain(
    const place_t* place, hvuv_step_t step, int err, char* text, size_t size) {
  if (err == UV_ENOTCONN)
    snprintf(text,
             size,
             "It is a socket that does not listen: set Accept=no in its unit.");
  else if (err == UV_ENOTSOCK || err == UV_EBADF || err == UV_EINVAL)
    snprintf(text,
             size,
             "What was passed there is no stream socket: see the unit's Listen "
             "lines, and LISTEN_FDS.");
  else if (err == UV_EEXIST)
    snprintf(text, size, "Another FROM has that descriptor.");
  else
    place_explain_path(place, step, err, text, size);
}

const kind_t kind_fd = {.scheme = "fd:",
                        .form = "fd:N",
                        .listens_as = LEG_HVUV,
                        .parse = fd_parse,
                        .bind = fd_bind,
                        .print = place_print_text,
                        .explain = fd_explain};

const kind_t kind_systemd = {.scheme = "systemd:",
                             .form = "systemd:[NAME]",
                             .listens_as = LEG_HVUV,
                             .parse = passed_parse,
                             .bind = passed_bind,
                             .print = place_print_text,
                             .explain = fd_explain};
