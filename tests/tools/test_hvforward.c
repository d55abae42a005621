/*
 * hvforward as its users see it: test_hvforward HVFORWARD. Callers and upstream are
 * this program's (forward_rig.h); between them are one hvforward or two.
 */
#include <netdb.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cmocka.h>

#include "forward_rig.h"
#include "support/between.h"
#include "support/endpoint.h"
#include "support/fakes/fake_vmm.h"

#define ANYWHERE    "tcp://127.0.0.1:0"
#define MEETING     "local://loopback/22"
#define SHORT_CALLS 10000
#define AT_ONCE     16

static process_t host;
static process_t guest;
static echoed_t talks[AT_ONCE];

static struct sockaddr_in start_host(const char* option,
                                     const char* value,
                                     const char* to) {
  const char* arguments[] = {option, value, ANYWHERE, to, NULL};

  rig_start(&host, option != NULL ? arguments : arguments + 2);
  return rig_name(&host, "Forwarding ");
}

static void start_guest(void) {
  const char* arguments[] = {"local://any/22", rig_url, NULL};

  rig_start(&guest, arguments);
}

/* --- Bytes, both ways, behind a half-close */

static void a_chain_of_all_kinds_carries_a_mebibyte(void** state) {
  char path[ENDPOINT_ROOM];
  char at[ENDPOINT_ROOM + 5];
  const char* arguments[] = {
      ANYWHERE, at, at, MEETING, "local://any/22", rig_url, NULL};
  struct sockaddr_in name;
  int i;

  (void) state;
  snprintf(at, sizeof(at), "unix:%s", endpoint_path("socket", path));
  rig_start(&host, arguments);
  name = rig_name(&host, "Forwarding ");
  echoed_begin(&talks[0], rig_upstream, &name, MIB);
  echoed_converse(&talks[0], 0);
  for (i = 0; i < AT_ONCE; i++)
    echoed_begin(&talks[i], rig_upstream, &name, (size_t) i * 1000);
  for (i = AT_ONCE - 1; i >= 0; i--)
    echoed_converse(&talks[i], 0);
  rig_stop(&host, "");
  assert_int_equal(endpoint_count_files(endpoint_path("", path)), 1);
}

static void names_lead_there_too(void** state) {
  char named[40];
  struct addrinfo* found;
  struct sockaddr_in name;

  (void) state;
  if (getaddrinfo("localhost", NULL, NULL, &found) != 0) {
    print_message("Skipped: this system has no localhost; it is a line of "
                  "/etc/hosts\n");
    skip();
  }
  freeaddrinfo(found);
  snprintf(named, sizeof(named), "tcp://localhost%s", strrchr(rig_url, ':'));
  name = start_host(NULL, NULL, named);
  echoed_begin(&talks[0], rig_upstream, &name, MIB);
  echoed_converse(&talks[0], 0);
  rig_stop(&host, "");
}

static void a_stingy_hypervisor_loses_nothing(void** state) {
  char path[ENDPOINT_ROOM];
  char url[ENDPOINT_ROOM + 20];
  const char* arguments[] = {url, rig_url, NULL};
  fake_vmm_t* vmm;
  struct sockaddr_in name;

  (void) state;
  vmm = fake_vmm_start(endpoint_path("vmm", path), FAKE_VMM_STINGY);
  snprintf(url, sizeof(url), "hybrid://%s:5000", path);
  rig_start(&guest, arguments);
  name = start_host(NULL, NULL, url);
  echoed_begin(&talks[0], rig_upstream, &name, MIB);
  echoed_converse(&talks[0], 1);
  rig_stop(&host, "");
  rig_stop(&guest, "");
  fake_vmm_stop(vmm);
}

