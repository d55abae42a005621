/*
 * The socket verbs of sys.h on Winsock. Knows sockets, and no address family.
 *
 * Winsock's numbers become UV_E* codes by libuv's table where that knows them,
 * else by the one here, else UV_UNKNOWN. Each thread keeps its last few, so
 * that hvuv_explain() can show the number that a code came from.
 */
#include "sys/sys_win.h"

#include <assert.h>
#include <limits.h>
#include <winsock2.h>

#include "base/threads.h"

/* Codes remembered for each thread. */
#define ORIGINALS 8

/* The most bytes that one send is given. A socket that does not block takes
 * however many it is given into the system's memory if it takes one, or fails
 * with WSAENOBUFS each time because they are too many (which is why Twisted has
 * such a limit, abstract.py). */
#define SEND_MAX (1024u * 1024)

/* One that failed so is made again with a quarter, and a quarter of that, but
 * not with less than this: then it is not the size. */
#define SEND_LEAST 4096u
#define SEND_LESS  4u

typedef struct original_s {
  int status;
  int number;
} original_t;

static HVUV__THREAD_LOCAL original_t originals[ORIGINALS];
static HVUV__THREAD_LOCAL unsigned int next_original;

/* What these sockets return and libuv has no code for (src/win/error.c), or
 * another than is meant here. */
static const original_t more_codes[] = {
    /* Hyper-V is broken, or a VM just restarts (docker/for-win 1792, vpnkit
     * 299). */
    {UV_ENETDOWN, WSAENETDOWN},
    /* Which libuv calls EPERM, unlike POSIX. */
    {UV_EACCES, ERROR_ACCESS_DENIED},
    /* An option that this Windows does not know. */
    {UV_ENOPROTOOPT, WSAENOPROTOOPT},
    {UV_EDESTADDRREQ, WSAEDESTADDRREQ},
    {UV_ENOTSUP, WSAEOPNOTSUPP},
    {UV_EPROTOTYPE, WSAEPROTOTYPE},
    {UV_EHOSTDOWN, WSAEHOSTDOWN},
    {UV_ECONNRESET, WSAENETRESET},
    {UV_EALREADY, WSAEINPROGRESS},
    {UV_ENAMETOOLONG, WSAENAMETOOLONG},
    {UV_ELOOP, WSAELOOP},
    {UV_EOF, WSAEDISCON},
    {UV_ENOBUFS, WSAEPROCLIM},
    {UV_ENOBUFS, ERROR_NO_SYSTEM_RESOURCES},
    {UV_EAFNOSUPPORT, WSAEPFNOSUPPORT},
    {UV_EAFNOSUPPORT, WSASYSNOTREADY},
    {UV_EAFNOSUPPORT, WSAEPROVIDERFAILEDINIT},
    {UV_EPIPE, ERROR_NO_DATA},
    /* As overlapped calls say "not now" (go-winio, hvsock.go). */
    {UV_ECONNREFUSED, ERROR_CONNECTION_UNAVAIL},
};

/* Of a call that has failed. libuv takes a negative number for a code of its
 * own. */
static int translate(int number) {
  size_t i;

  if (number <= 0)
    return UV_UNKNOWN;
  for (i = 0; i < sizeof(more_codes) / sizeof(more_codes[0]); i++)
    if (more_codes[i].number == number)
      return more_codes[i].status;
  return uv_translate_sys_error(number);
}

static int remember(int status, int number) {
  original_t* kept;

  if (status == UV_EAGAIN)
    return status; /* Too common, and no error. */

  assert(status < 0);
  kept = &originals[next_original++ % ORIGINALS];
  kept->status = status;
  kept->number = number;
  return status;
}

int hvuv__sys_error(unsigned long number) {
  return remember(translate((int) number), (int) number);
}

int hvuv__sys_original(int status) {
  const original_t* kept;
  unsigned int i;

  for (i = 1; i <= ORIGINALS; i++) {
    kept = &originals[(next_original - i) % ORIGINALS];
    if (kept->status == status)
      return kept->number;
  }
  return 0;
}

static int last_error(void) {
  return hvuv__sys_error((unsigned long) WSAGetLastError());
}

static int result(int r) {
  return r == 0 ? 0 : last_error();
}

/* libuv starts Winsock with its first loop; hvuv_supported() may be called
 * before there is one. Like libuv's, this start is never undone. */
static uv_once_t once = UV_ONCE_INIT;

static void start_winsock(void) {
  WSADATA data;

  WSAStartup(MAKEWORD(2, 2), &data);
}

/* Nothing of these can fail on a socket of this process. */
void hvuv__sys_own(uv_os_sock_t sock) {
  u_long on = 1;

  SetHandleInformation((HANDLE) sock, HANDLE_FLAG_INHERIT, 0);
  ioctlsocket(sock, (long) FIONBIO, &on);
}

