#include "fake_vmm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/net.h"

#define BACKLOG     128
#define REQUEST_MAX 32 /* Firecracker's */
#define PIPE_BYTES  16384
#define RETRY_MS    2
#define FIRST_PORT  1073741824u /* Firecracker's, too */

/* One direction. It reads when it is empty, and ends when what it reads from
 * has ended and all has been passed on. */
typedef struct pipe_s {
  size_t start;
  size_t end;
  int ended;
  int passed_end;
  char bytes[PIPE_BYTES];
} pipe_t;

typedef struct bridge_s {
  struct bridge_s* next;
  uv_os_sock_t host;
  uv_os_sock_t guest; /* NET_NONE until the guest has answered */
  int dead;
  int dialling; /* the line is complete, the guest's backlog is full */
  size_t line_len;
  char line[REQUEST_MAX + 1];
  pipe_t to_guest;
  pipe_t to_host;
} bridge_t;

struct fake_vmm_s {
  uv_thread_t thread;
  struct sockaddr_un name;
  uv_os_sock_t listener;
  uv_os_sock_t stop[2];
  unsigned int next_port;
  bridge_t* bridges;
};

static void die(const char* what) {
  fprintf(stderr, "fake_vmm: %s: %s\n", what, uv_err_name(net_error()));
  abort();
}

static uv_os_sock_t new_socket(void) {
  uv_os_sock_t sock;

  if (net_socket(AF_UNIX, SOCK_STREAM, &sock) != 0 || net_unblock(sock) != 0)
    die("socket");
  return sock;
}

static void accept_all(fake_vmm_t* vmm) {
  uv_os_sock_t sock;
  bridge_t* b;

  while (net_accept(vmm->listener, &sock) == 0) {
    b = calloc(1, sizeof(*b));
    if (b == NULL || net_unblock(sock) != 0)
      die("calloc");
    b->host = sock;
    b->guest = NET_NONE;
    b->next = vmm->bridges;
    vmm->bridges = b;
  }
}

static void put_reply(fake_vmm_t* vmm, bridge_t* b) {
  b->to_host.end = (size_t) snprintf(
      b->to_host.bytes, PIPE_BYTES, "OK %u\n", vmm->next_port++);
}

/* The line is complete: the guest is called. */
static void dial(fake_vmm_t* vmm, bridge_t* b) {
  struct sockaddr_un name;
  uv_os_sock_t sock;
  unsigned int port;
  size_t len;

  if (sscanf(b->line, "CONNECT %u\n", &port) != 1) {
    b->dead = 1;
    return;
  }

  name = vmm->name;
  len = strlen(name.sun_path);
  snprintf(name.sun_path + len, sizeof(name.sun_path) - len, "_%u", port);
  sock = new_socket();
  if (connect(sock, (struct sockaddr*) &name, sizeof(name)) == 0) {
    b->guest = sock;
    b->dialling = 0;
    put_reply(vmm, b);
    return;
  }

  b->dialling = net_error() == UV_EAGAIN;
  b->dead = !b->dialling;
  net_close(sock);
}

static void read_line(fake_vmm_t* vmm, bridge_t* b) {
  ssize_t n;

  while (b->line_len < REQUEST_MAX) {
    n = net_recv(b->host, b->line + b->line_len, 1);
    if (n == UV_EAGAIN)
      return;
    if (n <= 0)
      break;
    if (b->line[b->line_len++] == '\n') {
      dial(vmm, b);
      return;
    }
  }
  b->dead = 1;
}

static void fill(pipe_t* p, uv_os_sock_t from) {
  ssize_t n;

  if (p->ended || p->start < p->end)
    return;

  n = net_recv(from, p->bytes, PIPE_BYTES);
  if (n == UV_EAGAIN)
    return;
  p->start = 0;
  p->end = n > 0 ? (size_t) n : 0;
  p->ended = n <= 0;
}

/* Returns -1 if nobody is there to take it. */
static int drain(pipe_t* p, uv_os_sock_t to) {
  ssize_t n;

  if (p->start < p->end) {
    n = net_send(to, p->bytes + p->start, p->end - p->start);
    if (n < 0)
      return n == UV_EAGAIN ? 0 : -1;
    p->start += (size_t) n;
  }

  if (p->ended && p->start == p->end && !p->passed_end) {
    p->passed_end = 1;
    shutdown(to, 1); /* SHUT_WR, SD_SEND */
  }
  return 0;
}

