/* hvcat: standard input and output, or a command's, to an address and back. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "hvcat.h"
#include "program.h"
#include "report.h"
#include "stdio_os.h"

#define MAX_SECONDS        86400
#define CONNECT_TIMEOUT_MS 10000

#define ID_RETRY  256
#define ID_FDPASS 257

static const option_t table[] = {
    {'l',
     "listen",
     NULL,
     "Listens at ADDRESS instead of connecting to it.",
     'l'},
    {'k',
     "keep-open",
     NULL,
     "With -l: takes one caller after another; with -e all at\n"
     "once.",
     'k'},
    {'e',
     "exec",
     "COMMAND",
     "Runs a shell's COMMAND for each connection, whose standard\n"
     "input and output it is.",
     'e'},
    {'N',
     "no-shutdown",
     NULL,
     "Does not pass the end of standard input on.",
     'N'},
    {'w', "wait", "SECONDS", "How long a connect may take (10).", 'w'},
    {'i',
     "idle-timeout",
     "SECONDS",
     "Ends when nothing has moved for so long (0: never).",
     'i'},
    {0,
     "retry",
     "SECONDS",
     "For so long a connect that failed is made again, while a VM\n"
     "boots or a server starts (0).",
     ID_RETRY},
    {'z', "zero", NULL, "Connects, and ends at once: is somebody there?", 'z'},
    {0,
     "fdpass",
     NULL,
     "Passes the connected socket over standard output and ends:\n"
     "for ssh's ProxyUseFdpass.",
     ID_FDPASS},
    {'v', "verbose", NULL, "Reports connections, bytes and rates.", 'v'},
};

const tool_t hvcat = {
    .name = "hvcat",
    .synopsis = "[-Nv] [-w SECONDS] [-i SECONDS] [--retry SECONDS] ADDRESS\n"
                "-z [-v] [-w SECONDS] [--retry SECONDS] ADDRESS\n"
                "-l [-kNv] [-i SECONDS] ADDRESS\n"
                "[-l [-k]] -e COMMAND ADDRESS\n"
                "--fdpass ADDRESS",
    .about = "Sends standard input to an address of a VM, its host, or this "
             "machine, and prints\nwhat comes back.",
    .options = table,
    .option_count = sizeof(table) / sizeof(table[0]),
    .after = "ADDRESS is such as vsock://3:22, hyperv://VM/22, "
             "hybrid:///run/vm.sock:22 or\nlocal://loopback/22, or "
             "vm:NAME/22, a VM by its name; hvuv_address(7).\n"
             "Exits with 0 if all went well, 1 if not, 2 for wrong arguments; "
             "with -e without -k\nas COMMAND."};

cat_t cat;

static uv_signal_t signals[3];
static const int signal_numbers[3] = {SIGINT, SIGTERM, SIGHUP};
static int has_signals;
static int last_signal;

/* --- Beginning and end */

static void on_io_closed(void* owner) {
  (void) owner;
}

static void on_output_closed(void* owner) {
  (void) owner;
  stdio_end_output();
}

void cat_end(int code) {
  int i;

  if (cat.code == 0)
    cat.code = code;
  if (cat.is_ending)
    return;
  cat.is_ending = 1;
  connect_end();
  listen_end();
  if (cat.has_input) {
    input_close(&cat.in, on_io_closed, NULL);
    output_close(&cat.out, on_output_closed, NULL);
  }
  for (i = 0; i < has_signals; i++)
    uv_close((uv_handle_t*) &signals[i], NULL);
}

int cat_open_stdio(void) {
  int err;

  if (cat.has_input)
    return 0;
  err = input_open(cat.loop, &cat.in);
  if (report_meaning(&hvcat,
                     "open",
                     "standard input",
                     err,
                     "It is of a kind that cannot be read here.") != 0)
    return err;
  err = output_open(cat.loop, &cat.out);
  if (err != 0)
    input_close(&cat.in, on_io_closed, NULL);
  else
    cat.has_input = 1;
  return report_meaning(&hvcat,
                        "open",
                        "standard output",
                        err,
                        "It is of a kind that cannot be written here.");
}

/* A caller of `local`, which has no port of its own. */
static int has_no_service(const hvuv_addr_t* addr) {
  return hvuv_addr_family(addr) == HVUV_LOCAL &&
         hvuv_guid_equal(&addr->u.hyperv.service_id, &HVUV_VM_ANY);
}

void cat_note(const hvuv_stream_t* stream, const char* what) {
  char text[HVUV_ADDR_STRLEN] = "somebody";
  size_t size = sizeof(text);
  hvuv_addr_t peer;

  if (!cat.settings.is_verbose)
    return;
  if (hvuv_getpeername(stream, &peer) == 0) {
    hvuv_addr_format(&peer, text, &size);
    if (has_no_service(&peer))
      *strrchr(text, '/') = '\0';
  }
  fprintf(stderr, "hvcat: %s %s\n", text, what);
}