static void answer_one(const struct sockaddr_in* name, int count) {
  char byte = 'x';
  int i;

  for (i = 0; i < count; i++)
    echoed_begin(&talks[i], rig_upstream, name, 0);
  for (i = 0; i < count; i++) {
    assert_int_equal(net_send(talks[i].caller, &byte, 1), 1);
    assert_int_equal(net_await(talks[i].server, 1, TIMEOUT_MS), 0);
    assert_int_equal(net_recv(talks[i].server, &byte, 1), 1);
    assert_int_equal(net_send(talks[i].server, &byte, 1), 1);
    net_close(talks[i].server);
  }
  for (i = 0; i < count; i++) {
    assert_int_equal(net_await(talks[i].caller, 1, TIMEOUT_MS), 0);
    assert_int_equal(net_recv(talks[i].caller, &byte, 1), 1);
    echoed_expect_hung_up(talks[i].caller);
  }
}

static void ten_thousand_short_calls_are_answered(void** state) {
  struct sockaddr_in name;
  int i;

  (void) state;
  start_guest();
  name = start_host(NULL, NULL, MEETING);
  for (i = 0; i < SHORT_CALLS / AT_ONCE; i++)
    answer_one(&name, AT_ONCE);
  rig_stop(&host, "");
  rig_stop(&guest, "");
}

/* What ends in the guest would else never be seen on the host. */
static void a_guest_behind_a_stingy_hypervisor_closes(void** state) {
  char path[ENDPOINT_ROOM];
  char url[ENDPOINT_ROOM + 20];
  const char* arguments[] = {
      "--half-close", "close", "-r", "0.1", url, rig_url, NULL};
  fake_vmm_t* vmm;
  struct sockaddr_in name;

  (void) state;
  vmm = fake_vmm_start(endpoint_path("vmm", path), FAKE_VMM_STINGY);
  snprintf(url, sizeof(url), "hybrid://%s:5000", path);
  rig_start(&guest, arguments);
  name = start_host(NULL, NULL, url);
  echoed_begin(&talks[0], rig_upstream, &name, 0);
  shutdown(talks[0].server, SHUT_WR);
  echoed_expect_hung_up(talks[0].caller);
  net_close(talks[0].server);
  process_signal(&host, SIGTERM);
  assert_int_equal(process_finish(&host), 0);
  process_signal(&guest, SIGTERM);
  assert_int_equal(process_finish(&guest), 0);
  fake_vmm_stop(vmm);
}

/* --- When something is wrong */

/* Else a caller that only sends would believe that all went well. */
static void expect_reset(uv_os_sock_t caller) {
  char byte;

  assert_int_equal(net_await(caller, 1, TIMEOUT_MS), 0);
  assert_int_equal(net_recv(caller, &byte, 1), UV_ECONNRESET);
  net_close(caller);
}

static void a_killed_side_ends_its_calls_only(void** state) {
  struct sockaddr_in name;

  (void) state;
  start_guest();
  name = start_host(NULL, NULL, MEETING);
  echoed_begin(&talks[0], rig_upstream, &name, 0);
  process_signal(&guest, SIGKILL);
  assert_int_equal(process_finish(&guest), 128 + SIGKILL);
  echoed_expect_hung_up(talks[0].caller);
  echoed_expect_hung_up(talks[0].server);
  expect_reset(echoed_call(&name));
  start_guest(); /* at the socket that the killed one left */
  echoed_begin(&talks[0], rig_upstream, &name, 1000);
  echoed_converse(&talks[0], 0);
  rig_stop(&host, "connect failed on " MEETING ": ");
  assert_non_null(strstr(host.told, "(ECONNREFUSED)"));
  rig_stop(&guest, "");
}

static void a_killed_hvforward_leaves_a_path_for_the_next(void** state) {
  char path[ENDPOINT_ROOM];
  char at[ENDPOINT_ROOM + 5];
  const char* arguments[] = {at, rig_url, NULL};

  (void) state;
  snprintf(at, sizeof(at), "unix:%s", endpoint_path("socket", path));
  rig_start(&host, arguments);
  process_signal(&host, SIGKILL);
  process_finish(&host);
  assert_int_equal(endpoint_count_files(endpoint_path("", path)), 2);
  rig_start(&guest, arguments);

  process_start(&host, (const char*[]){rig_path, at, rig_url, NULL});
  assert_int_equal(process_finish(&host), 1);
  assert_non_null(strstr(host.told, "bind failed on unix:"));
  assert_non_null(strstr(host.told, "(EADDRINUSE)"));
  rig_stop(&guest, "");
  assert_int_equal(endpoint_count_files(endpoint_path("", path)), 0);
}

