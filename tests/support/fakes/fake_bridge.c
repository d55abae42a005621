#include "fake_bridge.h"

#include "fake_vmm.h"

#define SHUT_SENDING 1 /* SHUT_WR, SD_SEND */
#define SHUT_BOTH    2 /* SHUT_RDWR, SD_BOTH */

void bridge_init(bridge_t* bridge, uv_os_sock_t host, unsigned int manners) {
  bridge->manners = manners;
  bridge->host = host;
  bridge->guest = NET_NONE;
}

void bridge_join(bridge_t* bridge, uv_os_sock_t guest) {
  bridge->guest = guest;
}

static int has(const bridge_t* b, unsigned int manner) {
  return (b->manners & manner) != 0;
}

static int is_empty(const bridge_pipe_t* p) {
  return p->start == p->end;
}

static void fill(bridge_pipe_t* p, uv_os_sock_t from) {
  ssize_t n;

  if (p->ended || !is_empty(p))
    return;

  n = net_recv(from, p->bytes, BRIDGE_PIPE_BYTES);
  if (n == UV_EAGAIN)
    return;
  p->start = 0;
  p->end = n > 0 ? (size_t) n : 0;
  p->ended = n <= 0;
}

/* Nobody is there to take it. */
static void give_up(bridge_pipe_t* p) {
  p->start = p->end = 0;
  p->ended = p->passed_end = 1;
}

static void drain(bridge_pipe_t* p, uv_os_sock_t to) {
  ssize_t n;

  if (is_empty(p))
    return;
  n = net_send(to, p->bytes + p->start, p->end - p->start);
  if (n > 0)
    p->start += (size_t) n;
  else if (n != UV_EAGAIN)
    give_up(p);
}

/* A direction has come to its end, and that has not been passed on yet. */
static int is_ending(const bridge_pipe_t* p) {
  return p->ended && is_empty(p) && !p->passed_end;
}

static void discard(uv_os_sock_t sock) {
  char bytes[4096];

  while (net_recv(sock, bytes, sizeof(bytes)) > 0) {
  }
}

/* The guest reads what came before, then an end, and can send no more. What it
 * has sent and the host has not got is lost: closing a Unix socket with unread
 * bytes would be an error for the guest, which a VMM does not give it. */
static void end_both(bridge_t* b) {
  shutdown(b->guest, SHUT_BOTH);
  discard(b->guest);
  b->is_done = 1;
}

/* Whether the guest has closed, and not only ended its direction. */
static int has_hung_up(uv_os_sock_t guest) {
  net_poll_t look = {.fd = guest};

  return net_poll(&look, 1, 0) > 0 && (look.revents & (POLLHUP | POLLERR)) != 0;
}

static void pass_host_end(bridge_t* b) {
  if (has(b, FAKE_VMM_HOST_END_ENDS_BOTH)) {
    end_both(b);
    return;
  }
  b->to_guest.passed_end = 1;
  shutdown(b->guest, SHUT_SENDING);
}

static void pass_guest_end(bridge_t* b) {
  if (!has(b, FAKE_VMM_GUEST_END_UNHEARD)) {
    b->to_host.passed_end = 1;
    shutdown(b->host, SHUT_SENDING);
  } else if (has_hung_up(b->guest)) {
    b->is_done = 1;
  }
}

void bridge_carry(bridge_t* b) {
  fill(&b->to_guest, b->host);
  fill(&b->to_host, b->guest);
  drain(&b->to_guest, b->guest);
  drain(&b->to_host, b->host);
  if (is_ending(&b->to_guest))
    pass_host_end(b);
  if (is_ending(&b->to_host))
    pass_guest_end(b);
  if (b->to_guest.passed_end && b->to_host.passed_end)
    b->is_done = 1;
}

static short wanted(const bridge_pipe_t* in, const bridge_pipe_t* out) {
  short events;

  events = 0;
  if (!in->ended && is_empty(in))
    events |= POLLIN;
  if (!is_empty(out))
    events |= POLLOUT;
  return events;
}

static size_t add(net_poll_t* polls,
                  size_t n,
                  uv_os_sock_t sock,
                  short events) {
  polls[n].fd = sock;
  polls[n].events = events;
  polls[n].revents = 0;
  return n + 1;
}

size_t bridge_watch(const bridge_t* b, net_poll_t* polls, size_t n) {
  short of_host;
  short of_guest;

  of_host = wanted(&b->to_guest, &b->to_host);
  of_guest = wanted(&b->to_host, &b->to_guest);
  if (of_host != 0)
    n = add(polls, n, b->host, of_host);
  /* An end that the host has not heard of waits for the hang-up. */
  if (of_guest != 0 || is_ending(&b->to_host))
    n = add(polls, n, b->guest, of_guest);
  return n;
}

void bridge_close(bridge_t* b) {
  net_close(b->host);
  if (b->guest != NET_NONE)
    net_close(b->guest);
}
