/*
 * The port forwarder as a person uses it: test_forward FORWARD. Two of them,
 * back to back, as between a host and its guest,
 *
 *   caller -- TCP --> forward -- local:// --> forward -- TCP --> upstream
 *
 * with a caller and an upstream of this program's, which echoes.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/echoed.h"
#include "support/endpoint.h"
#include "support/fakes/fake_vmm.h"
#include "support/net.h"
#include "support/process.h"

#define MEETING    "local://loopback/22"
#define HEADING    "Forwarding from tcp://127.0.0.1:"
#define MIB        ((size_t) 1 << 20)
#define CALLERS    8
#define TIMEOUT_MS 30000

static const char* forward_path;

static process_t host;
static process_t guest;
static uv_os_sock_t upstream; /* listens */
static char upstream_url[32];
static int descriptors;

static int setup(void** state) {
  struct sockaddr_in name;

  (void) state;
  descriptors = endpoint_count_descriptors();
  endpoint_open();
  if (net_tcp_listen(&upstream, &name) != 0)
    return -1;
  snprintf(upstream_url,
           sizeof(upstream_url),
           "tcp://127.0.0.1:%d",
           ntohs(name.sin_port));
  return 0;
}

static void stop_listening(void) {
  if (upstream != NET_NONE)
    net_close(upstream);
  upstream = NET_NONE;
}

static int teardown(void** state) {
  (void) state;
  process_end_all();
  stop_listening();
  endpoint_close();
  return endpoint_count_descriptors() == descriptors ? 0 : -1;
}

/* --- The two forwards */

static void start_with(process_t* process,
                       const char* seconds,
                       const char* from,
                       const char* to) {
  const char* argv[] = {forward_path, "-t", seconds, from, to, NULL};

  process_start(process, argv);
  if (!process_await(process, "\n")) {
    process_finish(process);
    fail_msg("it does not forward: %s", process->told);
  }
}

static void start(process_t* process, const char* from, const char* to) {
  start_with(process, "30", from, to);
}

static void start_guest(void) {
  start(&guest, "local://any/22", upstream_url);
}

/* Where a forward from TCP listens, at a port that the system chose. */
static struct sockaddr_in name_of(const process_t* process) {
  struct sockaddr_in name;
  const char* port = strstr(process->said, HEADING);

  assert_non_null(port);
  assert_int_equal(
      uv_ip4_addr("127.0.0.1", atoi(port + strlen(HEADING)), &name), 0);
  return name;
}

static struct sockaddr_in start_host(const char* to) {
  start(&host, "tcp://127.0.0.1:0", to);
  return name_of(&host);
}

/* Ends in order; on Windows, where no program can send another a signal, it is
 * killed. */
static void stop(process_t* process) {
  process_signal(process, SIGINT);
  if (net_is_posix())
    assert_int_equal(process_finish(process), 0);
  else
    process_finish(process);
}

/* ... with nothing to complain of but `told`. */
static void expect_stop(process_t* process, const char* told) {
  if (*told != 0 && !net_is_posix() && !process_await_told(process, told))
    fail_msg("it ends without \"%s\": %s", told, process->told);
  stop(process);
  if (net_is_posix())
    assert_non_null(strstr(process->said, "Stopping on signal "));
  if (strstr(process->told, told) == NULL || (*told == 0 && *process->told))
    fail_msg("\"%s\" is not what it told: %s", told, process->told);
}

static void expect_no_files(void) {
  char path[ENDPOINT_ROOM];

  if (net_is_posix())
    assert_int_equal(endpoint_count_files(endpoint_path("l/host", path)), 0);
}

/* --- Calls */

static echoed_t talks[CALLERS];

/* --- When all is well */

static void a_mebibyte_comes_back_behind_a_half_close(void** state) {
  struct sockaddr_in name;

  (void) state;
  start_guest();
  assert_non_null(strstr(guest.said, "Forwarding from local://any/22\n"));
  name = start_host(MEETING);
  echoed_begin(&talks[0], upstream, &name, MIB);
  echoed_converse(&talks[0], 0);
  echoed_begin(&talks[0], upstream, &name, 0);
  echoed_converse(&talks[0], 0);
  expect_stop(&host, "");
  expect_stop(&guest, "");
  expect_no_files();
}