static void a_file_that_is_no_socket_is_left(void** state) {
  char path[ENDPOINT_ROOM];
  char at[ENDPOINT_ROOM + 5];
  FILE* file;

  (void) state;
  snprintf(at, sizeof(at), "unix:%s", endpoint_path("socket", path));
  file = fopen(path, "w");
  assert_non_null(file);
  fclose(file);
  process_start(&host, (const char*[]){rig_path, at, rig_url, NULL});
  assert_int_equal(process_finish(&host), 1);
  assert_non_null(strstr(host.told, "(EEXIST)"));
  assert_int_equal(endpoint_count_files(endpoint_path("", path)), 1);
}

static void a_silent_far_side_is_waited_for_as_long_as_was_asked(void** state) {
  char path[ENDPOINT_ROOM];
  char url[ENDPOINT_ROOM + 20];
  fake_vmm_t* vmm;
  struct sockaddr_in name;

  (void) state;
  vmm = fake_vmm_start(endpoint_path("vmm", path), FAKE_VMM_SILENT);
  snprintf(url, sizeof(url), "hybrid://%s:5000", path);
  name = start_host("--wait", "0.5", url);
  echoed_expect_hung_up(echoed_call(&name));
  rig_stop(&host, "connect failed on hybrid://");
  assert_non_null(strstr(host.told, "(ETIMEDOUT)"));

  name = start_host("--wait", "3600", url);
  net_abort(echoed_call(&name));
  while (strstr(host.told, "has hung up") == NULL)
    assert_true(process_await_told(&host, "has hung up"));
  rig_stop(&host, "connect cancelled on hybrid://");
  fake_vmm_stop(vmm);
}

static void retry_waits_for_a_server_that_starts_late(void** state) {
  struct sockaddr_in name;
  uv_os_sock_t caller;
  char byte = 'x';

  (void) state;
  name = start_host("--retry", "30", MEETING);
  caller = echoed_call(&name);
  assert_int_equal(net_await(caller, 1, 300), UV_ETIMEDOUT);
  start_guest();
  assert_int_equal(net_await(rig_upstream, 1, TIMEOUT_MS), 0);
  assert_int_equal(net_accept(rig_upstream, &talks[0].server), 0);
  assert_int_equal(net_send(talks[0].server, &byte, 1), 1);
  assert_int_equal(net_await(caller, 1, TIMEOUT_MS), 0);
  assert_int_equal(net_recv(caller, &byte, 1), 1);
  net_close(talks[0].server);
  echoed_expect_hung_up(caller);
  rig_stop(&host, "");
  rig_stop(&guest, "");
}

static void an_idle_call_ends_when_that_was_asked(void** state) {
  struct sockaddr_in name;

  (void) state;
  name = start_host("-i", "0.3", rig_url);
  echoed_begin(&talks[0], rig_upstream, &name, 0);
  echoed_expect_hung_up(talks[0].caller);
  net_close(talks[0].server);
  rig_stop(&host, "time limit failed");
}

/* The kernels between take what they have room for, which is not known at once: it is
 * sent until somebody hangs up. */
static void send_until_hung_up(uv_os_sock_t caller) {
  static char chunk[65536];
  uint64_t since = uv_hrtime();
  ssize_t n;

  do {
    n = net_send(caller, chunk, sizeof(chunk));
    if (n == UV_EAGAIN && net_await(caller, 1, 10) == 0)
      return;
    if (uv_hrtime() - since > UINT64_C(30000000000))
      fail_msg("it is not hung up on");
  } while (n > 0 || n == UV_EAGAIN);
}

