/* Who is who: both ends of a connection in the form of their listener, and
 * sockets that come from elsewhere. */
#include <string.h>
#include <sys/socket.h>

#include <linux/vm_sockets.h>

#include "kernel.h"

static hvuv_addr_t own_name(const side_t* side) {
  hvuv_addr_t name;

  memset(&name, 0, sizeof(name));
  assert_code(hvuv_getsockname(&side->stream, &name), 0);
  return name;
}

static hvuv_addr_t peer_name(const side_t* side) {
  hvuv_addr_t name;

  memset(&name, 0, sizeof(name));
  assert_code(hvuv_getpeername(&side->stream, &name), 0);
  return name;
}

static void expect_vsock(hvuv_addr_t name, uint32_t cid, uint32_t port) {
  hvuv_addr_t expected;

  hvuv_addr_vsock(&expected, cid, port);
  assert_true(hvuv_addr_equal(&name, &expected));
  assert_true(rig_prints_and_parses(&name));
}

/* A service id made of any number, as a host's peer has it. */
static void expect_hyperv(hvuv_addr_t name,
                          const hvuv_guid_t* vm_id,
                          uint32_t port) {
  hvuv_addr_t expected;
  hvuv_guid_t service;

  hvuv_service_from_port(0, &service);
  service.data1 = port;
  hvuv_addr_hyperv(&expected, vm_id, &service);
  assert_true(hvuv_addr_equal(&name, &expected));
  assert_true(rig_prints_and_parses(&name));
}

/* --- vsock:// */

/* The kernel binds a caller to any CID, and never says which it has. */
static void a_callers_own_cid_is_any(void** state) {
  rig_t* rig = *state;
  side_t* client;
  side_t* server;

  rig_connect_pair(rig, &client, &server);
  assert_int_equal(own_name(client).u.vsock.cid, HVUV_CID_ANY);
  assert_true(own_name(client).u.vsock.port >= 1024);
}

static void the_acceptor_sees_the_callers_port_at_loopback(void** state) {
  rig_t* rig = *state;
  side_t* client;
  side_t* server;

  rig_connect_pair(rig, &client, &server);
  expect_vsock(
      peer_name(server), HVUV_CID_LOCAL, own_name(client).u.vsock.port);
  assert_true(rig_prints_and_parses(&rig->to));
  expect_vsock(peer_name(client), HVUV_CID_LOCAL, rig->to.u.vsock.port);
}

static void an_accepted_stream_has_its_listeners_name(void** state) {
  rig_t* rig = *state;
  side_t* client;
  side_t* server;

  hvuv_addr_vsock(&rig->at, HVUV_CID_ANY, HVUV_PORT_ANY);
  rig_connect_pair(rig, &client, &server);
  expect_vsock(own_name(server), HVUV_CID_ANY, rig->to.u.vsock.port);
}

static void a_bound_stream_calls_from_its_port(void** state) {
  rig_t* rig = *state;
  hvuv_addr_t from;
  side_t* client;

  rig_listen(rig, 4);
  client = side_new(rig);
  hvuv_addr_vsock(&from, HVUV_CID_LOCAL, kernel_free_port());
  assert_code(hvuv_bind(&client->stream, &from), 0);
  side_connect(client);
  RIG_RUN_UNTIL(rig, rig->accept_count == 1);

  expect_vsock(peer_name(rig->accepted), HVUV_CID_LOCAL, from.u.vsock.port);
  expect_vsock(own_name(client), HVUV_CID_LOCAL, from.u.vsock.port);
}

/* --- hyperv:// */

static void listen_hyperv(rig_t* rig, const hvuv_guid_t* vm_id, uint32_t port) {
  hvuv_guid_t service;

  assert_code(hvuv_service_from_port(port, &service), 0);
  hvuv_addr_hyperv(&rig->at, vm_id, &service);
  rig_listen(rig, 16);
}

/* Of the kernel's own names for a stream: it knows no VM ids. */
static uint32_t kernel_cid(const side_t* side, int of_peer) {
  struct sockaddr_vm name;
  uv_os_sock_t sock;
  socklen_t len;
  int r;

  assert_code(hvuv_fileno(&side->stream, &sock), 0);
  len = sizeof(name);
  r = of_peer ? getpeername(sock, (struct sockaddr*) &name, &len)
              : getsockname(sock, (struct sockaddr*) &name, &len);
  assert_int_equal(r, 0);
  return name.svm_cid;
}

