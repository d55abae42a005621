/* agent_call [-t SECONDS] ADDRESS REQUEST...: asks a guest_agent, and prints
 * each answer on a line. While the VM boots, or nobody listens there yet, it
 * tries again; after so many seconds (60) it gives up. Exits with
 *
 *   0  all requests were answered
 *   1  the agent could not be reached, or hung up
 *   2  wrong arguments
 *   3  a request was answered with an error */
#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "report.h"
#include "utf8_args.h"

static hvuv_addr_t addr;
static hvuv_client_t client;
static uv_timer_t deadline;
static char** requests;
static int nrequests, nanswers, nerrors;

/* By on_done or the deadline, whichever is first. */
static void finish(void) {
  if (uv_is_closing((uv_handle_t*) &deadline))
    return;
  hvuv_client_close(&client, NULL);
  uv_close((uv_handle_t*) &deadline, NULL);
}

static void on_deadline(uv_timer_t* timer) {
  (void) timer;
  report("asking", &addr, UV_ETIMEDOUT);
  finish();
}

static int on_open(hvuv_conn_t* conn) {
  int i, err = 0;

  for (i = 0; i < nrequests && err == 0; i++)
    err = hvuv_conn_send(conn, requests[i], strlen(requests[i]));
  return err;
}

/* A guest is not to command the terminal of its host. */
static void print_text(const char* bytes, size_t nbytes) {
  size_t i;

  for (i = 0; i < nbytes; i++)
    putchar((unsigned char) bytes[i] < ' ' || bytes[i] == 127 ? '?' : bytes[i]);
}

static int on_message(hvuv_conn_t* conn, const char* bytes, size_t nbytes) {
  int is_ok = nbytes >= 3 && memcmp(bytes, "ok ", 3) == 0;

  if (!is_ok && (nbytes < 6 || memcmp(bytes, "error ", 6) != 0))
    return UV_EPROTO; /* It is no agent. */
  printf("%s: ", requests[nanswers]);
  print_text(bytes + (is_ok ? 3 : 0), nbytes - (is_ok ? 3 : 0));
  printf("\n");
  fflush(stdout);
  nerrors += !is_ok;
  if (++nanswers == nrequests)
    hvuv_conn_end(conn); /* No other message comes. */
  return 0;
}

static void on_attempt(hvuv_client_t* c, const hvuv_attempt_t* attempt) {
  (void) c;
  if (attempt->status == 0 || attempt->is_last)
    return; /* on_open or on_done is next. */
  if (attempt->number == 1)
    report("connect", &addr, attempt->status);
  fprintf(stderr,
          "Attempt %u: %s; again in %lu ms\n",
          attempt->number,
          uv_err_name(attempt->status),
          (unsigned long) attempt->next_delay_ms);
}

static void on_done(hvuv_client_t* c, int status) {
  (void) c;
  if (nanswers < nrequests)
    report("asking", &addr, status == 0 ? UV_EOF : status);
  finish();
}

static void start(uv_loop_t* loop, uint64_t timeout_ms) {
  static const hvuv_protocol_t protocol = {
      .framing = AGENT_FRAMING, .on_open = on_open, .on_message = on_message};
  hvuv_client_options_t options;

  hvuv_client_options_init(&options);
  options.on_attempt = on_attempt;
  options.on_done = on_done;
  options.max_delay_ms = 2000; /* A person waits. */
  if (uv_timer_init(loop, &deadline) != 0 ||
      uv_timer_start(&deadline, on_deadline, timeout_ms, 0) != 0 ||
      hvuv_client_init(loop, &client, &options) != 0 ||
      hvuv_client_connect(&client, &addr, &protocol) != 0)
    abort(); /* Out of memory or descriptors. */
}

int main(int argc, char** argv) {
  uv_loop_t* loop = uv_default_loop();
  long seconds = 60;

  argv = utf8_args(&argc, argv);
  if (argc > 2 && strcmp(argv[1], "-t") == 0) {
    seconds = strtol(argv[2], NULL, 10);
    argc -= 2;
    argv += 2;
  }
  if (argc < 3 || seconds < 1 || seconds > 86400 ||
      hvuv_addr_parse(argv[1], &addr) != 0) {
    fprintf(stderr, "usage: agent_call [-t SECONDS] ADDRESS REQUEST...\n");
    return 2;
  }
  requests = argv + 2;
  nrequests = argc - 2;
  start(loop, (uint64_t) seconds * 1000);
  uv_run(loop, UV_RUN_DEFAULT);
  if (uv_loop_close(loop) != 0 || nanswers < nrequests)
    return 1;
  return nerrors == 0 ? 0 : 3;
}
