/* What calls return, and what can be asked. */
#include "model.h"

#include <string.h>

#include "sim/sim.h"

void model_init(model_t* m, int slot) {
  memset(m, 0, sizeof(*m));
  m->slot = slot;
  m->state = MODEL_IDLE;
  m->has_ref = 1;
  m->deadline_ms = UINT64_MAX;
}

static int is_connected(const model_t* m) {
  return m->state == MODEL_CONNECTING || m->state == MODEL_OPEN;
}

static int has_failed(const model_t* m) {
  return m->read_end != 0 && m->read_end != UV_EOF;
}

/* Requests that are the stream's. */
static int is_busy(const model_t* m) {
  int i;

  for (i = 0; i < m->nreqs; i++)
    if (!m->reqs[i].is_off)
      return 1;
  return 0;
}

/* --- What calls return ---------------------------------------------------- */

int model_open(const model_t* m) {
  if (m->state == MODEL_CLOSING)
    return UV_EINVAL;
  return m->state == MODEL_IDLE ? 0 : UV_EBUSY;
}

int model_connect(const model_t* m) {
  switch (m->state) {
    case MODEL_IDLE:
      return 0;
    case MODEL_CONNECTING:
      return UV_EALREADY;
    case MODEL_OPEN:
      return UV_EISCONN;
    default:
      return UV_EINVAL;
  }
}

int model_listen(const model_t* m) {
  return m->state == MODEL_LISTENING && !m->is_dead ? 0 : UV_EINVAL;
}

int model_accept(const model_t* server, const model_t* client) {
  if (server->state != MODEL_LISTENING || client->state == MODEL_CLOSING)
    return UV_EINVAL;
  if (client->state != MODEL_IDLE)
    return UV_EBUSY;
  return server->waiting ? 0 : UV_EAGAIN;
}

int model_read_start(const model_t* m) {
  if (m->state == MODEL_CLOSING)
    return UV_EINVAL;
  if (!is_connected(m) || has_failed(m))
    return UV_ENOTCONN;
  return m->is_reading || m->is_end_due ? UV_EALREADY : 0;
}

int model_write(const model_t* m) {
  if (m->state == MODEL_LISTENING)
    return UV_EPIPE;
  if (!is_connected(m))
    return UV_EBADF;
  return m->is_shut || has_failed(m) ? UV_EPIPE : 0;
}

int model_shutdown(const model_t* m) {
  return is_connected(m) && !m->is_shut && !has_failed(m) ? 0 : UV_ENOTCONN;
}

int model_detach(const model_t* m) {
  if (m->state == MODEL_CLOSING)
    return UV_EINVAL;
  if (m->state == MODEL_CONNECTING)
    return UV_EBUSY;
  if (m->state != MODEL_OPEN)
    return UV_ENOTCONN;
  if (is_busy(m))
    return UV_EBUSY;
  return has_failed(m) || m->socket_error != 0 ? UV_ENOTCONN : 0;
}

int model_set_timeout(const model_t* m) {
  if (m->state == MODEL_CLOSING)
    return UV_EINVAL;
  return m->state == MODEL_CONNECTING ? UV_EALREADY : 0;
}

int model_is_queued(const model_t* m) {
  int found;
  int i;

  if (m->state == MODEL_CONNECTING)
    return 1;
  found = 0;
  for (i = 0; i < m->nreqs; i++) {
    if (m->reqs[i].is_shutdown || m->reqs[i].is_decided)
      continue;
    if (m->reqs[i].size > 0)
      return 1;
    found = -1;
  }
  return found;
}

/* --- What can be asked at any time ---------------------------------------- */

int model_is_readable(const model_t* m) {
  return m->state == MODEL_OPEN && !has_failed(m);
}

int model_is_writable(const model_t* m) {
  return m->state == MODEL_OPEN && !m->is_shut && !has_failed(m);
}

int model_is_active(const model_t* m) {
  if (m->state == MODEL_LISTENING)
    return !m->is_dead;
  return m->state == MODEL_CONNECTING ||
         (m->state == MODEL_OPEN &&
          (is_busy(m) || m->is_reading || m->is_end_due));
}

int model_has_socket(const model_t* m) {
  return m->state == MODEL_LISTENING || is_connected(m);
}

size_t model_queue_size(const model_t* m) {
  size_t bytes;
  int i;

  bytes = 0;
  for (i = 0; i < m->nreqs; i++)
    if (!m->reqs[i].is_shutdown && !m->reqs[i].is_decided)
      bytes += m->reqs[i].size - m->reqs[i].taken;
  return bytes;
}

int model_holds_loop(const model_t* m) {
  if (m->state == MODEL_CONNECTING || m->state == MODEL_CLOSING)
    return 1;
  if (m->nreqs > 0)
    return 1;
  if (!m->has_ref)
    return 0;
  return (m->state == MODEL_LISTENING && !m->is_dead) ||
         (m->state == MODEL_OPEN && m->is_reading);
}

void model_check(const model_t* m, unsigned long taken_from_kernel) {
  SIM_EXPECT(!m->is_lent, "a buffer comes back", "slot %d", m->slot);
  SIM_EXPECT(!m->is_untold || m->state != MODEL_LISTENING,
             "an accepted connection is reported",
             "slot %d",
             m->slot);
  if (m->state != MODEL_OPEN)
    return;
  SIM_EXPECT(m->received == taken_from_kernel,
             "nothing is read ahead or lost",
             "slot %d: %lu bytes taken, %lu handed out",
             m->slot,
             taken_from_kernel,
             m->received);
  SIM_EXPECT(!m->is_end_owed || !m->is_reading,
             "the end of reading is reported",
             "slot %d",
             m->slot);
}
