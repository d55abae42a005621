/* `hybrid`: what a hypervisor may answer on its real socket. Here the test
 * itself is the hypervisor, byte by byte. */
#include <string.h>

#include "conformance/rig.h"
#include "support/endpoint.h"
#include "support/peer.h"

#define REQUEST "CONNECT 5000\n"

/* The hypervisor's listening socket and the connection that it accepted. */
static uv_os_sock_t listener;
static uv_os_sock_t vmm;

static void start(rig_t* rig) {
  hvuv_guid_t service;
  char path[ENDPOINT_ROOM];

  endpoint_path("v.sock", path);
  hvuv_service_from_port(5000, &service);
  hvuv_addr_hybrid(&rig->to, path, &service);
  listener = peer_bind(path, 4);
  vmm = NET_NONE;
}

static void stop_rig(rig_t* rig) {
  (void) rig;
  if (vmm != NET_NONE)
    net_close(vmm);
  if (listener != NET_NONE)
    net_close(listener);
}

/* Connects, and has the hypervisor take the request. */
static side_t* call(rig_t* rig) {
  char request[64];
  side_t* side;
  ssize_t n;

  side = side_new(rig);
  side_connect(side);
  assert_int_equal(net_accept(listener, &vmm), 0);
  assert_int_equal(peer_await(vmm), 0);
  n = net_recv(vmm, request, sizeof(request));
  assert_int_equal(n, strlen(REQUEST));
  assert_memory_equal(request, REQUEST, strlen(REQUEST));
  return side;
}

static void answer(const char* text) {
  assert_int_equal(net_send(vmm, text, strlen(text)), strlen(text));
}

static void expect(rig_t* rig, side_t* side, int status) {
  RIG_RUN_UNTIL(rig, side->connects_told > 0);
  assert_int_equal(side->connects_told, 1);
  assert_code(side->connect_status, status);
}

static void an_ok_connects(void** state) {
  rig_t* rig = *state;
  side_t* side;

  side = call(rig);
  rig_spin(rig, 5);
  assert_int_equal(side->connects_told, 0);
  answer("OK 1073741824\n");
  expect(rig, side, 0);
}

static void an_ok_may_come_in_pieces(void** state) {
  static const char* const pieces[] = {"O", "K", " ", "107", "3741824"};
  rig_t* rig = *state;
  side_t* side;
  size_t i;

  side = call(rig);
  for (i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
    answer(pieces[i]);
    rig_spin(rig, 3);
    assert_int_equal(side->connects_told, 0);
  }
  answer("\n");
  expect(rig, side, 0);
}

static void what_comes_behind_the_ok_is_the_guests(void** state) {
  rig_t* rig = *state;
  char all[64];
  side_t* side;

  side = call(rig);
  strcpy(all, "OK 1\n");
  memcpy(all + 5, rig_pattern(0, 0), 40);
  assert_int_equal(net_send(vmm, all, 45), 45);
  side_read(side);
  RIG_RUN_UNTIL(rig, side->in_bytes == 40);
  assert_code(side->connect_status, 0);
  assert_int_equal(side->in_bytes, 40);
  assert_int_equal(side->in_wrong, 0);
}

static void nothing_is_sent_before_the_ok(void** state) {
  rig_t* rig = *state;
  char room[64];
  side_t* side;

  side = call(rig);
  side_write_text(side, "hello");
  side_shutdown(side);
  rig_spin(rig, 5);
  assert_int_equal(net_await(vmm, 1, 0), UV_ETIMEDOUT);
  answer("OK 1\n");
  expect(rig, side, 0);
  assert_int_equal(peer_read_to_end(vmm, room, sizeof(room)), 5);
  assert_memory_equal(room, "hello", 5);
}

static void a_hypervisor_that_hangs_up_refuses(void** state) {
  rig_t* rig = *state;
  side_t* side;

  side = call(rig);
  net_close(vmm);
  vmm = NET_NONE;
  expect(rig, side, UV_ECONNREFUSED);
}

