/*
 * hvuv echo [-1] ADDRESS: sends back what it gets, to any number of callers,
 * until SIGINT or SIGTERM. What hvuv ping, echo_client, hvcat call to see that
 * two machines can talk. While a caller does not read, nothing is read from it.
 */
#include <signal.h>
#include <stdlib.h>

#include "hvuv.h"

/* After the first signal callers may finish for so long. */
#define GRACE_MS 2000

static const option_t table[] = {
    {'1', "once", NULL, "Serves one caller, and ends.", '1'},
    {'v', "verbose", NULL, "Prints a line for each caller.", 'v'},
};

static const tool_t tool = {
    .name = "hvuv echo",
    .synopsis = "[-1] [-v] ADDRESS",
    .about = "Listens at ADDRESS and sends back whatever callers send.",
    .options = table,
    .option_count = sizeof(table) / sizeof(table[0]),
    .after =
        "Ends on SIGINT and SIGTERM; a second one does not wait for callers."};

static struct {
  hvuv_server_t server;
  hvuv_addr_t addr;
  uv_signal_t signals[2];
  int once;
  int is_verbose;
  int is_stopping;
  int failed;
} echo;

static void on_stopped(hvuv_server_t* server) {
  (void) server;
  uv_close((uv_handle_t*) &echo.signals[0], NULL);
  uv_close((uv_handle_t*) &echo.signals[1], NULL);
}

static void stop(uint64_t grace_ms) {
  hvuv_server_stop(&echo.server, echo.is_stopping ? 0 : grace_ms, on_stopped);
  echo.is_stopping = 1;
}

static void on_signal(uv_signal_t* handle, int signum) {
  (void) handle;
  output("Stopping on signal %d\n", signum);
  stop(GRACE_MS);
}

/* --- Callers */

typedef struct caller_s {
  uint64_t nbytes;
} caller_t;

static void print_caller(hvuv_conn_t* conn, const char* what) {
  char text[HVUV_ADDR_STRLEN] = "somebody";
  size_t size = sizeof(text);
  hvuv_addr_t peer;

  if (hvuv_conn_peer(conn, &peer) == 0)
    hvuv_addr_format(&peer, text, &size);
  output("%s %s\n", text, what);
}

static int on_open(hvuv_conn_t* conn) {
  if (echo.is_verbose)
    print_caller(conn, "called");
  if (echo.once)
    hvuv_server_unlisten(&echo.server, &echo.addr);
  return 0;
}

static int on_message(hvuv_conn_t* conn, const char* bytes, size_t nbytes) {
  caller_t* caller = hvuv_conn_state(conn);

  caller->nbytes += nbytes;
  return hvuv_conn_send(conn, bytes, nbytes);
}

static hvuv_step_t step_of(int reason) {
  if (reason == UV_ETIMEDOUT)
    return HVUV_STEP_TIME_LIMIT;
  return reason == UV_EPIPE ? HVUV_STEP_SEND : HVUV_STEP_RECEIVE;
}

static void on_close(hvuv_conn_t* conn, int reason) {
  const caller_t* caller = hvuv_conn_state(conn);
  char what[80];

  snprintf(what,
           sizeof(what),
           "ended after %llu bytes",
           (unsigned long long) caller->nbytes);
  if (echo.is_verbose)
    print_caller(conn, what);
  if (reason != UV_ECANCELED &&
      report(&tool, step_of(reason), &echo.addr, reason) != 0)
    echo.failed = echo.once;
  if (echo.once && !echo.is_stopping)
    stop(0);
}

static void on_accept_error(hvuv_server_t* server, int status) {
  (void) server;
  report(&tool, HVUV_STEP_ACCEPT, &echo.addr, status);
}

static void on_refused(hvuv_server_t* server,
                       const hvuv_addr_t* peer,
                       int reason) {
  (void) server;
  report(&tool, HVUV_STEP_ACCEPT, peer != NULL ? peer : &echo.addr, reason);
}

static const hvuv_protocol_t protocol = {
    .state_bytes = sizeof(caller_t),
    .on_open = on_open,
    .on_message = on_message,
    .on_close = on_close,
};

/* --- The program */

static int start(uv_loop_t* loop) {
  static const int numbers[2] = {SIGINT, SIGTERM};
  hvuv_server_options_t options;
  int err;
  int i;

  hvuv_server_options_init(&options);
  options.on_accept_error = on_accept_error;
  options.on_refused = on_refused;
  if (echo.once)
    options.max_connections = 1;
  err = hvuv_server_init(loop, &echo.server, &options);
  if (report(&tool, HVUV_STEP_LISTEN, &echo.addr, err) != 0)
    return err;
  for (i = 0; i < 2 && err == 0; i++) {
    err = uv_signal_init(loop, &echo.signals[i]);
    if (err == 0)
      err = uv_signal_start(&echo.signals[i], on_signal, numbers[i]);
  }
  if (err != 0)
    abort(); /* Out of memory or descriptors at the very start. */
  err = hvuv_server_listen(&echo.server, &echo.addr, &protocol);
  if (report(&tool, HVUV_STEP_LISTEN, &echo.addr, err) != 0)
    stop(0);
  return err;
}

static void print_address(void) {
  char text[HVUV_ADDR_STRLEN];
  size_t size = sizeof(text);

  hvuv_server_address(&echo.server, 0, &echo.addr);
  hvuv_addr_format(&echo.addr, text, &size);
  if (output("Listening on %s\n", text) != 0)
    stop(0);
}

static int take(const options_t* o, int id, const char* value) {
  (void) o;
  (void) value;
  echo.once |= id == '1';
  echo.is_verbose |= id == 'v';
  return 0;
}

int verb_echo(int argc, char** argv) {
  uv_loop_t* loop;
  options_t o;
  int code;

  if (!options_read(&o, &tool, argc, argv, take, &code))
    return code;
  if (o.argc != 1)
    return usage_error(&tool, "needs an ADDRESS");
  code = read_address(&tool, "ADDRESS", o.argv[0], &echo.addr);
  if (code != 0)
    return code;

  loop = program_loop();
  if (start(loop) != 0)
    echo.failed = 1;
  else
    print_address();
  uv_run(loop, UV_RUN_DEFAULT);
  return program_end(uv_loop_close(loop) != 0 || echo.failed);
}
