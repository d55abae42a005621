/* agent_call [--secret FILE] [-t SECONDS] ADDRESS REQUEST...: asks a
 * guest_agent, and prints each answer on a line. While the VM boots, or nobody
 * listens there yet, it tries again; after so many seconds (60) it gives up,
 * and says why the last attempt failed. With --secret it first proves that it
 * has the secret in FILE, and the agent that it has it too (hvuv/auth.h). Exits
 * with
 *
 *   0  all requests were answered
 *   1  the agent could not be reached, or hung up
 *   2  wrong arguments
 *   3  a request was answered with an error */
#include "agent.h"
#include "arguments.h"
#include "program.h"
#include "report.h"

#define DEFAULT_SECONDS 60

static hvuv_addr_t addr;
static hvuv_client_t client;
static const char* secret_path; /* NULL: nothing is proved */
static hvuv_auth_t auth;
static uv_timer_t deadline;
static unsigned long long seconds = DEFAULT_SECONDS;
static char** requests;
static int nrequests, nanswers, nerrors;
static unsigned int nattempts;
static int last_status; /* of the last attempt; 0: connected, or none is over */

/* By on_done or the deadline, whichever is first. */
static void finish(void) {
  if (uv_is_closing((uv_handle_t*) &deadline))
    return;
  hvuv_client_close(&client, NULL);
  uv_close((uv_handle_t*) &deadline, NULL);
}

static void on_deadline(uv_timer_t* timer) {
  (void) timer;
  if (hvuv_client_conn(&client) != NULL)
    report_meaning("asking",
                   &addr,
                   UV_ETIMEDOUT,
                   "The call was taken, and not all was answered in time: the "
                   "agent hangs, or its VM is paused.");
  else
    report("connect", &addr, last_status != 0 ? last_status : UV_ETIMEDOUT);
  fprintf(stderr,
          "Gave up after %llu s and %u finished attempts; %d of %d requests "
          "were answered\n",
          seconds,
          nattempts,
          nanswers,
          nrequests);
  finish();
}

static int on_open(hvuv_conn_t* conn) {
  int i, err = 0;

  for (i = 0; i < nrequests && err == 0; i++)
    err = hvuv_conn_send(conn, requests[i], strlen(requests[i]));
  return err;
}

/* A guest is not to command the terminal of its host. */
static int print_answer(const char* bytes, size_t nbytes) {
  char text[AGENT_MAX_MESSAGE_BYTES + 1];
  size_t i;

  for (i = 0; i < nbytes; i++) {
    text[i] = bytes[i];
    if ((unsigned char) text[i] < ' ' || text[i] == 127)
      text[i] = '?';
  }
  text[i] = '\0';
  return output("%s: %s\n", requests[nanswers], text);
}

static int on_message(hvuv_conn_t* conn, const char* bytes, size_t nbytes) {
  int is_ok = nbytes >= 3 && memcmp(bytes, "ok ", 3) == 0;
  int err;

  if (!is_ok && (nbytes < 6 || memcmp(bytes, "error ", 6) != 0))
    return UV_EPROTO;
  err = print_answer(bytes + (is_ok ? 3 : 0), nbytes - (is_ok ? 3 : 0));
  if (err != 0)
    return err;
  nerrors += !is_ok;
  if (++nanswers == nrequests)
    hvuv_conn_end(conn); /* No other message comes. */
  return 0;
}

