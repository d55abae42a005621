/* The two ends of a relay: what is sent in, and what takes it at the far end.
 * Both block, and are processes of their own. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "relay.h"

#define CHUNK ((size_t) 1 << 18)
#define SMALL 64

/* No sink lives longer, whatever happens; nor does an end wait longer. */
#define LIFE_S    300
#define TIMEOUT_S 30

/* The relay takes its first call within so long. */
#define LISTENS_MS 5000

#define PERIOD 251 /* of the bytes of bulk, which are numbered */

static char pattern[CHUNK + PERIOD];
static char buffer[CHUNK];

static void make_pattern(void) {
  size_t i;

  for (i = 0; i < sizeof(pattern); i++)
    pattern[i] = (char) (i % PERIOD);
}

int relay_bind_tcp(struct sockaddr_in* name) {
  socklen_t len = sizeof(*name);
  int fd;

  memset(name, 0, sizeof(*name));
  name->sin_family = AF_INET;
  name->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd == -1 || bind(fd, (struct sockaddr*) name, sizeof(*name)) != 0 ||
      getsockname(fd, (struct sockaddr*) name, &len) != 0)
    die("relay: a TCP socket: %s", strerror(errno));
  return fd;
}

static void limit_waiting(int fd) {
  struct timeval limit = {.tv_sec = TIMEOUT_S};

  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
}

static void send_all(int fd, const char* bytes, size_t len) {
  size_t at;
  ssize_t n;

  for (at = 0; at < len; at += (size_t) n) {
    n = send(fd, bytes + at, len - at, MSG_NOSIGNAL);
    if (n <= 0)
      die("relay: send: %s", strerror(errno));
  }
}

/* --- The far end ---------------------------------------------------------- */

/* Returns how many bytes came. */
static uint64_t take_all(int fd, traffic_t traffic) {
  uint64_t all;
  ssize_t n;

  for (all = 0;; all += (uint64_t) n) {
    n = recv(fd, buffer, sizeof(buffer), 0);
    if (n < 0)
      die("relay: the far end: recv: %s", strerror(errno));
    if (n == 0)
      return all;
    if (memcmp(buffer, pattern + all % PERIOD, (size_t) n) != 0)
      die("relay: what came out is not what went in");
    if (traffic != BULK)
      send_all(fd, buffer, (size_t) n);
  }
}

_Noreturn static void be_sink(int listener,
                              traffic_t traffic,
                              unsigned long count) {
  uint64_t wanted;
  uint64_t all;
  int fd;

  prctl(PR_SET_PDEATHSIG, SIGKILL);
  alarm(LIFE_S);
  wanted = traffic == BULK ? (uint64_t) count << 20 : (uint64_t) count * SMALL;
  for (all = 0; all < wanted;) {
    fd = accept(listener, NULL, NULL);
    if (fd == -1)
      die("relay: the far end: accept: %s", strerror(errno));
    limit_waiting(fd);
    all += take_all(fd, traffic);
    close(fd);
  }
  _exit(all == wanted ? 0 : 1);
}

pid_t relay_start_sink(traffic_t traffic,
                       unsigned long count,
                       struct sockaddr_in* name) {
  int listener;
  pid_t pid;

  make_pattern();
  listener = relay_bind_tcp(name);
  if (listen(listener, SOMAXCONN) != 0)
    die("relay: listen: %s", strerror(errno));
  fflush(NULL);
  pid = fork();
  if (pid == -1)
    die("relay: fork: %s", strerror(errno));
  if (pid == 0)
    be_sink(listener, traffic, count);
  close(listener);
  return pid;
}

/* --- The near end --------------------------------------------------------- */

static int try_connect(const entry_t* entry) {
  struct sockaddr_un un = {.sun_family = AF_UNIX};
  int is_tcp;
  int fd;
  int r;

  is_tcp = entry->path[0] == '\0';
  memcpy(un.sun_path, entry->path, sizeof(un.sun_path));
  fd = socket(is_tcp ? AF_INET : AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd == -1)
    die("relay: a socket: %s", strerror(errno));
  r = is_tcp ? connect(
                   fd, (const struct sockaddr*) &entry->tcp, sizeof(entry->tcp))
             : connect(fd, (const struct sockaddr*) &un, sizeof(un));
  if (r == 0) {
    limit_waiting(fd);
    return fd;
  }
  close(fd);
  return -1;
}

/* A relay that was just started does not listen yet. */
static int connect_to(const entry_t* entry) {
  int waited;
  int fd;

  for (waited = 0; waited < LISTENS_MS; waited++) {
    fd = try_connect(entry);
    if (fd != -1)
      return fd;
    usleep(1000);
  }
  die("relay: it does not listen: %s", strerror(errno));
}

static void echo_small(int fd, uint64_t at) {
  size_t got;
  ssize_t n;

  send_all(fd, pattern + at % PERIOD, SMALL);
  for (got = 0; got < SMALL; got += (size_t) n) {
    n = recv(fd, buffer + got, SMALL - got, 0);
    if (n <= 0)
      die("relay: the near end: recv: %s",
          n == 0 ? "the end" : strerror(errno));
  }
  if (memcmp(buffer, pattern + at % PERIOD, SMALL) != 0)
    die("relay: what came back is not what was sent");
}

/* All has arrived when the far end has hung up. */
static void end(int fd) {
  shutdown(fd, SHUT_WR);
  if (recv(fd, buffer, 1, 0) != 0)
    die("relay: the near end: no end came");
  close(fd);
}

static void send_bulk(int fd, unsigned long mib) {
  uint64_t left;
  uint64_t at;

  at = 0;
  for (left = (uint64_t) mib << 20; left > 0; left -= CHUNK) {
    send_all(fd, pattern + at % PERIOD, CHUNK);
    at += CHUNK;
  }
}

void relay_send(const entry_t* entry, traffic_t traffic, unsigned long count) {
  unsigned long i;
  int fd;

  fd = connect_to(entry);
  if (traffic == BULK)
    send_bulk(fd, count);
  for (i = 0; traffic != BULK && i < count; i++) {
    echo_small(fd, traffic == CALLS ? 0 : i * SMALL);
    if (traffic == CALLS && i + 1 < count) {
      end(fd);
      fd = connect_to(entry);
    }
  }
  end(fd);
}
