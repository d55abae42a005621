/* Ports: who picks them, who may have them, and when they are free again. */
#include <grp.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "kernel.h"

#define NOBODY 65534

/* A stream bound to an address, and what hvuv_bind() answered. */
static side_t* bind_addr(rig_t* rig, const hvuv_addr_t* addr, int expected) {
  side_t* side;

  side = side_new(rig);
  assert_code(hvuv_bind(&side->stream, addr), expected);
  return side;
}

static side_t* bind_vsock(rig_t* rig,
                          uint32_t cid,
                          uint32_t port,
                          int expected) {
  hvuv_addr_t addr;

  hvuv_addr_vsock(&addr, cid, port);
  return bind_addr(rig, &addr, expected);
}

static side_t* bind_text(rig_t* rig, const char* text, int expected) {
  hvuv_addr_t addr;

  assert_code(hvuv_addr_parse(text, &addr), 0);
  return bind_addr(rig, &addr, expected);
}

/* What it is bound to, by hvuv's account, which must be the kernel's. */
static hvuv_addr_t name_of(side_t* side) {
  uv_os_sock_t sock;
  hvuv_addr_t name;

  assert_code(hvuv_getsockname(&side->stream, &name), 0);
  assert_code(hvuv_fileno(&side->stream, &sock), 0);
  assert_int_equal(name.u.vsock.port, raw_port(sock));
  return name;
}

static void expect_port_picked(rig_t* rig, uint32_t cid) {
  hvuv_addr_t one;
  hvuv_addr_t two;

  one = name_of(bind_vsock(rig, cid, HVUV_PORT_ANY, 0));
  two = name_of(bind_vsock(rig, cid, HVUV_PORT_ANY, 0));
  assert_int_equal(one.u.vsock.cid, cid);
  assert_true(one.u.vsock.port >= 1024);
  assert_true(one.u.vsock.port != HVUV_PORT_ANY);
  assert_true(one.u.vsock.port != two.u.vsock.port);
  assert_true(rig_prints_and_parses(&one));
}

/* The number may be above 0x7fffffff, which no service id stands for. */
static void port_any_picks_one_from_1024_up(void** state) {
  expect_port_picked(*state, HVUV_CID_LOCAL);
}

static void port_any_at_any_cid_picks_one_from_1024_up(void** state) {
  expect_port_picked(*state, HVUV_CID_ANY);
}

static void port_zero_is_bound_as_it_is(void** state) {
  rig_t* rig = *state;

  assert_int_equal(name_of(bind_vsock(rig, HVUV_CID_LOCAL, 0, 0)).u.vsock.port,
                   0);
}

static void the_largest_port_can_be_bound_and_called(void** state) {
  rig_t* rig = *state;
  side_t* client;
  side_t* server;

  hvuv_addr_vsock(&rig->at, HVUV_CID_ANY, HVUV_PORT_ANY - 1);
  rig_connect_pair(rig, &client, &server);
  assert_int_equal(rig->to.u.vsock.port, 0xfffffffeu);
}

/* --- Ports below 1024 */

static const uint32_t ports[] = {0, 1, 80, 1023, 1024, HVUV_PORT_ANY};

#define PORTS (sizeof(ports) / sizeof(ports[0]))

/* In a process of its own, without the right to such ports. */
static void answer_as_nobody(int to) {
  hvuv_stream_t streams[PORTS];
  int answers[PORTS];
  hvuv_addr_t addr;
  uv_loop_t loop;
  size_t i;

  if (setgroups(0, NULL) != 0 || setgid(NOBODY) != 0 || setuid(NOBODY) != 0 ||
      uv_loop_init(&loop) != 0)
    _exit(1);
  for (i = 0; i < PORTS; i++) {
    hvuv_addr_vsock(&addr, HVUV_CID_LOCAL, ports[i]);
    answers[i] = hvuv_init(&loop, &streams[i]);
    if (answers[i] == 0)
      answers[i] = hvuv_bind(&streams[i], &addr);
  }
  _exit(write(to, answers, sizeof(answers)) != sizeof(answers));
}

/* Port 0 is among them, literal as it is. */
static void ports_below_1024_need_the_capability(void** state) {
  int answers[PORTS];
  struct pollfd fd;
  ssize_t n;
  int ends[2];
  pid_t pid;

  (void) state;
  if (geteuid() != 0) {
    print_message("Needs root, to become nobody\n");
    skip();
  }
  assert_int_equal(pipe(ends), 0);
  pid = fork();
  if (pid == 0)
    answer_as_nobody(ends[1]);
  close(ends[1]);
  kernel_adopt_child(pid);
  fd.fd = ends[0];
  fd.events = POLLIN;
  poll(&fd, 1, 30000);
  kernel_kill_child();
  n = read(ends[0], answers, sizeof(answers));
  close(ends[0]);

  assert_int_equal(n, sizeof(answers));
  assert_code(answers[0], UV_EACCES);
  assert_code(answers[1], UV_EACCES);
  assert_code(answers[2], UV_EACCES);
  assert_code(answers[3], UV_EACCES);
  assert_code(answers[4], 0);
  assert_code(answers[5], 0);
}

