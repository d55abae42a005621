#include "call.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hvforward.h"
#include "limits.h"
#include "log.h"
#include "quota.h"

/* How often callers are looked at while their calls to TO are being made. */
#define WATCH_MS 250

/* A caller that has ended its direction may still wait for an answer, but most
 * have hung up, which TCP does not tell apart: for so long it is dialled on. */
#define ENDED_CALLER_MS 2000

calls_t calls;

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

/* --- All of them, and the end of one */

static void add_call(call_t* call) {
  call->next = calls.first;
  call->link = &calls.first;
  if (call->next != NULL)
    call->next->link = &call->next;
  calls.first = call;
  calls.now++;
}

static void free_call(call_t* call) {
  assert(*call->link == call && calls.now > 0);
  *call->link = call->next;
  if (call->next != NULL)
    call->next->link = call->link;
  calls.now--;
  free(call);
}

static void leg_over(call_t* call) {
  check(call);
  if (--call->open != 0)
    return;
  if (call->status != 0)
    calls.failed++;
  log_call(call, uv_now(the_loop));
  free_call(call);
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

static void on_relayed(hvuv_relay_t* relay, int status) {
  call_t* call = relay->data;

  check(call);
  call->state = CALL_CLOSES;
  if (status != 0 && status != UV_ECANCELED && quota_take(uv_now(the_loop))) {
    if (is_idle(relay, status))
      report_limit();
    report_side(call, 0);
    report_side(call, 1);
    fprintf(stderr,
            "%s: the call of %s ended after %" PRIu64
            " bytes to %s and %" PRIu64 " back\n",
            hvforward.name,
            call->peer.text,
            relay->bytes[0],
            call->route->to.text,
            relay->bytes[1]);
  }
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
    if (quota_take(uv_now(the_loop)))
      place_report(&call->route->to, HVUV_STEP_CONNECT, status);
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
  if (quota_take(uv_now(the_loop)))
    fprintf(stderr,
            "%s: connect cancelled on %s after %" PRIu64 " ms: the caller, %s, "
            "has hung up. See whether a server answers there; if its VM was "
            "only starting, call again.\n",
            hvforward.name,
            call->route->to.text,
            uv_now(the_loop) - call->began_ms,
            call->peer.text);
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
  if (quota_take(uv_now(the_loop)))
    fprintf(stderr,
            "%s: refused %s, who called at %s: %s\n",
            hvforward.name,
            call->peer.text,
            call->route->from.text,
            why);
  call->from.data = call;
  leg_close_reset(&call->from, on_refused_closed);
}

static unsigned int count_of(const peer_t* peer) {
  const call_t* call;
  unsigned int n = 0;

  for (call = calls.first; call != NULL; call = call->next)
    n += strcmp(call->peer.who, peer->who) == 0;
  return n;
}

static const char* objection(const peer_t* peer) {
  if (!limits_may(peer))
    return "no --allow names it";
  if (settings.max_per_peer != 0 && count_of(peer) >= settings.max_per_peer)
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

int calls_have_room(void) {
  return calls.now < settings.max_calls;
}

void calls_take(const route_t* route, leg_t* server) {
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
  add_call(call);
  dial(call);
}

/* --- The program's part */

void calls_init(uv_loop_t* loop, void (*on_over)(void)) {
  the_loop = loop;
  over_cb = on_over;
  uv_timer_init(loop, &watch); /* Always 0. */
}

void calls_cut(void) {
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

void calls_end(void) {
  assert(calls.first == NULL);
  quota_end();
  uv_close((uv_handle_t*) &watch, NULL);
}
