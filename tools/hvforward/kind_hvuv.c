/* Every address of hvuv's own. */
#include <stdio.h>

#include "dial.h"
#include "hvforward.h"

static int addr_parse(place_t* place, char* why, size_t size) {
  return hvuv_addr_parse_why(place->text, &place->u.addr, why, size);
}

static void on_refused(hvuv_stream_t* server,
                       const hvuv_addr_t* peer,
                       int status) {
  leg_t* leg = server->data;

  (void) peer;
  leg->status_cb(leg, status);
}

int kind_hvuv_bind(const hvuv_addr_t* addr, int index, leg_t* server) {
  if (index > 0)
    return UV_EOF;
  hvuv_set_refused_cb(&server->u.hvuv, on_refused); /* Always 0. */
  return hvuv_bind(&server->u.hvuv, addr);
}

static int addr_bind(const place_t* place, int index, leg_t* server) {
  return kind_hvuv_bind(&place->u.addr, index, server);
}

int kind_hvuv_connect(dial_t* dial, const hvuv_addr_t* addr) {
  hvuv_stream_t* stream = &dial->leg->u.hvuv;
  int err = hvuv_set_connect_timeout(stream, settings.wait_ms);

  if (err != 0)
    return err;
  return hvuv_connect(
      &dial->leg->connect.hvuv, stream, addr, leg_on_hvuv_connect);
}

static int addr_connect(dial_t* dial) {
  return kind_hvuv_connect(dial, &dial->to->u.addr);
}

static void addr_print(const place_t* place,
                       const leg_t* server,
                       char* text,
                       size_t size) {
  hvuv_addr_t addr;

  if (hvuv_getsockname(&server->u.hvuv, &addr) != 0 ||
      hvuv_addr_format(&addr, text, &size) != 0)
    place_print_text(place, server, text, size);
}

static void addr_explain(
    const place_t* place, hvuv_step_t step, int err, char* text, size_t size) {
  hvuv_explain_step(&place->u.addr, step, err, text, size);
}

static int addr_may_pass(const place_t* place, int err) {
  return hvuv_error_class(&place->u.addr, err) != HVUV_ERROR_PERMANENT;
}

const kind_t kind_hvuv = {.scheme = "",
                          .form = "hyperv://, vsock://, hybrid://, local://",
                          .listens_as = LEG_HVUV,
                          .connects_as = LEG_HVUV,
                          .times_itself = 1,
                          .parse = addr_parse,
                          .bind = addr_bind,
                          .connect = addr_connect,
                          .print = addr_print,
                          .explain = addr_explain,
                          .may_pass = addr_may_pass};
