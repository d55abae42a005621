/* How bytes go one way; way.h draws the states. */
#include "relay/way.h"

#include <assert.h>

static void check(const hvuv__way_t* way) {
  assert(way->state >= HVUV__WAY_READING && way->state <= HVUV__WAY_ENDED);
  assert(way->from != NULL && way->to != NULL && way->from != way->to);
  assert((way->held > 0) == (way->state == HVUV__WAY_WRITING));
  assert(way->held <= way->capacity);
}

int hvuv__way_start(hvuv__way_t* way) {
  way->state = HVUV__WAY_READING;
  check(way);
  return hvuv__port_read_start(way->from);
}

/* The far port took only some of it: the rest waits there, and nothing more is
 * read meanwhile. */
static int hold(hvuv__way_t* way, size_t taken, size_t nread) {
  hvuv__port_read_stop(way->from);
  way->state = HVUV__WAY_WRITING;
  way->held = nread - taken;
  check(way);
  return hvuv__port_write(way->to, way->base + taken, way->held);
}

int hvuv__way_on_bytes(hvuv__way_t* way, size_t nread) {
  size_t taken = 0;
  int n;

  assert(way->state == HVUV__WAY_READING);
  assert(nread > 0 && nread <= way->capacity);
  n = hvuv__port_try_write(way->to, way->base, nread);
  if (n < 0 && n != UV_EAGAIN)
    return n;

  if (n > 0)
    taken = (size_t) n;
  assert(taken <= nread);
  *way->bytes += taken;
  return taken == nread ? 0 : hold(way, taken, nread);
}

int hvuv__way_on_written(hvuv__way_t* way) {
  assert(way->state == HVUV__WAY_WRITING);
  check(way);
  *way->bytes += way->held;
  way->held = 0;
  way->state = HVUV__WAY_READING;
  return hvuv__port_read_start(way->from);
}

int hvuv__way_on_eof(hvuv__way_t* way) {
  int err;

  assert(way->state == HVUV__WAY_READING);
  way->state = HVUV__WAY_SHUTTING;
  check(way);
  err = hvuv__port_shutdown(way->to);
  return err == 0 ? 0 : hvuv__way_on_shutdown(way, err);
}

/* A far port that is gone already needs no shutdown: what it had to say, or
 * what became of it, the other way reads. */
int hvuv__way_on_shutdown(hvuv__way_t* way, int status) {
  assert(way->state == HVUV__WAY_SHUTTING);
  if (status != 0 && status != UV_ENOTCONN)
    return status;
  way->state = HVUV__WAY_ENDED;
  check(way);
  return 0;
}
