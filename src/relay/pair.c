/* How a conversation ends; pair.h has the table. */
#include "relay/pair.h"

#include <assert.h>

#define PARTING_MS    1000
#define DRAIN_STEP_MS 10

#ifdef NDEBUG
#define check(pair) ((void) 0)
#else
static void check(const hvuv__pair_t* pair) {
  const hvuv__way_t* ways = pair->ways;
  int i;

  for (i = 0; i < 2; i++) {
    assert(ways[i].from == &pair->ports[i] && ways[i].to == &pair->ports[!i]);
    /* A port that cannot be read is not written to. */
    assert(ways[i].read_status == 0 || ways[i].read_status == UV_EOF ||
           hvuv__way_is_over(&ways[!i]));
    assert(ways[i].state != HVUV__WAY_HOLDING ||
           hvuv__way_is_going_on(&ways[!i]) || pair->is_stopped);
  }
  assert(pair->has_parted ==
         (hvuv__way_is_over(&ways[0]) && hvuv__way_is_over(&ways[1])));
  assert(pair->status <= 0 && pair->status != UV_EOF);
}
#endif

static uint64_t now_of(const hvuv__pair_t* pair) {
  return uv_now(pair->ways[0].loop);
}

static void fail_with(hvuv__pair_t* pair, int err) {
  if (pair->status == 0)
    pair->status = err;
}

int hvuv__pair_start(hvuv__pair_t* pair) {
  int err = hvuv__way_start(&pair->ways[0]);

  if (err != 0)
    return err;
  err = hvuv__way_start(&pair->ways[1]);
  if (err != 0)
    hvuv__port_read_stop(&pair->ports[0]);
  return err;
}

/* --- What the end of one way means for the other -------------------------- */

/* Bytes may have been refused after the last look at them. */
static void take_late_errors(hvuv__pair_t* pair) {
  int err;
  int i;

  for (i = 0; i < 2 && pair->status == 0; i++) {
    err = hvuv__port_take_error(&pair->ports[i]);
    if (err != 0) {
      fail_with(pair, err);
      hvuv__way_drop(&pair->ways[!i], err);
    }
  }
}

/* Whether its source cannot be read any more, be it that nobody would have got
 * the bytes. */
static int is_gone(const hvuv__way_t* way) {
  return way->read_status != 0 && way->read_status != UV_EOF;
}

static void settle(hvuv__pair_t* pair) {
  hvuv__way_t* way;
  hvuv__way_t* back;
  int i;

  for (i = 0; i < 2; i++) {
    way = &pair->ways[i];
    back = &pair->ways[!i];
    if (is_gone(way)) {
      fail_with(pair, way->read_status);
      if (!hvuv__way_is_over(back))
        hvuv__way_drop(back, way->read_status);
    }
    if (way->state == HVUV__WAY_HOLDING && !hvuv__way_is_going_on(back))
      hvuv__way_release(way);
    if (way->state == HVUV__WAY_BROKEN)
      fail_with(pair, way->write_status);
  }

  if (!pair->has_parted && hvuv__way_is_over(&pair->ways[0]) &&
      hvuv__way_is_over(&pair->ways[1])) {
    take_late_errors(pair);
    pair->has_parted = 1;
    pair->parted_ms = now_of(pair);
  }
  check(pair);
}

/* What was passed on last never came. A way that had ended had taken that for
 * passed on: its shutdown finds a port that is gone, which by itself is well. */
static void refuse(hvuv__pair_t* pair, hvuv__way_t* way, int err) {
  fail_with(pair, err);
  if (hvuv__way_is_over(way))
    hvuv__way_drop(way, err);
  else
    hvuv__way_break(way, err);
}

/* libuv takes a reset for an end of input when it has read all before that
 * (POLLHUP in uv__stream_io()); what the system keeps says which it was. EPIPE
 * is said when the peer had ended in order and then refused what we wrote (tcp,
 * tcp_reset() of Linux): two things, one for each way. The system says each
 * error once: a reset that a write was told is an end of input to a read. */
