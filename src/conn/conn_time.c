/*
 * A group has one alarm, set for the first deadline of its connections. Traffic
 * only moves deadlines back, so it touches no timer: when the alarm rings, all
 * connections are looked at (conn_group.c), and it is set for what is the first
 * deadline then.
 */
#include "conn/conn_time.h"

#include <assert.h>

/* The earlier of a deadline and since + limit, which may be none. */
static uint64_t sooner(uint64_t deadline, uint64_t since, uint64_t limit_ms) {
  if (limit_ms == 0 || limit_ms >= HVUV__NEVER - since)
    return deadline;
  return since + limit_ms < deadline ? since + limit_ms : deadline;
}

uint64_t hvuv__time_deadline(const hvuv_conn_t* conn) {
  const hvuv_limits_t* limits = &conn->group->limits;
  uint64_t deadline = HVUV__NEVER;

  if (hvuv__conn_is(conn, HVUV__CONN_SAYS_GOODBYE))
    return sooner(deadline, conn->ending_ms, limits->end_timeout_ms);
  if (!hvuv__conn_is(conn, HVUV__CONN_SENDS))
    return deadline;

  deadline = sooner(deadline, conn->active_ms, limits->idle_timeout_ms);
  if (conn->state == HVUV__CONN_OPEN && !(conn->flags & HVUV__CONN_GREETED))
    deadline =
        sooner(deadline, conn->opened_ms, limits->first_message_timeout_ms);
  if (conn->message_ms != 0)
    deadline = sooner(deadline, conn->message_ms, limits->message_timeout_ms);
  return deadline;
}

static void set_alarm(hvuv__group_t* group, uint64_t now, uint64_t at) {
  assert(at != HVUV__NEVER);
  group->alarm_at_ms = at;
  group->clock->set_alarm(group, at > now ? at - now : 0);
}

void hvuv__group_wake(hvuv__group_t* group, uint64_t delay_ms) {
  uint64_t now = group->clock->now(group);

  if (now + delay_ms < group->alarm_at_ms)
    set_alarm(group, now, now + delay_ms);
}

void hvuv__time_look_by(hvuv__group_t* group, uint64_t now, uint64_t at) {
  if (at < group->look_at_ms)
    group->look_at_ms = at;
  if (at < group->alarm_at_ms)
    set_alarm(group, now, at);
}

void hvuv__time_watch(hvuv_conn_t* conn) {
  hvuv__group_t* group = conn->group;
  uint64_t deadline = hvuv__time_deadline(conn);

  if (deadline < group->look_at_ms)
    hvuv__time_look_by(group, hvuv__conn_now(conn), deadline);
}

/* The wire does not report that the peer has taken a part of what is queued, so
 * while there is something it is looked at, often enough to know idleness to a
 * sixteenth of its limit. */
static uint64_t with_progress(const hvuv_conn_t* conn,
                              uint64_t deadline,
                              uint64_t now) {
  uint64_t limit_ms = conn->group->limits.idle_timeout_ms;

  if (limit_ms == 0 || !hvuv__conn_is(conn, HVUV__CONN_SENDS) ||
      conn->group->wire->queued(conn) == 0)
    return deadline;
  return sooner(deadline, now, limit_ms < 16 ? 1 : limit_ms / 16);
}

uint64_t hvuv__time_next_look(const hvuv_conn_t* conn, uint64_t now) {
  return with_progress(conn, hvuv__time_deadline(conn), now);
}

void hvuv__time_watch_progress(hvuv_conn_t* conn) {
  uint64_t now = hvuv__conn_now(conn);

  hvuv__time_look_by(conn->group, now, with_progress(conn, HVUV__NEVER, now));
}

void hvuv__time_note_progress(hvuv_conn_t* conn, uint64_t now) {
  size_t queued = conn->group->wire->queued(conn);
  uint64_t taken;

  assert(now >= conn->active_ms);
  assert(queued <= conn->offered_bytes);
  taken = conn->offered_bytes - queued;
  if (taken == conn->seen_taken_bytes)
    return;
  conn->seen_taken_bytes = taken;
  conn->active_ms = now;
}