static void many_call_at_once(void** state) {
  struct sockaddr_in name;
  int i;

  (void) state;
  start_guest();
  name = start_host(MEETING);
  for (i = 0; i < CALLERS; i++)
    echoed_begin(&talks[i], upstream, &name, 100000);
  for (i = CALLERS - 1; i >= 0; i--)
    echoed_converse(&talks[i], 0);
  expect_stop(&host, "");
  expect_stop(&guest, "");
}

static void tcp_may_be_forwarded_to_tcp(void** state) {
  struct sockaddr_in name;

  (void) state;
  name = start_host(upstream_url);
  echoed_begin(&talks[0], upstream, &name, MIB);
  echoed_converse(&talks[0], 0);
  expect_stop(&host, "");
}

/* Sends until nothing between takes any more. */
static void fill(uv_os_sock_t caller) {
  static char chunk[65536];

  while (net_await(caller, 0, 100) == 0)
    assert_true(net_send(caller, chunk, sizeof(chunk)) > 0);
}

/* The upstream never reads the first call. */
static void one_that_is_stuck_hinders_nobody(void** state) {
  struct sockaddr_in name;

  (void) state;
  start_guest();
  name = start_host(MEETING);
  echoed_begin(&talks[0], upstream, &name, 0);
  fill(talks[0].caller);
  echoed_begin(&talks[1], upstream, &name, MIB);
  echoed_converse(&talks[1], 0);
  echoed_hang_up(&talks[0]);
  stop(&host);
}

static void sigint_hangs_up_on_those_who_are_there(void** state) {
  struct sockaddr_in name;

  (void) state;
  if (!net_is_posix()) {
    print_message("On Windows no program can send another a signal\n");
    skip();
  }
  start_guest();
  name = start_host(MEETING);
  echoed_begin(&talks[0], upstream, &name, 0);
  expect_stop(&host, "");
  echoed_expect_hung_up(talks[0].caller);
  echoed_expect_hung_up(talks[0].server);
  expect_stop(&guest, "");
  expect_no_files();
}

/* --- When something is wrong */

static void nobody_at_the_other_end_is_told_and_survived(void** state) {
  struct sockaddr_in name;
  int i;

  (void) state;
  name = start_host(MEETING);
  for (i = 0; i < 3; i++)
    echoed_expect_hung_up(echoed_call(&name));

  /* The listener has seen to it that it works when somebody is there. */
  start_guest();
  echoed_begin(&talks[0], upstream, &name, 1000);
  echoed_converse(&talks[0], 0);
  expect_stop(&host, "connect failed on " MEETING ": ");
  assert_non_null(strstr(host.told, "(ECONNREFUSED)"));
  assert_non_null(strstr(host.told, "Start the server first"));
  expect_stop(&guest, "");
}

static void a_dead_upstream_is_told_and_survived(void** state) {
  struct sockaddr_in name;
  char told[80];
  int i;

  (void) state;
  stop_listening();
  start_guest();
  name = start_host(MEETING);
  for (i = 0; i < 3; i++)
    echoed_expect_hung_up(echoed_call(&name));
  snprintf(told, sizeof(told), "connect failed on %s: ", upstream_url);
  expect_stop(&guest, told);
  assert_non_null(strstr(guest.told, "(ECONNREFUSED)"));
  stop(&host);
}

static void a_reset_ends_its_call_only(void** state) {
  struct sockaddr_in name;

  (void) state;
  name = start_host(upstream_url);
  echoed_begin(&talks[0], upstream, &name, 0);
  echoed_begin(&talks[1], upstream, &name, 1000);
  assert_int_equal(net_send(talks[0].caller, "x", 1), 1);
  assert_int_equal(net_await(talks[0].server, 1, TIMEOUT_MS), 0);
  net_abort(talks[0].server);
  echoed_expect_hung_up(talks[0].caller);
  echoed_converse(&talks[1], 0);
  expect_stop(&host, "receive failed on tcp://");
}

/* --- Hypervisors, and servers that answer early */

static fake_vmm_t* vmm;

/* Where the guest's port 5000 is. */
static const char* start_vmm(unsigned int manners, char url[]) {
  char path[ENDPOINT_ROOM];

  vmm = fake_vmm_start(endpoint_path("vmm", path), manners);
  snprintf(url, ENDPOINT_ROOM + 20, "hybrid://%s:5000", path);
  return url;
}

static int count(const char* text, const char* what) {
  int n = 0;

  for (text = strstr(text, what); text != NULL; n++)
    text = strstr(text + 1, what);
  return n;
}

