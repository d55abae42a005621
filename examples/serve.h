/* What the servers among the examples share: listens where it is told, prints
 * where that is, and serves until SIGINT or SIGTERM. The first signal says
 * goodbye to those who are there, a second one hangs up on them. For a handler,
 * hvuv_conn_context() is the server. */
#ifndef HVUV_EXAMPLES_SERVE_H
#define HVUV_EXAMPLES_SERVE_H

#include <signal.h>

#include "arguments.h"
#include "program.h"
#include "report.h"

#define SERVE_GRACE_MS 2000

static hvuv_addr_t serve_addr;
static hvuv_server_t serve_server;
static uv_signal_t serve_signals[3];
static int serve_is_stopping;

/* What a program has besides, to be set before serve(): */
static const char* serve_usage_options = ""; /* " [-x VALUE]" */
static const char* serve_usage_lines = "";   /* "  -x VALUE  what it does\n" */
static const char* serve_option;             /* "-x VALUE"; NULL: none */
static void (*serve_on_hangup)(void);        /* at SIGHUP; NULL: it ends */
static int (*serve_on_ready)(uv_loop_t*);    /* it listens; or an error */
static void (*serve_on_stop)(void);          /* it stops, before all else */

static void serve_on_stopped(hvuv_server_t* server) {
  int i;

  (void) server;
  for (i = 0; i < (serve_on_hangup != NULL ? 3 : 2); i++)
    uv_close((uv_handle_t*) &serve_signals[i], NULL);
}

static void serve_stop(void) {
  if (!serve_is_stopping && serve_on_stop != NULL)
    serve_on_stop();
  hvuv_server_stop(
      &serve_server, serve_is_stopping ? 0 : SERVE_GRACE_MS, serve_on_stopped);
  serve_is_stopping = 1;
}

static void serve_on_signal(uv_signal_t* handle, int signum) {
  (void) handle;
  if (signum == SIGHUP && serve_on_hangup != NULL) {
    serve_on_hangup();
    return;
  }
  output("Stopping on signal %d\n", signum);
  serve_stop();
}

/* A caller could not be taken; the server goes on. */
static void serve_on_accept_error(hvuv_server_t* server, int status) {
  (void) server;
  report("accept", &serve_addr, status);
}

static void serve_watch_signals(uv_loop_t* loop) {
  static const int numbers[3] = {SIGINT, SIGTERM, SIGHUP};
  int i;

  for (i = 0; i < (serve_on_hangup != NULL ? 3 : 2); i++)
    if (uv_signal_init(loop, &serve_signals[i]) != 0 ||
        uv_signal_start(&serve_signals[i], serve_on_signal, numbers[i]) != 0)
      abort(); /* Out of memory or descriptors. */
}

static int serve_print_address(void) {
  char text[HVUV_ADDR_STRLEN];
  size_t size = sizeof(text);

  hvuv_server_address(&serve_server, 0, &serve_addr);
  hvuv_addr_format(&serve_addr, text, &size);
  return output("Listening on %s\n", text);
}

static int serve_usage(FILE* out,
                       const char* program,
                       const char* address,
                       int code) {
  fprintf(out,
          "usage: %s%s [ADDRESS]\n%sADDRESS such as %s\n",
          program,
          serve_usage_options,
          serve_usage_lines,
          address);
  return code;
}

/* Comes after program_start(): the value of the option, or NULL, and the
 * address, the one argument or else the default. Returns an exit code, or -1 to
 * go on. */
static int serve_arguments(int argc,
                           char** argv,
                           const char* default_address,
                           const char** value) {
  const char* const options[] = {serve_option, NULL};
  const char* program = argv[0];
  int i;

  *value = NULL;
  if (is_help(argc, argv))
    return serve_usage(stdout, program, default_address, 0);
  do
    i = take_option(&argc, &argv, options, value);
  while (i >= 0);
  if (i == OPTION_WRONG || too_many(argc, argv, 1) ||
      parse_address(
          "ADDRESS", argc == 2 ? argv[1] : default_address, &serve_addr) != 0)
    return serve_usage(stderr, program, default_address, 2);
  return -1;
}

/* The rest of main(), and its exit code. The options are the caller's but for
 * on_accept_error. */
static int serve(const hvuv_protocol_t* protocol,
                 hvuv_server_options_t* options) {
  uv_loop_t* loop = program_loop();
  int err;

  options->on_accept_error = serve_on_accept_error;
  err = hvuv_server_init(loop, &serve_server, options);
  if (report("init", &serve_addr, err) != 0)
    return 1;
  serve_server.data = &serve_server;
  serve_watch_signals(loop);
  err = hvuv_server_listen(&serve_server, &serve_addr, protocol);
  if (report("listen", &serve_addr, err) == 0 && serve_on_ready != NULL)
    err = serve_on_ready(loop);
  if (err != 0 || serve_print_address() != 0)
    serve_stop();
  uv_run(loop, UV_RUN_DEFAULT);
  return program_end(uv_loop_close(loop) != 0 || err != 0);
}

#endif /* HVUV_EXAMPLES_SERVE_H */
