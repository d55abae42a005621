#include "kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/vhost.h>
#include <linux/vm_sockets.h>

#define RAW_MAX    64
#define PATIENCE_S 30
#define VHOST_PATH "/dev/vhost-vsock"

/* What a test has open, or still runs. */
static int raws[RAW_MAX];
static int raw_count;
static pid_t child;

/* --- The family */

static void start(rig_t* rig) {
  hvuv_addr_parse("vsock://local:any", &rig->at);
}

static void stop_rig(rig_t* rig) {
  (void) rig;
  kernel_kill_child();
  while (raw_count > 0)
    close(raws[--raw_count]);
}

/* Through CID 1, in the form in which it was bound. */
static void target(const hvuv_addr_t* bound, hvuv_addr_t* to) {
  if (hvuv_addr_family(bound) == HVUV_HYPERV)
    hvuv_addr_hyperv(to, &HVUV_VM_LOOPBACK, &bound->u.hyperv.service_id);
  else
    hvuv_addr_vsock(to, HVUV_CID_LOCAL, bound->u.vsock.port);
}

const transport_t kernel_transport = {
    .name = "kernel",
    .start = start,
    .finish = stop_rig,
    .target = target,
    .refused = UV_ECONNRESET,
    .aborted = UV_EOF,
    .client_has_name = 1,
};

/* --- Raw sockets */

static int keep(int fd) {
  assert_true(fd >= 0);
  assert_true(raw_count < RAW_MAX);
  raws[raw_count++] = fd;
  return fd;
}

void raw_release(int fd) {
  int i;

  for (i = 0; i < raw_count && raws[i] != fd; i++) {
  }
  assert_true(i < raw_count);
  raws[i] = raws[--raw_count];
}

void raw_close(int fd) {
  raw_release(fd);
  close(fd);
}

static int raw_socket(void) {
  struct timeval patience = {PATIENCE_S, 0};
  int fd;

  fd = keep(socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0));
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
  return fd;
}

static struct sockaddr_vm raw_name(uint32_t cid, uint32_t port) {
  struct sockaddr_vm name;

  memset(&name, 0, sizeof(name));
  name.svm_family = AF_VSOCK;
  name.svm_cid = cid;
  name.svm_port = port;
  return name;
}

int raw_bind(uint32_t cid, uint32_t port) {
  struct sockaddr_vm name;
  int fd;

  fd = raw_socket();
  name = raw_name(cid, port);
  assert_int_equal(bind(fd, (struct sockaddr*) &name, sizeof(name)), 0);
  return fd;
}

uint32_t raw_port(int fd) {
  struct sockaddr_vm name;
  socklen_t len;

  len = sizeof(name);
  assert_int_equal(getsockname(fd, (struct sockaddr*) &name, &len), 0);
  return name.svm_port;
}

int raw_listen(rig_t* rig, int backlog) {
  int fd;

  fd = raw_bind(VMADDR_CID_ANY, VMADDR_PORT_ANY);
  assert_int_equal(listen(fd, backlog), 0);
  hvuv_addr_vsock(&rig->to, HVUV_CID_LOCAL, raw_port(fd));
  return fd;
}

int raw_accept(int listener) {
  return keep(accept4(listener, NULL, NULL, SOCK_CLOEXEC));
}

int raw_connect(int fd, const hvuv_addr_t* to) {
  struct sockaddr_vm name;
  uint32_t port;

  port = 0;
  if (hvuv_addr_family(to) == HVUV_HYPERV) {
    assert_code(hvuv_service_to_port(&to->u.hyperv.service_id, &port), 0);
    name = raw_name(HVUV_CID_LOCAL, port);
  } else {
    name = raw_name(to->u.vsock.cid, to->u.vsock.port);
  }
  if (fd == -1)
    fd = raw_socket();
  assert_int_equal(connect(fd, (struct sockaddr*) &name, sizeof(name)), 0);
  return fd;
}

void raw_write(int fd, uint64_t offset, size_t n) {
  assert_int_equal(send(fd, rig_pattern(0, offset), n, MSG_NOSIGNAL), n);
}

