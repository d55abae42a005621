#include "fault.h"

#include <inttypes.h>
#include <stdio.h>

#include "hvforward.h"
#include "quota.h"

static void report_side(const call_t* call, int side) {
  const place_t* place = side == 0 ? &call->route->from : &call->route->to;
  int reading = call->relay.read_status[side];

  place_report(place, HVUV_STEP_SEND, call->relay.write_status[side]);
  if (reading != UV_EOF)
    place_report(place, HVUV_STEP_RECEIVE, reading);
}

static void report_limit(void) {
  fprintf(stderr,
          "%s: time limit failed: no byte has moved for %" PRIu64 ".%03u s "
          "(ETIMEDOUT), which is what -i lets a call rest.\n",
          hvforward.name,
          settings.relay.idle_timeout_ms / 1000,
          (unsigned int) (settings.relay.idle_timeout_ms % 1000));
}

/* Else it is a side that took nothing. */
static int is_idle(const hvuv_relay_t* relay, int status) {
  return status == UV_ETIMEDOUT && relay->write_status[0] != status &&
         relay->write_status[1] != status;
}

void fault_relayed(const call_t* call, int status, uint64_t now_ms) {
  if (status == 0 || status == UV_ECANCELED || !quota_take(now_ms))
    return;
  if (is_idle(&call->relay, status))
    report_limit();
  report_side(call, 0);
  report_side(call, 1);
  fprintf(stderr,
          "%s: the call of %s ended after %" PRIu64 " bytes to %s and %" PRIu64
          " back\n",
          hvforward.name,
          call->peer.text,
          call->relay.bytes[0],
          call->route->to.text,
          call->relay.bytes[1]);
}

void fault_dialled(const call_t* call, int status, uint64_t now_ms) {
  if (quota_take(now_ms))
    place_report(&call->route->to, HVUV_STEP_CONNECT, status);
}

void fault_hung_up(const call_t* call, uint64_t now_ms) {
  if (quota_take(now_ms))
    fprintf(stderr,
            "%s: connect cancelled on %s after %" PRIu64 " ms: the caller, %s, "
            "has hung up. See whether a server answers there; if its VM was "
            "only starting, call again.\n",
            hvforward.name,
            call->route->to.text,
            now_ms - call->began_ms,
            call->peer.text);
}

void fault_refused(const call_t* call, const char* why, uint64_t now_ms) {
  if (quota_take(now_ms))
    fprintf(stderr,
            "%s: refused %s, who called at %s: %s\n",
            hvforward.name,
            call->peer.text,
            call->route->from.text,
            why);
}
