/* Whole conversations of a server with callers, again and again: each of its
 * system calls fails once in each way that it may, and each of its allocations.
 * Whatever fails, every connection is told its end once, every send by
 * reference comes back once, the server stops, and nothing is left. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "server_rig.h"
#include "support/alloc.h"
#include "support/endpoint.h"
#include "support/fakes/fault_sys.h"

#define CALLERS 3

typedef struct echo_s {
  hvuv_send_t req;
  char bytes[64];
  int taken;
  int told;
} echo_t;

typedef struct caller_s {
  uv_os_sock_t sock;
  int is_over;
  size_t heard;
} caller_t;

static server_rig_t* rig;
static echo_t echoes[2 * CALLERS];
static int nechoes;
static caller_t callers[CALLERS];

static void on_sent(hvuv_send_t* req, int status) {
  echo_t* echo = req->data;

  (void) status;
  echo->told++;
}

/* A second echo, by reference. */
static void echo_again(server_rig_t* r, hvuv_conn_t* conn) {
  echo_t* echo = &echoes[nechoes++];
  uv_buf_t part = uv_buf_init(echo->bytes, 5);

  (void) r;
  memcpy(echo->bytes, "again", 5);
  echo->req.data = echo;
  echo->taken = hvuv_conn_send_ref(&echo->req, conn, &part, 1, on_sent) == 0;
}

/* 0, or what the server answered. */
static int open_server(void) {
  uv_os_sock_t sock;
  int err;

  rig->server.data = rig;
  err = hvuv_server_init(rig->loop, &rig->server, &rig->options);
  if (err != 0)
    return err;
  rig->is_up = 1;
  assert_int_equal(net_tcp_listen(&sock, &rig->at), 0);
  err = hvuv_server_listen_socket(&rig->server, sock, &rig->protocol);
  if (err != 0)
    server_rig_track(rig, sock); /* Still ours. */
  return err;
}

/* Each says a word and no more, and hears the rest. */
static void call(caller_t* caller) {
  caller->sock = server_rig_call(rig);
  caller->is_over = 0;
  caller->heard = 0;
  server_rig_say(caller->sock, "hello");
  shutdown(caller->sock, 1);
}

static int all_are_over(void) {
  char room[256];
  int over = 0;
  ssize_t r;
  int i;

  for (i = 0; i < CALLERS; i++) {
    r = callers[i].is_over ? 0 : net_recv(callers[i].sock, room, sizeof(room));
    if (r > 0)
      callers[i].heard += (size_t) r;
    else if (r != UV_EAGAIN)
      callers[i].is_over = 1;
    over += callers[i].is_over;
  }
  return over == CALLERS;
}

static int is_dead(int err) {
  return err == UV_EBADF;
}

/* Returns whether all went well. */
static int converse(void) {
  int trouble = 0;
  int i;

  memset(echoes, 0, sizeof(echoes));
  nechoes = 0;
  rig->options.max_connections = 2;
  rig->acts_each[AT_MESSAGE] = echo_again;
  if (open_server() != 0)
    return 0;

  for (i = 0; i < CALLERS; i++)
    call(&callers[i]);
  while (!is_dead(rig->accept_error) && !all_are_over())
    server_rig_turn(rig);
  server_rig_stop(rig, 20);
  SERVER_RUN_UNTIL(rig, rig->stops > 0);

  for (i = 0; i < nechoes; i++)
    assert_int_equal(echoes[i].told, echoes[i].taken);
  for (i = 0; i < rig->counts[AT_CLOSE]; i++)
    trouble += rig->reasons[i] != 0;
  trouble += rig->accept_error != 0 || rig->unsent > 0;
  for (i = 0; i < nechoes; i++)
    trouble += !echoes[i].taken;
  for (i = 0; i < CALLERS; i++)
    if (callers[i].heard != 18 && !trouble)
      fail_msg("a caller heard %lu bytes, and nobody was told why",
               (unsigned long) callers[i].heard);
  return !trouble;
}

/* What libuv and the system open once for all is open then. */
static int warm_up(void) {
  rig = server_rig_up();
  assert_true(converse());
  server_rig_down(rig);
  return endpoint_count_descriptors();
}

static void each_call_may_fail(void** state) {
  int descriptors;
  int variant;
  int went_well;
  long n;

  (void) state;
  fault_fail_nth(0, 0);
  descriptors = warm_up();
  for (variant = 0; variant < FAULT_VARIANTS; variant++) {
    for (n = 1;; n++) {
      rig = server_rig_up();
      fault_fail_nth(n, variant);
      went_well = converse();
      server_rig_down(rig);
      assert_int_equal(endpoint_count_descriptors(), descriptors);
      if (fault_failed_verb() == NULL)
        break;
    }
    fault_fail_nth(0, 0);
    assert_true(went_well);
    assert_true(n > 15);
  }
}

static void each_allocation_may_fail(void** state) {
  int descriptors;
  int went_well;
  int has_failed;
  long n;

  (void) state;
  fault_fail_nth(0, 0);
  descriptors = warm_up();
  for (n = 1;; n++) {
    rig = server_rig_up();
    alloc_fail_nth(n);
    went_well = converse();
    has_failed = alloc_has_failed();
    server_rig_down(rig);
    assert_int_equal(endpoint_count_descriptors(), descriptors);
    if (!has_failed)
      break;
  }
  assert_true(went_well);
  assert_true(n > 15);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_call_may_fail),
      cmocka_unit_test(each_allocation_may_fail),
  };

  return cmocka_run_group_tests_name("server, faults", tests, NULL, NULL);
}
