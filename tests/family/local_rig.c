/* Calls of `local`, and what they answer. */
#include "local_rig.h"

int local_bind(rig_t* rig, const char* text) {
  hvuv_addr_t addr;
  side_t* side;

  side = side_new(rig);
  assert_code(hvuv_addr_parse(text, &addr), 0);
  return hvuv_bind(&side->stream, &addr);
}

/* hvuv_connect()'s own answer; what the callback is told is in the side. */
int local_connect(rig_t* rig, const char* text) {
  static hvuv_connect_t req;
  hvuv_addr_t addr;
  side_t* side;
  int err;

  side = side_new(rig);
  assert_code(hvuv_addr_parse(text, &addr), 0);
  err = hvuv_connect(&req, &side->stream, &addr, NULL);
  side_close(side);
  rig_spin(rig, 2);
  return err;
}

/* How a connect that begins ends. */
int local_outcome(rig_t* rig, const char* text) {
  side_t* side;

  side = side_new(rig);
  assert_code(hvuv_addr_parse(text, &rig->to), 0);
  side_connect(side);
  RIG_RUN_UNTIL(rig, side->connects_told > 0);
  assert_int_equal(side->connects_told, 1);
  return side->connect_status;
}

void local_expect_refused(rig_t* rig, int code) {
  assert_code(local_bind(rig, LOCAL_ADDRESS), code);
  assert_code(local_connect(rig, LOCAL_OWN), code);
}

static void no_target(const hvuv_addr_t* bound, hvuv_addr_t* to) {
  (void) bound;
  (void) to;
}

static void no_start(rig_t* rig) {
  (void) rig;
}

const transport_t local_transport = {
    .name = "local", .start = no_start, .target = no_target};
