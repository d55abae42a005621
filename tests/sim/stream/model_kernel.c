/* What the kernel was asked, and said. */
#include <string.h>

#include "model.h"
#include "sim/sim.h"

static int waits(const model_req_t* req) {
  return !req->is_shutdown && !req->is_decided;
}

/* Writes without bytes that are first in line have nothing that could fail. */
static void finish_empty(model_t* m) {
  int i;

  for (i = 0; i < m->nreqs; i++) {
    if (waits(&m->reqs[i]) && m->reqs[i].size > 0)
      return;
    if (waits(&m->reqs[i]))
      m->reqs[i].is_decided = 1;
  }
}

/* The first write that waits ends so, those behind it were given up. */
void model_fail_writes(model_t* m, int status) {
  int i;

  finish_empty(m);
  for (i = 0; i < m->nreqs; i++) {
    if (!waits(&m->reqs[i]))
      continue;
    m->reqs[i].is_decided = 1;
    m->reqs[i].status = status;
    status = UV_ECANCELED;
  }
}

/* A walk over bytes that lie in pieces. */
typedef struct walk_s {
  const model_t* m;
  int req;
  size_t done;
} walk_t;

/* The next byte that is to be sent: of the try_write that runs, else of the
 * first write that waits. -1 if there is none. */
static int next_byte(walk_t* w) {
  const model_req_t* req;

  if (w->m->trying != NULL) {
    for (; w->req < (int) w->m->ntrying; w->req++, w->done = 0)
      if (w->done < w->m->trying[w->req].len)
        return (unsigned char) w->m->trying[w->req].base[w->done++];
    return -1;
  }
  for (; w->req < w->m->nreqs; w->req++, w->done = 0) {
    req = &w->m->reqs[w->req];
    if (waits(req) && req->taken + w->done < req->size)
      return (unsigned char) req->bytes[req->taken + w->done++];
  }
  return -1;
}

void model_kernel_offered(model_t* m,
                          const uv_buf_t bufs[],
                          unsigned int nbufs) {
  walk_t walk = {m, 0, 0};
  unsigned int i;
  size_t k;

  SIM_EXPECT(m->state == MODEL_OPEN,
             "bytes are sent by an open stream only",
             "slot %d",
             m->slot);
  m->offered = 0;
  for (i = 0; i < nbufs; i++) {
    for (k = 0; k < bufs[i].len; k++)
      SIM_EXPECT(next_byte(&walk) == (unsigned char) bufs[i].base[k],
                 "bytes are sent as they were written",
                 "slot %d: byte %zu of a send",
                 m->slot,
                 m->offered + k);
    m->offered += bufs[i].len;
  }
}

static void took(model_t* m, size_t n) {
  model_req_t* req;
  size_t step;
  int i;

  finish_empty(m);
  for (i = 0; i < m->nreqs; i++) {
    req = &m->reqs[i];
    if (!waits(req))
      continue;
    step = req->size - req->taken < n ? req->size - req->taken : n;
    req->taken += step;
    n -= step;
    req->is_decided = req->taken == req->size && req->size > 0;
  }
  finish_empty(m);
}

void model_kernel_sent(model_t* m, ssize_t result) {
  if (m->trying != NULL)
    return;
  m->is_blocked = result < (ssize_t) m->offered;
  if (result >= 0)
    took(m, (size_t) result);
  else if (result != UV_EAGAIN && result != UV_ENOBUFS)
    model_fail_writes(m, (int) result);
  else if (m->socket_error != 0 && m->state == MODEL_OPEN)
    model_fail_writes(m, m->socket_error);
  else
    m->is_full = 1;
}

void model_kernel_received(model_t* m, ssize_t result) {
  m->is_full = 0;
  SIM_EXPECT(m->is_reading && m->is_lent,
             "the kernel is read while the program reads",
             "slot %d",
             m->slot);
  if (result > 0 || result == UV_EAGAIN)
    return;
  m->is_end_owed = 1;
  m->end_said = result == 0            ? UV_EOF
                : result == UV_ENOBUFS ? UV_ECONNRESET
                                       : (int) result;
}

void model_kernel_error(model_t* m, int error) {
  if (m->state == MODEL_CONNECTING && m->connect_said == 1 && error <= 0)
    m->connect_said = error;
  if (m->state == MODEL_LISTENING)
    m->accept_said = error;
  if ((m->state != MODEL_OPEN && m->state != MODEL_RELAYED) || error == 0)
    return;
  if (m->socket_error == 0)
    m->socket_error = error;
  if (m->is_full && m->state == MODEL_OPEN)
    model_fail_writes(m, error);
  m->is_full = 0;
}

void model_kernel_shutdown(model_t* m, int result) {
  int i;

  SIM_EXPECT(m->state == MODEL_OPEN && m->is_shut,
             "the socket is shut down when that was asked for",
             "slot %d",
             m->slot);
  finish_empty(m);
  for (i = 0; i < m->nreqs; i++) {
    if (m->reqs[i].is_off)
      continue;
    if (!m->reqs[i].is_shutdown) {
      SIM_EXPECT(m->reqs[i].is_decided,
                 "the shutdown waits for the writes before it",
                 "slot %d",
                 m->slot);
      continue;
    }
    SIM_EXPECT(!m->reqs[i].is_decided,
               "the socket is shut down once",
               "slot %d",
               m->slot);
    m->reqs[i].is_decided = 1;
    m->reqs[i].status = result;
  }
}

void model_kernel_accepted(model_t* m, int result) {
  SIM_EXPECT(m->state == MODEL_LISTENING && !m->waiting && !m->is_untold &&
                 !m->is_dead,
             "connections are taken one at a time",
             "slot %d",
             m->slot);
  if (result == 0)
    m->is_untold = 1;
  else
    m->accept_said = result;
}
