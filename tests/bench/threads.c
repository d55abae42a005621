/*
 * Servers on several loops: what a second core brings. 100 connections echo 64
 * bytes each; one loop and two are measured in each round, and ratios are taken
 * inside a round.
 *
 * The clients need a processor as well, so each core has both: a thread with a
 * loop and a server that shares with the others, and a thread with its part of
 * the clients, a bare epoll loop. One core does all the work, or two do half of
 * it each. Which core that is changes from round to round. Which server has a connection is the library's choice; a server's
 * first byte says its number, and then the client is
 *
 *   near  on the same core: what the servers alone cost each other
 *   far   on the other one, for half of them: each message wakes another core,
 *         which costs the kernel as much again where that has to be woken from
 *         sleep, and nothing where it never sleeps
 *
 *   messages/s  by the clock
 *   capacity    the sum of what each server has echoed for each second that its
 *               thread has had of a processor: what so many cores could do if
 *               they were the servers' alone
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

#include "bench.h"
#include "hvuv.h"

#define LANES       2
#define CONNECTIONS 100
#define BYTES       64
#define WARM_UP_MS  100

typedef struct {
  int core;
  uv_loop_t loop;
  hvuv_server_t server;
  uv_async_t stopper;
  uv_thread_t serves;
  uv_thread_t calls;
  int socks[CONNECTIONS];
  int socks_count;
  unsigned long opened;  /* by the server */
  atomic_ulong served;   /* by the server */
  atomic_ulong messages; /* back at the clients */
} lane_t;

typedef struct {
  double per_s;
  double capacity;
  double most; /* connections of one server */
} figures_t;

typedef struct {
  const char* name;
  int loops;
  int is_far;
} row_t;

static const row_t rows[] = {
    {"1 loop", 1, 0}, {"2 loops, near", 2, 0}, {"2 loops, far", 2, 1}};

static lane_t lanes[LANES];
static atomic_int is_over;
static uv_sem_t runs; /* posted by each loop */

/* --- The servers ---------------------------------------------------------- */

static int on_open(hvuv_conn_t* conn) {
  lane_t* lane = hvuv_conn_context(conn);
  char number = (char) (lane - lanes);

  lane->opened++;
  return hvuv_conn_send(conn, &number, 1);
}

static int on_message(hvuv_conn_t* conn, const char* bytes, size_t nbytes) {
  lane_t* lane = hvuv_conn_context(conn);

  atomic_store_explicit(
      &lane->served,
      atomic_load_explicit(&lane->served, memory_order_relaxed) + 1,
      memory_order_relaxed);
  return hvuv_conn_send(conn, bytes, nbytes);
}

static const hvuv_protocol_t protocol = {.on_open = on_open,
                                         .on_message = on_message};

/* Before it is over, it is only asked whether it runs. */
static void on_stop(uv_async_t* stopper) {
  lane_t* lane = stopper->data;

  if (!atomic_load(&is_over)) {
    uv_sem_post(&runs);
    return;
  }
  uv_close((uv_handle_t*) stopper, NULL);
  if (lane == &lanes[0])
    hvuv_server_stop_all(&lane->server, 0, NULL);
}

static void serve(void* arg) {
  lane_t* lane = arg;

  pin_to_core(lane->core, 0);
  uv_run(&lane->loop, UV_RUN_DEFAULT);
}

static void open_server(lane_t* lane) {
  hvuv_server_options_t options;

  hvuv_server_options_init(&options);
  options.limits.first_message_timeout_ms = options.limits.idle_timeout_ms;
  must("uv_loop_init", uv_loop_init(&lane->loop));
  must("uv_async_init", uv_async_init(&lane->loop, &lane->stopper, on_stop));
  lane->stopper.data = lane;
  must("hvuv_server_init",
       hvuv_server_init(&lane->loop, &lane->server, &options));
  lane->server.data = lane;
  if (lane != &lanes[0])
    must("hvuv_server_share",
         hvuv_server_share(&lane->server, &lanes[0].server));
}

/* --- The clients ---------------------------------------------------------- */

static void send_one(int sock) {
  static const char message[BYTES];

  if (send(sock, message, sizeof(message), 0) != (ssize_t) sizeof(message))
    die("send: %s", strerror(errno));
}

/* A message comes back whole: it is one packet of the kernel's. */
static void echo(lane_t* lane, int sock) {
  char message[BYTES];

  if (recv(sock, message, sizeof(message), 0) != (ssize_t) sizeof(message))
    die("recv: %s", strerror(errno));
  atomic_fetch_add_explicit(&lane->messages, 1, memory_order_relaxed);
  send_one(sock);
}

static void call(void* arg) {
  struct epoll_event events[CONNECTIONS];
  lane_t* lane = arg;
  int set = epoll_create1(EPOLL_CLOEXEC);
  int n;
  int i;

  pin_to_core(lane->core, 0);
  for (i = 0; i < lane->socks_count; i++) {
    events[0].events = EPOLLIN;
    events[0].data.fd = lane->socks[i];
    if (epoll_ctl(set, EPOLL_CTL_ADD, lane->socks[i], &events[0]) != 0)
      die("epoll_ctl: %s", strerror(errno));
    send_one(lane->socks[i]);
  }
  while (!atomic_load(&is_over)) {
    n = epoll_wait(set, events, CONNECTIONS, 100);
    for (i = 0; i < n; i++)
      echo(lane, events[i].data.fd);
  }
  close(set);
}

/* --- A measurement -------------------------------------------------------- */

/* Who gets the i-th client. */
static lane_t* lane_of(int sock, int i, int loops, int is_far) {
  char number;

  if (recv(sock, &number, 1, 0) != 1)
    die("recv: %s", strerror(errno));
  return &lanes[is_far ? i % loops : number];
}

