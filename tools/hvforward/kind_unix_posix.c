/* Unix sockets connect as libuv's. */
#include "dial.h"

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
                          .parse = kind_unix_parse,
                          .bind = kind_unix_bind,
                          .connect = unix_connect,
                          .print = place_print_text,
                          .explain = place_explain_path,
                          .may_pass = place_may_pass};
