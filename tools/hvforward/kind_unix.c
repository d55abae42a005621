/* Unix sockets at a path. They listen and accept as hvuv's streams; how they
 * connect is kind_unix_posix.c's and kind_unix_win.c's, with the table. */
#include <stdio.h>
#include <string.h>

#include "hvforward.h"
#include "place.h"
#include "unix_socket.h"

int kind_unix_parse(place_t* place, char* why, size_t size) {
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

int kind_unix_bind(const place_t* place, int index, leg_t* server) {
  uv_os_sock_t sock;
  int err;

  if (index > 0)
    return UV_EOF;
  err = unix_bind(place->u.path, settings.socket_mode, &sock, &server->claim);
  return err != 0 ? err : hvuv_open(&server->u.hvuv, sock);
}