/* Nobody reads at the upstream. */
static void a_side_that_takes_nothing_is_given_up(void** state) {
  struct sockaddr_in name;

  (void) state;
  name = start_host("--stuck-timeout", "0.5", rig_url);
  echoed_begin(&talks[0], rig_upstream, &name, 0);
  send_until_hung_up(talks[0].caller);
  echoed_expect_hung_up(talks[0].caller);
  net_close(talks[0].server);
  rig_stop(&host, "send failed on tcp://127.0.0.1:");
  assert_non_null(strstr(host.told, "(ETIMEDOUT)"));
}

/* A socket that listens and takes nobody, with room for `backlog` + 1. */
static uv_os_sock_t listen_at_path(const char* path, int backlog) {
  struct sockaddr_un name = {.sun_family = AF_UNIX};
  uv_os_sock_t sock;

  assert_true(strlen(path) < sizeof(name.sun_path));
  memcpy(name.sun_path, path, strlen(path) + 1);
  assert_int_equal(net_socket(AF_UNIX, SOCK_STREAM, &sock), 0);
  assert_int_equal(bind(sock, (struct sockaddr*) &name, sizeof(name)), 0);
  assert_int_equal(listen(sock, backlog), 0);
  return sock;
}

static void a_full_backlog_of_a_unix_socket_is_waited_for(void** state) {
  char path[ENDPOINT_ROOM];
  char url[ENDPOINT_ROOM + 5];
  struct sockaddr_in name;
  uv_os_sock_t callers[4];
  uv_os_sock_t server;
  uv_os_sock_t taken;
  int i;

  (void) state;
  server = listen_at_path(endpoint_path("full", path), 0);
  snprintf(url, sizeof(url), "unix:%s", path);
  name = start_host(NULL, NULL, url);
  for (i = 0; i < 4; i++)
    callers[i] = echoed_call(&name);
  assert_int_equal(net_await(callers[3], 1, 200), UV_ETIMEDOUT);
  for (i = 0; i < 4; i++) {
    assert_int_equal(net_await(server, 1, TIMEOUT_MS), 0);
    assert_int_equal(net_accept(server, &taken), 0);
    net_close(taken);
  }
  for (i = 0; i < 4; i++)
    echoed_expect_hung_up(callers[i]);
  net_close(server);
  rig_stop(&host, "");
}

static void a_tcp_server_that_does_not_answer_is_given_up(void** state) {
  struct sockaddr_in full;
  struct sockaddr_in name;
  socklen_t len = sizeof(full);
  uv_os_sock_t waiting[3];
  int i;

  (void) state;
  assert_int_equal(listen(rig_upstream, 0), 0); /* anew, with less room */
  assert_int_equal(getsockname(rig_upstream, (struct sockaddr*) &full, &len),
                   0);
  for (i = 0; i < 3; i++) {
    assert_int_equal(net_socket(AF_INET, SOCK_STREAM, &waiting[i]), 0);
    net_unblock(waiting[i]);
    connect(waiting[i], (struct sockaddr*) &full, sizeof(full));
  }
  name = start_host("--wait", "0.3", rig_url);
  echoed_expect_hung_up(echoed_call(&name));
  rig_stop(&host, "connect failed on tcp://");
  assert_non_null(strstr(host.told, "(ETIMEDOUT)"));
  for (i = 0; i < 3; i++)
    net_close(waiting[i]);
}

/* A program that is called in vain a thousand times reports it a few times. */
static void a_flood_of_failures_is_not_reported_one_by_one(void** state) {
  struct sockaddr_in name;
  const char* at;
  int reports = 0;
  int i;

  (void) state;
  name = start_host("--allow", "10.0.0.1", rig_url);
  for (i = 0; i < 400; i++)
    echoed_expect_hung_up(echoed_call(&name));
  rig_stop(&host, " more of such were not reported\n");
  for (at = strstr(host.told, "refused"); at != NULL; reports++)
    at = strstr(at + 1, "refused");
  assert_between(reports, 1, 100);
}