void raw_read(int fd, size_t n) {
  char room[65536];

  assert_int_equal(recv(fd, room, n, MSG_WAITALL), n);
}

long raw_read_to_end(int fd) {
  static char room[65536];
  ssize_t n;
  long sum;

  sum = 0;
  while ((n = recv(fd, room, sizeof(room), 0)) > 0)
    sum += n;
  return n == 0 ? sum : -errno;
}

void raw_shutdown(int fd, int how) {
  assert_int_equal(shutdown(fd, how), 0);
}

/* --- Together */

void kernel_call_raw(rig_t* rig, side_t** client, int* peer) {
  int listener;

  listener = raw_listen(rig, 1);
  *client = side_new(rig);
  side_connect(*client);
  RIG_RUN_UNTIL(rig, (*client)->connects_told > 0);
  assert_code((*client)->connect_status, 0);
  *peer = raw_accept(listener);
  raw_close(listener);
}

void kernel_serve_raw(rig_t* rig, side_t** server, int* peer) {
  int before;

  if (rig->listener == NULL)
    rig_listen(rig, 16);
  before = rig->accept_count;
  *peer = raw_connect(-1, &rig->to);
  RIG_RUN_UNTIL(rig, rig->accept_count > before);
  *server = rig->accepted;
}

uint32_t kernel_free_port(void) {
  uint32_t port;
  int fd;

  fd = raw_bind(HVUV_CID_LOCAL, VMADDR_PORT_ANY);
  port = raw_port(fd);
  raw_close(fd);
  /* It may be larger than a service id stands for. */
  return (port & 0x7fffffffu) | 1024u;
}

int kernel_is_host(void) {
  return access(VHOST_PATH, F_OK) == 0;
}

/* A guest that nobody runs yet is waited for on 6.1 and 6.12, and not on 7.2. */
static int is_silent(void) {
  struct sockaddr_vm name;
  int unreachable;
  int fd;

  name = raw_name(KERNEL_CID_SILENT, 1024);
  fd = raw_socket();
  fcntl(fd, F_SETFL, O_NONBLOCK);
  unreachable = connect(fd, (struct sockaddr*) &name, sizeof(name)) != 0 &&
                errno == EHOSTUNREACH;
  raw_close(fd);
  return !unreachable;
}

void kernel_silent_guest(void) {
  uint64_t cid;
  int fd;

  if (!kernel_is_host()) {
    print_message("Needs " VHOST_PATH ": modprobe vhost_vsock\n");
    skip();
  }
  cid = KERNEL_CID_SILENT;
  fd = keep(open(VHOST_PATH, O_RDWR | O_CLOEXEC));
  assert_int_equal(ioctl(fd, VHOST_SET_OWNER, 0), 0);
  assert_int_equal(ioctl(fd, VHOST_VSOCK_SET_GUEST_CID, &cid), 0);
  if (!is_silent()) {
    print_message("This kernel reports such a guest as unreachable at once\n");
    skip();
  }
}

int kernel_is_from(unsigned long major, unsigned long minor) {
  struct utsname system;
  unsigned long this_major;
  char* dot;

  assert_int_equal(uname(&system), 0);
  this_major = strtoul(system.release, &dot, 10);
  assert_int_equal(*dot, '.');
  return this_major > major ||
         (this_major == major && strtoul(dot + 1, NULL, 10) >= minor);
}

static void on_wait(uv_timer_t* timer) {
  int* over = timer->data;

  *over = 1;
}

void kernel_wait(rig_t* rig, uint64_t ms) {
  uv_timer_t timer;
  int over;

  over = 0;
  uv_timer_init(&rig->loop, &timer);
  timer.data = &over;
  uv_update_time(&rig->loop);
  uv_timer_start(&timer, on_wait, ms, 0);
  RIG_RUN_UNTIL(rig, over);
  uv_close((uv_handle_t*) &timer, NULL);
  rig_spin(rig, 1);
}

void kernel_adopt_child(pid_t pid) {
  assert_true(pid > 0);
  child = pid;
}

void kernel_kill_child(void) {
  if (child > 0) {
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
  }
  child = 0;
}