static void root_may_have_a_port_below_1024(void** state) {
  rig_t* rig = *state;

  if (geteuid() != 0) {
    print_message("Needs root\n");
    skip();
  }
  bind_vsock(rig, HVUV_CID_LOCAL, 80, 0);
}

/* --- Ports that are taken */

static void a_port_that_is_bound_is_taken(void** state) {
  rig_t* rig = *state;
  uint32_t port;

  port =
      name_of(bind_vsock(rig, HVUV_CID_LOCAL, HVUV_PORT_ANY, 0)).u.vsock.port;
  bind_vsock(rig, HVUV_CID_LOCAL, port, UV_EADDRINUSE);
}

static void a_port_at_any_cid_is_taken_at_each(void** state) {
  rig_t* rig = *state;
  uint32_t port;

  port = name_of(bind_vsock(rig, HVUV_CID_ANY, HVUV_PORT_ANY, 0)).u.vsock.port;
  bind_vsock(rig, HVUV_CID_LOCAL, port, UV_EADDRINUSE);
}

static void a_port_at_one_cid_is_taken_at_any(void** state) {
  rig_t* rig = *state;
  uint32_t port;

  port =
      name_of(bind_vsock(rig, HVUV_CID_LOCAL, HVUV_PORT_ANY, 0)).u.vsock.port;
  bind_vsock(rig, HVUV_CID_ANY, port, UV_EADDRINUSE);
}

static void vsock_and_hyperv_share_their_ports(void** state) {
  rig_t* rig = *state;
  hvuv_guid_t service;
  hvuv_addr_t addr;
  uint32_t port;

  port = kernel_free_port();
  bind_vsock(rig, HVUV_CID_LOCAL, port, 0);
  assert_code(hvuv_service_from_port(port, &service), 0);
  hvuv_addr_hyperv(&addr, &HVUV_VM_ANY, &service);
  bind_addr(rig, &addr, UV_EADDRINUSE);
}

/* --- CIDs of others */

static void a_cid_that_is_not_ours_cannot_be_bound(void** state) {
  rig_t* rig = *state;

  bind_vsock(rig, KERNEL_CID_NOBODY, HVUV_PORT_ANY, UV_EADDRNOTAVAIL);
  bind_vsock(rig, HVUV_CID_HYPERVISOR, HVUV_PORT_ANY, UV_EADDRNOTAVAIL);
}

/* Else than the fact sheet says of any foreign CID (vsock_find_cid()): 2 is
 * this machine's where vhost_vsock makes it a host, and then `parent` is bound
 * too. */
static void the_hosts_cid_can_be_bound_by_a_host_only(void** state) {
  int expected;

  expected = kernel_is_host() ? 0 : UV_EADDRNOTAVAIL;
  bind_vsock(*state, HVUV_CID_HOST, HVUV_PORT_ANY, expected);
  bind_text(*state, "hyperv://parent/5000", expected);
}

static void vm_ids_without_a_cid_cannot_be_bound(void** state) {
  bind_text(*state, "hyperv://children/5000", UV_EADDRNOTAVAIL);
  bind_text(*state, "hyperv://silohost/5000", UV_EADDRNOTAVAIL);
  bind_text(*state,
            "hyperv://8ba03980-174a-43e7-852a-e5ec79a671c7/5000",
            UV_EADDRNOTAVAIL);
}

static void a_service_id_without_a_port_cannot_be_bound(void** state) {
  bind_text(
      *state, "hyperv://any/8ba03980-174a-43e7-852a-e5ec79a671c7", UV_EINVAL);
}

/* --- Ports that were given back */

static void close_listener(rig_t* rig) {
  side_close(rig->listener);
  RIG_RUN_UNTIL(rig, rig->listener->closes_told > 0);
  rig->listener = NULL;
}

/* At the port that rig->to names. */
static void expect_free_again(rig_t* rig) {
  hvuv_addr_vsock(&rig->at, HVUV_CID_ANY, rig->to.u.vsock.port);
  rig_listen(rig, 4);
}

static void a_closed_listeners_port_is_free_at_once(void** state) {
  rig_t* rig = *state;

  rig_listen(rig, 4);
  close_listener(rig);
  expect_free_again(rig);
}

/* One waits in the kernel; the client learns by an end. */
static void a_closed_listeners_port_is_free_with_callers_not_accepted(
    void** state) {
  rig_t* rig = *state;
  side_t* client;

  rig->hold_accepts = 1;
  rig_listen(rig, 4);
  client = side_new(rig);
  side_connect(client);
  RIG_RUN_UNTIL(rig, client->connects_told > 0);
  assert_code(client->connect_status, 0);
  close_listener(rig);
  expect_free_again(rig);

  side_read(client);
  RIG_RUN_UNTIL(rig, client->ends > 0);
}