static void on_attempt(hvuv_client_t* c, const hvuv_attempt_t* attempt) {
  (void) c;
  nattempts++;
  last_status = attempt->status;
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

/* What it means that a conversation ended before all was answered. */
static void report_end(int status) {
  if (status == UV_EACCES && secret_path != NULL)
    report_meaning("asking",
                   &addr,
                   status,
                   "The agent has another secret, or somebody else answers "
                   "there.");
  else if (status == UV_ETIMEDOUT && secret_path != NULL)
    report_meaning("asking",
                   &addr,
                   status,
                   "It asked for no proof in time: this agent may be one "
                   "without a secret.");
  else if (status == UV_EMSGSIZE)
    report_meaning("asking",
                   &addr,
                   status,
                   "Somebody answers there, but not as an agent does, or one "
                   "that asks for a secret first (--secret).");
  else if (status == UV_EPROTO)
    report_meaning("asking",
                   &addr,
                   status,
                   "Somebody answers there, but not as an agent does: another "
                   "server listens, or another version.");
  else if (status == UV_EOF)
    report_meaning("asking",
                   &addr,
                   status,
                   "The agent hung up before it had answered all: see what it "
                   "says of this call, or whether it is one.");
  else
    report_end_of("asking", &addr, status);
}

static void on_done(hvuv_client_t* c, int status) {
  (void) c;
  if (last_status != 0)
    report("connect", &addr, status);
  else if (nanswers < nrequests && output_error == 0)
    report_end(status == 0 ? UV_EOF : status);
  finish();
}

static const hvuv_protocol_t protocol = {
    .framing = AGENT_FRAMING, .on_open = on_open, .on_message = on_message};

/* 0, or an error that has been reported. */
static int take_secret(void) {
  hvuv_auth_options_t options;
  int err;

  hvuv_auth_options_init(&options);
  options.purpose = AGENT_PURPOSE;
  err = hvuv_auth_init(&auth, HVUV_AUTH_CLIENT, &protocol, &options);
  if (err != 0) {
    fprintf(stderr, "--secret: %s\n", agent_why_no_auth(err));
    return err;
  }
  err = agent_load_secret(&auth, secret_path);
  if (err != 0)
    hvuv_auth_close(&auth);
  return err;
}

static void start(uv_loop_t* loop) {
  hvuv_client_options_t options;

  hvuv_client_options_init(&options);
  options.on_attempt = on_attempt;
  options.on_done = on_done;
  options.max_delay_ms = 2000; /* A person waits. */
  if (uv_timer_init(loop, &deadline) != 0 ||
      uv_timer_start(&deadline, on_deadline, seconds * 1000, 0) != 0 ||
      hvuv_client_init(loop, &client, &options) != 0 ||
      hvuv_client_connect(&client,
                          &addr,
                          secret_path != NULL ? hvuv_auth_protocol(&auth)
                                              : &protocol) != 0)
    abort(); /* Out of memory or descriptors. */
}

static int usage(FILE* out, int code) {
  fprintf(
      out,
      "usage: agent_call [--secret FILE] [-t SECONDS] ADDRESS REQUEST...\n"
      "  --secret FILE  prove this secret first, and have the agent prove it\n"
      "  -t SECONDS     give up after so long (%d)\n"
      "ADDRESS such as local://loopback/5001; requests: ping, uname, uptime\n",
      DEFAULT_SECONDS);
  return code;
}

/* 1, or 0 if something is wrong, which has been printed. */
static int parse_arguments(int argc, char** argv) {
  static const char* const options[] = {"--secret FILE", "-t SECONDS", NULL};
  const char* value = "";
  int i;

  while ((i = take_option(&argc, &argv, options, &value)) >= 0) {
    if (i == 0)
      secret_path = value;
    else if (!read_number("-t", value, 1, 86400, &seconds))
      return 0;
  }
  if (i == OPTION_WRONG)
    return 0;
  if (argc < 3) {
    wrong_argument(argc < 2 ? "ADDRESS" : "REQUEST", "is missing");
    return 0;
  }
  requests = argv + 2;
  nrequests = argc - 2;
  return parse_address("ADDRESS", argv[1], &addr) == 0;
}

int main(int argc, char** argv) {
  uv_loop_t* loop;
  int is_closed;

  argv = program_start(&argc, argv);
  if (is_help(argc, argv))
    return usage(stdout, 0);
  if (!parse_arguments(argc, argv))
    return usage(stderr, 2);
  loop = program_loop();
  if (secret_path != NULL && take_secret() != 0)
    return 1;
  start(loop);
  uv_run(loop, UV_RUN_DEFAULT);
  is_closed = uv_loop_close(loop) == 0;
  if (secret_path != NULL)
    hvuv_auth_close(&auth);
  if (!is_closed || nanswers < nrequests)
    return 1;
  return program_end(nerrors == 0 ? 0 : 3);
}
