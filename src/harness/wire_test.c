/*
 * The wire that is a test program.
 *
 * The wire's verbs only write down what is wanted. What comes of it happens in
 * hvuv__test_run(), which every function of hvuv/testing.h that changes
 * something calls: one step after the other, each what a loop would have done
 * for a socket, until no step has anything to do. So no handler is called from
 * inside a function that it called itself, as conn.h promises.
 */
#include "harness/wire_test.h"

#include <stdlib.h>
#include <string.h>

#include "loop/hub.h"

/* A handler that sends whenever it may would have each call go on for ever. */
#define STEPS_MAX 10000

static hvuv_test_t* test_of(const hvuv_conn_t* conn) {
  return (hvuv_test_t*) conn->group;
}

void* hvuv__test_need(void* block) {
  if (block == NULL)
    abort();
  return block;
}

char* hvuv__test_extend(hvuv__test_bytes_t* bytes, size_t nbytes) {
  size_t room = bytes->room == 0 ? 256 : bytes->room;
  char* end;

  while (room - bytes->used <= nbytes)
    room *= 2;
  if (room != bytes->room) {
    bytes->base = hvuv__test_need(realloc(bytes->base, room));
    bytes->room = room;
  }
  end = bytes->base + bytes->used;
  bytes->used += nbytes;
  bytes->base[bytes->used] = '\0';
  return end;
}

/* --- The wire's verbs ----------------------------------------------------- */

static int wire_read(hvuv_conn_t* conn, int on) {
  hvuv_test_t* test = test_of(conn);

  test->flags &= ~(unsigned int) HVUV__TEST_READING;
  if (on)
    test->flags |= HVUV__TEST_READING;
  return 0;
}

static int wire_write(hvuv_conn_t* conn, hvuv__chunk_t* chunk) {
  hvuv_test_t* test = test_of(conn);
  hvuv_write_t* req = &chunk->req;

  req->data = chunk;
  req->next = NULL;
  req->queued_bytes = chunk->nbytes;
  if (test->head == NULL)
    test->head = req;
  else
    test->tail->next = req;
  test->tail = req;
  test->queued += chunk->nbytes;
  return 0;
}

static int wire_try_write(hvuv_conn_t* conn,
                          const uv_buf_t bufs[],
                          unsigned int nbufs) {
  hvuv_test_t* test = test_of(conn);
  unsigned int i;
  size_t taken;
  size_t n;

  if (test->failure != 0)
    return test->failure;
  if (test->room == 0 || test->head != NULL)
    return UV_EAGAIN;

  taken = 0;
  for (i = 0; i < nbufs && test->room > 0; i++) {
    if (bufs[i].len == 0)
      continue; /* It may have no base, which memcpy() must not be told. */
    n = bufs[i].len < test->room ? bufs[i].len : test->room;
    memcpy(hvuv__test_extend(&test->sent, n), bufs[i].base, n);
    if (test->room != HVUV__TEST_NO_LIMIT)
      test->room -= n;
    taken += n;
  }
  return (int) taken;
}

static size_t wire_queued(const hvuv_conn_t* conn) {
  return test_of(conn)->queued;
}

static int wire_shutdown(hvuv_conn_t* conn) {
  test_of(conn)->flags |= HVUV__TEST_SHUTTING;
  return 0;
}

static void wire_close(hvuv_conn_t* conn) {
  test_of(conn)->flags |= HVUV__TEST_CLOSING;
}

static void wire_hold(hvuv_conn_t* conn, int change) {
  (void) conn;
  (void) change;
}

static int name_of(const hvuv_conn_t* conn, int which, hvuv_addr_t* addr) {
  const hvuv_test_t* test = test_of(conn);

  if (!test->has_name[which])
    return UV_ENOTSUP;
  *addr = test->names[which];
  return 0;
}

static int wire_peer(const hvuv_conn_t* conn, hvuv_addr_t* addr) {
  return name_of(conn, 0, addr);
}

static int wire_local(const hvuv_conn_t* conn, hvuv_addr_t* addr) {
  return name_of(conn, 1, addr);
}

static uint64_t wire_now(const hvuv__group_t* group) {
  return ((const hvuv_test_t*) group)->now_ms;
}

static void wire_set_alarm(hvuv__group_t* group, uint64_t delay_ms) {
  hvuv_test_t* test = (hvuv_test_t*) group;

  test->alarm_ms = delay_ms < UINT64_MAX - test->now_ms
                       ? test->now_ms + delay_ms
                       : UINT64_MAX;
}

const hvuv__wire_t hvuv__test_wire = {
    .read = wire_read,
    .write = wire_write,
    .try_write = wire_try_write,
    .queued = wire_queued,
    .shutdown = wire_shutdown,
    .close = wire_close,
    .hold = wire_hold,
    .peer = wire_peer,
    .local = wire_local,
    .now = wire_now,
    .set_alarm = wire_set_alarm,
};

/* --- What comes of them: steps -------------------------------------------- */

/* Each returns whether there was something to do. */

