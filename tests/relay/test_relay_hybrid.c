/* Relays to and from a guest whose hypervisor cannot end one direction alone. */
#include "relay_rig.h"

#include <signal.h>

#include "support/endpoint.h"
#include "support/fakes/fake_vmm.h"

#define BYTES 600000

/* What stands in place of the rig's second side and peer: a connection through
 * a fake hypervisor, and its other end. */
static fake_vmm_t* vmm;
static hvuv_stream_t server;
static hvuv_stream_t other;
static hvuv_stream_t* acceptor;
static hvuv_connect_t dial;
static int is_connected;
static int is_accepted;

static void on_connect(hvuv_connect_t* req, int status) {
  (void) req;
  is_connected = status == 0 ? 1 : status;
}

static void on_call(hvuv_stream_t* listener, int status) {
  is_accepted = status == 0 ? hvuv_accept(listener, acceptor) == 0 : status;
}

static void on_closed(hvuv_stream_t* stream) {
  stream->data = NULL;
}

static void meet(relay_rig_t* rig, unsigned int manners, int relay_connects) {
  hvuv_stream_t* side = &rig->sides[1].u.hvuv;
  void* mark = side->data;
  char path[ENDPOINT_ROOM];
  hvuv_guid_t service;
  hvuv_addr_t at;

  endpoint_open();
  endpoint_path("vmm", path);
  vmm = fake_vmm_start(path, manners);
  hvuv_service_from_port(5000, &service);
  assert_int_equal(hvuv_addr_hybrid(&at, path, &service), 0);

  peer_close(&rig->peers[1]);
  hvuv_close(side, on_closed);
  RELAY_UNTIL(rig, side->data == NULL);
  assert_int_equal(hvuv_init(rig->loop, &server), 0);
  assert_int_equal(hvuv_init(rig->loop, side), 0);
  assert_int_equal(hvuv_init(rig->loop, &other), 0);
  side->data = mark;
  is_connected = is_accepted = 0;
  acceptor = relay_connects ? &other : side;
  assert_int_equal(hvuv_bind(&server, &at), 0);
  assert_int_equal(hvuv_listen(&server, 8, on_call), 0);
  assert_int_equal(
      hvuv_connect(&dial, relay_connects ? side : &other, &at, on_connect), 0);
  RELAY_UNTIL(rig, is_connected != 0 && is_accepted != 0);
  assert_int_equal(is_connected, 1);
  assert_int_equal(is_accepted, 1);
  assert_int_equal(hvuv_fileno(&other, &rig->peers[1].sock), 0);
}

static void hang_up(relay_rig_t* rig) {
  rig->peers[1].sock = NET_NONE;
  other.data = &other;
  hvuv_close(&other, on_closed);
  RELAY_UNTIL(rig, other.data == NULL);
}

static void part(relay_rig_t* rig) {
  if (rig->peers[1].sock != NET_NONE)
    hang_up(rig);
  server.data = &server;
  hvuv_close(&server, on_closed);
  RELAY_UNTIL(rig, server.data == NULL);
  fake_vmm_stop(vmm);
  endpoint_close();
}

/* As ssh's input ends: were that passed on at once, no answer would arrive. */
static void the_answer_arrives_though_the_caller_has_ended(void** state) {
  relay_rig_t* rig = *state;

  meet(rig, FAKE_VMM_STINGY, 1);
  relay_start(rig, 0, 0);
  peer_send(&rig->peers[0], BYTES);
  peer_end(&rig->peers[0]);
  RELAY_UNTIL(rig, rig->peers[1].received == BYTES);
  assert_int_equal(rig->peers[1].heard, 0);
  peer_send(&rig->peers[1], BYTES);
  RELAY_UNTIL(rig, rig->peers[0].received == BYTES);
  /* The end follows when all has been quiet, and ends the whole. */
  relay_expect_end(rig, 0);
  RELAY_UNTIL(rig, rig->peers[0].heard != 0 && rig->peers[1].heard != 0);
  assert_int_equal(rig->peers[0].heard, UV_EOF);
  peer_expect(&rig->peers[0], BYTES);
  peer_expect(&rig->peers[1], BYTES);
  part(rig);
}

