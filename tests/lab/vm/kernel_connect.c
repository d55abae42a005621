/* How a connect ends: refused, full, nowhere, and oddly. */
#include "kernel.h"

/* Connects to rig->to and waits for the answer. */
static side_t* call(rig_t* rig) {
  side_t* side;

  side = side_new(rig);
  side_connect(side);
  RIG_RUN_UNTIL(rig, side->connects_told > 0);
  return side;
}

static void expect_answer(rig_t* rig, const char* to, int status) {
  assert_code(hvuv_addr_parse(to, &rig->to), 0);
  assert_code(call(rig)->connect_status, status);
}

static void a_port_that_nobody_has_resets(void** state) {
  rig_t* rig = *state;

  hvuv_addr_vsock(&rig->to, HVUV_CID_LOCAL, kernel_free_port());
  assert_code(call(rig)->connect_status, UV_ECONNRESET);
}

static void a_port_that_is_bound_but_not_listened_on_resets(void** state) {
  rig_t* rig = *state;

  rig_bind(rig);
  assert_code(call(rig)->connect_status, UV_ECONNRESET);
}

/* Mostly with a reset; sometimes the kernel drops the call and only the timeout
 * tells. Either way the connection that has the port goes on. */
static void the_port_of_a_connected_client_is_no_listener(void** state) {
  rig_t* rig = *state;
  hvuv_addr_t name;
  side_t* client;
  int status;
  int peer;

  kernel_call_raw(rig, &client, &peer);
  assert_code(hvuv_getsockname(&client->stream, &name), 0);
  hvuv_addr_vsock(&rig->to, HVUV_CID_LOCAL, name.u.vsock.port);
  status = call(rig)->connect_status;
  assert_true(status == UV_ECONNRESET || status == UV_ETIMEDOUT);

  raw_write(peer, 0, 100);
  raw_close(peer);
  side_read(client);
  RIG_RUN_UNTIL(rig, client->ends > 0);
  assert_int_equal(client->in_bytes, 100);
  assert_code(client->end, UV_EOF);
}

static void nobody_listening_at_a_hyperv_address_resets(void** state) {
  rig_t* rig = *state;
  hvuv_guid_t service;

  assert_code(hvuv_service_from_port(kernel_free_port(), &service), 0);
  hvuv_addr_hyperv(&rig->to, &HVUV_VM_LOOPBACK, &service);
  assert_code(call(rig)->connect_status, UV_ECONNRESET);
}

static void a_stream_that_was_reset_may_connect_again(void** state) {
  rig_t* rig = *state;
  side_t* side;

  rig_bind(rig);
  side = call(rig);
  assert_code(side->connect_status, UV_ECONNRESET);

  rig_listen(rig, 4);
  side_connect(side);
  RIG_RUN_UNTIL(rig, side->connects_told == 2 && rig->accept_count == 1);
  assert_code(side->connect_status, 0);
}

/* The kernel compares with > (sk_acceptq_is_full() in net/sock.h), so one more
 * than the backlog fits. */
static void callers_beyond_the_backlog_and_one_are_reset(void** state) {
  rig_t* rig = *state;
  side_t* sides[6];
  int i;

  raw_listen(rig, 2);
  for (i = 0; i < 6; i++) {
    sides[i] = side_new(rig);
    side_connect(sides[i]);
  }
  for (i = 0; i < 6; i++)
    RIG_RUN_UNTIL(rig, sides[i]->connects_told > 0);

  for (i = 0; i < 6; i++)
    assert_code(sides[i]->connect_status, i < 3 ? 0 : UV_ECONNRESET);
}

static void an_accept_makes_room_in_the_backlog(void** state) {
  rig_t* rig = *state;
  int listener;

  listener = raw_listen(rig, 0);
  assert_code(call(rig)->connect_status, 0);
  assert_code(call(rig)->connect_status, UV_ECONNRESET);

  raw_accept(listener);
  assert_code(call(rig)->connect_status, 0);
}

/* With vhost_vsock, which has no guest of this CID, and without, where there is
 * no transport at all. The fact sheet's ETIMEDOUT after two seconds is what a
 * guest is told, whose hypervisor does not answer. */
static void a_cid_that_nobody_has_is_no_device(void** state) {
  rig_t* rig = *state;
  side_t* side;

  hvuv_addr_vsock(&rig->to, KERNEL_CID_NOBODY, 5000);
  side = side_new(rig);
  side_connect(side);
  assert_int_equal(side->connects_told, 0);
  RIG_RUN_UNTIL(rig, side->connects_told > 0);
  assert_code(side->connect_status, UV_ENODEV);
}

/* CIDs up to 2 lead to a hypervisor above, and here is none. */
static void the_hypervisors_cid_is_no_device_where_there_is_none(void** state) {
  expect_answer(*state, "vsock://hypervisor:5000", UV_ENODEV);
}

