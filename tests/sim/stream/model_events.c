/* What happens to a stream, and whether it may. */
#include <string.h>

#include "sim/sim.h"
#include "model.h"

/* --- What was called and accepted ----------------------------------------- */

void model_opened(model_t* m) {
  m->state = MODEL_OPEN;
}

void model_connecting(model_t* m, uint64_t deadline_ms) {
  m->state = MODEL_CONNECTING;
  m->deadline_ms = deadline_ms;
  m->connect_said = 1;
  m->is_poll_broken = 0;
  m->received = 0;
}

void model_reading(model_t* m) {
  if (m->read_end == UV_EOF)
    m->is_end_due = 1;
  else
    m->is_reading = 1;
}

void model_stopped(model_t* m) {
  if (m->lent_size == 0)
    m->is_lent = 0; /* There is none to be returned. */
  m->is_reading = 0;
  m->is_end_due = 0;
}

static model_req_t* add_req(model_t* m) {
  model_req_t* req = &m->reqs[m->nreqs++];

  memset(req, 0, sizeof(*req));
  return req;
}

void model_wrote(model_t* m, const char* bytes, size_t size) {
  model_req_t* req = add_req(m);

  req->bytes = bytes;
  req->size = size;
}

void model_shut(model_t* m) {
  add_req(m)->is_shutdown = 1;
  m->is_shut = 1;
}

void model_closing(model_t* m, int is_reset) {
  SIM_EXPECT(is_reset || m->state != MODEL_OPEN || m->is_blocked ||
                 model_is_queued(m) != 1,
             "a close sends what was gathered",
             "slot %d",
             m->slot);
  m->state = MODEL_CLOSING;
  model_stopped(m);
}

/* --- What was called back ------------------------------------------------- */

void model_on_alloc(model_t* m) {
  SIM_EXPECT(m->state == MODEL_OPEN && m->is_reading,
             "a buffer is asked for while the stream reads",
             "slot %d",
             m->slot);
  SIM_EXPECT(!m->is_lent, "one buffer at a time", "slot %d", m->slot);
}

void model_on_lent(model_t* m, const char* base, size_t size) {
  m->is_lent = 1;
  m->lent_base = base;
  m->lent_size = size;
}

/* The end of input, or an error of the kernel's; its own UV_ENOBUFS is a reset,
 * for that code has another meaning. An error that it had kept comes first. */
static int may_be_end(const model_t* m, ssize_t code) {
  if (m->socket_error != 0)
    return code == m->socket_error || (m->is_end_owed && code == m->end_said);
  return m->is_end_owed && code == m->end_said;
}

static void on_bytes(model_t* m, ssize_t nread, const uv_buf_t* buf) {
  SIM_EXPECT(m->state == MODEL_OPEN && m->is_reading,
             "nothing is read after a stop",
             "slot %d: %zd",
             m->slot,
             nread);
  if (nread == UV_ENOBUFS) {
    SIM_EXPECT(buf->len == 0, "no buffer, no memory", "slot %d", m->slot);
    return;
  }
  if (nread > 0) {
    SIM_EXPECT((size_t) nread <= m->lent_size,
               "no more is read than the buffer has room for",
               "slot %d",
               m->slot);
    m->received += (unsigned long) nread;
    return;
  }
  SIM_EXPECT(may_be_end(m, nread),
             "reading ends when the kernel has said so",
             "slot %d: %s",
             m->slot,
             uv_err_name((int) nread));
  SIM_EXPECT(nread != UV_EOF || m->socket_error == 0,
             "an error is no end of input",
             "slot %d",
             m->slot);
  m->is_end_owed = 0;
  m->is_reading = 0;
  m->read_end = (int) nread;
}

void model_on_read(model_t* m, ssize_t nread, const uv_buf_t* buf) {
  if (!m->is_lent && nread == UV_ENOBUFS && buf->len == 0 && m->is_reading)
    return;
  if (!m->is_lent) {
    SIM_EXPECT(m->is_end_due && nread == UV_EOF && buf->len == 0,
               "a read callback returns a buffer",
               "slot %d: %zd",
               m->slot,
               nread);
    m->is_end_due = 0;
    return;
  }
  SIM_EXPECT(buf->base == m->lent_base && buf->len == m->lent_size,
             "a buffer comes back as it was lent",
             "slot %d",
             m->slot);
  m->is_lent = 0;
  if (nread != 0)
    on_bytes(m, nread, buf);
}

/* A read error ends what waits to be written, unless the program has closed. */
void model_after_read(model_t* m, ssize_t nread) {
  if (m->state == MODEL_OPEN && nread < 0 && nread != UV_EOF &&
      nread != UV_ENOBUFS)
    model_fail_writes(m, (int) nread);
}