/* The guest's close is all that such a hypervisor passes on. */
static void a_guest_that_closes_ends_the_call(void** state) {
  relay_rig_t* rig = *state;
  hvuv_relay_options_t options;

  hvuv_relay_options_init(&options);
  options.half_close_rest_ms = 0;
  meet(rig, FAKE_VMM_STINGY, 1);
  relay_start_with(rig, &options);
  peer_send(&rig->peers[0], 1000);
  peer_end(&rig->peers[0]);
  peer_send(&rig->peers[1], BYTES);
  RELAY_UNTIL(rig,
              rig->peers[1].received == 1000 && rig->peers[1].sent == BYTES &&
                  rig->peers[0].received == BYTES);
  assert_int_equal(rig->peers[1].heard, 0);
  hang_up(rig);
  RELAY_UNTIL(rig, rig->done);
  RELAY_UNTIL(rig, rig->peers[0].heard != 0);
  assert_int_equal(rig->peers[0].heard, UV_EOF);
  peer_expect(&rig->peers[0], BYTES);
  part(rig);
}

/* The guest has called the host. */
static void a_guests_call_is_known_by_its_own_address(void** state) {
  relay_rig_t* rig = *state;
  hvuv_relay_options_t options;

  hvuv_relay_options_init(&options);
  options.half_close_rest_ms = 0;
  meet(rig, FAKE_VMM_GENEROUS, 0);
  relay_start_with(rig, &options);
  peer_send(&rig->peers[0], 1000);
  peer_end(&rig->peers[0]);
  RELAY_UNTIL(rig, rig->peers[1].received == 1000);
  relay_settle(rig);
  assert_int_equal(rig->peers[1].heard, 0);
  peer_send(&rig->peers[1], BYTES);
  peer_end(&rig->peers[1]);
  relay_expect_end(rig, 0);
  RELAY_UNTIL(rig, rig->peers[0].heard != 0 && rig->peers[1].heard != 0);
  peer_expect(&rig->peers[0], BYTES);
  part(rig);
}

/* OpenVMM, and Cloud Hypervisor from v53 on. */
static void who_knows_better_may_say_so(void** state) {
  relay_rig_t* rig = *state;
  hvuv_relay_options_t options;

  hvuv_relay_options_init(&options);
  options.half_close_rest_ms = 0;
  meet(rig, FAKE_VMM_GENEROUS, 1);
  rig->half_close[1] = HVUV_HALF_CLOSE_YES;
  relay_start_with(rig, &options);
  peer_end(&rig->peers[0]);
  RELAY_UNTIL(rig, rig->peers[1].heard != 0);
  assert_int_equal(rig->peers[1].heard, UV_EOF);
  peer_send(&rig->peers[1], BYTES);
  peer_end(&rig->peers[1]);
  relay_expect_end(rig, 0);
  RELAY_UNTIL(rig, rig->peers[0].heard != 0);
  peer_expect(&rig->peers[0], BYTES);
  part(rig);
}

#define TESTS_OF(pairing)                                                      \
  RELAY_TEST(pairing, the_answer_arrives_though_the_caller_has_ended),         \
      RELAY_TEST(pairing, a_guest_that_closes_ends_the_call),                  \
      RELAY_TEST(pairing, a_guests_call_is_known_by_its_own_address),          \
      RELAY_TEST(pairing, who_knows_better_may_say_so)

int main(void) {
  const struct CMUnitTest tests[] = {TESTS_OF(hvuv_hvuv), TESTS_OF(tcp_hvuv)};
  int skipped;

#ifdef SIGPIPE
  signal(SIGPIPE, SIG_IGN); /* libuv's streams raise it */
#endif
  skipped = net_skip_without_unix();
  if (skipped != 0)
    return skipped;
  return cmocka_run_group_tests_name("relay hybrid", tests, NULL, NULL);
}
