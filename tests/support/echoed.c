#include "echoed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define TIMEOUT_MS  30000
#define SECONDS_MAX 50

static char pattern(size_t at) {
  return (char) ((at * 31 + (at >> 8) * 7) & 0xff);
}

uv_os_sock_t echoed_call(const struct sockaddr_in* name) {
  uv_os_sock_t sock;

  assert_int_equal(net_tcp_connect(&sock, name), 0);
  return sock;
}

void echoed_begin(echoed_t* t,
                  uv_os_sock_t upstream,
                  const struct sockaddr_in* name,
                  size_t size) {
  memset(t, 0, sizeof(*t));
  t->size = size;
  t->caller = echoed_call(name);
  assert_int_equal(net_await(upstream, 1, TIMEOUT_MS), 0);
  assert_int_equal(net_accept(upstream, &t->server), 0);
  assert_int_equal(net_unblock(t->caller), 0);
  assert_int_equal(net_unblock(t->server), 0);
}

void echoed_hang_up(echoed_t* t) {
  net_close(t->caller);
  net_close(t->server);
}

static void caller_sends(echoed_t* t) {
  char chunk[10000];
  size_t len = t->size - t->sent;
  ssize_t n;
  size_t i;

  if (len == 0) {
    if (!t->sent_end)
      shutdown(t->caller, 1); /* SHUT_WR, SD_SEND */
    t->sent_end = 1;
    return;
  }
  len = len < sizeof(chunk) ? len : sizeof(chunk);
  for (i = 0; i < len; i++)
    chunk[i] = pattern(t->sent + i);
  n = net_send(t->caller, chunk, len);
  if (n > 0)
    t->sent += (size_t) n;
}

static void caller_receives(echoed_t* t) {
  char chunk[10000];
  ssize_t n = net_recv(t->caller, chunk, sizeof(chunk));
  ssize_t i;

  t->got_end = n == 0 || (n < 0 && n != UV_EAGAIN);
  for (i = 0; i < n; i++)
    t->wrong += chunk[i] != pattern(t->received + (size_t) i);
  if (n > 0)
    t->received += (size_t) n;
}

/* Echoes, and its own end only when the caller has ended. */
static void server_echoes(echoed_t* t) {
  ssize_t n;

  if (t->echo_end)
    return;
  if (t->echo_sent == t->echo_len) {
    n = net_recv(t->server, t->echo, sizeof(t->echo));
    if (n == 0) {
      t->echo_end = 1;
      shutdown(t->server, 1);
    }
    if (n <= 0)
      return;
    t->echo_len = (size_t) n;
    t->echo_sent = 0;
  }
  n = net_send(t->server, t->echo + t->echo_sent, t->echo_len - t->echo_sent);
  if (n > 0)
    t->echo_sent += (size_t) n;
}

void echoed_converse(echoed_t* t, int at_once) {
  uint64_t since = uv_hrtime();

  while (!t->got_end || (at_once && !t->echo_end)) {
    caller_sends(t);
    server_echoes(t);
    if (!t->got_end)
      caller_receives(t);
    if (uv_hrtime() - since > (uint64_t) SECONDS_MAX * 1000000000)
      fail_msg("%lu of %lu came back",
               (unsigned long) t->received,
               (unsigned long) t->size);
  }
  assert_true(t->echo_end);
  assert_int_equal(t->received, t->size);
  assert_int_equal(t->wrong, 0);
  echoed_hang_up(t);
}

void echoed_expect_hung_up(uv_os_sock_t caller) {
  char byte;

  assert_int_equal(net_await(caller, 1, TIMEOUT_MS), 0);
  assert_true(net_recv(caller, &byte, 1) <= 0);
  net_close(caller);
}
