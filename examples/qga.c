/* qga [-t SECONDS] ADDRESS [COMMAND...]: speaks with QEMU's guest agent, which
 * every distribution packages. In a guest, without a network:
 *
 *   qemu-ga --method=vsock-listen --path=4294967295:9000
 *
 * and on its host
 *
 *   qga vsock://3:9000
 *   qga hybrid:///run/vm.sock:9000 guest-get-osinfo guest-get-time
 *
 * A conversation is lines of JSON: a command such as
 * {"execute": "guest-ping"}, and its reply {"return": ...} or {"error": ...}.
 * The agent remembers half a line of a client that has left, and may still have
 * replies for it. So a byte that no text has comes first, at which it starts
 * anew, and then guest-sync with a number that nobody else has; what comes
 * before its reply is another's. An agent has one client at a time.
 *
 * What a reply returns is printed, an object of plain values as NAME: VALUE,
 * all else as it came. While the VM boots it tries again. Exits as agent_call
 * does. */
#include <stdlib.h>
#include <string.h>

#include "arguments.h"
#include "program.h"
#include "report.h"

#define DEFAULT_SECONDS 60
#define MAX_LINE_BYTES  65536

static const char* const defaults[] = {"guest-ping", "guest-get-osinfo"};

static hvuv_addr_t addr;
static hvuv_client_t client;
static uv_timer_t deadline;
static unsigned long long seconds = DEFAULT_SECONDS;
static const char* const* commands = defaults;
static int ncommands = 2;
static int nreplies, nerrors;
static int is_synced;
static unsigned long sync_id;
static int last_status; /* of the last attempt */

/* --- Replies */

/* What is behind the name in an object's text, or NULL. That is no parser: the
 * agent writes these two names first, and nothing else with them. */
static const char* member(const char* text, const char* name) {
  const char* at = strchr(text, '{');

  if (at == NULL)
    return NULL;
  at += 1 + strspn(at + 1, " ");
  if (strncmp(at, name, strlen(name)) != 0)
    return NULL;
  at += strlen(name);
  return at + strspn(at, " :");
}

/* Where a string ends that begins at its opening quote. */
static const char* string_end(const char* at) {
  for (at++; *at != '"' && *at != '\0'; at++)
    if (*at == '\\' && at[1] != '\0')
      at++;
  return at;
}

/* A guest is not to command the terminal of its host. */
static void clean(char* text) {
  for (; *text != '\0'; text++)
    if ((unsigned char) *text < ' ' || *text == 127)
      *text = '?';
}

typedef struct pair_s {
  const char *name, *value;
  int name_len, value_len;
} pair_t;

/* Takes the next pair of an object's text behind `at`; returns what is behind
 * it, or NULL: there is none, or its value is no plain one, which `value` is
 * then. */
static const char* next_pair(const char* at, pair_t* pair) {
  const char* name = strchr(at, '"');

  pair->value = NULL;
  if (name == NULL)
    return NULL;
  at = string_end(name);
  pair->name = name + 1;
  pair->name_len = (int) (at - pair->name);
  at += strcspn(at, ":");
  at += strspn(at, ": ");
  pair->value = at;
  if (*at == '{' || *at == '[' || *at == '\0')
    return NULL;
  if (*at == '"') {
    pair->value++;
    at = string_end(at);
    pair->value_len = (int) (at - pair->value);
    return *at == '"' ? at + 1 : at;
  }
  pair->value_len = (int) strcspn(at, ",}");
  return at + pair->value_len;
}

/* Prints {"a": "b", "c": 1} as lines; 0 if it holds more than plain values. */
static int print_members(const char* object) {
  pair_t pair;
  const char* at = object;

  if (*object != '{')
    return 0;
  while ((at = next_pair(at, &pair)) != NULL)
    continue;
  if (pair.value != NULL)
    return 0;
  for (at = next_pair(object, &pair); at != NULL; at = next_pair(at, &pair))
    output(
        "%.*s: %.*s\n", pair.name_len, pair.name, pair.value_len, pair.value);
  return 1;
}

static int print_reply(const char* command, const char* text) {
  const char* value = member(text, "\"return\"");

  if (value != NULL && strncmp(value, "{}", 2) == 0)
    return output("%s: done\n", command);
  if (value != NULL && print_members(value))
    return output_error;
  nerrors += value == NULL;
  return output("%s: %s\n", command, text);
}

/* --- The conversation */

/* By on_done or the deadline, whichever is first. */
static void finish(void) {
  if (uv_is_closing((uv_handle_t*) &deadline))
    return;
  hvuv_client_close(&client, NULL);
  uv_close((uv_handle_t*) &deadline, NULL);
}

static int say(hvuv_conn_t* conn, const char* command) {
  char line[256];
  int n = snprintf(line, sizeof(line), "{\"execute\": \"%s\"}", command);

  return hvuv_conn_send(conn, line, (size_t) n);
}

static int on_open(hvuv_conn_t* conn) {
  char line[128];
  int n = snprintf(
      line,
      sizeof(line),
      "\xff{\"execute\": \"guest-sync\", \"arguments\": {\"id\": %lu}}",
      sync_id);

  is_synced = 0;
  return hvuv_conn_send(conn, line, (size_t) n);
}

