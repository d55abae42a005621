/* The socket verbs of sys.h on POSIX. Knows sockets, and no address family. */
#include "sys/sys.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* macOS has SO_NOSIGPIPE on the socket instead of a flag on each send, and
 * neither SOCK_CLOEXEC nor accept4(). */
#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif

#if defined(SOCK_CLOEXEC) && defined(SOCK_NONBLOCK)
#define HAVE_SOCK_FLAGS 1
#define NEW_SOCK_FLAGS  (SOCK_CLOEXEC | SOCK_NONBLOCK)
#else
#define HAVE_SOCK_FLAGS 0
#define NEW_SOCK_FLAGS  0
#endif

static int last_error(void) {
  return uv_translate_sys_error(errno);
}

static int result(int r) {
  return r == 0 ? 0 : last_error();
}

static void quiet_pipe(uv_os_sock_t sock) {
#ifdef SO_NOSIGPIPE
  int on = 1;
  setsockopt(sock, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof(on));
#else
  (void) sock;
#endif
}

void hvuv__sys_own(uv_os_sock_t sock) {
  int flags;

  flags = fcntl(sock, F_GETFD);
  if (flags != -1)
    fcntl(sock, F_SETFD, flags | FD_CLOEXEC);
  flags = fcntl(sock, F_GETFL);
  if (flags != -1)
    fcntl(sock, F_SETFL, flags | O_NONBLOCK);
  quiet_pipe(sock);
}

/* What the flags of socket() and accept4() have not done already. */
static void make_ours(uv_os_sock_t sock) {
  if (HAVE_SOCK_FLAGS)
    quiet_pipe(sock);
  else
    hvuv__sys_own(sock);
}

int hvuv__sys_socket(int domain, int protocol, uv_os_sock_t* sock) {
  int fd;

  assert(sock != NULL);
  fd = socket(domain, SOCK_STREAM | NEW_SOCK_FLAGS, protocol);
  if (fd == -1)
    return last_error();

  make_ours(fd);
  *sock = fd;
  return 0;
}

int hvuv__sys_inspect(uv_os_sock_t sock, enum hvuv__sock_kind* kind) {
  struct sockaddr_storage name;
  socklen_t len;
  int value;

  assert(kind != NULL);
  len = sizeof(value);
  if (getsockopt(sock, SOL_SOCKET, SO_TYPE, &value, &len) != 0)
    return last_error();
  if (value != SOCK_STREAM)
    return UV_EINVAL;

  len = sizeof(value);
  if (getsockopt(sock, SOL_SOCKET, SO_ACCEPTCONN, &value, &len) == 0 &&
      value != 0) {
    *kind = HVUV__SOCK_LISTENING;
    return 0;
  }

  len = sizeof(name);
  if (getpeername(sock, (struct sockaddr*) &name, &len) != 0)
    return last_error();
  *kind = HVUV__SOCK_CONNECTED;
  return 0;
}

int hvuv__sys_bind(uv_os_sock_t sock, const struct sockaddr* name, size_t len) {
  assert(len <= sizeof(struct sockaddr_storage));
  return result(bind(sock, name, (socklen_t) len));
}

int hvuv__sys_listen(uv_os_sock_t sock, int backlog) {
  return result(listen(sock, backlog));
}

int hvuv__sys_connect(uv_os_sock_t sock,
                      const struct sockaddr* name,
                      size_t len) {
  assert(len <= sizeof(struct sockaddr_storage));
  if (connect(sock, name, (socklen_t) len) == 0)
    return 0;

  /* Interrupted, a connect goes on by itself (POSIX, connect()). */
  if (errno == EINPROGRESS || errno == EINTR)
    return HVUV__IN_PROGRESS;
  return last_error();
}

/* To ask in vain costs more than to poll again, where one comes alone. */
const unsigned int hvuv__sys_accepts_per_wake = 1;

static int accept_once(uv_os_sock_t server,
                       struct sockaddr* name,
                       socklen_t* len) {
#if HAVE_SOCK_FLAGS
  return accept4(server, name, len, NEW_SOCK_FLAGS);
#else
  return accept(server, name, len);
#endif
}

int hvuv__sys_accept(uv_os_sock_t server,
                     uv_os_sock_t* sock,
                     struct sockaddr* name,
                     size_t* len) {
  socklen_t room;
  int fd;

  assert(name == NULL || *len >= sizeof(struct sockaddr_storage));
  do {
    room = (socklen_t) *len;
    fd = accept_once(server, name, name == NULL ? NULL : &room);
  } while (fd == -1 && errno == EINTR);

  if (fd == -1)
    return last_error();

  make_ours(fd);
  *len = room;
  *sock = fd;
  return 0;
}

int hvuv__sys_take_error(uv_os_sock_t sock) {
  socklen_t len;
  int err;

  len = sizeof(err);
  if (getsockopt(sock, SOL_SOCKET, SO_ERROR, &err, &len) != 0)
    return last_error();
  return err == 0 ? 0 : uv_translate_sys_error(err);
}

#ifndef POLLRDHUP /* Linux only; elsewhere an end is seen when all is read. */
#define POLLRDHUP 0
#endif