static model_req_t take_first(model_t* m, int is_shutdown) {
  model_req_t req;

  SIM_EXPECT(m->nreqs > 0 && m->reqs[0].is_shutdown == is_shutdown,
             "requests call back once, in their order",
             "slot %d",
             m->slot);
  SIM_EXPECT(m->state != MODEL_CONNECTING || m->connect_said == 1 ||
                 m->reqs[0].is_decided,
             "the connect is called back first",
             "slot %d",
             m->slot);
  req = m->reqs[0];
  m->nreqs--;
  memmove(&m->reqs[0], &m->reqs[1], (size_t) m->nreqs * sizeof(m->reqs[0]));
  return req;
}

void model_on_write(model_t* m, const char* bytes, int status) {
  /* A relay closes its streams itself. */
  int is_closing = m->state == MODEL_CLOSING || m->state == MODEL_RELAYED;
  model_req_t req = take_first(m, 0);
  int expected;

  SIM_EXPECT(req.bytes == bytes,
             "requests call back once, in their order",
             "slot %d",
             m->slot);
  SIM_EXPECT(req.is_decided || req.size == 0 || is_closing,
             "a write calls back when it is done",
             "slot %d: %zu of %zu bytes are taken",
             m->slot,
             req.taken,
             req.size);
  expected = req.is_decided || req.size == 0 ? req.status : UV_ECANCELED;
  if (m->state == MODEL_RELAYED && !req.is_decided && status < 0)
    return; /* What has failed there is the relay's to know. */
  SIM_EXPECT(status == expected ||
                 (is_closing && req.size == 0 && status == UV_ECANCELED),
             "a write calls back with what became of it",
             "slot %d: %d, not %d",
             m->slot,
             status,
             expected);
}

void model_on_shutdown(model_t* m, int status) {
  model_req_t req = take_first(m, 1);

  if (m->state == MODEL_CLOSING && status == UV_ECANCELED)
    return;
  SIM_EXPECT(req.is_decided && status == req.status,
             "a shutdown calls back with what became of it",
             "slot %d: %d",
             m->slot,
             status);
}

/* Why a connect may end so. */
static int may_be_connected(const model_t* m, int status, uint64_t now_ms) {
  if (m->state == MODEL_CLOSING)
    return status == UV_ECANCELED;
  if (m->connect_said == 1 && status == UV_ETIMEDOUT)
    return now_ms >= m->deadline_ms;
  if (status == UV_ECONNABORTED && m->is_poll_broken)
    return 1;
  return status == m->connect_said;
}

void model_on_connect(model_t* m, int status, uint64_t now_ms) {
  int i;

  SIM_EXPECT(
      m->deadline_ms != 0, "a connect calls back once", "slot %d", m->slot);
  SIM_EXPECT(may_be_connected(m, status, now_ms),
             "a connect calls back with what became of it",
             "slot %d: %d, the kernel said %d",
             m->slot,
             status,
             m->connect_said);
  m->deadline_ms = 0;
  if (m->state == MODEL_CLOSING)
    return;
  m->state = status == 0 ? MODEL_OPEN : MODEL_IDLE;
  if (status == 0)
    return;

  /* As hvuv_init() left it; what was made behind it calls back next. */
  for (i = 0; i < m->nreqs; i++) {
    m->reqs[i].is_decided = 1;
    m->reqs[i].is_off = 1;
    m->reqs[i].status = UV_ECANCELED;
  }
  m->is_shut = 0;
  m->read_end = 0;
  model_stopped(m);
}

/* After which a listener tries no more. */
static int is_final(int status) {
  return status == UV_EBADF || status == UV_ENOTSOCK || status == UV_EINVAL ||
         status == UV_ENOTSUP || status == UV_EFAULT || status == UV_EEXIST;
}

void model_on_connection(model_t* m, int status) {
  SIM_EXPECT(m->state == MODEL_LISTENING && !m->waiting && !m->is_dead,
             "connections are reported one at a time",
             "slot %d",
             m->slot);
  if (status == 0) {
    SIM_EXPECT(
        m->is_untold, "a connection is reported once", "slot %d", m->slot);
    m->is_untold = 0;
    m->waiting = 1;
    m->is_starved = 0;
    return;
  }
  SIM_EXPECT(status == m->accept_said,
             "a listener reports what the kernel said",
             "slot %d: %d, not %d",
             m->slot,
             status,
             m->accept_said);
  SIM_EXPECT(!m->is_starved || is_final(status),
             "that nobody can be accepted is reported once",
             "slot %d",
             m->slot);
  m->is_starved = 1;
  m->is_dead = is_final(status);
}

void model_on_close(model_t* m) {
  SIM_EXPECT(m->state == MODEL_CLOSING,
             "a close calls back once, when it was asked for",
             "slot %d",
             m->slot);
  SIM_EXPECT(m->nreqs == 0 && !m->is_lent,
             "the close callback is the last",
             "slot %d: %d requests are left",
             m->slot,
             m->nreqs);
  m->state = MODEL_NONE;
}
