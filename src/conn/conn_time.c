/*
 * What takes too long, and limits in general.
 *
 * A group has one alarm, set for the first deadline of its connections. Traffic
 * only moves deadlines back, so it touches no timer: when the alarm rings, all
 * connections are looked at, and it is set for what is the first then; but no
 * sooner than a sixteenth of the shortest limit, or connections that are busy
 * at different moments would have all looked at for each of them.
 */
#include "conn/conn.h"

#define NEVER UINT64_MAX

void hvuv_limits_init(hvuv_limits_t* limits) {
  limits->high_water_bytes = (size_t) 256 * 1024;
  limits->low_water_bytes = (size_t) 64 * 1024;
  limits->max_queued_bytes = (size_t) 4 * 1024 * 1024;
  limits->first_message_timeout_ms = 10000;
  limits->message_timeout_ms = 30000;
  limits->idle_timeout_ms = 300000;
  limits->end_timeout_ms = 5000;
}

int hvuv__limits_check(const hvuv_limits_t* limits) {
  if (limits->low_water_bytes > limits->high_water_bytes ||
      (limits->max_queued_bytes != 0 &&
       limits->high_water_bytes > limits->max_queued_bytes))
    return UV_EINVAL;
  return 0;
}

/* The earlier of a deadline and since + limit, which may be none. */
static uint64_t sooner(uint64_t deadline, uint64_t since, uint64_t limit) {
  if (limit == 0 || limit >= NEVER - since)
    return deadline;
  return since + limit < deadline ? since + limit : deadline;
}

static uint64_t deadline_of(const hvuv_conn_t* conn) {
  const hvuv_limits_t* limits = &conn->group->limits;
  uint64_t deadline = NEVER;

  if (conn->state == HVUV__CONN_ENDING)
    return sooner(deadline, conn->ending_ms, limits->end_timeout_ms);
  if (conn->state != HVUV__CONN_OPEN)
    return deadline;

  deadline = sooner(deadline, conn->active_ms, limits->idle_timeout_ms);
  if (!(conn->flags & (HVUV__CONN_GREETED | HVUV__CONN_PEER_ENDED)))
    deadline =
        sooner(deadline, conn->opened_ms, limits->first_message_timeout_ms);
  if (conn->message_ms != 0)
    deadline = sooner(deadline, conn->message_ms, limits->message_timeout_ms);
  return deadline;
}

static void set_alarm(hvuv__group_t* group, uint64_t now, uint64_t at) {
  group->alarm_at_ms = at;
  group->wire->set_alarm(group, at > now ? at - now : 0);
}

void hvuv__group_wake(hvuv__group_t* group, uint64_t delay_ms) {
  uint64_t now = group->wire->now(group);

  if (now + delay_ms < group->alarm_at_ms)
    set_alarm(group, now, now + delay_ms);
}

/* All connections are to be looked at then, at the latest. */
static void look_by(hvuv__group_t* group, uint64_t now, uint64_t at) {
  if (at < group->look_at_ms)
    group->look_at_ms = at;
  if (at < group->alarm_at_ms)
    set_alarm(group, now, at);
}

void hvuv__conn_watch_time(hvuv_conn_t* conn) {
  hvuv__group_t* group = conn->group;
  uint64_t deadline = deadline_of(conn);

  if (deadline < group->look_at_ms)
    look_by(group, group->wire->now(group), deadline);
}

/* Nobody tells of a send that the peer has taken in part, so while bytes are
 * queued they are looked at, to know idleness to a sixteenth of its limit. */
static uint64_t with_progress(const hvuv_conn_t* conn,
                              uint64_t deadline,
                              uint64_t now) {
  uint64_t limit = conn->group->limits.idle_timeout_ms;

  if (limit == 0 || conn->state != HVUV__CONN_OPEN ||
      conn->group->wire->queued(conn) == 0)
    return deadline;
  return sooner(deadline, now, limit < 16 ? 1 : limit / 16);
}

void hvuv__conn_watch_progress(hvuv_conn_t* conn) {
  hvuv__group_t* group = conn->group;
  uint64_t now = group->wire->now(group);
  uint64_t at = with_progress(conn, NEVER, now);

  look_by(group, now, at);
}

void hvuv__conn_note_progress(hvuv_conn_t* conn, uint64_t now) {
  uint64_t taken;

  taken = conn->offered_bytes - conn->group->wire->queued(conn);
  if (taken == conn->seen_taken_bytes)
    return;
  conn->seen_taken_bytes = taken;
  conn->active_ms = now;
}

/* How long the alarm rests at least. */
static uint64_t spacing(const hvuv_limits_t* limits) {
  uint64_t shortest = NEVER;

  shortest = sooner(shortest, 0, limits->first_message_timeout_ms);
  shortest = sooner(shortest, 0, limits->message_timeout_ms);
  shortest = sooner(shortest, 0, limits->idle_timeout_ms);
  shortest = sooner(shortest, 0, limits->end_timeout_ms);
  return shortest / 16;
}

/* Ends what is late. Returns the first deadline of the others. */
static uint64_t look_at_all(hvuv__group_t* group, uint64_t now) {
  uint64_t first = NEVER;
  uint64_t deadline;
  hvuv_conn_t* conn;

  for (conn = group->conns; conn != NULL; conn = conn->next) {
    if (conn->state == HVUV__CONN_OPEN)
      hvuv__conn_note_progress(conn, now);
    deadline = deadline_of(conn);
    if (deadline <= now) {
      hvuv__conn_close(conn, UV_ETIMEDOUT);
      continue;
    }
    deadline = with_progress(conn, deadline, now);
    if (deadline < first)
      first = deadline;
  }
  return first;
}

/* Those that a handler resumes meanwhile wait for the next alarm. Nothing is
 * freed here: connections close from the loop. */
static void go_on_with_resumed(hvuv__group_t* group) {
  hvuv_conn_t* conn;
  hvuv_conn_t* next;

  next = group->later;
  group->later = NULL;
  while ((conn = next) != NULL) {
    next = conn->next_later;
    conn->flags &= ~(unsigned int) HVUV__CONN_LATER;
    hvuv__conn_go_on(conn);
  }
}

void hvuv__group_alarm(hvuv__group_t* group) {
  uint64_t now = group->wire->now(group);
  uint64_t first;

  group->alarm_at_ms = NEVER;
  go_on_with_resumed(group);
  if (now >= group->look_at_ms) {
    group->look_at_ms = NEVER;
    first = look_at_all(group, now);
    if (first != NEVER && first < now + spacing(&group->limits))
      first = now + spacing(&group->limits);
    look_by(group, now, first);
  } else {
    look_by(group, now, group->look_at_ms);
  }
  if (group->on_alarm != NULL)
    group->on_alarm(group);
}