static void call_vm(rig_t* rig, const hvuv_guid_t* vm_id, uint32_t cid) {
  side_t* client;

  rig->to.u.hyperv.vm_id = *vm_id;
  client = side_new(rig);
  side_connect(client);
  RIG_RUN_UNTIL(rig, client->connects_told > 0);
  assert_code(client->connect_status, 0);
  assert_int_equal(kernel_cid(client, 1), cid);
}

static void vm_ids_are_cids_to_the_kernel(void** state) {
  rig_t* rig = *state;

  listen_hyperv(rig, &HVUV_VM_ANY, kernel_free_port());
  assert_int_equal(kernel_cid(rig->listener, 0), HVUV_CID_ANY);
  call_vm(rig, &HVUV_VM_LOOPBACK, HVUV_CID_LOCAL);
  call_vm(rig, &HVUV_VM_PARENT, HVUV_CID_HOST);

  rig->listener = NULL;
  listen_hyperv(rig, &HVUV_VM_LOOPBACK, kernel_free_port());
  assert_int_equal(kernel_cid(rig->listener, 0), HVUV_CID_LOCAL);
}

static void expect_hyperv_names(rig_t* rig, const hvuv_guid_t* vm_id) {
  hvuv_addr_t bound;
  side_t* client;
  side_t* server;
  uint32_t port;

  port = kernel_free_port();
  listen_hyperv(rig, vm_id, port);
  bound = rig->at;
  rig_connect_pair(rig, &client, &server);

  assert_true(rig_prints_and_parses(&bound));
  expect_hyperv(own_name(rig->listener), vm_id, port);
  expect_hyperv(own_name(server), vm_id, port);
  expect_hyperv(peer_name(client), &HVUV_VM_LOOPBACK, port);
  expect_hyperv(
      peer_name(server), &HVUV_VM_LOOPBACK, own_name(client).u.vsock.port);
}

static void a_hyperv_listener_at_any_has_hyperv_peers(void** state) {
  expect_hyperv_names(*state, &HVUV_VM_ANY);
}

static void a_hyperv_listener_at_loopback_has_hyperv_peers(void** state) {
  expect_hyperv_names(*state, &HVUV_VM_LOOPBACK);
}

static void a_hyperv_listener_is_found_at_its_vsock_address(void** state) {
  rig_t* rig = *state;
  uint32_t port;
  side_t* client;

  port = kernel_free_port();
  listen_hyperv(rig, &HVUV_VM_ANY, port);
  hvuv_addr_vsock(&rig->to, HVUV_CID_LOCAL, port);
  client = side_new(rig);
  side_connect(client);
  RIG_RUN_UNTIL(rig, rig->accept_count == 1);
  assert_code(client->connect_status, 0);
  expect_vsock(peer_name(client), HVUV_CID_LOCAL, port);
}

static void a_vsock_listener_is_found_at_its_hyperv_address(void** state) {
  rig_t* rig = *state;
  char text[HVUV_ADDR_STRLEN];
  side_t* client;
  uint32_t port;

  port = kernel_free_port();
  hvuv_addr_vsock(&rig->at, HVUV_CID_ANY, port);
  rig_listen(rig, 4);
  snprintf(text, sizeof(text), "hyperv://loopback/%lu", (unsigned long) port);
  assert_code(hvuv_addr_parse(text, &rig->to), 0);
  client = side_new(rig);
  side_connect(client);
  RIG_RUN_UNTIL(rig, rig->accept_count == 1);

  assert_code(client->connect_status, 0);
  expect_hyperv(peer_name(client), &HVUV_VM_LOOPBACK, port);
  assert_int_equal(peer_name(rig->accepted).family, HVUV_VSOCK);
}

/* A caller's port may be any number, and its address still is one. */
static void expect_peer_at_port(rig_t* rig, uint32_t port) {
  hvuv_addr_t peer;
  int before;
  int fd;

  before = rig->accept_count;
  fd = raw_connect(raw_bind(HVUV_CID_LOCAL, port), &rig->to);
  RIG_RUN_UNTIL(rig, rig->accept_count > before);
  peer = peer_name(rig->accepted);
  expect_hyperv(peer, &HVUV_VM_LOOPBACK, port);
  assert_int_equal(peer.u.hyperv.service_id.data1, port);
  raw_close(fd);
}

static void peers_at_ports_that_no_service_stands_for_have_names(void** state) {
  rig_t* rig = *state;

  listen_hyperv(rig, &HVUV_VM_ANY, kernel_free_port());
  expect_peer_at_port(rig, 0);
  expect_peer_at_port(rig, 1);
  expect_peer_at_port(rig, 0x7fffffffu);
  expect_peer_at_port(rig, 0x80000000u);
  expect_peer_at_port(rig, 0xfffffffeu);
}

/* --- Sockets from elsewhere */