/* --- Limits */

/* A call that has ended counts until both its streams have closed. */
static void expect_room_soon(const struct sockaddr_in* name) {
  uv_os_sock_t caller = NET_NONE;
  int i;

  for (i = 0; i < 1000; i++) {
    caller = echoed_call(name);
    if (net_await(rig_upstream, 1, 20) == 0)
      break;
    echoed_expect_hung_up(caller);
  }
  assert_int_equal(net_accept(rig_upstream, &talks[0].server), 0);
  net_close(talks[0].server);
  echoed_expect_hung_up(caller);
}

static void a_peer_has_as_many_calls_as_it_may(void** state) {
  struct sockaddr_in name;

  (void) state;
  name = start_host("--max-per-peer", "1", rig_url);
  echoed_begin(&talks[0], rig_upstream, &name, 0);
  echoed_expect_hung_up(echoed_call(&name));
  echoed_converse(&talks[0], 0);
  expect_room_soon(&name);
  rig_stop(&host, "refused tcp://127.0.0.1:");
}

static void callers_wait_while_there_is_no_room(void** state) {
  struct sockaddr_in name;
  uv_os_sock_t waiting;

  (void) state;
  name = start_host("--max-calls", "1", rig_url);
  echoed_begin(&talks[0], rig_upstream, &name, 1000);
  waiting = echoed_call(&name);
  assert_int_equal(net_await(rig_upstream, 1, 100), UV_ETIMEDOUT);
  echoed_converse(&talks[0], 0);
  assert_int_equal(net_await(rig_upstream, 1, TIMEOUT_MS), 0);
  assert_int_equal(net_accept(rig_upstream, &talks[0].server), 0);
  net_close(talks[0].server);
  echoed_expect_hung_up(waiting);
  rig_stop(&host, "");
}

static void only_those_may_call_who_are_named(void** state) {
  struct sockaddr_in name;

  (void) state;
  name = start_host("--allow", "127.0.0.2", rig_url);
  echoed_expect_hung_up(echoed_call(&name));
  rig_stop(&host, "no --allow names it");
  name = start_host("--allow", "127.0.0.0/8", rig_url);
  echoed_begin(&talks[0], rig_upstream, &name, 1000);
  echoed_converse(&talks[0], 0);
  rig_stop(&host, "");
}

/* --- What is going on, and the end */

static void a_call_under_way_may_end_after_sigterm(void** state) {
  struct sockaddr_in name;
  uv_os_sock_t late;

  (void) state;
  name = start_host("--grace", "60", rig_url);
  echoed_begin(&talks[0], rig_upstream, &name, MIB);
  process_signal(&host, SIGTERM);
  assert_true(
      process_await_told(&host, "stopping; calls under way: 1, with 60.000 s"));
  if (net_tcp_connect(&late, &name) == 0) {
    net_close(late);
    fail_msg("it still lets callers in");
  }
  echoed_converse(&talks[0], 0);
  assert_int_equal(process_finish(&host), 0);
}

static void a_second_signal_and_the_grace_end_calls(void** state) {
  struct sockaddr_in name;

  (void) state;
  name = start_host("--grace", "3600", rig_url);
  echoed_begin(&talks[0], rig_upstream, &name, 0);
  process_signal(&host, SIGTERM);
  assert_true(process_await_told(&host, "stopping"));
  process_signal(&host, SIGTERM);
  echoed_expect_hung_up(talks[0].caller);
  echoed_expect_hung_up(talks[0].server);
  assert_int_equal(process_finish(&host), 0);

  name = start_host("--grace", "0.1", rig_url);
  echoed_begin(&talks[0], rig_upstream, &name, 0);
  rig_stop(&host, "cutting what is left, calls: 1");
  echoed_expect_hung_up(talks[0].caller);
  echoed_expect_hung_up(talks[0].server);
}

