#include "call.h"

#include <assert.h>
#include <stdlib.h>

#include "fault.h"
#include "hvforward.h"
#include "limits.h"
#include "log.h"
#include "quota.h"

/* How often callers are looked at while their calls to TO are being made. */
#define WATCH_MS 250

/* A caller that has ended its direction may still wait for an answer, but most
 * have hung up, which TCP does not tell apart: for so long it is dialled on. */
#define ENDED_CALLER_MS 2000

static uv_loop_t* the_loop;
static uv_timer_t watch;
static void (*over_cb)(void);

#ifdef NDEBUG
#define check(call) ((void) 0)
#else
static void check(const call_t* call) {
  assert(call->state >= CALL_DIALS && call->state <= CALL_CLOSES);
  assert(call->open >= 1 && call->open <= 2);
  assert(call->state == CALL_CLOSES || call->open == 2);
  assert(call->route != NULL && calls.now > 0);
}
#endif

/* --- The end of one */

static void leg_over(call_t* call) {
  check(call);
  if (--call->open != 0)
    return;
  if (call->status != 0)
    calls.failed++;
  log_call(call, uv_now(the_loop));
  calls_remove(call);
  free(call);
  over_cb();
}

static void on_leg_closed(leg_t* leg) {
  leg_over(leg->data);
}

static void note(call_t* call, const char* step, int status) {
  if (call->status != 0)
    return;
  call->status = status;
  call->step = step;
}

/* Of a call that is not joined. */
static void hang_up(call_t* call) {
  assert(call->state == CALL_DIALS);
  call->state = CALL_CLOSES;
  call->from.data = call;
  leg_close_reset(&call->from, on_leg_closed);
  dial_cancel(&call->dial);
}

/* --- A call that is joined */

static void on_relayed(hvuv_relay_t* relay, int status) {
  call_t* call = relay->data;

  check(call);
  call->state = CALL_CLOSES;
  fault_relayed(call, status, uv_now(the_loop));
  note(call, "relay", status);
  assert(call->open == 2);
  call->open = 1; /* The relay has closed both. */
  leg_over(call);
}

static void join(call_t* call) {
  hvuv_relay_end_t ends[2];
  int err;

  ends[0] = leg_end(&call->from);
  ends[1] = leg_end(&call->to);
  if (call->route->from.kind == &kind_hvuv)
    ends[0].half_close = settings.half_close;
  if (call->route->to.kind == &kind_hvuv)
    ends[1].half_close = settings.half_close;
  call->relay.data = call;
  err = hvuv_relay_start_ex(
      &call->relay, &ends[0], &ends[1], &settings.relay, on_relayed);
  if (err == 0) {
    call->state = CALL_JOINED;
    return;
  }
  place_report(&call->route->to, HVUV_STEP_UNKNOWN, err);
  note(call, "relay", err);
  call->state = CALL_CLOSES;
  call->from.data = call;
  call->to.data = call;
  leg_close_reset(&call->from, on_leg_closed);
  leg_close_reset(&call->to, on_leg_closed);
}

/* --- A call that is being made */

/* Of one that was hung up the caller's leg closes by itself. */
static void on_dialled(dial_t* dial, int status) {
  call_t* call = dial->data;

  check(call);
  if (call->state == CALL_DIALS && status == 0) {
    join(call);
    return;
  }
  if (call->state == CALL_DIALS) {
    fault_dialled(call, status, uv_now(the_loop));
    note(call, "connect", status);
    call->state = CALL_CLOSES;
    call->from.data = call;
    leg_close_reset(&call->from, on_leg_closed);
  }
  if (status == 0) {
    call->to.data = call;
    leg_close_reset(&call->to, on_leg_closed);
  } else {
    leg_over(call);
  }
}

static void give_up(call_t* call) {
  fault_hung_up(call, uv_now(the_loop));
  note(call, "hung up", UV_ECANCELED);
  hang_up(call);
}

/* Looks at a caller, without reading what it says already. Returns whether its
 * call is still being made. */
static int look(call_t* call) {
  uint64_t now_ms = uv_now(the_loop);
  hvuv_relay_end_t caller;
  int state;

  if (call->state != CALL_DIALS)
    return 0;
  caller = leg_end(&call->from);
  state = hvuv_relay_look(&caller);
  if (state == UV_EOF && call->caller_ended_ms == 0)
    call->caller_ended_ms = now_ms;
  if (state != UV_ECONNRESET &&
      (call->caller_ended_ms == 0 ||
       now_ms - call->caller_ended_ms < ENDED_CALLER_MS))
    return 1;
  give_up(call);
  return 0;
}

static void on_watch(uv_timer_t* timer) {
  call_t* call;
  int dialling = 0;

  for (call = calls.first; call != NULL; call = call->next)
    dialling += look(call);
  if (dialling == 0)
    uv_timer_stop(timer);
}

static void dial(call_t* call) {
  call->state = CALL_DIALS;
  call->dial.data = call;
  if (!uv_is_active((uv_handle_t*) &watch))
    uv_timer_start(&watch, on_watch, WATCH_MS, WATCH_MS);
  dial_start(&call->dial, the_loop, &call->route->to, &call->to, on_dialled);
}

/* --- Taking one */

static void on_refused_closed(leg_t* leg) {
  free(leg->data);
  over_cb();
}

static void refuse(call_t* call, const char* why) {
  calls.refused++;
  fault_refused(call, why, uv_now(the_loop));
  call->from.data = call;
  leg_close_reset(&call->from, on_refused_closed);
}

static const char* objection(const peer_t* peer) {
  if (!limits_may(peer))
    return "no --allow names it";
  if (settings.max_per_peer != 0 &&
      calls_of(peer->who) >= settings.max_per_peer)
    return "it has as many calls as --max-per-peer lets it";
  return NULL;
}

static call_t* new_call(const route_t* route) {
  call_t* call = calloc(1, sizeof(*call));

  if (call == NULL)
    abort(); /* Out of memory. */
  call->route = route;
  call->began_ms = uv_now(the_loop);
  leg_init(&call->from, route->from.kind->listens_as, the_loop);
  return call;
}

int call_has_room(void) {
  return calls.now < settings.max_calls;
}

void call_take(const route_t* route, leg_t* server) {
  call_t* call = new_call(route);
  const char* why;
  int err = leg_accept(server, &call->from);

  if (place_report(&route->from, HVUV_STEP_ACCEPT, err) != 0) {
    call->from.data = call;
    leg_close(&call->from, on_refused_closed);
    return;
  }
  peer_of(&call->from, &call->peer);
  why = objection(&call->peer);
  if (why != NULL) {
    refuse(call, why);
    return;
  }
  call->number = (unsigned int) ++calls.taken;
  call->open = 2;
  calls_add(call);
  dial(call);
}

/* --- The program's part */

void call_init(uv_loop_t* loop, void (*on_over)(void)) {
  the_loop = loop;
  over_cb = on_over;
  uv_timer_init(loop, &watch); /* Always 0. */
}

void call_cut_all(void) {
  call_t* call;

  for (call = calls.first; call != NULL; call = call->next) {
    if (call->state == CALL_CLOSES)
      continue;
    note(call, "cut", UV_ECANCELED);
    if (call->state == CALL_JOINED)
      hvuv_relay_close(&call->relay);
    else
      hang_up(call);
  }
}

void call_end(void) {
  assert(calls.first == NULL);
  quota_end();
  uv_close((uv_handle_t*) &watch, NULL);
}