static ssize_t end_of_input(hvuv__pair_t* pair, int from) {
  hvuv__way_t* back = &pair->ways[!from];
  int err = hvuv__port_take_error(&pair->ports[from]);

  if (err == UV_EPIPE)
    refuse(pair, back, err);
  else if (err != 0)
    return err;
  if (back->write_status == UV_ECONNRESET ||
      back->write_status == UV_ECONNABORTED)
    return back->write_status;
  return UV_EOF;
}

void hvuv__pair_on_read(hvuv__pair_t* pair, int from, ssize_t nread) {
  hvuv__way_t* way = &pair->ways[from];
  hvuv__way_t* back = &pair->ways[!from];

  if (nread > 0) {
    hvuv__way_on_bytes(way, (size_t) nread);
    if (way->state <= HVUV__WAY_WRITING)
      return;
  } else {
    /* Some systems say so in place of the end of input to one who has ended his
     * own direction. */
    if (nread == UV_ENOTCONN && back->state == HVUV__WAY_ENDED)
      nread = UV_EOF;
    if (nread == UV_EOF)
      nread = end_of_input(pair, from);
    if (nread == UV_EOF)
      hvuv__way_on_eof(
          way, !hvuv__port_half_closes(way->to) && hvuv__way_is_going_on(back));
    else
      hvuv__way_cut(way, (int) nread);
  }
  settle(pair);
}

void hvuv__pair_on_written(hvuv__pair_t* pair, int to, int status) {
  hvuv__way_on_written(&pair->ways[!to], status);
  settle(pair);
}

void hvuv__pair_on_shutdown(hvuv__pair_t* pair, int to, int status) {
  hvuv__way_on_shutdown(&pair->ways[!to], status);
  settle(pair);
}

void hvuv__pair_stop(hvuv__pair_t* pair, int err) {
  assert(err < 0);
  fail_with(pair, err);
  pair->is_stopped = 1;
}

/* --- Limits --------------------------------------------------------------- */

static uint64_t later(uint64_t a, uint64_t b) {
  return a > b ? a : b;
}

static uint64_t sooner(uint64_t a, uint64_t b) {
  return a < b ? a : b;
}

static uint64_t after(uint64_t since_ms, uint64_t limit_ms) {
  return limit_ms == 0 || limit_ms > UINT64_MAX - since_ms
             ? UINT64_MAX
             : since_ms + limit_ms;
}

static uint64_t moved_ms(const hvuv__pair_t* pair) {
  return later(pair->ways[0].moved_ms, pair->ways[1].moved_ms);
}

/* Bytes that were passed on are looked at once before their time is up: a slow
 * reader may be taking them from the kernel. To do that when they are written
 * would cost each write a system call. */
static int awaits_look(const hvuv__way_t* way) {
  return !hvuv__way_is_over(way) && !way->is_looked_at;
}

static uint64_t movement_due(const hvuv__pair_t* pair, uint64_t limit_ms) {
  if (awaits_look(&pair->ways[0]) || awaits_look(&pair->ways[1]))
    limit_ms = limit_ms == 0 ? 0 : limit_ms / 4 + 1;
  return after(moved_ms(pair), limit_ms);
}

static uint64_t idle_due(const hvuv__pair_t* pair) {
  return movement_due(pair, pair->idle_timeout_ms);
}

/* A sink that says something is alive, whatever it takes. */
static uint64_t sink_due(const hvuv__pair_t* pair, int from) {
  if (pair->ways[from].state != HVUV__WAY_WRITING)
    return UINT64_MAX;
  return movement_due(pair, pair->sink_timeout_ms);
}

/* While the way back waits for its own sink it is not read, so it does not
 * rest. */
static uint64_t rest_due(const hvuv__pair_t* pair, int from) {
  const hvuv__way_t* way = &pair->ways[from];
  const hvuv__way_t* back = &pair->ways[!from];

  if (way->state != HVUV__WAY_HOLDING || back->state != HVUV__WAY_READING)
    return UINT64_MAX;
  return after(later(way->ended_ms, back->moved_ms), pair->half_close_rest_ms);
}

/* Port i got its end, and its own bytes were refused. */
static int lingers(const hvuv__pair_t* pair, int i) {
  return pair->ways[!i].state == HVUV__WAY_ENDED &&
         pair->ways[i].state == HVUV__WAY_BROKEN &&
         pair->ways[i].read_status == 0;
}

