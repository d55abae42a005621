/* test_hvsock ENDER MIRROR [CASES]: what Linux' hv_sock does, pinned, in a guest of the
 * laboratory. On the host ender.c serves at the port ENDER, and what is called
 * at MIRROR and the next three ports is passed back to the same port of the
 * guest. Nobody listens at MIRROR + NOBODY.
 *
 * HVSOCK_VMBUS=4.0 says that the host offers no later one: rings are small.
 * What a channel is like is read in /sys/bus/vmbus/devices. */
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/vm_sockets.h>

#include "ender.h"
#include "lab/vm/kernel.h"
#include "support/between.h"

#define DEVICES      "/sys/bus/vmbus/devices"
#define PACKET_MAX   16384
#define CALLER_RING  24576
#define DEFAULT_RING 208896
#define LARGEST_RING 258048
#define MIB          (1024 * 1024)
#define OLD_RING     20480
#define LINGER_S     8 /* HVS_CLOSE_TIMEOUT */
#define NOBODY       8

static unsigned int ender_port, mirror_port;

static void start(rig_t* rig) {
  hvuv_addr_vsock(&rig->at, HVUV_CID_ANY, mirror_port);
  hvuv_addr_vsock(&rig->to, HVUV_CID_HOST, ender_port);
}

/* Through the host. */
static void target(const hvuv_addr_t* bound, hvuv_addr_t* to) {
  hvuv_addr_vsock(to, HVUV_CID_HOST, bound->u.vsock.port);
}

static transport_t guest = {
    .name = "hv_sock", .start = start, .target = target};

/* --- Connects */

static int status_of_connect(rig_t* rig, const char* to) {
  side_t* side = side_new(rig);
  uint64_t begin = uv_hrtime();

  assert_code(hvuv_addr_parse(to, &rig->to), 0);
  side_connect(side);
  RIG_RUN_UNTIL(rig, side->connects_told == 1);
  print_message("%s: %s after %d ms\n",
                to,
                side->connect_status == 0 ? "connected"
                                          : uv_err_name(side->connect_status),
                (int) ((uv_hrtime() - begin) / 1000000));
  return side->connect_status;
}

/* Linux 7.2 says ENODEV of those that would be guests. */
static void every_cid_but_the_hosts_is_unreachable(void** state) {
  assert_code(status_of_connect(*state, "vsock://3:5000"),
              kernel_is_from(7, 0) ? UV_ENODEV : UV_ENETUNREACH);
  assert_code(status_of_connect(*state, "vsock://local:5000"), UV_ENETUNREACH);
  assert_code(status_of_connect(*state, "vsock://hypervisor:5000"),
              UV_ENETUNREACH);
}

static void nobody_on_the_host_is_two_seconds_of_silence(void** state) {
  uint64_t begin = uv_hrtime();
  uint64_t ms;
  char to[64];

  snprintf(to, sizeof(to), "vsock://host:%u", mirror_port + NOBODY);
  assert_code(status_of_connect(*state, to), UV_ETIMEDOUT);
  ms = (uv_hrtime() - begin) / 1000000;
  assert_between(ms, 1900, 6000);
}

static void a_shorter_patience_is_kept(void** state) {
  rig_t* rig = *state;
  side_t* side = side_new(rig);
  uint64_t begin = uv_hrtime();

  hvuv_addr_vsock(&rig->to, HVUV_CID_HOST, mirror_port + NOBODY);
  assert_code(hvuv_set_connect_timeout(&side->stream, 300), 0);
  side_connect(side);
  RIG_RUN_UNTIL(rig, side->connects_told == 1);
  assert_code(side->connect_status, UV_ETIMEDOUT);
  assert_between((uv_hrtime() - begin) / 1000000, 290, 1900);
}

/* --- Names */

static void expect_bind(rig_t* rig, const char* at, int status) {
  side_t* side = side_new(rig);
  hvuv_addr_t addr;

  assert_code(hvuv_addr_parse(at, &addr), 0);
  assert_code(hvuv_bind(&side->stream, &addr), status);
  side_close(side);
  rig_spin(rig, 2);
}

static void only_any_can_be_bound(void** state) {
  expect_bind(*state, "vsock://any:7001", 0);
  expect_bind(*state, "hyperv://any/7002", 0);
  expect_bind(*state, "vsock://host:7003", UV_EADDRNOTAVAIL);
  expect_bind(*state, "vsock://3:7003", UV_EADDRNOTAVAIL);
  expect_bind(*state, "vsock://local:7003", UV_EADDRNOTAVAIL);
}

