/*
 * A process that makes small writes, and one that reads and discards them: what
 * `bench queue` measures and counts. Each is started as
 *
 *   bench write WAY WRITES TURNS CORE    prints ns of processor time a turn
 *   bench write WAY WRITES full CORE     prints turns of the loop, see below
 *
 * A turn: in a callback of the loop, the stream idle and the peer waiting, all
 * the writes are made. It ends when the last one's callback has been called, or
 * where there is none when the last call has returned. Only that is timed, by
 * the process's own clock. Then the peer reads, and the next turn begins.
 *
 * With a full socket the writes are queued; from then on the peer empties it
 * each time before the loop polls, so how many turns and sends it takes is no
 * matter of timing.
 */
#include <errno.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

#include "bench.h"
#include "hvuv.h"

#define BYTES      64
#define WRITES_MAX 1024

#define CLOCK_READS 1000

/* No writer lives longer, whatever happens. */
#define LIFE_S 60

/* What the two processes share. Semaphores, because what they cost the system
 * has a name of its own, futex, and is not taken for a write. */
typedef struct {
  sem_t empty_it; /* when the socket was full */
  sem_t has_read;
  size_t bytes; /* of a turn; 0: all there is, each time empty_it says so */
} shared_t;

typedef struct {
  const char* name;
  void (*write)(unsigned int count);
  int calls_back;
} way_t;

static uv_loop_t loop;
static uv_poll_t ticker;
static uv_prepare_t prepare;
static uv_pipe_t uv_stream;
static hvuv_stream_t hv_stream;
static uv_write_t uv_reqs[WRITES_MAX];
static hvuv_write_t hv_reqs[WRITES_MAX];
static char bytes[BYTES];

static shared_t* shared;
static const way_t* way;
static int sock;
static unsigned int writes;
static unsigned int under_way;
static unsigned long turns;
static unsigned long turns_left;
static uint64_t begun;
static uint64_t spent;

/* --- The peer ------------------------------------------------------------- */

static void receive(int fd, int flags) {
  static char discarded[1 << 16];
  size_t received;
  ssize_t n;

  received = 0;
  do {
    n = recv(fd, discarded, sizeof(discarded), flags);
    if (n == 0)
      exit(0);
    if (n < 0 && errno == EAGAIN)
      return;
    if (n < 0)
      die("reader: recv: %s", strerror(errno));
    received += (size_t) n;
  } while (shared->bytes == 0 || received < shared->bytes);
}

_Noreturn static void read_and_discard(int fd, int core) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  alarm(LIFE_S);
  pin_to_core(nth_core(core), core == 0);
  for (;;) {
    if (shared->bytes == 0)
      sem_wait(&shared->empty_it);
    receive(fd, shared->bytes == 0 ? MSG_DONTWAIT : 0);
    sem_post(&shared->has_read);
  }
}

