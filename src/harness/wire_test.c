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

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "conn/conn_group.h"

/* A handler that sends whenever it may would have each call go on for ever. */
#define STEPS_MAX 10000

/* In front of a chunk. */
typedef struct front_s {
  hvuv__chunk_t* next;
  size_t left; /* bytes that the peer has not taken */
} front_t;

static front_t* front_of(hvuv__chunk_t* chunk) {
  return (front_t*) (void*) ((char*) chunk - HVUV__ALIGNED(sizeof(front_t)));
}

static hvuv_test_t* test_of(const hvuv_conn_t* conn) {
  return (hvuv_test_t*) conn->group;
}

static void check(const hvuv_test_t* test) {
  assert((test->head == NULL) == (test->tail == NULL));
  assert(test->head != NULL || test->queued == 0);
  assert(test->read <= test->inbox.used);
  assert(test->ours != HVUV__TEST_ENDED || test->head == NULL);
  assert(!test->is_reading || test->peers != HVUV__TEST_ENDED);
  assert(test->failure <= 0);
  (void) test;
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

static int wire_has_unread(const hvuv_conn_t* conn) {
  const hvuv_test_t* test = test_of(conn);

  return test->inbox.used > test->read;
}

static int wire_read(hvuv_conn_t* conn, int on) {
  hvuv_test_t* test = test_of(conn);

  assert(test->is_reading != on);
  test->is_reading = on;
  return 0;
}

static int wire_write(hvuv_conn_t* conn, hvuv__chunk_t* chunk) {
  hvuv_test_t* test = test_of(conn);
  front_t* front = front_of(chunk);

  assert(test->ours == HVUV__TEST_OPEN && !test->is_closing);
  front->next = NULL;
  front->left = chunk->nbytes;
  if (test->head == NULL)
    test->head = chunk;
  else
    front_of(test->tail)->next = chunk;
  test->tail = chunk;
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
  if (test->send_failure != 0)
    return test->send_failure;
  if (test->room == 0 || test->head != NULL)
    return UV_EAGAIN;

  taken = 0;
  for (i = 0; i < nbufs && test->room > 0; i++) {
    if (bufs[i].len == 0)
      continue; /* It may have no base, which memcpy() does not allow. */
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
  assert(test_of(conn)->ours == HVUV__TEST_OPEN);
  test_of(conn)->ours = HVUV__TEST_ENDING;
  return 0;
}

static void wire_close(hvuv_conn_t* conn, int resets) {
  hvuv_test_t* test = test_of(conn);

  assert(!test->is_closing);
  test->is_closing = 1;
  test->was_reset = resets;
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

static void wire_look(hvuv_conn_t* conn);

const hvuv__wire_t hvuv__test_wire = {
    .chunk_bytes = sizeof(front_t),
    .has_unread = wire_has_unread,
    .read = wire_read,
    .write = wire_write,
    .try_write = wire_try_write,
    .queued = wire_queued,
    .outstanding = wire_queued,
    .shutdown = wire_shutdown,
    .close = wire_close,
    .look = wire_look,
    .hold = wire_hold,
    .peer = wire_peer,
    .local = wire_local,
};

/* --- The clock's ---------------------------------------------------------- */

static uint64_t clock_now(const hvuv__group_t* group) {
  return ((const hvuv_test_t*) group)->now_ms;
}

static void clock_set_alarm(hvuv__group_t* group, uint64_t delay_ms) {
  hvuv_test_t* test = (hvuv_test_t*) group;

  test->alarm_ms = delay_ms < UINT64_MAX - test->now_ms
                       ? test->now_ms + delay_ms
                       : UINT64_MAX;
}

const hvuv__clock_t hvuv__test_clock = {
    .now = clock_now,
    .exact_now = clock_now,
    .set_alarm = clock_set_alarm,
};

/* --- What comes of them: steps -------------------------------------------- */

/* Each returns whether there was something to do. */

static void report_first(hvuv_test_t* test, int status) {
  hvuv__chunk_t* chunk = test->head;

  test->head = front_of(chunk)->next;
  if (test->head == NULL)
    test->tail = NULL;
  test->queued -= front_of(chunk)->left;
  hvuv__conn_sent(chunk, status);
}

static int step_close(hvuv_test_t* test) {
  if (!test->is_closing)
    return 0;
  while (test->head != NULL)
    report_first(test, UV_ECANCELED);
  hvuv__conn_closed(test->conn);
  return 1;
}

static int step_fail(hvuv_test_t* test) {
  if (test->failure == 0 || (!test->is_reading && test->head == NULL))
    return 0;
  if (test->is_reading)
    hvuv__conn_failed(test->conn, test->failure);
  else
    report_first(test, test->failure);
  return 1;
}

/* The first that fails takes those behind it along, which were not tried. */
static int step_fail_sending(hvuv_test_t* test) {
  int status = test->send_failure;

  if (status == 0 || test->head == NULL)
    return 0;
  for (; test->head != NULL && !test->is_closing; status = UV_ECANCELED)
    report_first(test, status);
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
static void take(hvuv_test_t* test, hvuv__chunk_t* chunk) {
  front_t* front = front_of(chunk);
  size_t n;

  assert(front->left <= chunk->nbytes);
  n = front->left < test->room ? front->left : test->room;
  copy_out(
      chunk, chunk->nbytes - front->left, n, hvuv__test_extend(&test->sent, n));
  front->left -= n;
  test->queued -= n;
  if (test->room != HVUV__TEST_NO_LIMIT)
    test->room -= n;
}

/* All is taken that can be, and then what was taken whole is reported to the
 * connection; not what it sends meanwhile. */
static int step_send(hvuv_test_t* test) {
  size_t before = test->queued;
  unsigned int ndone = 0;
  hvuv__chunk_t* chunk;

  for (chunk = test->head; chunk != NULL; chunk = front_of(chunk)->next) {
    take(test, chunk);
    if (front_of(chunk)->left > 0)
      break;
    ndone++;
  }
  if (ndone == 0)
    return test->queued != before;
  while (ndone-- > 0)
    report_first(test, 0);
  return 1;
}

static int step_shutdown(hvuv_test_t* test) {
  if (test->ours != HVUV__TEST_ENDING || test->head != NULL)
    return 0;
  test->ours = HVUV__TEST_ENDED;
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

  if (!test->is_reading)
    return 0;
  if (unread > 0) {
    read_slice(test, unread < HVUV__SLICE_BYTES ? unread : HVUV__SLICE_BYTES);
    return 1;
  }
  if (test->peers != HVUV__TEST_ENDING)
    return 0;
  test->is_reading = 0;
  test->peers = HVUV__TEST_ENDED;
  hvuv__conn_received_end(test->conn);
  return 1;
}

static int step(hvuv_test_t* test) {
  return step_close(test) || step_fail(test) || step_alarm(test) ||
         step_fail_sending(test) || step_send(test) || step_shutdown(test) ||
         step_read(test);
}

static void wire_look(hvuv_conn_t* conn) {
  hvuv_test_t* test = test_of(conn);
  int i;

  for (i = 0; i < STEPS_MAX && !test->is_closing; i++)
    if (!step_fail(test) && !step_fail_sending(test) && !step_send(test) &&
        !step_shutdown(test) && !step_read(test))
      break;
}

void hvuv__test_run(hvuv_test_t* test) {
  int i;

  if (test->is_running)
    return;
  test->is_running = 1;
  for (i = 0; i < STEPS_MAX && test->conn != NULL; i++) {
    check(test);
    if (!step(test))
      break;
  }
  test->is_running = 0;
  check(test);
}