/* One command after the other: an agent answers in order, but some end the
 * VM. */
static int next(hvuv_conn_t* conn) {
  if (nreplies < ncommands)
    return say(conn, commands[nreplies]);
  hvuv_conn_end(conn);
  return 0;
}

static int on_message(hvuv_conn_t* conn, const char* bytes, size_t nbytes) {
  static char text[MAX_LINE_BYTES + 1];
  const char* value = "";
  int err;

  memcpy(text, bytes, nbytes);
  text[nbytes] = '\0';
  clean(text);
  if (!is_synced) {
    value = member(text, "\"return\"");
    if (value == NULL || strtoul(value, NULL, 10) != sync_id)
      return 0; /* Somebody else's. */
    is_synced = 1;
    return next(conn);
  }
  if (nreplies == ncommands)
    return UV_EPROTO;
  err = print_reply(commands[nreplies], text);
  nreplies++;
  return err != 0 ? err : next(conn);
}

static void on_attempt(hvuv_client_t* c, const hvuv_attempt_t* attempt) {
  (void) c;
  last_status = attempt->status;
}

static void report_end(int status) {
  if (status == UV_EOF)
    report_meaning("asking",
                   &addr,
                   status,
                   "It hung up before it had answered all: another client may "
                   "have come, or the VM has ended.");
  else if (status == UV_EMSGSIZE || status == UV_EPROTO)
    report_meaning("asking",
                   &addr,
                   status,
                   "Somebody answers there, but not as a guest agent does.");
  else
    report("asking", &addr, status);
}

static void on_done(hvuv_client_t* c, int status) {
  (void) c;
  if (last_status != 0)
    report("connect", &addr, status);
  else if (nreplies < ncommands && output_error == 0)
    report_end(status == 0 ? UV_EOF : status);
  finish();
}

static void on_deadline(uv_timer_t* timer) {
  (void) timer;
  if (hvuv_client_conn(&client) != NULL)
    report_meaning("asking",
                   &addr,
                   UV_ETIMEDOUT,
                   "The call was taken, and not all was answered in time: the "
                   "agent serves another client, or its VM is paused.");
  else
    report("connect", &addr, last_status != 0 ? last_status : UV_ETIMEDOUT);
  finish();
}

static const hvuv_protocol_t protocol = {
    .framing = {.kind = HVUV_FRAMING_LINES,
                .max_message_bytes = MAX_LINE_BYTES},
    .on_open = on_open,
    .on_message = on_message};

/* --- The program */

static void start(uv_loop_t* loop) {
  hvuv_client_options_t options;

  hvuv_client_options_init(&options);
  options.on_attempt = on_attempt;
  options.on_done = on_done;
  options.max_delay_ms = 2000; /* A person waits. */
  if (uv_timer_init(loop, &deadline) != 0 ||
      uv_timer_start(&deadline, on_deadline, seconds * 1000, 0) != 0 ||
      hvuv_client_init(loop, &client, &options) != 0 ||
      hvuv_client_connect(&client, &addr, &protocol) != 0)
    abort(); /* Out of memory or descriptors. */
}

static int usage(FILE* out, int code) {
  fprintf(
      out,
      "usage: qga [-t SECONDS] ADDRESS [COMMAND...]\n"
      "  -t SECONDS  give up after so long (%d)\n"
      "ADDRESS such as vsock://3:9000, of qemu-ga --method=vsock-listen\n"
      "COMMAND such as guest-info; guest-ping and guest-get-osinfo if none\n",
      DEFAULT_SECONDS);
  return code;
}

/* A name of a command goes into JSON as it is. */
static int is_command(const char* word) {
  return *word != '\0' && strlen(word) <= 64 &&
         strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789-_") == strlen(word);
}

static int parse_arguments(int argc, char** argv) {
  static const char* const options[] = {"-t SECONDS", NULL};
  const char* value = "";
  int i;

  while ((i = take_option(&argc, &argv, options, &value)) >= 0)
    if (!read_number("-t", value, 1, 86400, &seconds))
      return 0;
  if (i == OPTION_WRONG)
    return 0;
  if (argc < 2) {
    wrong_argument("ADDRESS", "is missing");
    return 0;
  }
  for (i = 2; i < argc; i++)
    if (!is_command(argv[i])) {
      wrong_argument(argv[i], "is no command's name");
      return 0;
    }
  if (argc > 2) {
    commands = (const char* const*) (argv + 2);
    ncommands = argc - 2;
  }
  return parse_address("ADDRESS", argv[1], &addr) == 0;
}

int main(int argc, char** argv) {
  uv_loop_t* loop;

  argv = program_start(&argc, argv);
  if (is_help(argc, argv))
    return usage(stdout, 0);
  if (!parse_arguments(argc, argv))
    return usage(stderr, 2);
  loop = program_loop();
  sync_id = (unsigned long) (uv_hrtime() / 1000 % 1000000000);
  start(loop);
  uv_run(loop, UV_RUN_DEFAULT);
  if (uv_loop_close(loop) != 0 || nreplies < ncommands)
    return 1;
  return program_end(nerrors == 0 ? 0 : 3);
}