static void a_stingy_hypervisor_loses_nothing(void** state) {
  char url[ENDPOINT_ROOM + 20];
  struct sockaddr_in name;

  (void) state;
  start_vmm(FAKE_VMM_STINGY, url);
  start(&guest, url, upstream_url);
  name = start_host(url);
  echoed_begin(&talks[0], upstream, &name, MIB);
  echoed_converse(&talks[0], 1);
  echoed_begin(&talks[0], upstream, &name, 14);
  echoed_converse(&talks[0], 1);
  expect_stop(&host, "");
  expect_stop(&guest, "");
  fake_vmm_stop(vmm);
}

/* Whether with a reset, which is known at once, or with an end; behind bytes that
 * nobody has read yet Wine sees none (tests/sys/test_sys_peer.c). */
static void a_caller_that_hangs_up_is_not_dialled_for(void** state) {
  char url[ENDPOINT_ROOM + 20];
  struct sockaddr_in name;
  uv_os_sock_t caller;

  (void) state;
  start_vmm(FAKE_VMM_SILENT, url);
  start_with(&host, "3600", "tcp://127.0.0.1:0", url);
  name = name_of(&host);
  net_abort(echoed_call(&name));
  caller = echoed_call(&name);
  if (net_is_posix())
    assert_int_equal(net_send(caller, "SSH-2.0-x\r\n", 11), 11);
  shutdown(caller, 1);
  echoed_expect_hung_up(caller);
  expect_stop(&host, "connect cancelled on hybrid://");
  assert_int_equal(count(host.told, "has hung up"), 2);
  fake_vmm_stop(vmm);
}

static void who_does_not_answer_in_time_is_told_and_survived(void** state) {
  char url[ENDPOINT_ROOM + 20];
  struct sockaddr_in name;

  (void) state;
  start_vmm(FAKE_VMM_SILENT, url);
  start_with(&host, "1", "tcp://127.0.0.1:0", url);
  name = name_of(&host);
  echoed_expect_hung_up(echoed_call(&name));
  expect_stop(&host, "connect failed on hybrid://");
  assert_non_null(strstr(host.told, "(ETIMEDOUT)"));
  fake_vmm_stop(vmm);
}

/* It has read next to nothing of a large request when it answers and closes. */
static void an_early_answer_arrives_through_two_of_them(void** state) {
  static const char answer[] = "413 too large, go away\n";
  char got[sizeof(answer)] = "";
  struct sockaddr_in name;
  size_t len = 0;
  ssize_t n;

  (void) state;
  if (!net_reads_before_reset()) {
    print_message("Windows drops what came before a reset over TCP\n");
    skip();
  }
  start_guest();
  name = start_host(MEETING);
  echoed_begin(&talks[0], upstream, &name, 0);
  fill(talks[0].caller);
  assert_int_equal(net_send(talks[0].server, answer, sizeof(answer)),
                   sizeof(answer));
  net_close(talks[0].server);
  while (len < sizeof(answer)) {
    assert_int_equal(net_await(talks[0].caller, 1, TIMEOUT_MS), 0);
    n = net_recv(talks[0].caller, got + len, sizeof(got) - len);
    if (n <= 0)
      fail_msg("%lu bytes, then %d", (unsigned long) len, (int) n);
    len += (size_t) n;
  }
  assert_string_equal(got, answer);
  net_close(talks[0].caller);
  stop(&host);
  expect_stop(&guest, "That call ended after ");
  assert_non_null(strstr(guest.told, "failed on tcp://"));
}

static void a_place_that_is_taken_is_explained(void** state) {
  const char* argv[] = {forward_path, "local://any/22", upstream_url, NULL};

  (void) state;
  start_guest();
  process_start(&host, argv);
  assert_int_equal(process_finish(&host), 1);
  assert_non_null(strstr(host.told, "listen failed on local://any/22: "));
  assert_non_null(strstr(host.told, "(EADDRINUSE)"));

  argv[1] = upstream_url;
  process_start(&host, argv);
  assert_int_equal(process_finish(&host), 1);
  assert_non_null(strstr(host.told, "listen failed on tcp://127.0.0.1:"));
  assert_non_null(strstr(host.told, "(EADDRINUSE)"));
  expect_stop(&guest, "");
}