static void carry(bridge_t* b) {
  fill(&b->to_guest, b->host);
  fill(&b->to_host, b->guest);
  if (drain(&b->to_guest, b->guest) != 0 || drain(&b->to_host, b->host) != 0)
    b->dead = 1;
  if (b->to_guest.passed_end && b->to_host.passed_end)
    b->dead = 1;
}

static void serve(fake_vmm_t* vmm, bridge_t* b) {
  if (b->guest != NET_NONE)
    carry(b);
  else if (b->dialling)
    dial(vmm, b);
  else
    read_line(vmm, b);
}

static void hang_up(bridge_t* b) {
  net_close(b->host);
  if (b->guest != NET_NONE)
    net_close(b->guest);
  free(b);
}

static void bury(fake_vmm_t* vmm, int everybody) {
  bridge_t** link;
  bridge_t* b;

  for (link = &vmm->bridges; (b = *link) != NULL;) {
    if (b->dead || everybody) {
      *link = b->next;
      hang_up(b);
    } else {
      link = &b->next;
    }
  }
}

static short wanted(const pipe_t* in, const pipe_t* out) {
  short events;

  events = 0;
  if (!in->ended && in->start == in->end)
    events |= POLLIN;
  if (out->start < out->end)
    events |= POLLOUT;
  return events;
}

/* A descriptor for which nothing is wanted is left out, because poll() reports
 * a hang-up all the same. */
static size_t add(net_poll_t* polls,
                  size_t n,
                  uv_os_sock_t sock,
                  short events) {
  if (events == 0)
    return n;
  polls[n].fd = sock;
  polls[n].events = events;
  polls[n].revents = 0;
  return n + 1;
}

static size_t count(const fake_vmm_t* vmm) {
  const bridge_t* b;
  size_t n;

  n = 0;
  for (b = vmm->bridges; b != NULL; b = b->next)
    n++;
  return n;
}

/* Waits until something can be done. Returns 0 when it is to stop. */
static int wait_for_work(fake_vmm_t* vmm) {
  net_poll_t* polls;
  bridge_t* b;
  int timeout;
  int stop;
  size_t n;

  polls = calloc(count(vmm) * 2 + 2, sizeof(*polls));
  if (polls == NULL)
    die("calloc");

  timeout = -1;
  n = add(polls, 0, vmm->stop[0], POLLIN);
  n = add(polls, n, vmm->listener, POLLIN);
  for (b = vmm->bridges; b != NULL; b = b->next) {
    if (b->guest != NET_NONE) {
      n = add(polls, n, b->host, wanted(&b->to_guest, &b->to_host));
      n = add(polls, n, b->guest, wanted(&b->to_host, &b->to_guest));
    } else if (b->dialling) {
      timeout = RETRY_MS;
    } else {
      n = add(polls, n, b->host, POLLIN);
    }
  }

  net_poll(polls, n, timeout);
  stop = polls[0].revents != 0;
  free(polls);
  return !stop;
}

static void run(void* arg) {
  fake_vmm_t* vmm = arg;
  bridge_t* b;

  while (wait_for_work(vmm)) {
    accept_all(vmm);
    for (b = vmm->bridges; b != NULL; b = b->next)
      serve(vmm, b);
    bury(vmm, 0);
  }
  bury(vmm, 1);
}

fake_vmm_t* fake_vmm_start(const char* path) {
  fake_vmm_t* vmm;

  vmm = calloc(1, sizeof(*vmm));
  if (vmm == NULL)
    die("calloc");

  vmm->next_port = FIRST_PORT;
  vmm->name.sun_family = AF_UNIX;
  snprintf(vmm->name.sun_path, sizeof(vmm->name.sun_path), "%s", path);
  vmm->listener = new_socket();
  if (bind(vmm->listener, (struct sockaddr*) &vmm->name, sizeof(vmm->name)) !=
          0 ||
      listen(vmm->listener, BACKLOG) != 0 || net_pair(vmm->stop) != 0)
    die("listen");
  if (uv_thread_create(&vmm->thread, run, vmm) != 0)
    die("uv_thread_create");
  return vmm;
}

void fake_vmm_stop(fake_vmm_t* vmm) {
  if (net_send(vmm->stop[1], "", 1) != 1)
    die("send");
  uv_thread_join(&vmm->thread);
  net_close(vmm->listener);
  net_close(vmm->stop[0]);
  net_close(vmm->stop[1]);
  remove(vmm->name.sun_path);
  free(vmm);
}