int hvuv__sys_peer_state(uv_os_sock_t sock) {
  struct pollfd p;

  p.fd = sock;
  p.events = POLLRDHUP;
  p.revents = 0;
  if (poll(&p, 1, 0) < 0)
    return last_error();
  if (p.revents & POLLNVAL)
    return UV_EBADF;
  if (p.revents & (POLLERR | POLLHUP))
    return UV_ECONNRESET;
  return p.revents & POLLRDHUP ? UV_EOF : 0;
}

int hvuv__sys_outstanding(uv_os_sock_t sock, size_t* bytes) {
#if defined(__linux__) && defined(TIOCOUTQ) /* SIOCOUTQ, tcp(7), unix(7) */
  int value = 0;

  if (ioctl(sock, TIOCOUTQ, &value) == 0 && value >= 0) {
    *bytes = (size_t) value;
    return 0;
  }
#endif
  (void) sock;
  *bytes = 0;
  return UV_ENOTSUP;
}

const int hvuv__sys_close_ends = 1;
const int hvuv__sys_pipes_half_close = 1;

/* A socket that polls as writable is done; what it did is in SO_ERROR. */
int hvuv__sys_connect_result(uv_os_sock_t sock) {
  return hvuv__sys_take_error(sock);
}

/* A socket that does not block waits for nothing that a signal could interrupt.
 * Should a system say so all the same, to poll again is as good as to try
 * again.
 */
static int transfer_error(void) {
  return errno == EINTR ? UV_EAGAIN : last_error();
}

ssize_t hvuv__sys_recv(uv_os_sock_t sock, char* base, size_t len) {
  ssize_t n;

  assert(base != NULL && len > 0);
  n = recv(sock, base, len, 0);
  return n < 0 ? transfer_error() : n;
}

ssize_t hvuv__sys_peek(uv_os_sock_t sock, char* base, size_t len) {
  ssize_t n;

  assert(base != NULL && len > 0);
  n = recv(sock, base, len, MSG_PEEK);
  return n < 0 ? transfer_error() : n;
}

static ssize_t send_many(uv_os_sock_t sock,
                         const uv_buf_t bufs[],
                         unsigned int nbufs) {
  struct msghdr msg = {0};

  /* A uv_buf_t is a struct iovec here (libuv, uv/unix.h). */
  msg.msg_iov = (struct iovec*) (uintptr_t) bufs;
  msg.msg_iovlen = nbufs;
  return sendmsg(sock, &msg, MSG_NOSIGNAL);
}

ssize_t hvuv__sys_send(uv_os_sock_t sock,
                       const uv_buf_t bufs[],
                       unsigned int nbufs) {
  ssize_t n;

  assert(nbufs <= HVUV__SEND_BUFS_MAX);
  if (nbufs == 1)
    n = send(sock, bufs[0].base, bufs[0].len, MSG_NOSIGNAL);
  else
    n = send_many(sock, bufs, nbufs);
  return n < 0 ? transfer_error() : n;
}

int hvuv__sys_shutdown(uv_os_sock_t sock) {
  return result(shutdown(sock, SHUT_WR));
}

void hvuv__sys_close(uv_os_sock_t sock) {
  assert(sock != HVUV__NO_SOCK);
  /* Not retried: after EINTR the descriptor is gone on Linux, and may be
   * somebody else's by now. */
  close(sock);
}

/* Those that have no reset ignore the option: Unix sockets, AF_VSOCK. */
void hvuv__sys_close_reset(uv_os_sock_t sock) {
  struct linger at_once = {.l_onoff = 1, .l_linger = 0};

  setsockopt(sock, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  hvuv__sys_close(sock);
}

int hvuv__sys_getsockname(uv_os_sock_t sock,
                          struct sockaddr* name,
                          size_t* len) {
  socklen_t room;

  room = (socklen_t) *len;
  if (getsockname(sock, name, &room) != 0)
    return last_error();
  *len = room;
  return 0;
}

int hvuv__sys_getpeername(uv_os_sock_t sock,
                          struct sockaddr* name,
                          size_t* len) {
  socklen_t room;

  room = (socklen_t) *len;
  if (getpeername(sock, name, &room) != 0)
    return last_error();
  *len = room;
  return 0;
}

int hvuv__sys_setsockopt(
    uv_os_sock_t sock, int level, int option, const void* value, size_t len) {
  return result(setsockopt(sock, level, option, value, (socklen_t) len));
}

int hvuv__sys_getsockopt(
    uv_os_sock_t sock, int level, int option, void* value, size_t len) {
  socklen_t room;

  room = (socklen_t) len;
  return result(getsockopt(sock, level, option, value, &room));
}

int hvuv__sys_watch_forks(void (*before)(void),
                          void (*in_parent)(void),
                          void (*in_child)(void)) {
  return uv_translate_sys_error(pthread_atfork(before, in_parent, in_child));
}

void hvuv__sys_block_signals(void) {
  sigset_t all;

  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, NULL);
}

const int hvuv__sys_rings_open_only = 0;

int hvuv__sys_original(int status) {
  (void) status;
  return 0; /* A UV_E* code is the negative errno. */
}
