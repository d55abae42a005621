#include "fake_vmm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_bridge.h"
#include "support/net.h"

#define REQUEST_MAX 32  /* Firecracker's */
#define PIECE_MAX   256 /* what one read takes where the rest of it is lost */
#define RETRY_MS    2
#define SLOW_MS     5
#define FIRST_PORT  1073741824u /* Firecracker's, too */

/*
 * A call of the host's:
 *
 *   ASKING --line--> DIALLING --guest takes it--> REPLYING --OK--> CARRYING
 *     |                 | nobody listens             |                 |
 *     +-----------------+---------- host gone -------+---- is_done ----+--> gone
 */
typedef enum stage_e { ASKING, DIALLING, REPLYING, CARRYING, GONE } stage_t;

typedef struct call_s {
  struct call_s* next;
  stage_t stage;
  size_t line_len;
  char line[REQUEST_MAX + 1];
  size_t reply_sent;
  char reply[32];
  uint64_t reply_at; /* not before; in nanoseconds of uv_hrtime() */
  bridge_t bridge;
} call_t;

struct fake_vmm_s {
  uv_thread_t thread;
  uv_sem_t runs;
  unsigned int manners;
  struct sockaddr_un name;
  uv_os_sock_t listener;
  uv_os_sock_t stop[2];
  unsigned int next_port;
  call_t* calls;
};

static void die(const char* what) {
  fprintf(stderr, "fake_vmm: %s: %s\n", what, uv_err_name(net_error()));
  abort();
}

static uv_os_sock_t new_socket(int blocks) {
  uv_os_sock_t sock;

  if (net_socket(AF_UNIX, SOCK_STREAM, &sock) != 0 ||
      (!blocks && net_unblock(sock) != 0))
    die("socket");
  return sock;
}

/* Where a connect that does not block says the same of one under way and of a
 * full backlog, it blocks. */
static int connect_to(const struct sockaddr_un* name, uv_os_sock_t* out) {
  uv_os_sock_t sock = new_socket(!net_is_posix());
  int err;

  if (connect(sock, (const struct sockaddr*) name, sizeof(*name)) == 0) {
    if (net_unblock(sock) != 0)
      die("unblock");
    *out = sock;
    return 0;
  }
  err = net_error();
  net_close(sock);
  return err;
}

static int has(const fake_vmm_t* vmm, unsigned int manner) {
  return (vmm->manners & manner) != 0;
}

static void accept_all(fake_vmm_t* vmm) {
  uv_os_sock_t sock;
  call_t* call;

  while (net_accept(vmm->listener, &sock) == 0) {
    call = calloc(1, sizeof(*call));
    if (call == NULL || net_unblock(sock) != 0)
      die("calloc");
    bridge_init(&call->bridge, sock, vmm->manners);
    call->next = vmm->calls;
    vmm->calls = call;
  }
}

static void wait_before_replying(const fake_vmm_t* vmm, call_t* call) {
  if (has(vmm, FAKE_VMM_SLOW))
    call->reply_at = uv_hrtime() + (uint64_t) SLOW_MS * 1000000;
}

/* Calls the guest. */
static void dial(fake_vmm_t* vmm, call_t* call) {
  struct sockaddr_un name;
  uv_os_sock_t sock;
  unsigned int port;
  size_t len;
  int err;

  call->stage = GONE;
  if (sscanf(call->line, "CONNECT %u\n", &port) != 1)
    return;

  name = vmm->name;
  len = strlen(name.sun_path);
  snprintf(name.sun_path + len, sizeof(name.sun_path) - len, "_%u", port);
  err = connect_to(&name, &sock);
  if (err == 0) {
    bridge_join(&call->bridge, sock);
    snprintf(call->reply, sizeof(call->reply), "OK %u\n", vmm->next_port++);
    wait_before_replying(vmm, call);
    call->stage = REPLYING;
    return;
  }

  if (err == UV_EAGAIN) /* The guest's backlog is full. */
    call->stage = DIALLING;
}

/* Where pipelined bytes are kept it takes no byte more than the line. */
static size_t piece(const fake_vmm_t* vmm) {
  return has(vmm, FAKE_VMM_LOSES_PIPELINED) ? PIECE_MAX : 1;
}

static void read_line(fake_vmm_t* vmm, call_t* call) {
  char bytes[PIECE_MAX];
  ssize_t n;
  ssize_t i;

  for (;;) {
    n = net_recv(call->bridge.host, bytes, piece(vmm));
    if (n == UV_EAGAIN)
      return;
    for (i = 0; i < n && call->line_len < REQUEST_MAX; i++) {
      call->line[call->line_len++] = bytes[i];
      if (bytes[i] == '\n') {
        dial(vmm, call);
        return;
      }
    }
    if (n <= 0 || call->line_len == REQUEST_MAX)
      break;
  }
  call->stage = GONE;
}