static void tell_first(hvuv_test_t* test, int status) {
  hvuv_write_t* req = test->head;

  test->head = req->next;
  test->queued -= req->queued_bytes;
  hvuv__conn_sent(req->data, status);
}

static int step_close(hvuv_test_t* test) {
  if (!hvuv__test_has(test, HVUV__TEST_CLOSING))
    return 0;
  while (test->head != NULL)
    tell_first(test, UV_ECANCELED);
  hvuv__conn_closed(test->conn);
  return 1;
}

static int step_fail(hvuv_test_t* test) {
  if (test->failure == 0 ||
      (!hvuv__test_has(test, HVUV__TEST_READING) && test->head == NULL))
    return 0;
  if (hvuv__test_has(test, HVUV__TEST_READING))
    hvuv__conn_failed(test->conn, test->failure);
  else
    tell_first(test, test->failure);
  return 1;
}

static int step_alarm(hvuv_test_t* test) {
  if (test->alarm_ms > test->now_ms)
    return 0;
  test->alarm_ms = UINT64_MAX;
  hvuv__group_alarm(&test->group);
  return 1;
}

/* Copies what stands at the offset of a chunk, whose bytes may lie anywhere. */
static void copy_out(const hvuv__chunk_t* chunk,
                     size_t offset,
                     size_t nbytes,
                     char* to) {
  const uv_buf_t* buf;
  size_t n;

  for (buf = chunk->bufs; nbytes > 0; buf++) {
    if (offset >= buf->len) {
      offset -= buf->len;
      continue;
    }
    n = buf->len - offset < nbytes ? buf->len - offset : nbytes;
    memcpy(to, buf->base + offset, n);
    to += n;
    nbytes -= n;
    offset = 0;
  }
}

/* The peer takes of one chunk what it has room for. */
static void take(hvuv_test_t* test, hvuv_write_t* req) {
  const hvuv__chunk_t* chunk = req->data;
  size_t n;

  n = req->queued_bytes < test->room ? req->queued_bytes : test->room;
  copy_out(chunk,
           chunk->nbytes - req->queued_bytes,
           n,
           hvuv__test_extend(&test->sent, n));
  req->queued_bytes -= n;
  test->queued -= n;
  if (test->room != HVUV__TEST_NO_LIMIT)
    test->room -= n;
}

/* All is taken that can be, and then the connection is told of what was taken
 * whole; not of what it sends meanwhile. */
static int step_send(hvuv_test_t* test) {
  size_t before = test->queued;
  unsigned int ndone = 0;
  hvuv_write_t* req;

  for (req = test->head; req != NULL; req = req->next) {
    take(test, req);
    if (req->queued_bytes > 0)
      break;
    ndone++;
  }
  if (ndone == 0)
    return test->queued != before;
  while (ndone-- > 0)
    tell_first(test, 0);
  return 1;
}

static int step_shutdown(hvuv_test_t* test) {
  if (!hvuv__test_has(test, HVUV__TEST_SHUTTING) || test->head != NULL)
    return 0;
  test->flags &= ~(unsigned int) HVUV__TEST_SHUTTING;
  test->flags |= HVUV__TEST_ENDED;
  hvuv__conn_shut(test->conn, 0);
  return 1;
}

/* A read gets a block of its own size, so that a sanitizer sees who looks
 * behind it or keeps it. */
static void read_slice(hvuv_test_t* test, size_t nbytes) {
  char* slice = hvuv__test_need(malloc(nbytes));

  memcpy(slice, test->inbox.base + test->read, nbytes);
  test->read += nbytes;
  if (test->read == test->inbox.used) {
    test->read = 0;
    test->inbox.used = 0;
  }
  hvuv__conn_received(test->conn, slice, nbytes);
  free(slice);
}

static int step_read(hvuv_test_t* test) {
  size_t unread = test->inbox.used - test->read;

  if (!hvuv__test_has(test, HVUV__TEST_READING))
    return 0;
  if (unread > 0) {
    read_slice(test,
               unread < HVUV__HUB_BUFFER_BYTES ? unread
                                               : HVUV__HUB_BUFFER_BYTES);
    return 1;
  }
  if (!hvuv__test_has(test, HVUV__TEST_PEER_ENDS))
    return 0;
  test->flags &= ~(unsigned int) (HVUV__TEST_PEER_ENDS | HVUV__TEST_READING);
  test->flags |= HVUV__TEST_PEER_ENDED;
  hvuv__conn_received_end(test->conn);
  return 1;
}

static int step(hvuv_test_t* test) {
  return step_close(test) || step_fail(test) || step_alarm(test) ||
         step_send(test) || step_shutdown(test) || step_read(test);
}

void hvuv__test_run(hvuv_test_t* test) {
  int i;

  if (hvuv__test_has(test, HVUV__TEST_RUNNING))
    return;
  test->flags |= HVUV__TEST_RUNNING;
  for (i = 0; i < STEPS_MAX && test->conn != NULL; i++)
    if (!step(test))
      break;
  test->flags &= ~(unsigned int) HVUV__TEST_RUNNING;
}