/* Not in the fact sheet: where no hypervisor is above, CID 2 is loopback
 * (af_vsock.c, vsock_use_local_transport()). Only a listener at any CID is
 * found there. */
static void parent_is_this_machine_where_there_is_no_hypervisor(void** state) {
  rig_t* rig = *state;
  hvuv_addr_t peer;
  side_t* side;

  hvuv_addr_vsock(&rig->at, HVUV_CID_ANY, HVUV_PORT_ANY);
  rig_listen(rig, 4);
  rig->to.u.vsock.cid = HVUV_CID_HOST;
  side = call(rig);
  RIG_RUN_UNTIL(rig, rig->accept_count == 1);
  assert_code(side->connect_status, 0);
  assert_code(hvuv_getpeername(&rig->accepted->stream, &peer), 0);
  assert_int_equal(peer.u.vsock.cid, HVUV_CID_LOCAL);
}

static void parent_does_not_find_a_listener_at_loopback(void** state) {
  rig_t* rig = *state;

  rig_listen(rig, 4);
  rig->to.u.vsock.cid = HVUV_CID_HOST;
  assert_code(call(rig)->connect_status, UV_ECONNRESET);
}

static void a_stream_that_calls_itself_is_a_protocol_error(void** state) {
  rig_t* rig = *state;

  rig_bind(rig);
  side_connect(rig->listener);
  RIG_RUN_UNTIL(rig, rig->listener->connects_told > 0);
  assert_code(rig->listener->connect_status, UV_EPROTO);
}

/* TCP would connect them. Which error each is told depends on who is first. */
static void two_that_call_each_other_at_once_do_not_meet(void** state) {
  rig_t* rig = *state;
  hvuv_addr_t first;
  side_t* sides[2];

  rig_bind(rig);
  sides[0] = rig->listener;
  first = rig->to;
  rig_bind(rig);
  sides[1] = rig->listener;
  side_connect(sides[0]);
  rig->to = first;
  side_connect(sides[1]);
  RIG_RUN_UNTIL(rig, sides[0]->connects_told + sides[1]->connects_told == 2);

  assert_true(sides[0]->connect_status < 0);
  assert_true(sides[1]->connect_status < 0);
}

static void on_nothing(hvuv_connect_t* req, int status) {
  (void) req;
  (void) status;
}

static void refuse_at_once(rig_t* rig, const char* to, int code) {
  side_t* side;

  side = side_new(rig);
  assert_code(hvuv_addr_parse(to, &rig->to), 0);
  assert_code(
      hvuv_connect(&side->connect_req, &side->stream, &rig->to, on_nothing),
      code);
}

/* The kernel would answer ECONNRESET from afar, as if nobody listened at port
 * 4294967295. */
static void port_any_is_nothing_to_connect_to(void** state) {
  refuse_at_once(*state, "vsock://local:any", UV_EINVAL);
}

/* The kernel would answer ENODEV. */
static void cid_any_is_nothing_to_connect_to(void** state) {
  refuse_at_once(*state, "vsock://any:5000", UV_EADDRNOTAVAIL);
  refuse_at_once(*state, "hyperv://any/5000", UV_EADDRNOTAVAIL);
}

static void port_zero_is_a_port_like_any_other_to_connect_to(void** state) {
  rig_t* rig = *state;

  expect_answer(rig, "vsock://local:0", UV_ECONNRESET);
  assert_code(hvuv_addr_parse("vsock://local:0", &rig->at), 0);
  rig_listen(rig, 4);
  assert_code(call(rig)->connect_status, 0);
}

int kernel_connect(void) {
  const struct CMUnitTest tests[] = {
      KERNEL_TEST(a_port_that_nobody_has_resets),
      KERNEL_TEST(a_port_that_is_bound_but_not_listened_on_resets),
      KERNEL_TEST(the_port_of_a_connected_client_is_no_listener),
      KERNEL_TEST(nobody_listening_at_a_hyperv_address_resets),
      KERNEL_TEST(a_stream_that_was_reset_may_connect_again),
      KERNEL_TEST(callers_beyond_the_backlog_and_one_are_reset),
      KERNEL_TEST(an_accept_makes_room_in_the_backlog),
      KERNEL_TEST(a_cid_that_nobody_has_is_no_device),
      KERNEL_TEST(the_hypervisors_cid_is_no_device_where_there_is_none),
      KERNEL_TEST(parent_is_this_machine_where_there_is_no_hypervisor),
      KERNEL_TEST(parent_does_not_find_a_listener_at_loopback),
      KERNEL_TEST(a_stream_that_calls_itself_is_a_protocol_error),
      KERNEL_TEST(two_that_call_each_other_at_once_do_not_meet),
      KERNEL_TEST(port_any_is_nothing_to_connect_to),
      KERNEL_TEST(cid_any_is_nothing_to_connect_to),
      KERNEL_TEST(port_zero_is_a_port_like_any_other_to_connect_to),
  };

  return cmocka_run_group_tests_name("connect", tests, NULL, NULL);
}