/* All of it at once, or where that takes its time, one byte and the rest. */
static void reply(fake_vmm_t* vmm, call_t* call) {
  size_t left;
  ssize_t n;

  if (uv_hrtime() < call->reply_at)
    return;
  left = strlen(call->reply + call->reply_sent);
  if (has(vmm, FAKE_VMM_SLOW) && call->reply_sent == 0)
    left = 1;
  n = net_send(call->bridge.host, call->reply + call->reply_sent, left);
  if (n < 0) {
    call->stage = GONE;
    return;
  }
  call->reply_sent += (size_t) n;
  wait_before_replying(vmm, call);
  if (call->reply[call->reply_sent] == '\0')
    call->stage = CARRYING;
}

static void serve(fake_vmm_t* vmm, call_t* call) {
  if (has(vmm, FAKE_VMM_SILENT))
    return;
  if (call->stage == ASKING)
    read_line(vmm, call);
  else if (call->stage == DIALLING)
    dial(vmm, call);
  if (call->stage == REPLYING)
    reply(vmm, call);
  if (call->stage == CARRYING) {
    bridge_carry(&call->bridge);
    if (call->bridge.is_done)
      call->stage = GONE;
  }
}

static void bury(fake_vmm_t* vmm, int everybody) {
  call_t** link;
  call_t* call;

  for (link = &vmm->calls; (call = *link) != NULL;) {
    if (call->stage == GONE || everybody) {
      *link = call->next;
      bridge_close(&call->bridge);
      free(call);
    } else {
      link = &call->next;
    }
  }
}

static size_t add(net_poll_t* polls, size_t n, uv_os_sock_t sock) {
  polls[n].fd = sock;
  polls[n].events = POLLIN;
  polls[n].revents = 0;
  return n + 1;
}

static size_t count(const fake_vmm_t* vmm) {
  const call_t* call;
  size_t n;

  n = 0;
  for (call = vmm->calls; call != NULL; call = call->next)
    n++;
  return n;
}

/* Waits until something can be done. Returns 0 when it is to stop. */
static int wait_for_work(fake_vmm_t* vmm) {
  net_poll_t* polls;
  call_t* call;
  int timeout;
  int stop;
  size_t n;

  polls = calloc(count(vmm) * 2 + 2, sizeof(*polls));
  if (polls == NULL)
    die("calloc");

  timeout = -1;
  n = add(polls, 0, vmm->stop[0]);
  n = add(polls, n, vmm->listener);
  for (call = vmm->calls; call != NULL; call = call->next) {
    if (has(vmm, FAKE_VMM_SILENT))
      continue;
    if (call->stage == CARRYING)
      n = bridge_watch(&call->bridge, polls, n);
    else if (call->stage == ASKING)
      n = add(polls, n, call->bridge.host);
    else
      timeout = RETRY_MS;
  }

  net_poll(polls, n, timeout);
  stop = polls[0].revents != 0;
  free(polls);
  return !stop;
}

static void run(void* arg) {
  fake_vmm_t* vmm = arg;
  call_t* call;

  uv_sem_post(&vmm->runs);
  while (wait_for_work(vmm)) {
    accept_all(vmm);
    for (call = vmm->calls; call != NULL; call = call->next)
      serve(vmm, call);
    bury(vmm, 0);
  }
  bury(vmm, 1);
}

fake_vmm_t* fake_vmm_start(const char* path, unsigned int manners) {
  fake_vmm_t* vmm;

  vmm = calloc(1, sizeof(*vmm));
  if (vmm == NULL)
    die("calloc");

  vmm->manners = manners;
  vmm->next_port = FIRST_PORT;
  vmm->name.sun_family = AF_UNIX;
  snprintf(vmm->name.sun_path, sizeof(vmm->name.sun_path), "%s", path);
  vmm->listener = new_socket(0);
  if (bind(vmm->listener, (struct sockaddr*) &vmm->name, sizeof(vmm->name)) !=
          0 ||
      listen(vmm->listener, SOMAXCONN) != 0 || net_pair(vmm->stop) != 0)
    die("listen");
  if (uv_sem_init(&vmm->runs, 0) != 0 ||
      uv_thread_create(&vmm->thread, run, vmm) != 0)
    die("uv_thread_create");

  /* What libuv allocated for it is freed before it runs, and whoever counts
   * blocks begins with all of them, or none. */
  uv_sem_wait(&vmm->runs);
  return vmm;
}

void fake_vmm_stop(fake_vmm_t* vmm) {
  if (net_send(vmm->stop[1], "", 1) != 1)
    die("send");
  uv_thread_join(&vmm->thread);
  uv_sem_destroy(&vmm->runs);
  net_close(vmm->listener);
  net_close(vmm->stop[0]);
  net_close(vmm->stop[1]);
  remove(vmm->name.sun_path);
  free(vmm);
}