static void this_machines_cid_is_any(void** state) {
  uint32_t cid = 0;

  (void) state;
  assert_code(hvuv_local_cid(&cid), 0);
  assert_int_equal(cid, HVUV_CID_ANY);
}

static void a_caller_has_cid_any_and_its_peer_the_hosts(void** state) {
  rig_t* rig = *state;
  side_t* side = side_new(rig);
  hvuv_addr_t own;
  hvuv_addr_t other;

  side_connect(side);
  RIG_RUN_UNTIL(rig, side->connects_told == 1);
  assert_code(side->connect_status, 0);
  assert_code(hvuv_getsockname(&side->stream, &own), 0);
  assert_code(hvuv_getpeername(&side->stream, &other), 0);
  assert_int_equal(own.u.vsock.cid, HVUV_CID_ANY);
  assert_true(hvuv_addr_equal(&other, &rig->to));
}

static void a_service_is_a_port(void** state) {
  rig_t* rig = *state;
  char to[80];

  snprintf(to,
           sizeof(to),
           "hyperv://parent/%08x-facb-11e6-bd58-64006a7986d3",
           ender_port);
  assert_code(status_of_connect(rig, to), 0);
  assert_int_equal(rig->to.family, HVUV_HYPERV);
}

static void an_accepted_one_sees_the_host_at_any_port(void** state) {
  rig_t* rig = *state;
  hvuv_addr_t peer;
  side_t* client;
  side_t* server;

  rig_connect_pair(rig, &client, &server);
  assert_code(hvuv_getpeername(&server->stream, &peer), 0);
  assert_int_equal(peer.u.vsock.cid, HVUV_CID_HOST);
}

/* --- Rings */

static long number_in(const char* device, const char* name) {
  char path[512];
  long value = -1;
  FILE* file;

  snprintf(path, sizeof(path), DEVICES "/%s/%s", device, name);
  file = fopen(path, "r");
  if (file == NULL)
    return -1;
  if (fscanf(file, "%ld", &value) != 1)
    value = -1;
  fclose(file);
  return value;
}

/* Whether a channel is open, and of this port: its class_id begins with it. */
static int is_of_port(const char* device, unsigned int port) {
  char wanted[16];
  char path[512];
  char text[64] = "";
  FILE* file;

  snprintf(wanted, sizeof(wanted), "{%08x-", port);
  snprintf(path, sizeof(path), DEVICES "/%s/class_id", device);
  file = fopen(path, "r");
  if (file == NULL)
    return 0;
  if (fgets(text, sizeof(text), file) == NULL)
    text[0] = '\0';
  fclose(file);
  return strncmp(text, wanted, strlen(wanted)) == 0 &&
         number_in(device, "state") == 3;
}

static long ring(const char* device, const char* way) {
  char name[64];
  long sum;

  snprintf(name, sizeof(name), "%s_read_bytes_avail", way);
  sum = number_in(device, name);
  snprintf(name, sizeof(name), "%s_write_bytes_avail", way);
  return sum + number_in(device, name);
}

/* How many channels of a port are open; the size of the largest ring to the
 * host, and from it. */
static int rings(unsigned int port, long* out, long* in) {
  const struct dirent* entry;
  DIR* folder = opendir(DEVICES);
  int n = 0;

  assert_non_null(folder);
  *out = *in = 0;
  while ((entry = readdir(folder)) != NULL)
    if (is_of_port(entry->d_name, port)) {
      n++;
      if (ring(entry->d_name, "out") > *out)
        *out = ring(entry->d_name, "out");
      if (ring(entry->d_name, "in") > *in)
        *in = ring(entry->d_name, "in");
    }
  closedir(folder);
  print_message(
      "port %u: %d channels, rings of %ld and %ld bytes\n", port, n, *out, *in);
  return n;
}

/* VMBus before 5.0 has rings of five pages for all. */
static long or_old(long bytes) {
  const char* version = getenv("HVSOCK_VMBUS");

  return version != NULL && strcmp(version, "4.0") == 0 ? OLD_RING : bytes;
}

static void a_caller_has_rings_of_24_kib_whatever_was_set(void** state) {
  rig_t* rig = *state;
  side_t* side = side_new(rig);
  int bytes = 131072;
  long out;
  long in;

  hvuv_addr_vsock(&rig->to, HVUV_CID_HOST, ender_port);
  side_connect(side);
  RIG_RUN_UNTIL(rig, side->connects_told == 1);
  assert_code(hvuv_send_buffer_size(&side->stream, &bytes), 0);
  assert_int_equal(rings(ender_port, &out, &in) > 0, 1);
  assert_int_equal(out, or_old(CALLER_RING));
  assert_int_equal(in, or_old(CALLER_RING));
}