/* Port i is to be reset, and has not got what was written before. */
static int drains(const hvuv__pair_t* pair, int i) {
  int is_alive =
      pair->ways[i].read_status == 0 || pair->ways[i].read_status == UV_EOF;

  return pair->ways[!i].state == HVUV__WAY_CUT && is_alive &&
         hvuv__port_resets(&pair->ports[i]) &&
         hvuv__port_outstanding(&pair->ports[i]) > 0;
}

uint64_t hvuv__pair_due(const hvuv__pair_t* pair) {
  uint64_t due = idle_due(pair);
  int i;

  if (pair->has_parted) {
    due = after(pair->parted_ms, PARTING_MS);
    if (drains(pair, 0) || drains(pair, 1))
      due = sooner(due, now_of(pair) + DRAIN_STEP_MS);
    return due;
  }
  for (i = 0; i < 2; i++)
    due = sooner(due, sooner(sink_due(pair, i), rest_due(pair, i)));
  return due;
}

/* The other direction has rested for long enough. Where only a close would be
 * noticed, it ends with this one. */
static void end_rest(hvuv__pair_t* pair, int from) {
  hvuv__way_t* way = &pair->ways[from];
  hvuv__way_t* back = &pair->ways[!from];

  assert(way->state == HVUV__WAY_HOLDING && back->state == HVUV__WAY_READING);
  hvuv__way_release(way);
  if (!hvuv__port_passes_end(way->to) && back->state == HVUV__WAY_READING) {
    hvuv__port_read_stop(back->from);
    hvuv__way_on_eof(back, 0);
  }
  settle(pair);
}

void hvuv__pair_judge(hvuv__pair_t* pair) {
  uint64_t now_ms = now_of(pair);
  int i;

  check(pair);
  if (pair->has_parted)
    return;

  hvuv__way_look(&pair->ways[0]);
  hvuv__way_look(&pair->ways[1]);
  for (i = 0; i < 2; i++) {
    if (rest_due(pair, i) <= now_ms)
      end_rest(pair, i);
    if (sink_due(pair, i) <= now_ms) {
      hvuv__way_break(&pair->ways[i], UV_ETIMEDOUT);
      settle(pair);
      hvuv__pair_stop(pair, UV_ETIMEDOUT);
    }
  }
  if (idle_due(pair) <= now_ms)
    hvuv__pair_stop(pair, UV_ETIMEDOUT);
}

/* --- Statistics ----------------------------------------------------------- */

void hvuv__pair_stats(const hvuv__pair_t* pair, hvuv_relay_stats_t* stats) {
  const hvuv__way_t* way;
  int i;

  check(pair);
  stats->idle_ms =
      now_of(pair) - later(pair->ways[0].moved_ms, pair->ways[1].moved_ms);
  for (i = 0; i < 2; i++) {
    way = &pair->ways[i];
    stats->bytes[i] = *way->bytes;
    stats->held_bytes[i] = way->held;
    stats->discarded_bytes[i] = way->discarded;
    if (way->state == HVUV__WAY_WRITING)
      stats->stuck_ms[!i] = stats->idle_ms;
    stats->read_status[i] = way->read_status;
    stats->write_status[!i] = way->write_status;
    stats->peer_status[i] = hvuv__port_look(&pair->ports[i].stream);
  }
}

/* --- Closing -------------------------------------------------------------- */

int hvuv__pair_is_done(const hvuv__pair_t* pair) {
  int i;

  if (pair->is_stopped)
    return 1;
  if (!pair->has_parted)
    return 0;
  if (now_of(pair) >= pair->parted_ms + PARTING_MS)
    return 1;
  for (i = 0; i < 2; i++)
    if (lingers(pair, i) || drains(pair, i))
      return 0;
  return 1;
}

/* A port whose end of input was passed on has had all that there was for it. */
static int is_cut_short(const hvuv__way_t* way) {
  return way->state != HVUV__WAY_SHUTTING && way->state != HVUV__WAY_ENDED;
}

void hvuv__pair_close(hvuv__pair_t* pair) {
  int i;

  check(pair);
  assert(hvuv__pair_is_done(pair));
  for (i = 0; i < 2; i++)
    hvuv__port_close(&pair->ports[i],
                     pair->status != 0 && is_cut_short(&pair->ways[!i]));
}
