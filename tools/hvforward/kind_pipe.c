/* Named pipes of Windows: ssh-agent, Docker. */
#include <stdio.h>
#include <string.h>

#include "dial.h"
#include "system.h"

static int pipe_parse(place_t* place, char* why, size_t size) {
  int err = UV_EINVAL;

  if (place->rest[0] != '\0')
    err = system_pipe_name(place->rest, place->u.path, sizeof(place->u.path));
  if (err == 0)
    return 0;
  snprintf(why,
           size,
           "\"%.80s\": %s",
           place->text,
           err == UV_ENOTSUP
               ? "named pipes are of Windows; here there is unix:PATH."
           : err == UV_EINVAL ? "has no name: pipe:NAME is needed."
                              : "the name is too long.");
  return UV_EINVAL;
}

static int pipe_bind(const place_t* place, int index, leg_t* server) {
  return index > 0 ? UV_EOF : uv_pipe_bind(&server->u.pipe, place->u.path);
}

static int pipe_connect(dial_t* dial) {
  leg_t* leg = dial->leg;

  uv_pipe_connect(
      &leg->connect.uv, &leg->u.pipe, dial->to->u.path, leg_on_uv_connect);
  return 0;
}

const kind_t kind_pipe = {.scheme = "pipe:",
                          .form = "pipe:NAME",
                          .listens_as = LEG_PIPE,
                          .connects_as = LEG_PIPE,
                          .parse = pipe_parse,
                          .bind = pipe_bind,
                          .connect = pipe_connect,
                          .print = place_print_text,
                          .explain = place_explain_path,
                          .may_pass = place_may_pass};
