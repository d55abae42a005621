/* echo_threads [-t THREADS] [ADDRESS]: the echo handler (echo_handler.c) on
 * several loops, each in a thread, until SIGINT or SIGTERM. All servers serve
 * the callers of one address; a connection stays with the server that it came
 * to, so a handler needs no lock for what is its own or its server's. What is
 * printed is printed by the main thread, whose server listens. */
#include <inttypes.h>
#include <signal.h>

#include "arguments.h"
#include "program.h"
#include "report.h"

#define THREADS_MAX 64
#define GRACE_MS    2000

/* A thread, but the first is the main one. */
typedef struct worker_s {
  uv_loop_t loop;
  hvuv_server_t server;
  uv_thread_t thread;
  uint64_t connections;
  uint64_t nbytes;
} worker_t;

static worker_t workers[THREADS_MAX];
static uv_signal_t signals[2];
static hvuv_addr_t addr;
static int is_stopping;

static int on_open(hvuv_conn_t* conn) {
  worker_t* worker = hvuv_conn_context(conn);

  worker->connections++;
  return 0;
}

static int on_message(hvuv_conn_t* conn, const char* bytes, size_t nbytes) {
  worker_t* worker = hvuv_conn_context(conn);

  worker->nbytes += nbytes;
  return hvuv_conn_send(conn, bytes, nbytes);
}

static const hvuv_protocol_t protocol = {
    .on_open = on_open,
    .on_message = on_message,
};

/* --- Stopping: each server in its own thread ------------------------------ */

static void on_stopped(hvuv_server_t* server) {
  if (server != &workers[0].server)
    return;
  uv_close((uv_handle_t*) &signals[0], NULL);
  uv_close((uv_handle_t*) &signals[1], NULL);
}

static void stop(void) {
  hvuv_server_stop_all(
      &workers[0].server, is_stopping ? 0 : GRACE_MS, on_stopped);
  is_stopping = 1;
}

static void on_signal(uv_signal_t* handle, int signum) {
  (void) handle;
  output("Stopping on signal %d\n", signum);
  stop();
}

/* --- Starting: no thread runs yet, so this one may do all ----------------- */

static void on_accept_error(hvuv_server_t* server, int status) {
  (void) server;
  report("accept", &addr, status);
}

static int open_worker(worker_t* worker) {
  hvuv_server_options_t options;
  int err;

  hvuv_server_options_init(&options);
  options.on_accept_error = on_accept_error;
  if (uv_loop_init(&worker->loop) != 0)
    abort(); /* Out of memory or descriptors. */
  err = hvuv_server_init(&worker->loop, &worker->server, &options);
  if (err != 0)
    abort();
  worker->server.data = worker;
  if (worker != workers)
    err = hvuv_server_share(&worker->server, &workers[0].server);
  if (err != 0)
    hvuv_server_stop(&worker->server, 0, NULL); /* stop() does not know it. */
  return err;
}

static void watch_signals(uv_loop_t* loop) {
  static const int numbers[2] = {SIGINT, SIGTERM};
  int i;

  for (i = 0; i < 2; i++)
    if (uv_signal_init(loop, &signals[i]) != 0 ||
        uv_signal_start(&signals[i], on_signal, numbers[i]) != 0)
      abort(); /* Out of memory or descriptors. */
}

static int listen_at_address(void) {
  char text[HVUV_ADDR_STRLEN];
  size_t size = sizeof(text);
  int err;

  err = hvuv_server_listen(&workers[0].server, &addr, &protocol);
  if (report("listen", &addr, err) != 0)
    return err;
  hvuv_server_address(&workers[0].server, 0, &addr);
  hvuv_addr_format(&addr, text, &size);
  return output("Listening on %s\n", text);
}

/* --- The threads ---------------------------------------------------------- */

static void run(void* arg) {
  worker_t* worker = arg;

  uv_run(&worker->loop, UV_RUN_DEFAULT);
}

static int run_all(int n) {
  int failed = 0;
  int i;

  for (i = 1; i < n; i++)
    if (uv_thread_create(&workers[i].thread, run, &workers[i]) != 0)
      abort();
  run(&workers[0]);
  for (i = 1; i < n; i++)
    uv_thread_join(&workers[i].thread);

  for (i = 0; i < n; i++) {
    failed |= uv_loop_close(&workers[i].loop) != 0;
    output("Thread %d: %" PRIu64 " connections, %" PRIu64 " bytes\n",
           i,
           workers[i].connections,
           workers[i].nbytes);
  }
  return failed;
}

static int serve(int n) {
  int err;
  int i;

  err = open_worker(&workers[0]);
  for (i = 1; i < n && err == 0; i++)
    err = report("init", &addr, open_worker(&workers[i]));
  watch_signals(&workers[0].loop);
  if (err == 0)
    err = listen_at_address();
  if (err != 0)
    stop();
  return run_all(i) || err != 0;
}

static int usage(FILE* out, int code) {
  fprintf(out,
          "usage: echo_threads [-t THREADS] [ADDRESS]\n"
          "  -t  so many, 1 to %d; 2 by default\n"
          "ADDRESS such as " DEFAULT_ADDRESS "\n",
          THREADS_MAX);
  return code;
}

int main(int argc, char** argv) {
  static const char* const options[] = {"-t THREADS", NULL};
  unsigned long long n = 2;
  const char* value = "";
  int i;

  argv = program_start(&argc, argv);
  if (is_help(argc, argv))
    return usage(stdout, 0);
  while ((i = take_option(&argc, &argv, options, &value)) >= 0)
    if (!read_number("-t", value, 1, THREADS_MAX, &n))
      return usage(stderr, 2);
  if (i == OPTION_WRONG || too_many(argc, argv, 1) ||
      parse_address("ADDRESS", argc == 2 ? argv[1] : DEFAULT_ADDRESS, &addr) !=
          0)
    return usage(stderr, 2);
  return program_end(serve((int) n));
}