static void start_reader(size_t bytes_of_turn, int core) {
  int fds[2];
  pid_t pid;

  shared = mmap(NULL,
                sizeof(*shared),
                PROT_READ | PROT_WRITE,
                MAP_SHARED | MAP_ANONYMOUS,
                -1,
                0);
  if (shared == MAP_FAILED ||
      socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
    die("writer: %s", strerror(errno));
  sem_init(&shared->empty_it, 1, 0);
  sem_init(&shared->has_read, 1, 0);
  shared->bytes = bytes_of_turn;
  sock = fds[0];

  pid = fork();
  if (pid == -1)
    die("writer: fork: %s", strerror(errno));
  if (pid == 0) {
    close(fds[0]);
    read_and_discard(fds[1], core);
  }
  close(fds[1]);
}

static void wait_for_reader(void) {
  while (sem_wait(&shared->has_read) != 0)
    continue;
}

static uint64_t own_cpu_ns(void) {
  struct timespec t;

  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (uint64_t) t.tv_sec * 1000000000u + (uint64_t) t.tv_nsec;
}

/* --- Turns ---------------------------------------------------------------- */

static void end_turn(void) {
  spent += own_cpu_ns() - begun;
  if (way->write != NULL)
    wait_for_reader();
  if (--turns_left == 0)
    uv_stop(&loop);
}

static void on_tick(uv_poll_t* poll, int status, int events) {
  (void) poll;
  (void) events;
  must("writer: poll", status);
  if (under_way > 0)
    return;
  if (way->calls_back)
    under_way = writes;
  begun = own_cpu_ns();
  if (way->write != NULL)
    way->write(writes);
  if (!way->calls_back)
    end_turn();
}

static void written(int status) {
  must("writer: write", status);
  if (--under_way == 0 && turns_left > 0)
    end_turn();
}

static void on_uv_written(uv_write_t* req, int status) {
  (void) req;
  written(status);
}

static void on_hv_written(hvuv_write_t* req, int status) {
  (void) req;
  written(status);
}

/* --- Ways to write -------------------------------------------------------- */

static void all_taken(const char* what, ssize_t n, size_t wanted) {
  if (n != (ssize_t) wanted)
    die("writer: %s has taken %zd of %zu bytes", what, n, wanted);
}

static void by_uv_write(unsigned int count) {
  uv_buf_t buf = uv_buf_init(bytes, BYTES);
  unsigned int i;

  for (i = 0; i < count; i++)
    must("uv_write",
         uv_write(
             &uv_reqs[i], (uv_stream_t*) &uv_stream, &buf, 1, on_uv_written));
}

static void by_hvuv_write(unsigned int count) {
  uv_buf_t buf = uv_buf_init(bytes, BYTES);
  unsigned int i;

  for (i = 0; i < count; i++)
    must("hvuv_write",
         hvuv_write(&hv_reqs[i], &hv_stream, &buf, 1, on_hv_written));
}

static void by_hvuv_try_write(unsigned int count) {
  uv_buf_t buf = uv_buf_init(bytes, BYTES);
  unsigned int i;

  for (i = 0; i < count; i++)
    all_taken("hvuv_try_write", hvuv_try_write(&hv_stream, &buf, 1), BYTES);
}

static void by_send(unsigned int count) {
  unsigned int i;

  for (i = 0; i < count; i++)
    all_taken("send", send(sock, bytes, BYTES, MSG_NOSIGNAL), BYTES);
}

static void by_sendmsg(unsigned int count) {
  struct iovec iov[WRITES_MAX];
  struct msghdr msg = {.msg_iov = iov, .msg_iovlen = count};
  unsigned int i;

  for (i = 0; i < count; i++) {
    iov[i].iov_base = bytes;
    iov[i].iov_len = BYTES;
  }
  all_taken(
      "sendmsg", sendmsg(sock, &msg, MSG_NOSIGNAL), (size_t) count * BYTES);
}

static const way_t* find_way(const char* name) {
  static const way_t ways[] = {{"nothing", NULL, 0},
                               {"uv_write", by_uv_write, 1},
                               {"hvuv_write", by_hvuv_write, 1},
                               {"hvuv_try_write", by_hvuv_try_write, 0},
                               {"send", by_send, 0},
                               {"one_sendmsg", by_sendmsg, 0}};
  size_t i;

  for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
    if (strcmp(ways[i].name, name) == 0)
      return &ways[i];
  die("there is no way to write named %s", name);
}

/* Gives the socket to the way's stream, if it has one. */
static void open_stream(void) {
  if (strncmp(way->name, "uv_", 3) == 0) {
    must("uv_pipe_init", uv_pipe_init(&loop, &uv_stream, 0));
    must("uv_pipe_open", uv_pipe_open(&uv_stream, sock));
  } else if (strncmp(way->name, "hvuv_", 5) == 0) {
    must("hvuv_init", hvuv_init(&loop, &hv_stream));
    must("hvuv_open", hvuv_open(&hv_stream, sock));
  }
}

/* --- What is printed ------------------------------------------------------ */

/* What reading the clock adds to what is between two of its values. */
static double clock_cost(void) {
  double costs[ROUNDS_MAX];
  uint64_t begin;
  unsigned int i;
  int n;

  for (i = 0; i < ROUNDS_MAX; i++) {
    begin = own_cpu_ns();
    for (n = 0; n < CLOCK_READS / ROUNDS_MAX; n++)
      own_cpu_ns();
    costs[i] = (double) (own_cpu_ns() - begin) / (n + 1);
  }
  return stats_of(costs, ROUNDS_MAX).median;
}

static void time_turns(unsigned long count) {
  unsigned long left;

  /* It is always readable, so every turn of the loop calls back. */
  must("uv_poll_init", uv_poll_init(&loop, &ticker, eventfd(1, EFD_CLOEXEC)));
  must("uv_poll_start", uv_poll_start(&ticker, UV_READABLE, on_tick));
  turns_left = 20;
  uv_run(&loop, UV_RUN_DEFAULT);

  spent = 0;
  left = count;
  turns_left = count;
  uv_run(&loop, UV_RUN_DEFAULT);
  printf("%.1f\n", (double) spent / (double) left - clock_cost());
}

static void on_prepare(uv_prepare_t* handle) {
  if (under_way == 0) {
    uv_prepare_stop(handle);
    uv_stop(&loop);
    return;
  }
  turns++;
  sem_post(&shared->empty_it);
  wait_for_reader();
}

static void drain(void) {
  static const char filler[4096];

  while (send(sock, filler, sizeof(filler), MSG_NOSIGNAL | MSG_DONTWAIT) > 0)
    continue;
  while (send(sock, filler, BYTES, MSG_NOSIGNAL | MSG_DONTWAIT) > 0)
    continue;
  under_way = writes;
  way->write(writes);
  must("uv_prepare_init", uv_prepare_init(&loop, &prepare));
  must("uv_prepare_start", uv_prepare_start(&prepare, on_prepare));
  uv_run(&loop, UV_RUN_DEFAULT);
  printf("%lu\n", turns);
}

int writer_main(int argc, char* argv[]) {
  int is_full;
  int core;

  if (argc != 4)
    die("write takes WAY WRITES TURNS CORE");
  way = find_way(argv[0]);
  writes = (unsigned int) strtoul(argv[1], NULL, 10);
  is_full = strcmp(argv[2], "full") == 0;
  core = atoi(argv[3]);
  if (writes > WRITES_MAX || (is_full && !way->calls_back))
    die("write: that cannot be done");

  alarm(LIFE_S);
  pin_to_core(nth_core(0), core == 0);
  start_reader(is_full ? 0 : (size_t) writes * BYTES, core);
  must("uv_loop_init", uv_loop_init(&loop));
  open_stream();
  if (is_full)
    drain();
  else
    time_turns(strtoul(argv[2], NULL, 10));
  return 0;
}