static side_t* adopt(rig_t* rig, int fd, int expected) {
  side_t* side;

  side = side_new(rig);
  assert_code(hvuv_open(&side->stream, fd), expected);
  if (expected == 0)
    raw_release(fd);
  return side;
}

static void an_adopted_connection_knows_both_names(void** state) {
  rig_t* rig = *state;
  uint32_t port;
  side_t* side;
  int fd;

  rig_listen(rig, 4);
  fd = raw_connect(-1, &rig->to);
  port = raw_port(fd);
  side = adopt(rig, fd, 0);
  expect_vsock(own_name(side), HVUV_CID_ANY, port);
  expect_vsock(peer_name(side), HVUV_CID_LOCAL, rig->to.u.vsock.port);
}

static void an_adopted_connection_talks(void** state) {
  rig_t* rig = *state;
  side_t* side;

  rig->echo_accepts = 1;
  rig_listen(rig, 4);
  side = adopt(rig, raw_connect(-1, &rig->to), 0);
  assert_code(side_write(side, 50000, 3), 0);
  side_shutdown(side);
  side_read(side);
  RIG_RUN_UNTIL(rig, side->ends > 0);
  assert_int_equal(side->in_bytes, 50000);
  assert_int_equal(side->in_wrong, 0);
  assert_code(side->end, UV_EOF);
}

static void an_adopted_listener_serves_and_knows_its_name(void** state) {
  rig_t* rig = *state;
  side_t* client;
  side_t* server;
  int fd;

  fd = raw_listen(rig, 4);
  rig->listener = adopt(rig, fd, 0);
  expect_vsock(own_name(rig->listener), HVUV_CID_ANY, rig->to.u.vsock.port);
  rig_listen(rig, 4);
  rig_connect_pair(rig, &client, &server);
  expect_vsock(
      peer_name(server), HVUV_CID_LOCAL, own_name(client).u.vsock.port);
}

static void a_socket_that_is_neither_is_not_adopted(void** state) {
  adopt(*state, raw_bind(HVUV_CID_ANY, HVUV_PORT_ANY), UV_ENOTCONN);
}

/* The kernel forgets the peer at a shutdown, and so the socket looks as if it
 * had never been connected. */
static void a_connection_that_was_shut_down_is_not_adopted(void** state) {
  rig_t* rig = *state;
  int fd;

  rig_listen(rig, 4);
  fd = raw_connect(-1, &rig->to);
  raw_shutdown(fd, SHUT_WR);
  adopt(rig, fd, UV_ENOTCONN);
}

static void one_that_its_peer_has_closed_is_adopted_and_read(void** state) {
  rig_t* rig = *state;
  side_t* side;
  int listener;
  int peer;
  int fd;

  listener = raw_listen(rig, 4);
  fd = raw_connect(-1, &rig->to);
  peer = raw_accept(listener);
  raw_write(peer, 0, 100);
  raw_close(peer);
  side = adopt(rig, fd, 0);
  side_read(side);
  RIG_RUN_UNTIL(rig, side->ends > 0);
  assert_int_equal(side->in_bytes, 100);
  assert_code(side->end, UV_EOF);
}

int kernel_names(void) {
  const struct CMUnitTest tests[] = {
      KERNEL_TEST(a_callers_own_cid_is_any),
      KERNEL_TEST(the_acceptor_sees_the_callers_port_at_loopback),
      KERNEL_TEST(an_accepted_stream_has_its_listeners_name),
      KERNEL_TEST(a_bound_stream_calls_from_its_port),
      KERNEL_TEST(vm_ids_are_cids_to_the_kernel),
      KERNEL_TEST(a_hyperv_listener_at_any_has_hyperv_peers),
      KERNEL_TEST(a_hyperv_listener_at_loopback_has_hyperv_peers),
      KERNEL_TEST(a_hyperv_listener_is_found_at_its_vsock_address),
      KERNEL_TEST(a_vsock_listener_is_found_at_its_hyperv_address),
      KERNEL_TEST(peers_at_ports_that_no_service_stands_for_have_names),
      KERNEL_TEST(an_adopted_connection_knows_both_names),
      KERNEL_TEST(an_adopted_connection_talks),
      KERNEL_TEST(an_adopted_listener_serves_and_knows_its_name),
      KERNEL_TEST(a_socket_that_is_neither_is_not_adopted),
      KERNEL_TEST(a_connection_that_was_shut_down_is_not_adopted),
      KERNEL_TEST(one_that_its_peer_has_closed_is_adopted_and_read),
  };

  return cmocka_run_group_tests_name("names", tests, NULL, NULL);
}