int hvuv__sys_socket(int domain, int protocol, uv_os_sock_t* out) {
  u_long on = 1;
  SOCKET sock;

  assert(out != NULL);
  uv_once(&once, start_winsock);
  sock = WSASocketW(domain,
                    SOCK_STREAM,
                    protocol,
                    NULL,
                    0,
                    WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
  if (sock == INVALID_SOCKET)
    return last_error();

  ioctlsocket(sock, (long) FIONBIO, &on);
  *out = sock;
  return 0;
}

int hvuv__sys_inspect(uv_os_sock_t sock, enum hvuv__sock_kind* kind) {
  struct sockaddr_storage name;
  int value;
  int len;

  len = sizeof(value);
  if (getsockopt(sock, SOL_SOCKET, SO_TYPE, (char*) &value, &len) != 0)
    return last_error();
  if (value != SOCK_STREAM)
    return UV_EINVAL;

  value = 0;
  len = sizeof(value);
  if (getsockopt(sock, SOL_SOCKET, SO_ACCEPTCONN, (char*) &value, &len) == 0 &&
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
  return result(bind(sock, name, (int) len));
}

int hvuv__sys_listen(uv_os_sock_t sock, int backlog) {
  return result(listen(sock, backlog));
}

int hvuv__sys_connect(uv_os_sock_t sock,
                      const struct sockaddr* name,
                      size_t len) {
  if (connect(sock, name, (int) len) == 0)
    return 0;
  return WSAGetLastError() == WSAEWOULDBLOCK ? HVUV__IN_PROGRESS : last_error();
}

/* To wait again costs more than to ask: a request to AFD, or a thread. */
const unsigned int hvuv__sys_accepts_per_wake = 32;

int hvuv__sys_accept(uv_os_sock_t server,
                     uv_os_sock_t* out,
                     struct sockaddr* name,
                     size_t* len) {
  SOCKET sock;
  int room;

  assert(name == NULL || *len >= sizeof(struct sockaddr_storage));
  room = (int) *len;
  sock = accept(server, name, name == NULL ? NULL : &room);
  if (sock == INVALID_SOCKET)
    return last_error();

  hvuv__sys_own(sock);
  *len = (size_t) room;
  *out = sock;
  return 0;
}

int hvuv__sys_take_error(uv_os_sock_t sock) {
  int err;
  int len;

  len = sizeof(err);
  if (getsockopt(sock, SOL_SOCKET, SO_ERROR, (char*) &err, &len) != 0)
    return last_error();
  return err == 0 ? 0 : hvuv__sys_error((unsigned long) err);
}

int hvuv__sys_peer_state(uv_os_sock_t sock) {
  WSAPOLLFD p;

  p.fd = sock;
  p.events = POLLRDNORM;
  p.revents = 0;
  if (WSAPoll(&p, 1, 0) == SOCKET_ERROR)
    return last_error();
  if (p.revents & POLLNVAL)
    return UV_EBADF;
  if (p.revents & POLLERR)
    return UV_ECONNRESET;
  return p.revents & POLLHUP ? UV_EOF : 0;
}

int hvuv__sys_outstanding(uv_os_sock_t sock, size_t* bytes) {
  (void) sock;
  *bytes = 0;
  return UV_ENOTSUP;
}

/* Not documented for AF_UNIX, so it is not relied on. */
const int hvuv__sys_close_ends = 0;

/* libuv closes a named pipe soon after it was shut down (src/win/pipe.c). */
const int hvuv__sys_pipes_half_close = 0;

/* Whether select() finds the socket in that set now. */
static int is_selected(uv_os_sock_t sock, int for_failure) {
  struct timeval at_once = {0, 0};
  fd_set set;
  int n;

  FD_ZERO(&set);
  set.fd_count = 1;
  set.fd_array[0] = sock;
  n = select(
      0, NULL, for_failure ? NULL : &set, for_failure ? &set : NULL, &at_once);
  return n == 1;
}

/* libuv's slow path may say "writable" too early (src/win/poll.c), so select()
 * is asked, in which a connect that failed is an exception (winsock2,
 * select()). A peer's name proves nothing: Wine 10 has it while the connect is
 * under way. */
int hvuv__sys_connect_result(uv_os_sock_t sock) {
  int err;

  err = hvuv__sys_take_error(sock);
  if (err != 0)
    return err;
  if (is_selected(sock, 0))
    return 0;
  if (!is_selected(sock, 1))
    return UV_EAGAIN;

  err = hvuv__sys_take_error(sock);
  return err == 0 ? UV_ECONNABORTED : err;
}

static ssize_t recv_with(uv_os_sock_t sock, char* base, size_t len, int flags) {
  int n;

  assert(base != NULL && len > 0);
  n = recv(sock, base, len > INT_MAX ? INT_MAX : (int) len, flags);
  return n == SOCKET_ERROR ? last_error() : n;
}

ssize_t hvuv__sys_recv(uv_os_sock_t sock, char* base, size_t len) {
  return recv_with(sock, base, len, 0);
}

ssize_t hvuv__sys_peek(uv_os_sock_t sock, char* base, size_t len) {
  return recv_with(sock, base, len, MSG_PEEK);
}

/* What ends a reader breaks a writer: the number by which a receive has the end
 * is a send's failure. */
static int send_error(void) {
  int number = WSAGetLastError();
  int status = translate(number);

  return remember(status == UV_EOF ? UV_EPIPE : status, number);
}

/* A uv_buf_t is a WSABUF here (libuv, uv/win.h). */
static ssize_t send_all(uv_os_sock_t sock,
                        const uv_buf_t bufs[],
                        unsigned int nbufs) {
  DWORD sent;
  int err;

  err = WSASend(sock, (WSABUF*) (uintptr_t) bufs, nbufs, &sent, 0, NULL, NULL);
  return err == 0 ? (ssize_t) sent : send_error();
}

/* The system had no room for so many bytes: how many it has room for, from the
 * first buffer that has any. A provider may have a limit of its own, and asked
 * for the same again it would refuse for ever. */
static ssize_t send_less(uv_os_sock_t sock,
                         const uv_buf_t bufs[],
                         size_t bytes) {
  ssize_t sent;
  uv_buf_t cut;

  assert(bytes <= SEND_MAX);
  while (bufs->len == 0)
    bufs++;
  cut = *bufs;
  sent = UV_ENOBUFS;
  for (; sent == UV_ENOBUFS && bytes > SEND_LEAST; bytes /= SEND_LESS) {
    if (cut.len > bytes / SEND_LESS)
      cut.len = (unsigned int) (bytes / SEND_LESS);
    sent = send_all(sock, &cut, 1);
  }
  return sent;
}

ssize_t hvuv__sys_send(uv_os_sock_t sock,
                       const uv_buf_t bufs[],
                       unsigned int nbufs) {
  unsigned int n;
  uv_buf_t cut;
  size_t bytes;
  ssize_t sent;

  assert(nbufs <= HVUV__SEND_BUFS_MAX);
  bytes = 0;
  for (n = 0; n < nbufs && bufs[n].len <= SEND_MAX - bytes; n++)
    bytes += bufs[n].len;
  if (bytes == 0 && n < nbufs) { /* the first with bytes is too large alone */
    cut = uv_buf_init(bufs[n].base, SEND_MAX);
    bufs = &cut;
    n = 1;
    bytes = SEND_MAX;
  }
  if (bytes == 0)
    return 0; /* On Hyper-V a packet without bytes is the end. */

  sent = send_all(sock, bufs, n);
  return sent == UV_ENOBUFS ? send_less(sock, bufs, bytes) : sent;
}

int hvuv__sys_shutdown(uv_os_sock_t sock) {
  return result(shutdown(sock, SD_SEND));
}

void hvuv__sys_close(uv_os_sock_t sock) {
  assert(sock != HVUV__NO_SOCK);
  /* Without it a Windows peer over Hyper-V sees a broken pipe where the end of
   * input should be (WSL, pull request 14325), and libuv's slow path waits on
   * (src/win/poll.c). Where nothing is connected it fails, and may. */
  shutdown(sock, SD_BOTH);
  closesocket(sock);
}

/* Not shut down first, for that would be an end in order. */
void hvuv__sys_close_reset(uv_os_sock_t sock) {
  struct linger at_once = {1, 0};
  int err;

  err = setsockopt(
      sock, SOL_SOCKET, SO_LINGER, (const char*) &at_once, sizeof(at_once));
  if (err == 0)
    closesocket(sock);
  else
    hvuv__sys_close(sock);
}

int hvuv__sys_watch_forks(void (*before)(void),
                          void (*in_parent)(void),
                          void (*in_child)(void)) {
  (void) before;
  (void) in_parent;
  (void) in_child;
  return 0;
}

void hvuv__sys_block_signals(void) {
}

/* So does libuv for Windows. */
const int hvuv__sys_rings_open_only = 1;

int hvuv__sys_getsockname(uv_os_sock_t sock,
                          struct sockaddr* name,
                          size_t* len) {
  int room;

  room = (int) *len;
  if (getsockname(sock, name, &room) != 0)
    return last_error();
  *len = (size_t) room;
  return 0;
}

int hvuv__sys_getpeername(uv_os_sock_t sock,
                          struct sockaddr* name,
                          size_t* len) {
  int room;

  room = (int) *len;
  if (getpeername(sock, name, &room) != 0)
    return last_error();
  *len = (size_t) room;
  return 0;
}

int hvuv__sys_setsockopt(
    uv_os_sock_t sock, int level, int option, const void* value, size_t len) {
  return result(setsockopt(sock, level, option, value, (int) len));
}

int hvuv__sys_getsockopt(
    uv_os_sock_t sock, int level, int option, void* value, size_t len) {
  int room;

  room = (int) len;
  return result(getsockopt(sock, level, option, value, &room));
}
