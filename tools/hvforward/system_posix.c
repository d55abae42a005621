#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE /* struct ucred */
#endif

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "system.h"

/* Where systemd's descriptors begin (sd-daemon.h: SD_LISTEN_FDS_START). */
#define FIRST_PASSED 3

/* Descriptors that are no call's: the loop's, standard ones, doors, names. */
#define OTHER_DESCRIPTORS 64

#define UNLIMITED 100000

int system_pipe_name(const char* text, char* name, size_t size) {
  (void) text;
  (void) name;
  (void) size;
  return UV_ENOTSUP;
}

int system_listens(int fd) {
  int value = 0;
  socklen_t len = sizeof(value);

  if (fcntl(fd, F_GETFD) == -1)
    return UV_EBADF;
  if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &value, &len) != 0)
    return errno == ENOTSOCK ? UV_ENOTSOCK
                             : 0; /* not known: listen() will say */
  return value ? 0 : UV_ENOTCONN;
}

/* A number of the environment; 0 if there is none. */
static long number_of(const char* variable) {
  const char* text = getenv(variable);
  char* end;
  long n;

  if (text == NULL || *text == '\0')
    return 0;
  n = strtol(text, &end, 10);
  return *end == '\0' && n > 0 ? n : 0;
}

/* Whether the one with this index has the name; names are divided by colons. */
static int is_named(const char* names, long index, const char* name) {
  size_t len;

  for (; names != NULL && index > 0; index--) {
    names = strchr(names, ':');
    names = names != NULL ? names + 1 : NULL;
  }
  if (names == NULL)
    return 0;
  len = strcspn(names, ":");
  return strlen(name) == len && memcmp(names, name, len) == 0;
}

int system_passed(const char* name, int index, int* fd) {
  const char* names = getenv("LISTEN_FDNAMES");
  long count = number_of("LISTEN_FDS");
  int found = 0;
  long i;

  if (number_of("LISTEN_PID") != (long) getpid() || count > 10000)
    return 0;
  for (i = 0; i < count; i++)
    if (*name == '\0' || is_named(names, i, name)) {
      if (found == index)
        *fd = FIRST_PASSED + (int) i;
      found++;
    }
  return found;
}

int system_peer_user(uv_os_sock_t sock, unsigned int* user, int* pid) {
#if defined(SO_PEERCRED) && defined(__linux__)
  struct ucred peer;
  socklen_t len = sizeof(peer);

  if (getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0 ||
      len != sizeof(peer) || peer.uid == (uid_t) -1)
    return UV_ENOTSUP;
  *user = peer.uid;
  *pid = peer.pid;
  return 0;
#else
  (void) sock;
  (void) user;
  (void) pid;
  return UV_ENOTSUP;
#endif
}

int system_pair(uv_os_sock_t* ours, uv_os_sock_t* theirs) {
  uv_os_sock_t pair[2];
  int err = uv_socketpair(SOCK_STREAM, 0, pair, UV_NONBLOCK_PIPE, 0);

  if (err != 0)
    return err;
  *ours = pair[0];
  *theirs = pair[1];
  return 0;
}

void system_close_socket(uv_os_sock_t sock) {
  close(sock);
}

uint64_t system_most_calls(void) {
  struct rlimit limit;

  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 ||
      limit.rlim_cur == RLIM_INFINITY ||
      limit.rlim_cur > 2 * (rlim_t) UNLIMITED + OTHER_DESCRIPTORS)
    return UNLIMITED;
  if (limit.rlim_cur < OTHER_DESCRIPTORS + 2)
    return 1;
  return (uint64_t) (limit.rlim_cur - OTHER_DESCRIPTORS) / 2;
}
