/*
 * When the alarm rings, those that were resumed go on, and if a deadline has
 * come all are looked at: those that are late close, and the alarm is set for
 * the first deadline of the others, but no sooner than a sixteenth of the
 * shortest limit, or connections that are busy at different moments would have
 * all looked at for each of them.
 *
 * Nothing is freed and nothing joins meanwhile: that happens from the loop.
 */
#include "conn/conn_group.h"

#include <assert.h>
#include <string.h>

#include "base/alloc.h"
#include "conn/budget.h"
#include "conn/conn.h"
#include "conn/conn_time.h"
#include "conn/limits.h"

void hvuv__group_prepare(hvuv__group_t* group,
                         const hvuv__wire_t* wire,
                         const hvuv__clock_t* clock,
                         const hvuv_limits_t* limits,
                         void** data) {
  assert(hvuv__limits_check(limits) == 0);
  assert(group->conns == NULL && group->cork.base == NULL);
  group->wire = wire;
  group->clock = clock;
  group->data = data;
  group->limits = *limits;
  group->most_bytes = SIZE_MAX;
  group->make_room = hvuv__budget_make_room;
  group->alarm_at_ms = HVUV__NEVER;
  group->look_at_ms = HVUV__NEVER;
}

void hvuv__group_release(hvuv__group_t* group) {
  assert(group->conns == NULL && group->resumed == NULL);
  assert(group->cork.conn == NULL && group->held_bytes == 0);
  assert(group->closing_bytes == 0);
  hvuv__free(group->cork.base);
  memset(&group->cork, 0, sizeof(group->cork));
}

void hvuv__group_stats(const hvuv__group_t* group, hvuv_stats_t* stats) {
  *stats = group->stats;
  stats->bytes_held_now = group->held_bytes + group->closing_bytes;
}

/* Those that a handler resumes meanwhile wait for the next alarm. */
static void go_on_with_resumed(hvuv__group_t* group) {
  hvuv_conn_t* conn;
  hvuv_conn_t* next;

  next = group->resumed;
  group->resumed = NULL;
  while ((conn = next) != NULL) {
    next = conn->next_resumed;
    conn->flags &= ~(unsigned int) HVUV__CONN_RESUMED;
    hvuv__conn_go_on(conn);
  }
}

/* Of one that is late. What a handler has set itself stays its own. */
static int late_reason(const hvuv_conn_t* conn, uint64_t now) {
  return conn->group->is_stopping && conn->deadline_ms > now ? UV_ECANCELED
                                                             : UV_ETIMEDOUT;
}

/* Closes it if it is late. The loop may be so too, so what has come by now, and
 * the alarm came before, is looked at first. */
static void judge(hvuv_conn_t* conn, uint64_t now) {
  if (conn->state == HVUV__CONN_CLOSING)
    return;
  hvuv__time_note_progress(conn, now);
  if (hvuv__time_deadline(conn) > now)
    return;
  conn->group->wire->look(conn);
  if (hvuv__time_deadline(conn) <= now)
    hvuv__conn_late(conn, late_reason(conn, now));
}

static uint64_t lower(uint64_t a, uint64_t b) {
  return a < b ? a : b;
}

static void look(hvuv__group_t* group, uint64_t now) {
  uint64_t spacing_ms = hvuv__limits_spacing(&group->limits);
  uint64_t first = HVUV__NEVER;
  hvuv_conn_t* conn;

  group->look_at_ms = HVUV__NEVER;
  for (conn = group->conns; conn != NULL; conn = conn->next) {
    judge(conn, now);
    first = lower(first, hvuv__time_next_look(conn, now));
    if (conn->deadline_ms != HVUV__NEVER)
      spacing_ms = lower(spacing_ms, conn->deadline_timeout_ms / 16);
  }
  if (first != HVUV__NEVER && first < now + spacing_ms)
    first = now + spacing_ms;
  hvuv__time_look_by(group, now, first);
}

void hvuv__group_alarm(hvuv__group_t* group) {
  uint64_t now = group->clock->now(group);

  hvuv__group_check(group);
  group->alarm_at_ms = HVUV__NEVER;
  go_on_with_resumed(group);
  if (now >= group->look_at_ms)
    look(group, now);
  else
    hvuv__time_look_by(group, now, group->look_at_ms);

  assert(group->alarm_at_ms <= group->look_at_ms);
}

/* --- Stopping ------------------------------------------------------------- */

static void abort_all(hvuv__group_t* group) {
  hvuv_conn_t* conn;

  for (conn = group->conns; conn != NULL; conn = conn->next)
    hvuv__conn_close(conn, UV_ECANCELED);
}

/* Those that say goodbye already have as long as the others. */
static void end_all(hvuv__group_t* group, uint64_t now) {
  hvuv_conn_t* conn;

  for (conn = group->conns; conn != NULL; conn = conn->next) {
    if (hvuv__conn_is(conn, HVUV__CONN_SAYS_GOODBYE))
      conn->ending_ms = now;
    hvuv_conn_end(conn);
    hvuv__time_watch(conn);
  }
}

/* None ends later than it would have, with before_ms as the limit. */
static void hasten_all(hvuv__group_t* group, uint64_t now, uint64_t before_ms) {
  uint64_t grace_ms = group->limits.end_timeout_ms;
  uint64_t end;
  hvuv_conn_t* conn;

  assert(grace_ms < before_ms);
  if (grace_ms >= HVUV__NEVER - now)
    return; /* No end, as before. */
  for (conn = group->conns; conn != NULL; conn = conn->next) {
    end = now + grace_ms;
    if (before_ms < HVUV__NEVER - conn->ending_ms)
      end = lower(end, conn->ending_ms + before_ms);
    conn->ending_ms = end - grace_ms;
    hvuv__time_watch(conn);
  }
}

void hvuv__group_stop(hvuv__group_t* group, uint64_t grace_ms) {
  uint64_t now = group->clock->exact_now(group);
  uint64_t before_ms = group->limits.end_timeout_ms;
  int was_stopping = group->is_stopping;

  hvuv__group_check(group);
  group->is_stopping = 1;
  if (grace_ms == 0) {
    abort_all(group);
    return;
  }
  if (was_stopping && grace_ms >= before_ms)
    return;
  group->limits.end_timeout_ms = grace_ms;
  if (was_stopping)
    hasten_all(group, now, before_ms);
  else
    end_all(group, now);
  hvuv__group_check(group);
}
