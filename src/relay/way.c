/* How bytes go one way; way.h draws the states. */
#include "relay/way.h"

#include <assert.h>

#ifdef NDEBUG
#define check(way) ((void) 0)
#else
static void check(const hvuv__way_t* way) {
  assert(way->state >= HVUV__WAY_READING && way->state <= HVUV__WAY_BROKEN);
  assert(way->from != NULL && way->to != NULL && way->from != way->to);
  assert(way->held <= way->buffer.capacity);
  assert(way->held == 0 || way->state == HVUV__WAY_WRITING ||
         way->state >= HVUV__WAY_DROPPED);
  assert(way->held > 0 || way->state != HVUV__WAY_WRITING);
  assert((way->write_status != 0) == (way->state >= HVUV__WAY_DROPPED));
  assert(way->read_status == 0 || way->state >= HVUV__WAY_HOLDING);
  assert(way->read_status != 0 || way->state <= HVUV__WAY_WRITING ||
         way->state >= HVUV__WAY_DROPPED);
}
#endif

static void note_movement(hvuv__way_t* way) {
  way->moved_ms = uv_now(way->loop);
}

/* Reads on, behind a write. */
static void read_on(hvuv__way_t* way) {
  int err = hvuv__port_read_start(way->from);

  assert(way->held == 0);
  if (err != 0)
    hvuv__way_cut(way, err);
}

static void break_and_read_on(hvuv__way_t* way, int err) {
  hvuv__way_break(way, err);
  read_on(way);
}

int hvuv__way_start(hvuv__way_t* way) {
  way->state = HVUV__WAY_READING;
  way->is_looked_at = 1;
  check(way);
  note_movement(way);
  return hvuv__port_read_start(way->from);
}

/* --- Bytes */

void hvuv__way_lend(hvuv__way_t* way, uv_buf_t* buf) {
  assert(way->held == 0);
  hvuv__buffer_fit(&way->buffer);
  *buf = uv_buf_init(way->buffer.base, (unsigned int) way->buffer.capacity);
}

/* The far port took only some of it: the rest waits there, and nothing more is
 * read meanwhile. */
static void hold_bytes(hvuv__way_t* way, size_t taken, size_t nread) {
  int err;

  hvuv__port_read_stop(way->from);
  err = hvuv__port_write(way->to, way->buffer.base + taken, nread - taken);
  if (err != 0) {
    break_and_read_on(way, err);
    return;
  }
  way->state = HVUV__WAY_WRITING;
  way->held = nread - taken;
  check(way);
}

static void pass_on(hvuv__way_t* way, size_t nread) {
  size_t taken = 0;
  int n;

  n = hvuv__port_try_write(way->to, way->buffer.base, nread);
  if (n < 0 && n != UV_EAGAIN) {
    hvuv__way_break(way, n);
    return;
  }

  if (n > 0)
    taken = (size_t) n;
  assert(taken <= nread);
  *way->bytes += taken;
  way->is_looked_at = 0;
  note_movement(way);
  if (taken < nread)
    hold_bytes(way, taken, nread);
}

void hvuv__way_on_bytes(hvuv__way_t* way, size_t nread) {
  assert(way->held == 0);
  hvuv__buffer_note(&way->buffer, nread);
  if (way->state == HVUV__WAY_READING) {
    pass_on(way, nread);
    return;
  }
  assert(way->state == HVUV__WAY_BROKEN);
  way->discarded += nread;
}

void hvuv__way_on_written(hvuv__way_t* way, int status) {
  size_t held = way->held;

  check(way);
  assert(held > 0);
  way->held = 0;
  if (way->state == HVUV__WAY_BROKEN) /* It broke while that was written. */
    read_on(way);
  if (way->state != HVUV__WAY_WRITING)
    return;

  way->state = HVUV__WAY_READING;
  if (status != 0) {
    /* Nobody cancels a relay's write while it goes on: one that was made on the
     * stream before it has failed, and nothing is written any more. */
    break_and_read_on(way, status == UV_ECANCELED ? UV_EPIPE : status);
    return;
  }
  *way->bytes += held;
  note_movement(way);
  read_on(way);
}

/* Of bytes at which nobody has looked yet it is not known whether they have
 * moved: it is not for the first look to call them stuck. */
void hvuv__way_look(hvuv__way_t* way) {
  size_t outstanding = hvuv__port_outstanding(way->to);

  if (outstanding < way->outstanding || (outstanding > 0 && !way->is_looked_at))
    note_movement(way);
  way->outstanding = outstanding;
  way->is_looked_at = 1;
}

/* --- The end of input */

void hvuv__way_on_eof(hvuv__way_t* way, int hold) {
  check(way);
  way->read_status = UV_EOF;
  way->ended_ms = uv_now(way->loop);
  if (way->state == HVUV__WAY_BROKEN)
    return;
  assert(way->state == HVUV__WAY_READING);
  way->state = HVUV__WAY_HOLDING;
  if (!hold)
    hvuv__way_release(way);
}

void hvuv__way_release(hvuv__way_t* way) {
  int err;

  assert(way->state == HVUV__WAY_HOLDING);
  check(way);
  way->state = HVUV__WAY_SHUTTING;
  err = hvuv__port_shutdown(way->to);
  if (err != 0)
    hvuv__way_on_shutdown(way, err);
}

/* A far port that is gone already needs no shutdown: what it had to say, or
 * what became of it, the other way reads. */
void hvuv__way_on_shutdown(hvuv__way_t* way, int status) {
  check(way);
  if (way->state >= HVUV__WAY_DROPPED)
    return;
  assert(way->state == HVUV__WAY_SHUTTING);
  if (status == 0 || status == UV_ENOTCONN)
    way->state = HVUV__WAY_ENDED;
  else
    hvuv__way_break(way, status);
  check(way);
}

/* --- Failures */

void hvuv__way_cut(hvuv__way_t* way, int err) {
  assert(err < 0 && err != UV_EOF);
  assert(way->held == 0);
  way->read_status = err;
  if (way->state == HVUV__WAY_READING)
    way->state = HVUV__WAY_CUT;
  check(way);
}

/* Where it read, it reads on; what it holds is still being written. */
void hvuv__way_break(hvuv__way_t* way, int err) {
  assert(err < 0);
  if (hvuv__way_is_over(way))
    return;
  way->state = HVUV__WAY_BROKEN;
  way->write_status = err;
  check(way);
}

void hvuv__way_drop(hvuv__way_t* way, int err) {
  assert(err < 0);
  if (way->state > HVUV__WAY_ENDED)
    return;
  if (way->state == HVUV__WAY_READING)
    hvuv__port_read_stop(way->from);
  way->state = HVUV__WAY_DROPPED;
  way->write_status = err;
  check(way);
}
