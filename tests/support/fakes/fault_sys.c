#include "fault_sys.h"

#include <stdint.h>
#include <string.h>

#include "sys/ready.h"
#include "sys/sys.h"

/* The real verbs, under other names. Their prototypes would bear those names
 * too, and there are none. */
#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#endif
#define hvuv__ready_now          real_ready_now
#define hvuv__sys_accept         real_accept
#define hvuv__sys_bind           real_bind
#define hvuv__sys_close          real_close
#define hvuv__sys_close_reset    real_close_reset
#define hvuv__sys_connect        real_connect
#define hvuv__sys_connect_result real_connect_result
#define hvuv__sys_getpeername    real_getpeername
#define hvuv__sys_getsockname    real_getsockname
#define hvuv__sys_getsockopt     real_getsockopt
#define hvuv__sys_inspect        real_inspect
#define hvuv__sys_outstanding    real_outstanding
#define hvuv__sys_peer_state     real_peer_state
#define hvuv__sys_listen         real_listen
#define hvuv__sys_own            real_own
#define hvuv__sys_original       real_original
#define hvuv__sys_peek           real_peek
#define hvuv__sys_recv           real_recv
#define hvuv__sys_send           real_send
#define hvuv__sys_setsockopt     real_setsockopt
#define hvuv__sys_shutdown       real_shutdown
#define hvuv__sys_socket         real_socket
#define hvuv__sys_take_error     real_take_error
#define hvuv__sys_watch_forks    real_watch_forks
#if defined(_WIN32)
#include "sys/ready_win.c"
#include "sys/sys_win.c"
#else
#include "sys/ready_posix.c"
#include "sys/sys_posix.c"
#endif
#undef hvuv__ready_now
#undef hvuv__sys_accept
#undef hvuv__sys_bind
#undef hvuv__sys_close
#undef hvuv__sys_close_reset
#undef hvuv__sys_connect
#undef hvuv__sys_connect_result
#undef hvuv__sys_getpeername
#undef hvuv__sys_getsockname
#undef hvuv__sys_getsockopt
#undef hvuv__sys_inspect
#undef hvuv__sys_outstanding
#undef hvuv__sys_peer_state
#undef hvuv__sys_listen
#undef hvuv__sys_own
#undef hvuv__sys_original
#undef hvuv__sys_peek
#undef hvuv__sys_recv
#undef hvuv__sys_send
#undef hvuv__sys_setsockopt
#undef hvuv__sys_shutdown
#undef hvuv__sys_socket
#undef hvuv__sys_take_error
#undef hvuv__sys_watch_forks
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif

typedef struct fault_s {
  const char* verb;
  int codes[FAULT_VARIANTS];
} fault_t;

static const fault_t faults[] = {
    {"accept", {UV_EMFILE, UV_ECONNABORTED, UV_EBADF, UV_EAGAIN}},
    {"bind", {UV_EACCES, UV_EADDRINUSE, UV_ENOMEM, UV_EACCES}},
    {"connect", {UV_ECONNREFUSED, UV_EAGAIN, UV_ENOENT, UV_EACCES}},
    {"getpeername", {UV_ENOBUFS, UV_ENOTCONN, UV_ENOBUFS, UV_ENOBUFS}},
    {"getsockname", {UV_ENOBUFS, UV_ENOBUFS, UV_ENOBUFS, UV_ENOBUFS}},
    {"getsockopt", {UV_ENOPROTOOPT, UV_EINVAL, UV_ENOMEM, UV_EINVAL}},
    {"inspect", {UV_EBADF, UV_ENOTSOCK, UV_EINVAL, UV_ENOTCONN}},
    {"listen", {UV_EADDRINUSE, UV_ENOBUFS, UV_EINVAL, UV_EADDRINUSE}},
    {"peek", {UV_ECONNRESET, UV_EAGAIN, UV_ENOMEM, UV_EIO}},
    {"ready", {UV_ENOMEM, UV_EAGAIN, UV_ENOMEM, UV_EAGAIN}},
    {"recv", {UV_ECONNRESET, UV_EAGAIN, UV_ENOMEM, UV_EIO}},
    {"send", {UV_EPIPE, UV_EAGAIN, UV_ENOBUFS, UV_ECONNRESET}},
    {"setsockopt", {UV_ENOPROTOOPT, UV_EINVAL, UV_ENOMEM, UV_EINVAL}},
    {"shutdown", {UV_ENOTCONN, UV_EPIPE, UV_EIO, UV_ENOBUFS}},
    {"socket", {UV_EMFILE, UV_ENFILE, UV_ENOBUFS, UV_EAFNOSUPPORT}},
    {"take_error", {UV_ECONNRESET, UV_ECONNREFUSED, UV_ETIMEDOUT, UV_ENOBUFS}},
};

static long calls_left;
static int chosen_variant;
static const char* failed_verb;
static const char* other_verb;
static int other_code;
static int other_times;
static fault_decision decision;

void fault_fail_nth(long n, int variant) {
  calls_left = n;
  chosen_variant = variant;
  failed_verb = NULL;
}

void fault_fail_verb(const char* verb, int code, int times) {
  other_verb = verb;
  other_code = code;
  other_times = times;
}

void fault_decide_by(fault_decision decide) {
  decision = decide;
}

const char* fault_failed_verb(void) {
  return failed_verb;
}