/* Those of a caller that came back from the host, and that of the one that it
 * meets. A port is listened at once: channels outlive their sockets a little. */
static void expect_accepted_rings(rig_t* rig, long wanted) {
  unsigned int port = rig->at.u.vsock.port;
  side_t* client;
  side_t* server;
  long out;
  long in;

  rig_connect_pair(rig, &client, &server);
  assert_int_equal(rings(port, &out, &in), 2);
  assert_int_equal(out, or_old(wanted));
  assert_int_equal(in, or_old(wanted));
}

static void listen_at(rig_t* rig, unsigned int port, int bytes) {
  int value = bytes;

  hvuv_addr_vsock(&rig->at, HVUV_CID_ANY, port);
  rig_bind(rig);
  if (bytes != 0) {
    assert_code(hvuv_send_buffer_size(&rig->listener->stream, &value), 0);
    value = bytes;
    assert_code(hvuv_recv_buffer_size(&rig->listener->stream, &value), 0);
  }
  rig_listen(rig, 16);
}

static void a_listeners_callers_have_rings_of_208_kib(void** state) {
  listen_at(*state, mirror_port + 1, 0);
  expect_accepted_rings(*state, DEFAULT_RING);
}

static void a_listener_may_ask_for_256_kib(void** state) {
  listen_at(*state, mirror_port + 2, 131072);
  expect_accepted_rings(*state, LARGEST_RING);
}

static void a_listener_gets_24_kib_at_least(void** state) {
  listen_at(*state, mirror_port + 3, 4096);
  expect_accepted_rings(*state, CALLER_RING);
}

static void a_recv_gives_one_packet(void** state) {
  static char room[4 * PACKET_MAX];
  rig_t* rig = *state;
  ssize_t first;
  ssize_t rest;
  int fd = raw_connect(-1, &rig->to);

  assert_int_equal(send(fd, "L", 1, 0), 1);
  usleep(500000); /* all of it is in the ring by then, or the ring is full */
  first = recv(fd, room, sizeof(room), 0);
  assert_between(first, 1, PACKET_MAX);
  for (rest = 0; first + rest < ENDER_LARGE;) {
    ssize_t n = recv(fd, room, sizeof(room), 0);

    assert_between(n, 1, PACKET_MAX);
    rest += n;
  }
  assert_int_equal(first + rest, ENDER_LARGE);
  assert_int_equal(recv(fd, room, sizeof(room), 0), 0);
}

/* A malformed end is read as one too; only the poll says that it is none. */
static void an_end_is_polled_as_rdhup(void** state) {
  rig_t* rig = *state;
  struct pollfd one = {raw_connect(-1, &rig->to), POLLRDHUP, 0};
  char room[64];
  ssize_t n;

  assert_int_equal(send(one.fd, "E", 1, 0), 1);
  while ((n = recv(one.fd, room, sizeof(room), 0)) > 0) {
  }
  assert_int_equal(n, 0);
  assert_int_equal(poll(&one, 1, 2000), 1);
  assert_int_equal(one.revents, POLLRDHUP);
}

static void what_it_cannot_do_it_says(void** state) {
  rig_t* rig = *state;
  char byte;
  int fd = raw_connect(-1, &rig->to);
  int one = 1;

  assert_int_equal(send(fd, "L", 1, 0), 1);
  usleep(200000);
  assert_int_equal(recv(fd, &byte, 1, MSG_PEEK), -1);
  print_message("MSG_PEEK: %s\n", strerror(errno));
  assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &one, sizeof(one)),
                   -1);
  assert_int_equal(errno, EOPNOTSUPP);
}

/* --- Many, and the end */

static int count_ended(const rig_t* rig) {
  const side_t* side;
  int n = 0;

  for (side = rig->sides; side != NULL; side = side->next)
    n += side->ends;
  return n;
}

/* Nobody accepts. The host gives up those that the guest does not take, and
 * closes them. */
static void a_backlog_of_two_holds_three(void** state) {
  rig_t* rig = *state;
  side_t* side;
  int fd = raw_bind(VMADDR_CID_ANY, mirror_port);
  int i;

  assert_int_equal(listen(fd, 2), 0);
  hvuv_addr_vsock(&rig->to, HVUV_CID_HOST, mirror_port);
  for (i = 0; i < 6; i++) {
    side = side_new(rig);
    side_connect(side);
    side_read(side);
  }
  RIG_RUN_UNTIL(rig, count_ended(rig) == 3);
  kernel_wait(rig, 1000);
  assert_int_equal(count_ended(rig), 3);
}

