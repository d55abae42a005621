/* Two servers that share callers, with the n-th allocation or the n-th system
 * call failing, for every n: whatever fails, all that was begun ends, and nothing
 * is left. Both loops are turned by one thread; the acceptor has its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/alloc.h"
#include "support/endpoint.h"
#include "support/fakes/fault_sys.h"
#include "support/loop.h"
#include "support/net.h"

#include "hvuv.h"

#define CALLERS 3
#define N_MAX   2000

/* Where a fault leaves nobody who accepts, callers wait for what does not come,
 * and this is as long as the test looks at that. */
#define GIVE_UP_NS ((uint64_t) 300 * 1000 * 1000)

typedef struct side_s {
  uv_loop_t* loop;
  hvuv_server_t server;
  int is_up;
} side_t;

static side_t sides[2];
static uv_os_sock_t callers[CALLERS];
static int is_done[CALLERS];
static struct sockaddr_in at;

static int on_message(hvuv_conn_t* conn, const char* bytes, size_t nbytes) {
  return hvuv_conn_send(conn, bytes, nbytes);
}

static const hvuv_protocol_t protocol = {.on_message = on_message};

static void on_stopped(hvuv_server_t* server) {
  ((side_t*) server->data)->is_up = 0;
}

static void turn_all(void) {
  uv_run(sides[0].loop, UV_RUN_NOWAIT);
  uv_run(sides[1].loop, UV_RUN_NOWAIT);
}

/* --- What is done --------------------------------------------------------- */

static void begin(side_t* side) {
  side->server.data = side;
  if (hvuv_server_init(side->loop, &side->server, NULL) == 0)
    side->is_up = 1;
}

static void listen_at_first(void) {
  uv_os_sock_t sock;

  assert_int_equal(net_tcp_listen(&sock, &at), 0);
  if (!sides[0].is_up ||
      hvuv_server_listen_socket(&sides[0].server, sock, &protocol) != 0)
    net_close(sock);
}

/* One thing fails, so the second time it does not; and the first has changed
 * nothing. */
static void share(void) {
  if (!sides[0].is_up || !sides[1].is_up)
    return;
  if (hvuv_server_share(&sides[1].server, &sides[0].server) != 0)
    assert_int_equal(hvuv_server_share(&sides[1].server, &sides[0].server), 0);
}

static void call(void) {
  int i;

  for (i = 0; i < CALLERS; i++) {
    is_done[i] = 0;
    callers[i] = NET_NONE;
    if (net_tcp_connect(&callers[i], &at) != 0) {
      callers[i] = NET_NONE;
      is_done[i] = 1;
      continue;
    }
    assert_int_equal(net_unblock(callers[i]), 0);
    net_send(callers[i], "hello", 5);
  }
}

static int all_done(void) {
  char bytes[16];
  int n = 0;
  int i;

  for (i = 0; i < CALLERS; i++) {
    if (!is_done[i])
      is_done[i] = net_recv(callers[i], bytes, sizeof(bytes)) != UV_EAGAIN;
    n += is_done[i];
  }
  return n == CALLERS;
}

static void end(void) {
  uint64_t deadline = uv_hrtime() + (uint64_t) 50 * 1000 * 1000 * 1000;
  int i;

  for (i = 1; i >= 0; i--)
    if (sides[i].is_up)
      hvuv_server_stop(&sides[i].server, 0, on_stopped);
  while ((sides[0].is_up || sides[1].is_up) && uv_hrtime() < deadline)
    turn_all();
  assert_false(sides[0].is_up || sides[1].is_up);
  for (i = 0; i < CALLERS; i++)
    if (callers[i] != NET_NONE)
      net_close(callers[i]);
}

static void run(void) {
  uint64_t deadline;

  begin(&sides[0]);
  listen_at_first();
  begin(&sides[1]);
  share();
  call();
  deadline = uv_hrtime() + GIVE_UP_NS;
  while (!all_done() && uv_hrtime() < deadline)
    turn_all();
  end();
}

/* --- Each time ------------------------------------------------------------ */

static int descriptors;

static void set_up(void) {
  int i;

  descriptors = endpoint_count_descriptors();
  alloc_install();
  for (i = 0; i < 2; i++)
    sides[i].loop = loop_open();
}

static void clear_up(void) {
  int i;

  for (i = 0; i < 2; i++) {
    loop_run_out(sides[i].loop);
    loop_close(sides[i].loop);
  }
  alloc_check();
  assert_int_equal(endpoint_count_descriptors(), descriptors);
}

static void with_the_nth_allocation_failing(void** state) {
  int has_failed = 1;
  long n;

  (void) state;
  for (n = 1; has_failed; n++) {
    assert_true(n < N_MAX);
    set_up();
    alloc_fail_nth(n);
    run();
    has_failed = alloc_has_failed();
    clear_up();
  }
  assert_true(n > 10);
}

static void with_the_nth_system_call_failing(void** state) {
  int has_failed;
  int variant;
  long n;

  (void) state;
  for (variant = 0; variant < FAULT_VARIANTS; variant++)
    for (n = 1, has_failed = 1; has_failed; n++) {
      assert_true(n < N_MAX);
      set_up();
      fault_fail_nth(n, variant);
      run();
      has_failed = fault_failed_verb() != NULL;
      fault_fail_nth(0, 0);
      clear_up();
    }
}

/* What libuv has once for all loops. */
static void warm_up(void) {
  uv_loop_t loop;

  if (uv_loop_init(&loop) != 0 || uv_loop_close(&loop) != 0)
    abort();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(with_the_nth_allocation_failing),
      cmocka_unit_test(with_the_nth_system_call_failing),
  };

  net_start();
  warm_up();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
