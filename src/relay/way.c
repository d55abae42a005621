/* clang-format off */
/*
 * Two streams joined: how bytes go.
 *
 * A relay is two ways, one from each end to the other, that know nothing of
 * each other but whether they have ended:
 *
 *            bytes, all taken at once
 *              +--+
 *              v  |   bytes left                  the end of input
 *   start --> READING ------------> WRITING    READING ----> SHUTTING --> ENDED
 *                ^                     |
 *                +---------------------+
 *                       written
 *
 * So a way holds at most what one read gave it, in a buffer of its own, and
 * while it waits for its far end it reads nothing from its near one: there the
 * kernel fills up, and the peer waits.
 *
 * Both ENDED is the safe close: everything was written, both ends were shut
 * down behind it, and both peers' ends of input were read, so closing loses
 * nothing. Everything else is a failure, and closes both ends in the middle.
 *
 * The relay, its requests, its timer and both buffers are one block, which goes
 * when the last of the handles in it has closed.
 */
/* clang-format on */
#include "relay/relay.h"

static int index_of(const hvuv__relay_end_t* end) {
  return end == &end->relay->ends[1];
}

void hvuv__relay_on_alloc(hvuv__relay_end_t* end, uv_buf_t* buf) {
  hvuv__relay_t* r = end->relay;

  *buf =
      uv_buf_init(r->ways[index_of(end)].base, (unsigned int) r->buffer_bytes);
}

static void pass_on(hvuv__relay_t* r, int from, size_t nread) {
  hvuv__relay_end_t* to = &r->ends[!from];
  hvuv__way_t* way = &r->ways[from];
  size_t taken = 0;
  int n;

  n = hvuv__relay_end_try_write(to, way->base, nread);
  if (n > 0)
    taken = (size_t) n;
  r->relay->bytes[from] += taken;
  if (taken < nread && (n >= 0 || n == UV_EAGAIN)) {
    hvuv__relay_end_pause(&r->ends[from]);
    way->state = HVUV__WAY_WRITING;
    way->held = nread - taken;
    n = hvuv__relay_end_write(to, way->base + taken, way->held);
  }
  if (n < 0)
    hvuv__relay_finish(r, n);
  else
    hvuv__relay_moved(r);
}

void hvuv__relay_on_written(hvuv__relay_end_t* to, int status) {
  hvuv__relay_t* r = to->relay;
  int from = !index_of(to);
  hvuv__way_t* way = &r->ways[from];

  if (r->closing)
    return;

  if (status == 0) {
    hvuv__relay_moved(r);
    r->relay->bytes[from] += way->held;
    way->state = HVUV__WAY_READING;
    status = hvuv__relay_end_read(&r->ends[from]);
  }
  if (status != 0)
    hvuv__relay_finish(r, status);
}

/* A far end that is gone already needs no shutdown: what it had to say, or
 * what became of it, its own way is told. */
static void end_way(hvuv__relay_t* r, int from, int status) {
  if (status != 0 && status != UV_ENOTCONN) {
    hvuv__relay_finish(r, status);
    return;
  }

  r->ways[from].state = HVUV__WAY_ENDED;
  if (r->ways[!from].state == HVUV__WAY_ENDED)
    hvuv__relay_finish(r, 0);
}

static void pass_end_on(hvuv__relay_t* r, int from) {
  int err;

  r->ways[from].state = HVUV__WAY_SHUTTING;
  err = hvuv__relay_end_shutdown(&r->ends[!from]);
  if (err != 0)
    end_way(r, from, err);
}

void hvuv__relay_on_shutdown(hvuv__relay_end_t* to, int status) {
  if (!to->relay->closing)
    end_way(to->relay, !index_of(to), status);
}

void hvuv__relay_on_read(hvuv__relay_end_t* end, ssize_t nread) {
  hvuv__relay_t* r = end->relay;
  int from = index_of(end);

  if (r->closing)
    return;

  /* Some systems say so in place of the end of input to one who has ended his
   * own direction. */
  if (nread == UV_ENOTCONN && r->ways[!from].state == HVUV__WAY_ENDED)
    nread = UV_EOF;

  if (nread > 0)
    pass_on(r, from, (size_t) nread);
  else if (nread == UV_EOF)
    pass_end_on(r, from);
  else
    hvuv__relay_finish(r, (int) nread);
}