static void a_call_that_is_being_made_ends_with_the_program(void** state) {
  char path[ENDPOINT_ROOM];
  char url[ENDPOINT_ROOM + 20];
  struct sockaddr_in name;
  uv_os_sock_t caller;
  fake_vmm_t* vmm;

  (void) state;
  vmm = fake_vmm_start(endpoint_path("vmm", path), FAKE_VMM_SILENT);
  snprintf(url, sizeof(url), "hybrid://%s:5000", path);
  name = start_host("--grace", "0.5", url);
  caller = echoed_call(&name);
  assert_int_equal(net_await(caller, 1, 100), UV_ETIMEDOUT);
  rig_stop(&host, "cutting what is left, calls: 1");
  echoed_expect_hung_up(caller);
  fake_vmm_stop(vmm);
}

static void its_status_has_a_line_for_each_call(void** state) {
  char text[2000] = "";
  size_t len = 0;
  struct sockaddr_in name;
  uv_os_sock_t reader;
  ssize_t n;

  (void) state;
  name = start_host("--status", ANYWHERE, rig_url);
  echoed_begin(&talks[0], rig_upstream, &name, 0);
  assert_int_equal(net_send(talks[0].caller, "12345", 5), 5);
  assert_int_equal(net_await(talks[0].server, 1, TIMEOUT_MS), 0);
  assert_true(process_await(&host, "Status at "));
  name = rig_name(&host, "Status at ");
  reader = echoed_call(&name);
  while (net_await(reader, 1, TIMEOUT_MS) == 0 &&
         (n = net_recv(reader, text + len, sizeof(text) - 1 - len)) > 0)
    len += (size_t) n;
  net_close(reader);
  assert_non_null(strstr(text, ": calls 1 of at most "));
  assert_non_null(strstr(text, "\n1 tcp://127.0.0.1:"));
  assert_non_null(strstr(text, " s, 5 > 0 <, open\n"));
  process_signal(&host, SIGUSR1);
  assert_true(process_await_told(&host, " s, 5 > 0 <, open\n"));
  echoed_hang_up(&talks[0]);
  rig_stop(&host, ": calls 1 of at most ");
}

#define TEST(function)                                                         \
  cmocka_unit_test_setup_teardown(function, rig_setup, rig_teardown)

int main(int argc, char** argv) {
  const struct CMUnitTest tests[] = {
      TEST(a_chain_of_all_kinds_carries_a_mebibyte),
      TEST(names_lead_there_too),
      TEST(a_stingy_hypervisor_loses_nothing),
      TEST(a_guest_behind_a_stingy_hypervisor_closes),
      TEST(ten_thousand_short_calls_are_answered),
      TEST(a_killed_side_ends_its_calls_only),
      TEST(a_killed_hvforward_leaves_a_path_for_the_next),
      TEST(a_file_that_is_no_socket_is_left),
      TEST(a_silent_far_side_is_waited_for_as_long_as_was_asked),
      TEST(retry_waits_for_a_server_that_starts_late),
      TEST(an_idle_call_ends_when_that_was_asked),
      TEST(a_side_that_takes_nothing_is_given_up),
      TEST(a_full_backlog_of_a_unix_socket_is_waited_for),
      TEST(a_tcp_server_that_does_not_answer_is_given_up),
      TEST(a_flood_of_failures_is_not_reported_one_by_one),
      TEST(a_peer_has_as_many_calls_as_it_may),
      TEST(callers_wait_while_there_is_no_room),
      TEST(only_those_may_call_who_are_named),
      TEST(a_call_under_way_may_end_after_sigterm),
      TEST(a_second_signal_and_the_grace_end_calls),
      TEST(a_call_that_is_being_made_ends_with_the_program),
      TEST(its_status_has_a_line_for_each_call),
  };

  if (argc != 2) {
    fprintf(stderr, "usage: test_hvforward HVFORWARD\n");
    return 2;
  }
  rig_path = argv[1];
  net_start();
  return cmocka_run_group_tests_name("hvforward", tests, NULL, NULL);
}