static void open_lanes(int loops, int is_far, int first_core) {
  lane_t* lane;
  int sock;
  char place[128];
  int listener;
  int i;

  memset(lanes, 0, sizeof(lanes));
  atomic_store(&is_over, 0);
  for (i = 0; i < loops; i++) {
    lanes[i].core = nth_core((first_core + i) % LANES);
    open_server(&lanes[i]);
  }
  listener = kind_listen(place, sizeof(place));
  must("hvuv_server_listen_socket",
       hvuv_server_listen_socket(&lanes[0].server, listener, &protocol));
  for (i = 0; i < loops; i++)
    must("uv_thread_create",
         uv_thread_create(&lanes[i].serves, serve, &lanes[i]));
  for (i = 0; i < loops; i++)
    uv_async_send(&lanes[i].stopper);
  for (i = 0; i < loops; i++)
    uv_sem_wait(&runs);
  for (i = 0; i < CONNECTIONS; i++) {
    sock = kind_connect(place, 10);
    lane = lane_of(sock, i, loops, is_far);
    lane->socks[lane->socks_count++] = sock;
  }
  for (i = 0; i < loops; i++)
    must("uv_thread_create",
         uv_thread_create(&lanes[i].calls, call, &lanes[i]));
}

static void close_lanes(int loops) {
  int i;
  int k;

  atomic_store(&is_over, 1);
  for (i = 0; i < loops; i++)
    uv_thread_join(&lanes[i].calls);
  for (i = 0; i < loops; i++)
    uv_async_send(&lanes[i].stopper);
  for (i = 0; i < loops; i++) {
    uv_thread_join(&lanes[i].serves);
    must("uv_loop_close", uv_loop_close(&lanes[i].loop));
    for (k = 0; k < lanes[i].socks_count; k++)
      close(lanes[i].socks[k]);
  }
}

static double cpu_s(const lane_t* lane) {
  struct timespec t;
  clockid_t clock;

  if (pthread_getcpuclockid(lane->serves, &clock) != 0 ||
      clock_gettime(clock, &t) != 0)
    die("the processor time of a thread is not known");
  return (double) t.tv_sec + (double) t.tv_nsec / 1e9;
}

typedef struct {
  double now;
  double messages;
  double served[LANES];
  double cpu[LANES];
} look_t;

static void look(int loops, look_t* at) {
  int i;

  at->messages = 0;
  at->now = (double) now_ns() / 1e9;
  for (i = 0; i < loops; i++) {
    at->messages += (double) atomic_load(&lanes[i].messages);
    at->served[i] = (double) atomic_load(&lanes[i].served);
    at->cpu[i] = cpu_s(&lanes[i]);
  }
}

static void measure_lanes(const row_t* row,
                          int first_core,
                          unsigned int milliseconds,
                          figures_t* figures) {
  look_t before;
  look_t after;
  int i;

  open_lanes(row->loops, row->is_far, first_core);
  usleep(WARM_UP_MS * 1000);
  look(row->loops, &before);
  usleep(milliseconds * 1000);
  look(row->loops, &after);
  close_lanes(row->loops);

  figures->per_s =
      (after.messages - before.messages) / (after.now - before.now);
  figures->capacity = 0;
  figures->most = 0;
  for (i = 0; i < row->loops; i++) {
    if (after.served[i] > before.served[i])
      figures->capacity +=
          (after.served[i] - before.served[i]) / (after.cpu[i] - before.cpu[i]);
    if ((double) lanes[i].opened > figures->most)
      figures->most = (double) lanes[i].opened;
  }
}

/* --- The rows ------------------------------------------------------------- */

#define ROWS (sizeof(rows) / sizeof(rows[0]))

typedef struct {
  double per_s[ROUNDS_MAX];
  double capacity[ROUNDS_MAX];
  double by_clock[ROUNDS_MAX]; /* ratios to the first row's */
  double by_cpu[ROUNDS_MAX];
  double most;
} results_t;

static void print_row(const row_t* row,
                      const results_t* results,
                      unsigned int rounds) {
  printf("%-14s %10.0f %10.0f %8.2f %8.2f %8.0f\n",
         row->name,
         stats_of(results->per_s, rounds).median,
         stats_of(results->capacity, rounds).median,
         stats_of(results->by_clock, rounds).median,
         stats_of(results->by_cpu, rounds).median,
         results->most);
}

static void note(results_t* results,
                 unsigned int round,
                 const figures_t* figures,
                 const figures_t* first) {
  results->per_s[round] = figures->per_s;
  results->capacity[round] = figures->capacity;
  results->by_clock[round] = figures->per_s / first->per_s;
  results->by_cpu[round] = figures->capacity / first->capacity;
  if (figures->most > results->most)
    results->most = figures->most;
}

void measure_threads(const plan_t* plan) {
  static results_t results[ROWS];
  figures_t figures[ROWS];
  unsigned int round;
  size_t i;

  if (cores_count() < LANES)
    die("two cores are needed");
  must("uv_sem_init", uv_sem_init(&runs, 0));
  for (round = 0; round < plan->rounds; round++)
    for (i = 0; i < ROWS; i++) {
      measure_lanes(
          &rows[i], (int) (round % LANES), plan->milliseconds, &figures[i]);
      note(&results[i], round, &figures[i], &figures[0]);
    }
  printf("%d connections, %d bytes, %u rounds; medians, and ratios to one "
         "loop\n\n"
         "               messages/s   capacity by clock   by cpu  most of %d\n",
         CONNECTIONS,
         BYTES,
         plan->rounds,
         CONNECTIONS);
  for (i = 0; i < ROWS; i++)
    print_row(&rows[i], &results[i], plan->rounds);
}
