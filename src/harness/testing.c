/* The harness' functions; wire_test.c has what is behind them. */
#include "hvuv/testing.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "conn/conn_group.h"
#include "harness/wire_test.h"

#define NEVER UINT64_MAX

/* Not 0, to be as the clocks of loops are. */
#define CLOCK_BEGIN_MS 1000

static void on_gone(hvuv__group_t* group, hvuv_conn_t* conn, int reason) {
  hvuv_test_t* test = (hvuv_test_t*) group;

  assert(conn == test->conn);
  (void) conn;
  test->conn = NULL;
  test->reason = reason;
}

static void prepare(hvuv_test_t* test,
                    const hvuv_limits_t* limits,
                    void* data) {
  hvuv_limits_t defaults;

  test->data = data;
  test->now_ms = CLOCK_BEGIN_MS;
  test->alarm_ms = NEVER;
  test->room = HVUV__TEST_NO_LIMIT;
  hvuv__test_extend(&test->sent, 0);

  hvuv_limits_init(&defaults);
  hvuv__group_prepare(&test->group,
                      &hvuv__test_wire,
                      &hvuv__test_clock,
                      limits != NULL ? limits : &defaults,
                      &test->data);
  test->group.on_gone = on_gone;
}

int hvuv_test_open(hvuv_test_t** out,
                   const hvuv_protocol_t* protocol,
                   const hvuv_limits_t* limits,
                   void* data) {
  hvuv_test_t* test;

  if (out == NULL || hvuv__protocol_check(protocol) != 0 ||
      (limits != NULL && hvuv__limits_check(limits) != 0))
    return UV_EINVAL;

  test = hvuv__test_need(calloc(1, sizeof(*test)));
  prepare(test, limits, data);
  test->conn = hvuv__conn_new(&test->group, protocol);
  if (test->conn == NULL) {
    hvuv_test_close(test);
    return UV_ENOMEM;
  }

  *out = test;
  test->is_running = 1; /* For what on_open calls here. */
  hvuv__conn_open(test->conn);
  test->is_running = 0;
  hvuv__test_run(test);
  return 0;
}

static void set_name(hvuv_test_t* test, int which, const hvuv_addr_t* addr) {
  test->has_name[which] = addr != NULL;
  if (addr != NULL)
    test->names[which] = *addr;
}

void hvuv_test_set_names(hvuv_test_t* test,
                         const hvuv_addr_t* peer,
                         const hvuv_addr_t* local) {
  set_name(test, 0, peer);
  set_name(test, 1, local);
}

size_t hvuv_test_receive(hvuv_test_t* test, const void* bytes, size_t nbytes) {
  const hvuv_conn_t* conn;

  if (nbytes > 0 && test->peers == HVUV__TEST_OPEN && test->failure == 0)
    memcpy(hvuv__test_extend(&test->inbox, nbytes), bytes, nbytes);
  hvuv__test_run(test);

  conn = test->conn;
  if (conn == NULL)
    return 0;
  return test->inbox.used - test->read +
         (conn->stash == NULL ? 0 : conn->stash_bytes - conn->stash_used);
}

void hvuv_test_receive_end(hvuv_test_t* test) {
  if (test->peers == HVUV__TEST_OPEN)
    test->peers = HVUV__TEST_ENDING;
  hvuv__test_run(test);
}

void hvuv_test_break(hvuv_test_t* test, int status) {
  if (test->failure == 0 && status < 0) {
    test->failure = status;
    test->read = 0;
    test->inbox.used = 0;
  }
  hvuv__test_run(test);
}

void hvuv_test_break_sending(hvuv_test_t* test, int status) {
  if (test->send_failure == 0 && status < 0)
    test->send_failure = status;
  hvuv__test_run(test);
}

void hvuv_test_advance(hvuv_test_t* test, uint64_t ms) {
  uint64_t until =
      ms < NEVER - 1 - test->now_ms ? test->now_ms + ms : NEVER - 1;

  hvuv__test_run(test);
  assert(until >= test->now_ms);
  while (test->conn != NULL && test->alarm_ms > test->now_ms &&
         test->alarm_ms <= until) {
    test->now_ms = test->alarm_ms;
    hvuv__test_run(test);
  }
  test->now_ms = until;
  hvuv__test_run(test);
}

void hvuv_test_set_room(hvuv_test_t* test, size_t nbytes) {
  test->room = nbytes;
  hvuv__test_run(test);
}

const char* hvuv_test_sent(const hvuv_test_t* test, size_t* nbytes) {
  if (nbytes != NULL)
    *nbytes = test->sent.used;
  return test->sent.base;
}

void hvuv_test_forget(hvuv_test_t* test) {
  test->sent.used = 0;
  test->sent.base[0] = '\0';
}

int hvuv_test_has_ended(const hvuv_test_t* test) {
  return test->ours == HVUV__TEST_ENDED;
}

int hvuv_test_was_reset(const hvuv_test_t* test) {
  return test->was_reset;
}

hvuv_conn_t* hvuv_test_conn(const hvuv_test_t* test, int* reason) {
  if (reason != NULL)
    *reason = test->reason;
  return test->conn;
}

void hvuv_test_stats(const hvuv_test_t* test, hvuv_stats_t* stats) {
  *stats = test->group.stats;
}

void hvuv_test_close(hvuv_test_t* test) {
  if (test == NULL)
    return;
  if (test->conn != NULL) {
    hvuv_conn_abort(test->conn, UV_ECANCELED);
    hvuv__test_run(test);
  }
  hvuv__group_release(&test->group);
  free(test->inbox.base);
  free(test->sent.base);
  free(test);
}