static void a_closed_listeners_port_is_free_while_a_connection_lives(
    void** state) {
  rig_t* rig = *state;
  side_t* client;
  side_t* server;

  rig_connect_pair(rig, &client, &server);
  close_listener(rig);
  expect_free_again(rig);

  assert_code(side_write(client, 100, 1), 0);
  side_read(server);
  RIG_RUN_UNTIL(rig, server->in_bytes == 100);
  assert_int_equal(server->in_bytes, 100);
}

static void a_bound_streams_port_is_free_after_its_connect_failed(
    void** state) {
  rig_t* rig = *state;
  uint32_t port;
  side_t* side;

  side = bind_vsock(rig, HVUV_CID_LOCAL, HVUV_PORT_ANY, 0);
  port = name_of(side).u.vsock.port;
  hvuv_addr_vsock(&rig->to, HVUV_CID_LOCAL, kernel_free_port());
  side_connect(side);
  RIG_RUN_UNTIL(rig, side->connects_told > 0);
  assert_code(side->connect_status, UV_ECONNRESET);
  bind_vsock(rig, HVUV_CID_LOCAL, port, 0);
}

/* A stream with a port of its own, *from, that has sent five bytes. */
static side_t* call_from_port(rig_t* rig, hvuv_addr_t* from, int* peer) {
  int listener;
  side_t* side;

  listener = raw_listen(rig, 4);
  side = bind_vsock(rig, HVUV_CID_LOCAL, HVUV_PORT_ANY, 0);
  *from = name_of(side);
  side_connect(side);
  assert_code(side_write(side, 5, 1), 0);
  RIG_RUN_UNTIL(rig, side->writes_told > 0);
  *peer = raw_accept(listener);
  return side;
}

static void expect_free_soon(rig_t* rig, const hvuv_addr_t* addr) {
  side_t* side;

  side = side_new(rig);
  while (hvuv_bind(&side->stream, addr) == UV_EADDRINUSE)
    kernel_wait(rig, 10);
  name_of(side);
}

/* Behind a close the kernel's socket stays until the peer has answered; one
 * that has read all does so at once. */
static void a_callers_port_is_free_when_all_was_read(void** state) {
  rig_t* rig = *state;
  hvuv_addr_t from;
  side_t* side;
  int peer;

  side = call_from_port(rig, &from, &peer);
  raw_read(peer, 5);
  side_close(side);
  expect_free_soon(rig, &from);
}

/* One that has not answers when it closes, and after eight seconds the kernel
 * waits no longer (virtio_transport_common.c, VSOCK_CLOSE_TIMEOUT). */
static void a_callers_port_is_taken_while_its_last_bytes_are_unread(
    void** state) {
  rig_t* rig = *state;
  hvuv_addr_t from;
  side_t* side;
  int peer;

  side = call_from_port(rig, &from, &peer);
  side_close(side);
  bind_addr(rig, &from, UV_EADDRINUSE);
  assert_int_equal(raw_read_to_end(peer), 5);
  bind_addr(rig, &from, UV_EADDRINUSE);
  raw_close(peer);
  expect_free_soon(rig, &from);
}

int kernel_bind(void) {
  const struct CMUnitTest tests[] = {
      KERNEL_TEST(port_any_picks_one_from_1024_up),
      KERNEL_TEST(port_any_at_any_cid_picks_one_from_1024_up),
      KERNEL_TEST(port_zero_is_bound_as_it_is),
      KERNEL_TEST(the_largest_port_can_be_bound_and_called),
      KERNEL_TEST(ports_below_1024_need_the_capability),
      KERNEL_TEST(root_may_have_a_port_below_1024),
      KERNEL_TEST(a_port_that_is_bound_is_taken),
      KERNEL_TEST(a_port_at_any_cid_is_taken_at_each),
      KERNEL_TEST(a_port_at_one_cid_is_taken_at_any),
      KERNEL_TEST(vsock_and_hyperv_share_their_ports),
      KERNEL_TEST(a_cid_that_is_not_ours_cannot_be_bound),
      KERNEL_TEST(the_hosts_cid_can_be_bound_by_a_host_only),
      KERNEL_TEST(vm_ids_without_a_cid_cannot_be_bound),
      KERNEL_TEST(a_service_id_without_a_port_cannot_be_bound),
      KERNEL_TEST(a_closed_listeners_port_is_free_at_once),
      KERNEL_TEST(a_closed_listeners_port_is_free_with_callers_not_accepted),
      KERNEL_TEST(a_closed_listeners_port_is_free_while_a_connection_lives),
      KERNEL_TEST(a_bound_streams_port_is_free_after_its_connect_failed),
      KERNEL_TEST(a_callers_port_is_free_when_all_was_read),
      KERNEL_TEST(a_callers_port_is_taken_while_its_last_bytes_are_unread),
  };

  return cmocka_run_group_tests_name("bind", tests, NULL, NULL);
}
