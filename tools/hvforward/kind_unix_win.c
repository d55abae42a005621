/*
 * libuv's pipes are not Unix sockets on Windows, so a socket is connected here
 * and given to hvuv.
 *
 *   connect() --> the next turn --> is there an answer? --yes--> the leg's
 *                     ^                  | no
 *                     +---- LOOK_MS -----+
 *
 * A connect on one machine is answered at once but where the server's backlog is
 * full, so that to look from time to time costs nothing, and needs no poll of a
 * kind of socket that libuv polls by a thread.
 */
#include <stdlib.h>

#include "dial.h"
#include "unix_socket.h"

#define LOOK_MS 5

typedef struct knock_s {
  uv_timer_t timer;
  dial_t* dial;
  uv_os_sock_t sock;
} knock_t;

static void on_closed(uv_handle_t* timer) {
  free(timer->data);
}

/* It is over; the leg has the socket, or nobody. */
static void end(knock_t* knock, int status) {
  dial_t* dial = knock->dial;

  if (status == 0)
    status = hvuv_open(&dial->leg->u.hvuv, knock->sock);
  if (status != 0)
    closesocket(knock->sock);
  dial->is_looking_up = 0;
  dial->knock = NULL;
  uv_close((uv_handle_t*) &knock->timer, on_closed);
  dial_attempted(dial, status);
}

static void on_look(uv_timer_t* timer) {
  knock_t* knock = timer->data;
  int status = unix_connected(knock->sock);

  if (status == UV_EALREADY)
    uv_timer_start(timer, on_look, LOOK_MS, 0);
  else
    end(knock, status);
}

static int unix_connect(dial_t* dial) {
  uv_os_sock_t sock;
  int err = unix_call(dial->to->u.path, &sock);
  knock_t* knock;

  if (err != 0)
    return err;
  knock = calloc(1, sizeof(*knock));
  if (knock == NULL)
    abort(); /* Out of memory. */
  knock->dial = dial;
  knock->sock = sock;
  uv_timer_init(dial->timer.loop, &knock->timer); /* Always 0. */
  knock->timer.data = knock;
  uv_timer_start(&knock->timer, on_look, 0, 0);
  dial->knock = knock;
  dial->is_looking_up = 1;
  return 0;
}

static void give_up(dial_t* dial) {
  end(dial->knock, dial->is_cancelled ? UV_ECANCELED : UV_ETIMEDOUT);
}

const kind_t kind_unix = {.scheme = "unix:",
                          .form = "unix:PATH",
                          .listens_as = LEG_HVUV,
                          .connects_as = LEG_HVUV,
                          .parse = kind_unix_parse,
                          .bind = kind_unix_bind,
                          .connect = unix_connect,
                          .give_up = give_up,
                          .print = place_print_text,
                          .explain = place_explain_path,
                          .may_pass = place_may_pass};
