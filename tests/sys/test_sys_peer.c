/* What the system says of a socket's peer without reading, on real sockets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/net.h"
#include "support/wine.h"
#include "sys/sys.h"

#define TIMEOUT_MS 10000

typedef int (*pair_fn)(uv_os_sock_t socks[2]);

static pair_fn pairs[] = {net_pair, net_tcp_pair};

#define NPAIRS (sizeof(pairs) / sizeof(pairs[0]))

/* On loopback too an end may need a moment. */
static int state_after(uv_os_sock_t sock, int awaited) {
  uint64_t since = uv_hrtime();
  int state;

  do
    state = hvuv__sys_peer_state(sock);
  while (state != awaited &&
         uv_hrtime() - since < (uint64_t) TIMEOUT_MS * 1000000);
  return state;
}

static void a_peer_that_is_there_is_there(void** state) {
  uv_os_sock_t socks[2];
  size_t i;

  (void) state;
  for (i = 0; i < NPAIRS; i++) {
    assert_int_equal(pairs[i](socks), 0);
    assert_int_equal(hvuv__sys_peer_state(socks[0]), 0);
    assert_int_equal(net_send(socks[1], "x", 1), 1);
    assert_int_equal(hvuv__sys_peer_state(socks[0]), 0);
    net_close(socks[0]);
    net_close(socks[1]);
  }
}

static void an_end_is_seen_behind_bytes_that_nobody_reads(void** state) {
  uv_os_sock_t socks[2];
  char byte;
  size_t i;

  (void) state;
  for (i = 0; i < NPAIRS; i++) {
    assert_int_equal(pairs[i](socks), 0);
    assert_int_equal(net_send(socks[1], "x", 1), 1);
    assert_int_equal(hvuv__sys_shutdown(socks[1]), 0);
    assert_int_equal(state_after(socks[0], UV_EOF), UV_EOF);
    assert_int_equal(net_recv(socks[0], &byte, 1), 1);
    assert_int_equal(hvuv__sys_peer_state(socks[0]), UV_EOF);
    net_close(socks[0]);
    net_close(socks[1]);
  }
}

/* And looking does not take the error away. */
static void a_reset_is_more_than_an_end(void** state) {
  uv_os_sock_t socks[2];
  int told;

  (void) state;
  assert_int_equal(net_tcp_pair(socks), 0);
  told = net_abort(socks[1]);
  if (told != UV_EOF) {
    assert_int_equal(state_after(socks[0], UV_ECONNRESET), UV_ECONNRESET);
    if (!wine_has(WINE_RESET_IS_NO_SO_ERROR))
      assert_int_equal(hvuv__sys_take_error(socks[0]), UV_ECONNRESET);
  }
  net_close(socks[0]);
}

static void a_unix_peer_that_has_closed_is_gone_both_ways(void** state) {
  uv_os_sock_t socks[2];

  (void) state;
  assert_int_equal(net_pair(socks), 0);
  net_close(socks[1]);
  assert_int_equal(state_after(socks[0], UV_ECONNRESET), UV_ECONNRESET);
  net_close(socks[0]);
}

static void what_nobody_has_read_is_outstanding(void** state) {
  static char bytes[10000];
  uv_os_sock_t socks[2];
  size_t before;
  size_t after;

  (void) state;
  assert_int_equal(net_pair(socks), 0);
  if (hvuv__sys_outstanding(socks[0], &before) == 0) {
    assert_int_equal(before, 0);
    assert_int_equal(net_send(socks[0], bytes, sizeof(bytes)), sizeof(bytes));
    assert_int_equal(hvuv__sys_outstanding(socks[0], &before), 0);
    assert_true(before > 0);
    assert_true(net_recv(socks[1], bytes, sizeof(bytes)) > 0);
    assert_int_equal(hvuv__sys_outstanding(socks[0], &after), 0);
    assert_true(after < before);
  } else {
    assert_int_equal(before, 0);
  }
  net_close(socks[0]);
  net_close(socks[1]);
}

int main(void) {
  const struct CMUnitTest posix[] = {
      cmocka_unit_test(a_unix_peer_that_has_closed_is_gone_both_ways),
      cmocka_unit_test(an_end_is_seen_behind_bytes_that_nobody_reads),
  };
  const struct CMUnitTest anywhere[] = {
      cmocka_unit_test(a_peer_that_is_there_is_there),
      cmocka_unit_test(a_reset_is_more_than_an_end),
      cmocka_unit_test(what_nobody_has_read_is_outstanding),
  };
  int failed;

  net_start();
  failed = cmocka_run_group_tests_name("peers", anywhere, NULL, NULL);
  if (net_is_posix())
    failed += cmocka_run_group_tests_name("peers, POSIX", posix, NULL, NULL);
  return failed;
}