static int port_is_taken(unsigned int port) {
  struct sockaddr_vm name;
  int fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int r;

  memset(&name, 0, sizeof(name));
  name.svm_family = AF_VSOCK;
  name.svm_cid = VMADDR_CID_ANY;
  name.svm_port = port;
  r = bind(fd, (struct sockaddr*) &name, sizeof(name));
  close(fd);
  return r != 0;
}

/* The host's program stands still, so its end does not come. */
static void a_close_before_the_hosts_end_keeps_the_port_for_8_s(void** state) {
  rig_t* rig = *state;
  int fd = raw_bind(VMADDR_CID_ANY, mirror_port + NOBODY + 1);
  uint64_t begin;
  int ms;

  raw_connect(fd, &rig->to);
  assert_int_equal(send(fd, "S", 1, 0), 1);
  begin = uv_hrtime();
  raw_close(fd);
  assert_true(uv_hrtime() - begin < 1000000000u);
  while (port_is_taken(mirror_port + NOBODY + 1) &&
         uv_hrtime() - begin < 20000000000u)
    usleep(50000);
  ms = (int) ((uv_hrtime() - begin) / 1000000);
  print_message("the port was free after %d ms\n", ms);
  assert_between(ms, LINGER_S * 1000 - 500, LINGER_S * 1000 + 4000);
}

/* Packets that wait in the ring come several to a read; how many is counted. */
static void packets_that_wait_are_read_whole(void** state) {
  rig_t* rig = *state;
  side_t* client;
  side_t* server;
  uint64_t turns;
  int i;

  rig_connect_pair(rig, &client, &server);
  for (i = 0; i < 64; i++)
    assert_code(side_write(client, 65536, 1), 0);
  kernel_wait(rig, 1000);
  side_read(server);
  turns = rig->turns;
  RIG_RUN_UNTIL(rig, server->in_bytes == 4 * MIB);
  print_message("of 4 MiB, a MiB: %d reads, %d turns of the loop\n",
                server->reads / 4,
                (int) (rig->turns - turns) / 4);
  assert_int_equal(server->in_wrong, 0);
}

static int run_all(void) {
  const struct CMUnitTest tests[] = {
      RIG_TEST(&guest, this_machines_cid_is_any),
      RIG_TEST(&guest, every_cid_but_the_hosts_is_unreachable),
      RIG_TEST(&guest, nobody_on_the_host_is_two_seconds_of_silence),
      RIG_TEST(&guest, a_shorter_patience_is_kept),
      RIG_TEST(&guest, only_any_can_be_bound),
      RIG_TEST(&guest, a_caller_has_cid_any_and_its_peer_the_hosts),
      RIG_TEST(&guest, a_service_is_a_port),
      RIG_TEST(&guest, an_accepted_one_sees_the_host_at_any_port),
      RIG_TEST(&guest, a_caller_has_rings_of_24_kib_whatever_was_set),
      RIG_TEST(&guest, a_listeners_callers_have_rings_of_208_kib),
      RIG_TEST(&guest, a_listener_may_ask_for_256_kib),
      RIG_TEST(&guest, a_listener_gets_24_kib_at_least),
      RIG_TEST(&guest, a_recv_gives_one_packet),
      RIG_TEST(&guest, an_end_is_polled_as_rdhup),
      RIG_TEST(&guest, what_it_cannot_do_it_says),
      RIG_TEST(&guest, a_backlog_of_two_holds_three),
      RIG_TEST(&guest, packets_that_wait_are_read_whole),
      RIG_TEST(&guest, a_close_before_the_hosts_end_keeps_the_port_for_8_s),
  };

  return cmocka_run_group_tests_name("hv_sock", tests, NULL, NULL);
}

int main(int argc, char** argv) {
  if (getenv("HVUV_IN_VM") == NULL) {
    print_message("Skipped: connects AF_VSOCK sockets, so it runs in a virtual "
                  "machine of the project's only. Remedy: ./dev vm-hvsock\n");
    return 77;
  }
  if (argc < 3 || argc > 4)
    return 2;
  if (argc == 4)
    cmocka_set_test_filter(argv[3]);
  ender_port = (unsigned int) strtoul(argv[1], NULL, 10);
  mirror_port = (unsigned int) strtoul(argv[2], NULL, 10);
  guest.finish = kernel_transport.finish;
  return run_all();
}
