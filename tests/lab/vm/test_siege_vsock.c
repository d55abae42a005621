/*
 * Callers that mean no good, on real AF_VSOCK sockets: what tests/serve has over
 * `local`, as far as one CID shows it. All of them, the honest ones too, are of
 * the machine itself.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <linux/vm_sockets.h>

#include "serve/meter.h"
#include "serve/siege.h"

#define PORT    5000
#define CALLERS 60
#define MIB     ((size_t) 1024 * 1024)
#define LIMIT   (8 * MIB)

static hvuv_server_options_t options;

static uv_os_sock_t connect_to_port(const char* vm) {
  struct sockaddr_vm name;
  uv_os_sock_t sock;

  (void) vm;
  memset(&name, 0, sizeof(name));
  name.svm_family = AF_VSOCK;
  name.svm_cid = VMADDR_CID_LOCAL;
  name.svm_port = PORT;
  assert_int_equal(net_socket(AF_VSOCK, SOCK_STREAM, &sock), 0);
  if (connect(sock, (struct sockaddr*) &name, sizeof(name)) == 0)
    return sock;
  net_close(sock);
  return NET_NONE;
}

static int setup(void** state) {
  (void) state;
  meter_install();
  siege_options(&options);
  options.max_total_bytes = LIMIT;
  return 0;
}

static int teardown(void** state) {
  (void) state;
  siege_down();
  meter_check();
  return 0;
}

static int ask_and_never_read(siege_caller_t* caller) {
  return siege_send(caller, "\0\0\0\1b", 5, 50);
}

static int miss_a_byte(siege_caller_t* caller) {
  static char message[4 + SIEGE_ANSWER_BYTES];

  message[1] = 0x10;
  return siege_send(caller, message, sizeof(message), sizeof(message) - 1);
}

static int say_two_bytes(siege_caller_t* caller) {
  siege_read(caller, 100);
  return caller->sock != NET_NONE && siege_send(caller, "\0\0", 2, 2);
}

static void besiege(const char* name, int (*step)(siege_caller_t* caller)) {
  uv_os_sock_t friend;
  double ask_ms;
  double wait_ms;

  siege_up(&options);
  friend = siege_befriend(NULL);
  meter_mark();
  siege_call(NULL, CALLERS);
  siege.step = step;
  siege_run();
  ask_ms = siege_ask(friend);
  wait_ms = siege_serve(NULL);
  siege_look();
  print_message("    %s: %.1f MiB at most, of %.1f; %d of %d closed for it; "
                "an honest caller waits %.1f ms, a friend %.1f\n",
                name,
                (double) meter_peak() / (double) MIB,
                (double) LIMIT / (double) MIB,
                siege.closed_over_memory,
                CALLERS,
                wait_ms,
                ask_ms);
  assert_true(meter_peak() <= LIMIT + 3 * MIB);
  assert_true(siege.closed_over_memory > 0);
  assert_int_equal(siege.closed_otherwise, 0);
  net_close(friend);
}

static void answers_that_are_not_read_are_bounded(void** state) {
  (void) state;
  besiege("unread 1 MiB answers", ask_and_never_read);
}

static void messages_without_an_end_are_bounded(void** state) {
  (void) state;
  besiege("messages without an end", miss_a_byte);
}

typedef struct seen_s {
  hvuv_peer_stats_t stats;
  int n;
} seen_t;

static void see(const hvuv_peer_stats_t* stats, void* arg) {
  seen_t* seen = arg;

  if (hvuv_addr_family(&stats->peer) == (hvuv_family_t) 0)
    return;
  seen->stats = *stats;
  seen->n++;
}

static void one_cid_has_its_share_of_the_places(void** state) {
  seen_t seen;

  (void) state;
  options.max_connections = 40;
  options.max_per_peer = HVUV_SHARE_PER_PEER;
  siege_up(&options);
  siege.step = say_two_bytes;
  siege_call(NULL, CALLERS);
  do {
    siege_run(); /* The kernel passes calls on when it finds the time. */
  } while (siege.stats.connections_now + siege.stats.refused_share < CALLERS);
  assert_int_equal(siege.stats.connections_now, 30);
  assert_int_equal(siege.stats.refused_share, CALLERS - 30);
  memset(&seen, 0, sizeof(seen));
  assert_int_equal(hvuv_server_each_peer(&siege.server, see, &seen), 0);
  assert_int_equal(seen.n, 1);
  assert_int_equal(hvuv_addr_family(&seen.stats.peer), HVUV_VSOCK);
  assert_int_equal(seen.stats.peer.u.vsock.cid, HVUV_CID_LOCAL);
  assert_int_equal(seen.stats.connections_now, 30);
  assert_int_equal(seen.stats.refused_share, CALLERS - 30);
}

static void honest_callers_are_served_among_those_who_come_and_go(
    void** state) {
  double wait_ms = 0;
  double ms;
  int i;

  (void) state;
  siege_up(&options);
  for (i = 0; i < 500; i++) {
    net_close(siege_dial(NULL));
    if (i % 20 == 0)
      siege_turn();
    if (i % 100 != 0)
      continue;
    ms = siege_serve(NULL);
    wait_ms = ms > wait_ms ? ms : wait_ms;
  }
  siege_run();
  print_message(
      "    floods: %d calls; an honest caller waits %.1f ms at most\n",
      i,
      wait_ms);
}

#define TEST(function)                                                         \
  cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(answers_that_are_not_read_are_bounded),
      TEST(messages_without_an_end_are_bounded),
      TEST(one_cid_has_its_share_of_the_places),
      TEST(honest_callers_are_served_among_those_who_come_and_go),
  };

  siege_address = "vsock://any:5000";
  siege_connect = connect_to_port;
  if (siege_need(CALLERS) != 0) {
    print_message("skipped: it takes %d descriptors\n", 2 * CALLERS + 100);
    return 77;
  }
  return cmocka_run_group_tests_name("siege on vsock", tests, NULL, NULL);
}