static void on_signal(uv_signal_t* handle, int signum) {
  (void) handle;
  last_signal = signum;
  cat_end(1);
}

/* Under nohup(1) it goes on when its terminal has gone. */
static int is_ignored(int signum) {
  return signum == SIGHUP && program_ignores(signum);
}

static void watch_signals(void) {
  int i;

  for (i = 0; i < 3; i++) {
    if (uv_signal_init(cat.loop, &signals[i]) != 0 ||
        (!is_ignored(signal_numbers[i]) &&
         uv_signal_start(&signals[i], on_signal, signal_numbers[i]) != 0))
      abort(); /* Out of memory or descriptors at the very start. */
    uv_unref((uv_handle_t*) &signals[i]);
  }
  has_signals = 3;
}

/* --- Arguments */

/* What cannot stand together; NULL if all can. */
static const char* conflict(const settings_t* s) {
  if (s->keeps && !s->listens)
    return "-k is for -l: a connection is made once";
  if (s->only_connects && (s->listens || s->command != NULL))
    return "-z only connects: no -l and no -e with it";
  if (s->passes_socket &&
      (s->listens || s->command != NULL || s->only_connects))
    return "--fdpass passes a connected socket: no -l, -e, -z with it";
  if (s->listens && (s->retry_ms != 0 || s->connect_timeout_ms != 0))
    return "--retry and -w are for connecting: no -l with them";
  if ((s->only_connects || s->passes_socket) &&
      (s->keeps_sending_open || s->idle_timeout_ms != 0))
    return "-N and -i are for a conversation: no -z and no --fdpass with them";
  if (s->command != NULL && (s->keeps_sending_open || s->idle_timeout_ms != 0))
    return "-N and -i are not for -e: COMMAND has the connection";
  return NULL;
}

static int read_option(const options_t* o, int id, const char* value) {
  settings_t* s = &cat.settings;

  switch (id) {
    case 'l':
      s->listens = 1;
      return 0;
    case 'k':
      s->keeps = 1;
      return 0;
    case 'N':
      s->keeps_sending_open = 1;
      return 0;
    case 'z':
      s->only_connects = 1;
      return 0;
    case 'v':
      s->is_verbose = 1;
      return 0;
    case ID_FDPASS:
      s->passes_socket = 1;
      return 0;
    case 'e':
      s->command = value;
      return *value != '\0' ? 0 : options_wrong(o, "''", "is no command");
    case 'i':
      return options_seconds_ms(o, value, MAX_SECONDS, &s->idle_timeout_ms);
    case ID_RETRY:
      return options_seconds_ms(o, value, MAX_SECONDS, &s->retry_ms);
    default:
      return options_limit_ms(o, value, MAX_SECONDS, &s->connect_timeout_ms);
  }
}

/* What is left behind the options. Returns 0, or what to exit with. */
static int read_arguments(int argc, char** argv) {
  if (conflict(&cat.settings) != NULL)
    return usage_error(&hvcat, "%s", conflict(&cat.settings));
  if (argc == 0)
    return usage_error(&hvcat, "needs an ADDRESS");
  if (argc > 1)
    return usage_error(
        &hvcat,
        argv[1][0] == '-'
            ? "%s: options come before ADDRESS"
            : "%s: is one too many; one ADDRESS, such as vsock://3:22",
        argv[1]);
  return read_address(&hvcat, "ADDRESS", argv[0], &cat.settings.addr);
}

int main(int argc, char** argv) {
  options_t o;
  int code;

  argv = program_start(&argc, argv);
  if (!options_read(&o, &hvcat, argc - 1, argv + 1, read_option, &code))
    return code;
  code = read_arguments(o.argc, o.argv);
  if (code != 0)
    return code;

  if (cat.settings.connect_timeout_ms == 0)
    cat.settings.connect_timeout_ms = CONNECT_TIMEOUT_MS;
  cat.loop = program_loop();
  watch_signals();
  if (cat.settings.listens)
    listen_start();
  else
    connect_start();
  uv_run(cat.loop, UV_RUN_DEFAULT);
  if (!cat.is_ending) { /* nothing is left to do */
    cat_end(0);
    uv_run(cat.loop, UV_RUN_DEFAULT);
  }
  stdio_restore();
  if (uv_loop_close(cat.loop) != 0 && cat.code == 0)
    cat.code = 1;
  return last_signal != 0 ? 128 + last_signal : cat.code;
}
