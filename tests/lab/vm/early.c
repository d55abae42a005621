/* early CALLED LISTENED: holds conversations through whatever carries bytes from the
 * port CALLED of this machine to its port LISTENED, and wants each byte that was sent
 * before an orderly end. It is both sides, with plain sockets:
 *
 *   caller -- CALLED -> forward -> forward -> LISTENED -- server
 *
 * Each side ends first once, and the server answers before it has read the request:
 * then it closes, as HTTP's 413 does, or ends its direction and reads on. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <linux/vm_sockets.h>

#define PATIENCE_S 20
#define PIECE      65536
#define PERIOD     251

enum manner {
  CALLER_ENDS_FIRST,
  SERVER_ENDS_FIRST,
  SERVER_ANSWERS_EARLY_AND_CLOSES,
  SERVER_ANSWERS_EARLY_AND_READS_ON,
  MANNERS
};

static const char* const names[MANNERS] = {
    "the caller ends first",
    "the server ends first",
    "the server answers early and closes",
    "the server answers early and reads on",
};

static const size_t sizes[] = {5, 1000, 65536, 1000000};

/* What a side got until the end of the other: how much, and what ended it. */
typedef struct heard_s {
  size_t bytes;
  int wrong;
  int err;
} heard_t;

typedef struct conversation_s {
  enum manner manner;
  size_t request;
  size_t answer;
  int listener;
  int caller;
  heard_t by_server;
  heard_t by_caller;
} conversation_t;

static char pattern[PIECE + PERIOD];

static void die(const char* what) {
  perror(what);
  exit(2);
}

static void be_patient(int fd) {
  struct timeval patience = {PATIENCE_S, 0};

  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
}

static struct sockaddr_vm name_of(unsigned int cid, const char* port) {
  struct sockaddr_vm name;

  memset(&name, 0, sizeof(name));
  name.svm_family = AF_VSOCK;
  name.svm_cid = cid;
  name.svm_port = (unsigned int) strtoul(port, NULL, 10);
  return name;
}

/* --- The two sides */

/* A peer that has gone takes nothing more, which is no fault of ours. */
static void say(int fd, size_t bytes) {
  size_t sent = 0;
  ssize_t n;

  while (sent < bytes) {
    n = send(fd,
             pattern + sent % PERIOD,
             bytes - sent < PIECE ? bytes - sent : PIECE,
             MSG_NOSIGNAL);
    if (n < 0)
      return;
    sent += (size_t) n;
  }
}

static void hear(int fd, heard_t* heard) {
  char room[PIECE];
  ssize_t n;

  while ((n = recv(fd, room, sizeof(room), 0)) > 0) {
    if (memcmp(room, pattern + heard->bytes % PERIOD, (size_t) n) != 0)
      heard->wrong = 1;
    heard->bytes += (size_t) n;
  }
  heard->err = n == 0 ? 0 : errno;
}

static void* serve(void* arg) {
  conversation_t* c = arg;
  char byte;
  int fd;

  fd = accept4(c->listener, NULL, NULL, SOCK_CLOEXEC);
  if (fd == -1)
    die("accept");
  be_patient(fd);
  if (c->manner == CALLER_ENDS_FIRST)
    hear(fd, &c->by_server);
  else if (c->manner != SERVER_ENDS_FIRST && recv(fd, &byte, 1, MSG_PEEK) != 1)
    die("recv");
  say(fd, c->answer);
  if (c->manner != SERVER_ANSWERS_EARLY_AND_CLOSES)
    shutdown(fd, SHUT_WR);
  if (c->manner == SERVER_ENDS_FIRST ||
      c->manner == SERVER_ANSWERS_EARLY_AND_READS_ON)
    hear(fd, &c->by_server);
  close(fd);
  return NULL;
}

static void* request(void* arg) {
  conversation_t* c = arg;

  say(c->caller, c->request);
  shutdown(c->caller, SHUT_WR);
  return NULL;
}

static void call(conversation_t* c) {
  pthread_t sender;

  if (c->manner == SERVER_ENDS_FIRST) {
    hear(c->caller, &c->by_caller);
    request(c);
    return;
  }
  if (pthread_create(&sender, NULL, request, c) != 0)
    die("pthread_create");
  hear(c->caller, &c->by_caller);
  pthread_join(sender, NULL);
}

/* --- Together */

static int is_whole(const heard_t* heard, size_t bytes) {
  return heard->bytes == bytes && !heard->wrong && heard->err == 0;
}

static int is_right(const conversation_t* c) {
  return is_whole(&c->by_caller, c->answer) &&
         (c->manner == SERVER_ANSWERS_EARLY_AND_CLOSES ||
          is_whole(&c->by_server, c->request));
}

static void print(const conversation_t* c) {
  printf("FAILED: %s: %zu of %zu bytes of the request and %zu of %zu of the "
         "answer arrived, then: %s, %s%s\n",
         names[c->manner],
         c->by_server.bytes,
         c->request,
         c->by_caller.bytes,
         c->answer,
         c->by_server.err != 0 ? strerror(c->by_server.err) : "the end",
         c->by_caller.err != 0 ? strerror(c->by_caller.err) : "the end",
         c->by_server.wrong || c->by_caller.wrong ? "; not as sent" : "");
}

static int converse(conversation_t* c, const struct sockaddr_vm* to) {
  pthread_t server;

  c->caller = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0);
  be_patient(c->caller);
  if (connect(c->caller, (const struct sockaddr*) to, sizeof(*to)) != 0)
    die("connect");
  if (pthread_create(&server, NULL, serve, c) != 0)
    die("pthread_create");
  call(c);
  pthread_join(server, NULL);
  close(c->caller);
  if (is_right(c))
    return 0;
  print(c);
  return 1;
}

static int converse_in_all_sizes(enum manner manner,
                                 int listener,
                                 const struct sockaddr_vm* to) {
  const size_t n = sizeof(sizes) / sizeof(sizes[0]);
  conversation_t c;
  int failed = 0;
  size_t i;

  for (i = 0; i < n * n; i++) {
    memset(&c, 0, sizeof(c));
    c.manner = manner;
    c.listener = listener;
    c.request = sizes[i / n];
    c.answer = sizes[i % n];
    failed += converse(&c, to);
  }
  printf("%zu of %zu: %s\n", n * n - (size_t) failed, n * n, names[manner]);
  return failed;
}

int main(int argc, char** argv) {
  struct sockaddr_vm from;
  struct sockaddr_vm to;
  int failed = 0;
  int listener;
  size_t i;
  int m;

  if (argc != 3 || getenv("HVUV_IN_VM") == NULL)
    return 2; /* README.md: outside, a CID is somebody else's */
  for (i = 0; i < sizeof(pattern); i++)
    pattern[i] = (char) (i % PERIOD);
  to = name_of(VMADDR_CID_LOCAL, argv[1]);
  from = name_of(VMADDR_CID_ANY, argv[2]);
  listener = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (bind(listener, (struct sockaddr*) &from, sizeof(from)) != 0 ||
      listen(listener, 1) != 0)
    die("listen");
  be_patient(listener);
  for (m = 0; m < MANNERS; m++)
    failed += converse_in_all_sizes((enum manner) m, listener, &to);
  return failed != 0;
}