/* 0, or what this call is to answer without being made. */
static int fault_within(const char* verb, size_t* most) {
  size_t i;

  if (decision != NULL)
    return decision(verb, most);

  if (other_times > 0 && strcmp(verb, other_verb) == 0) {
    other_times--;
    return other_code;
  }
  if (calls_left == 0 || --calls_left > 0)
    return 0;

  failed_verb = verb;
  for (i = 0; strcmp(faults[i].verb, verb) != 0; i++) {
  }
  return faults[i].codes[chosen_variant];
}

static int fault(const char* verb) {
  size_t most = 0;

  return fault_within(verb, &most);
}

int hvuv__sys_socket(int domain, int protocol, uv_os_sock_t* sock) {
  int err = fault("socket");
  return err != 0 ? err : real_socket(domain, protocol, sock);
}

int hvuv__sys_inspect(uv_os_sock_t sock, enum hvuv__sock_kind* kind) {
  int err = fault("inspect");
  return err != 0 ? err : real_inspect(sock, kind);
}

void hvuv__sys_own(uv_os_sock_t sock) {
  real_own(sock);
}

int hvuv__sys_bind(uv_os_sock_t sock, const struct sockaddr* name, size_t len) {
  int err = fault("bind");
  return err != 0 ? err : real_bind(sock, name, len);
}

int hvuv__sys_listen(uv_os_sock_t sock, int backlog) {
  int err = fault("listen");
  return err != 0 ? err : real_listen(sock, backlog);
}

int hvuv__sys_connect(uv_os_sock_t sock,
                      const struct sockaddr* name,
                      size_t len) {
  int err = fault("connect");
  return err != 0 ? err : real_connect(sock, name, len);
}

int hvuv__sys_accept(uv_os_sock_t server,
                     uv_os_sock_t* sock,
                     struct sockaddr* name,
                     size_t* len) {
  int err = fault("accept");
  return err != 0 ? err : real_accept(server, sock, name, len);
}

int hvuv__sys_connect_result(uv_os_sock_t sock) {
  int err = fault("take_error");
  return err != 0 ? err : real_connect_result(sock);
}

int hvuv__sys_peer_state(uv_os_sock_t sock) {
  return real_peer_state(sock);
}

int hvuv__sys_outstanding(uv_os_sock_t sock, size_t* bytes) {
  return real_outstanding(sock, bytes);
}

int hvuv__sys_original(int status) {
  return real_original(status);
}

int hvuv__sys_take_error(uv_os_sock_t sock) {
  int err = fault("take_error");
  return err != 0 ? err : real_take_error(sock);
}

unsigned int hvuv__ready_now(const uv_os_sock_t socks[],
                             unsigned char events[],
                             unsigned int n) {
  if (fault("ready") == 0)
    return real_ready_now(socks, events, n);
  memset(events, 0, n);
  return 0;
}

ssize_t hvuv__sys_recv(uv_os_sock_t sock, char* base, size_t len) {
  int err = fault_within("recv", &len);
  return err != 0 ? err : real_recv(sock, base, len);
}

ssize_t hvuv__sys_peek(uv_os_sock_t sock, char* base, size_t len) {
  int err = fault("peek");
  return err != 0 ? err : real_peek(sock, base, len);
}

/* The first of the buffers, up to so many bytes. */
static ssize_t send_part(uv_os_sock_t sock,
                         const uv_buf_t bufs[],
                         unsigned int nbufs,
                         size_t most) {
  uv_buf_t part[HVUV__SEND_BUFS_MAX];
  unsigned int n;

  for (n = 0; n < nbufs && most > 0; n++) {
    part[n] = bufs[n];
    if (part[n].len > most)
      part[n].len = (unsigned int) most;
    most -= part[n].len;
  }
  return real_send(sock, part, n);
}

ssize_t hvuv__sys_send(uv_os_sock_t sock,
                       const uv_buf_t bufs[],
                       unsigned int nbufs) {
  size_t most = SIZE_MAX;
  int err = fault_within("send", &most);

  if (err != 0)
    return err;
  return most == SIZE_MAX ? real_send(sock, bufs, nbufs)
                          : send_part(sock, bufs, nbufs, most);
}

int hvuv__sys_shutdown(uv_os_sock_t sock) {
  int err = fault("shutdown");
  return err != 0 ? err : real_shutdown(sock);
}

void hvuv__sys_close(uv_os_sock_t sock) {
  real_close(sock);
}

int hvuv__sys_watch_forks(void (*before)(void),
                          void (*in_parent)(void),
                          void (*in_child)(void)) {
  return real_watch_forks(before, in_parent, in_child);
}

void hvuv__sys_close_reset(uv_os_sock_t sock) {
  real_close_reset(sock);
}

int hvuv__sys_getsockname(uv_os_sock_t sock,
                          struct sockaddr* name,
                          size_t* len) {
  int err = fault("getsockname");
  return err != 0 ? err : real_getsockname(sock, name, len);
}

int hvuv__sys_getpeername(uv_os_sock_t sock,
                          struct sockaddr* name,
                          size_t* len) {
  int err = fault("getpeername");
  return err != 0 ? err : real_getpeername(sock, name, len);
}

int hvuv__sys_setsockopt(
    uv_os_sock_t sock, int level, int option, const void* value, size_t len) {
  int err = fault("setsockopt");
  return err != 0 ? err : real_setsockopt(sock, level, option, value, len);
}

int hvuv__sys_getsockopt(
    uv_os_sock_t sock, int level, int option, void* value, size_t len) {
  int err = fault("getsockopt");
  return err != 0 ? err : real_getsockopt(sock, level, option, value, len);
}
