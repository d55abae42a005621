/*
 * A group has one alarm, set for the first deadline of its connections. Traffic
 * only moves deadlines back, so it touches no timer: when the alarm rings, all
 * connections are looked at (conn_group.c), and it is set for what is the first
 * deadline then.
 *
 *   limit          counts in               since
 *   first message  OPEN, CUT, until one    on_open
 *                  has come
 *   message        OPEN, CUT, while it is  its first byte
 *                  read
 *   idle           OPEN, CUT, HEARD        a byte last came, went, or was taken
 *                                          by the peer
 *   end            ENDING, LEAVING, ENDED  hvuv_conn_end(); a byte last went, or
 *                                          was taken by the peer
 *   end            CUT, while it is read   a byte last came
 *   the handler's  all of them             -
 *
 * Nobody reports that the peer takes bytes out of the kernel's buffers. While
 * it has not taken all that was sent it is therefore looked at, often enough to
 * know the limit to a sixteenth.
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
  uint64_t deadline = conn->deadline_ms;

  if (conn->state == HVUV__CONN_CLOSING)
    return HVUV__NEVER;
  if (hvuv__conn_is(conn, HVUV__CONN_SAYS_GOODBYE))
    return sooner(deadline, conn->ending_ms, limits->end_timeout_ms);

  deadline =
      sooner(deadline, conn->counts.last_active_ms, limits->idle_timeout_ms);
  if (conn->state == HVUV__CONN_CUT && (conn->flags & HVUV__CONN_READS))
    deadline =
        sooner(deadline, conn->counts.last_active_ms, limits->end_timeout_ms);
  if (conn->state != HVUV__CONN_HEARD && !hvuv__conn_has_greeted(conn))
    deadline =
        sooner(deadline, conn->begun_ms, limits->first_message_timeout_ms);
  if (conn->message_ms != 0)
    deadline = sooner(deadline, conn->message_ms, limits->message_timeout_ms);
  return deadline;
}

/* --- The alarm ------------------------------------------------------------ */

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

/* --- Progress ------------------------------------------------------------- */

/* The limit that is moved on by bytes which the peer takes; 0: there is
 * none. */
static uint64_t limit_of_progress(const hvuv_conn_t* conn) {
  if (hvuv__conn_is(conn, HVUV__CONN_SENDS))
    return conn->group->limits.idle_timeout_ms;
  if (hvuv__conn_is(conn, HVUV__CONN_SAYS_GOODBYE))
    return conn->group->limits.end_timeout_ms;
  return 0;
}

static uint64_t pace_of(uint64_t limit_ms) {
  return limit_ms < 16 ? 1 : limit_ms / 16;
}

static int may_progress(const hvuv_conn_t* conn) {
  return hvuv__conn_offered(conn) != conn->looked_bytes ||
         (conn->flags & HVUV__CONN_UNTAKEN);
}

uint64_t hvuv__time_next_look(const hvuv_conn_t* conn, uint64_t now) {
  uint64_t deadline = hvuv__time_deadline(conn);
  uint64_t limit_ms = limit_of_progress(conn);

  if (limit_ms == 0 || !may_progress(conn))
    return deadline;
  return sooner(deadline, now, pace_of(limit_ms));
}

void hvuv__time_watch(hvuv_conn_t* conn) {
  uint64_t now = hvuv__conn_now(conn);
  uint64_t at = hvuv__time_next_look(conn, now);

  if (at < conn->group->look_at_ms)
    hvuv__time_look_by(conn->group, now, at);
}

void hvuv__time_begin_progress(hvuv_conn_t* conn) {
  uint64_t limit_ms = limit_of_progress(conn);

  conn->flags |= HVUV__CONN_WATCHED;
  if (limit_ms != 0)
    hvuv__time_begin(conn, hvuv__conn_now(conn), pace_of(limit_ms));
}

static void move_on(hvuv_conn_t* conn, uint64_t now) {
  if (hvuv__conn_is(conn, HVUV__CONN_SAYS_GOODBYE))
    conn->ending_ms = now;
  else
    conn->counts.last_active_ms = now;
}

void hvuv__time_note_sent(hvuv_conn_t* conn) {
  move_on(conn, hvuv__conn_now(conn));
  hvuv__time_watch_progress(conn);
}

/* Bytes that had all been taken when they were first looked at count from when
 * they were sent. Of others it is known that some were taken since. */
void hvuv__time_note_progress(hvuv_conn_t* conn, uint64_t now) {
  int64_t taken;
  size_t left;

  conn->flags &= ~(unsigned int) HVUV__CONN_WATCHED;
  if (!may_progress(conn))
    return;
  left = conn->group->wire->outstanding(conn);
  taken = (int64_t) hvuv__conn_offered(conn) - (int64_t) left;
  if (taken > conn->taken_bytes &&
      (left > 0 || (conn->flags & HVUV__CONN_UNTAKEN)))
    move_on(conn, now);
  conn->taken_bytes = taken;
  conn->looked_bytes = hvuv__conn_offered(conn);
  conn->flags &= ~(unsigned int) HVUV__CONN_UNTAKEN;
  if (left > 0)
    conn->flags |= HVUV__CONN_UNTAKEN;
}