static void options_come_in_any_order(void** state) {
  static const struct {
    const char* options[4];
    int code; /* -1: it forwards */
  } rows[] = {
      {{"-t", "9", "-r", "0"}, -1},
      {{"-r", "99999", "-t", "1"}, -1},
      {{"-r", "-1", "-t", "1"}, 2},
      {{"-r", "100000", "-t", "1"}, 2},
      {{"-r", "", "-t", "1"}, 2},
      {{"-r", "1", "-t", "0"}, 2},
      {{"-r", "1", "-x", "1"}, 2},
  };
  size_t i;

  (void) state;
  for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    const char* argv[] = {forward_path,
                          rows[i].options[0],
                          rows[i].options[1],
                          rows[i].options[2],
                          rows[i].options[3],
                          "local://any/22",
                          upstream_url,
                          NULL};

    process_start(&host, argv);
    if (rows[i].code >= 0) {
      assert_int_equal(process_finish(&host), rows[i].code);
    } else {
      assert_true(process_await(&host, "\n"));
      expect_stop(&host, "");
    }
  }
}

static void bad_arguments_exit_with_2_and_the_usage(void** state) {
  static const char* const rows[][3] = {
      {NULL, NULL, NULL},
      {MEETING, NULL, NULL},
      {MEETING, MEETING, MEETING},
      {"", MEETING, NULL},
      {"nonsense", MEETING, NULL},
      {MEETING, "nonsense", NULL},
      {MEETING, "tcp://", NULL},
      {MEETING, "tcp://127.0.0.1", NULL},
      {MEETING, "tcp://127.0.0.1:", NULL},
      {MEETING, "tcp://127.0.0.1:65536", NULL},
      {MEETING, "tcp://127.0.0.1:100000", NULL},
      {MEETING, "tcp://127.0.0.1:+1", NULL},
      {MEETING, "tcp://127.0.0.1:-1", NULL},
      {MEETING, "tcp://127.0.0.1: 1", NULL},
      {MEETING, "tcp://127.0.0.1:1 ", NULL},
      {MEETING, "tcp://127.0.0.1:0x1", NULL},
      {MEETING, "tcp://127.0.0.1:1:1", NULL},
      {MEETING, "tcp://127.0.0:1", NULL},
      {MEETING, "tcp://127.0.0.1.1:1", NULL},
      {MEETING, "tcp://127.0.0.256:1", NULL},
      {MEETING, "tcp://:1", NULL},
      {MEETING, "tcp://localhost:1", NULL},
      {MEETING, "TCP://127.0.0.1:1", NULL},
      {MEETING, "tcp:/127.0.0.1:1", NULL},
      {MEETING, "127.0.0.1:1", NULL},
      {"-t", MEETING, MEETING},
      {"-r", MEETING, MEETING},
      {"-r", "1000", MEETING},
  };
  size_t i;

  (void) state;
  for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    const char* argv[] = {
        forward_path, rows[i][0], rows[i][1], rows[i][2], NULL};

    process_start(&host, argv);
    if (process_finish(&host) != 2)
      fail_msg("row %lu exits with %d", (unsigned long) i, host.code);
    assert_non_null(strstr(host.told, "usage: forward [-c] [-t SECONDS]"));
    assert_string_equal(host.said, "");
  }
}

#define TEST(function)                                                         \
  cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(int argc, char** argv) {
  const struct CMUnitTest tests[] = {
      TEST(a_mebibyte_comes_back_behind_a_half_close),
      TEST(many_call_at_once),
      TEST(tcp_may_be_forwarded_to_tcp),
      TEST(one_that_is_stuck_hinders_nobody),
      TEST(sigint_hangs_up_on_those_who_are_there),
      TEST(nobody_at_the_other_end_is_told_and_survived),
      TEST(a_dead_upstream_is_told_and_survived),
      TEST(a_reset_ends_its_call_only),
      TEST(a_stingy_hypervisor_loses_nothing),
      TEST(a_caller_that_hangs_up_is_not_dialled_for),
      TEST(who_does_not_answer_in_time_is_told_and_survived),
      TEST(an_early_answer_arrives_through_two_of_them),
      TEST(a_place_that_is_taken_is_explained),
      TEST(options_come_in_any_order),
      TEST(bad_arguments_exit_with_2_and_the_usage),
  };
  int skipped;

  if (argc != 2) {
    fprintf(stderr, "usage: test_forward FORWARD\n");
    return 2;
  }
  forward_path = argv[1];
  skipped = net_skip_without_unix();
  if (skipped != 0)
    return skipped;
  return cmocka_run_group_tests_name("forward", tests, NULL, NULL);
}