static void hanging_up_in_the_answer_refuses(void** state) {
  rig_t* rig = *state;
  side_t* side;

  side = call(rig);
  answer("OK 107");
  rig_spin(rig, 3);
  net_close(vmm);
  vmm = NET_NONE;
  expect(rig, side, UV_ECONNREFUSED);
}

/* It never read the request, so its end is a reset. */
static void a_hypervisor_that_aborts_refuses(void** state) {
  rig_t* rig = *state;
  side_t* side;

  side = side_new(rig);
  side_connect(side);
  rig_spin(rig, 3);
  assert_int_equal(net_accept(listener, &vmm), 0);
  assert_int_equal(peer_await(vmm), 0);
  net_close(vmm);
  vmm = NET_NONE;
  expect(rig, side, UV_ECONNREFUSED);
}

static void another_answer_is_no_answer(void** state) {
  static const char* const answers[] = {
      "NO\n",
      "ok 1\n",
      "OK\n",
      "OK1\n",
      "\n",
      "OK 1111111111111111111111111111111111111111111111111111111111111111",
  };
  rig_t* rig = *state;
  side_t* side;
  size_t i;

  for (i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
    side = call(rig);
    answer(answers[i]);
    expect(rig, side, UV_EPROTO);
    net_close(vmm);
  }
  vmm = NET_NONE;
}

static void silence_times_out(void** state) {
  rig_t* rig = *state;
  side_t* side;

  side = side_new(rig);
  assert_code(hvuv_set_connect_timeout(&side->stream, 5), 0);
  side_connect(side);
  expect(rig, side, UV_ETIMEDOUT);
}

static void after_a_failure_it_may_be_asked_again(void** state) {
  rig_t* rig = *state;
  side_t* side;

  side = call(rig);
  answer("OK ");
  rig_spin(rig, 2);
  net_close(vmm);
  expect(rig, side, UV_ECONNREFUSED);

  side_connect(side);
  assert_int_equal(net_accept(listener, &vmm), 0);
  answer("OK 2\n");
  RIG_RUN_UNTIL(rig, side->connects_told == 2);
  assert_code(side->connect_status, 0);
}

static void without_a_hypervisor_the_systems_reason_is_told(void** state) {
  rig_t* rig = *state;
  char path[ENDPOINT_ROOM];
  side_t* side;

  net_close(listener);
  listener = NET_NONE;
  side = side_new(rig);
  side_connect(side);
  expect(rig, side, UV_ECONNREFUSED);

  assert_int_equal(remove(endpoint_path("v.sock", path)), 0);
  side = side_new(rig);
  side_connect(side);
  expect(rig, side, UV_ENOENT);
}

static const transport_t hybrid = {
    .name = "hybrid", .start = start, .finish = stop_rig};

int main(void) {
  const transport_t* t = &hybrid;
  const struct CMUnitTest tests[] = {
      RIG_TEST(t, an_ok_connects),
      RIG_TEST(t, an_ok_may_come_in_pieces),
      RIG_TEST(t, what_comes_behind_the_ok_is_the_guests),
      RIG_TEST(t, nothing_is_sent_before_the_ok),
      RIG_TEST(t, a_hypervisor_that_hangs_up_refuses),
      RIG_TEST(t, hanging_up_in_the_answer_refuses),
      RIG_TEST(t, a_hypervisor_that_aborts_refuses),
      RIG_TEST(t, another_answer_is_no_answer),
      RIG_TEST(t, silence_times_out),
      RIG_TEST(t, after_a_failure_it_may_be_asked_again),
      RIG_TEST(t, without_a_hypervisor_the_systems_reason_is_told),
  };
  int skipped = net_skip_without_unix();

  if (skipped != 0)
    return skipped;
  return cmocka_run_group_tests_name("hybrid: answers", tests, NULL, NULL);
}
