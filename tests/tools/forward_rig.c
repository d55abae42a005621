#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "forward_rig.h"
#include "support/endpoint.h"

#define HOST        "tcp://127.0.0.1:"
#define SECONDS_MAX 50

const char* rig_path;
uv_os_sock_t rig_upstream;
char rig_url[32];

static int descriptors;

int rig_setup(void** state) {
  struct sockaddr_in name;

  (void) state;
  descriptors = endpoint_count_sockets();
  endpoint_open();
  if (net_tcp_listen(&rig_upstream, &name) != 0)
    return -1;
  snprintf(rig_url, sizeof(rig_url), HOST "%d", ntohs(name.sin_port));
  return 0;
}

void rig_stop_listening(void) {
  if (rig_upstream != NET_NONE)
    net_close(rig_upstream);
  rig_upstream = NET_NONE;
}

int rig_teardown(void** state) {
  (void) state;
  process_end_all();
  rig_stop_listening();
  endpoint_close();
  return endpoint_count_sockets() == descriptors ? 0 : -1;
}

/* --- hvforward */

void rig_start(process_t* process, const char* const arguments[]) {
  const char* argv[PROCESS_ARGS_MAX + 1] = {rig_path};
  char last[80];
  int i;

  for (i = 0; arguments[i] != NULL; i++)
    argv[i + 1] = arguments[i];
  argv[i + 1] = NULL;
  snprintf(last, sizeof(last), " to %s\n", arguments[i - 1]);
  process_start(process, argv);
  if (!process_await(process, last)) {
    process_finish(process);
    fail_msg("it does not forward: %s", process->told);
  }
}

struct sockaddr_in rig_name(const process_t* process, const char* heading) {
  struct sockaddr_in name;
  const char* at = strstr(process->said, heading);

  assert_non_null(at);
  at = strstr(at, HOST);
  assert_non_null(at);
  assert_int_equal(uv_ip4_addr("127.0.0.1", atoi(at + strlen(HOST)), &name), 0);
  return name;
}

/* Nothing, or that a call was just about to end. */
static int is_quiet(const char* told) {
  return *told == '\0' ||
         (strstr(told, "stopping; ") != NULL && strchr(told, '\n')[1] == '\0');
}

void rig_stop(process_t* process, const char* told) {
  process_signal(process, SIGTERM);
  assert_int_equal(process_finish(process), 0);
  if (strstr(process->told, told) == NULL ||
      (*told == '\0' && !is_quiet(process->told)))
    fail_msg("\"%s\" is not what it told: %s", told, process->told);
}

/* --- Calls */

static char pattern(size_t at) {
  return (char) ((at * 31 + (at >> 8) * 7) & 0xff);
}

uv_os_sock_t rig_call(const struct sockaddr_in* name) {
  uv_os_sock_t sock;

  assert_int_equal(net_tcp_connect(&sock, name), 0);
  return sock;
}

void rig_begin(talk_t* t, const struct sockaddr_in* name, size_t size) {
  memset(t, 0, sizeof(*t));
  t->size = size;
  t->caller = rig_call(name);
  assert_int_equal(net_await(rig_upstream, 1, TIMEOUT_MS), 0);
  assert_int_equal(net_accept(rig_upstream, &t->server), 0);
  assert_int_equal(net_unblock(t->caller), 0);
  assert_int_equal(net_unblock(t->server), 0);
}

void rig_hang_up(talk_t* t) {
  net_close(t->caller);
  net_close(t->server);
}

static void caller_sends(talk_t* t) {
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

static void caller_receives(talk_t* t) {
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
static void server_echoes(talk_t* t) {
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

void rig_converse(talk_t* t, int at_once) {
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
  rig_hang_up(t);
}

void rig_expect_hung_up(uv_os_sock_t caller) {
  char byte;

  assert_int_equal(net_await(caller, 1, TIMEOUT_MS), 0);
  assert_true(net_recv(caller, &byte, 1) <= 0);
  net_close(caller);
}
