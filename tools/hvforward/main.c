/* hvforward: takes calls at FROM, and joins each with a call of its own to
 * TO. */
#include "hvforward.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "limits.h"
#include "log.h"
#include "place.h"
#include "program.h"
#include "run.h"
#include "system.h"
#include "unix_socket.h"

#define MAX_SECONDS 86400
#define MAX_NUMBER  1000000

#define ID_RETRY      256
#define ID_SINK       257
#define ID_HALF_CLOSE 258
#define ID_MODE       259
#define ID_FOLLOW     260

static const option_t table[] = {
    {'w', "wait", "SECONDS", "How long a connect to TO may take (10).", 'w'},
    {0,
     "retry",
     "SECONDS",
     "For so long a connect that failed is made again, while a VM\n"
     "boots or a server starts (0).",
     ID_RETRY},
    {'i',
     "idle-timeout",
     "SECONDS",
     "Ends a call when nothing has moved for so long (0: never).",
     'i'},
    {'r',
     "half-close-rest",
     "SECONDS",
     "Where one direction cannot be ended alone (hybrid), how long\n"
     "the other must have rested first (1; 0: until it has ended).",
     'r'},
    {0,
     "half-close",
     "HOW",
     "Whether addresses of hvuv can end one direction alone: auto,\n"
     "yes, no (auto: all but hybrid); close: no, and their peers\n"
     "notice a close only, as in a guest behind hybrid.",
     ID_HALF_CLOSE},
    {0,
     "stuck-timeout",
     "SECONDS",
     "Ends a call when a side takes nothing for so long though\n"
     "bytes wait for it, and sends nothing (120; 0: never).",
     ID_SINK},
    {'m',
     "max-calls",
     "N",
     "So many calls at once; others wait (as descriptors allow).",
     'm'},
    {'p',
     "max-per-peer",
     "N",
     "So many calls at once of one caller; others are refused.",
     'p'},
    {'a',
     "allow",
     "PEER",
     "Who may call; may be given again. 10.0.0.0/8, ::1, uid:1000,\n"
     "vsock://3, hyperv://VM, hybrid://PATH, local://VM.",
     'a'},
    {0,
     "mode",
     "MODE",
     "Of Unix sockets that unix: makes: 600, 660, 666 (777 less\n"
     "the umask).",
     ID_MODE},
    {0,
     "follow",
     "SECONDS",
     "How often the VM of a FROM that is vm: is looked up (10; 0: once).",
     ID_FOLLOW},
    {'g',
     "grace",
     "SECONDS",
     "After SIGTERM, SIGINT or SIGHUP calls have so long to end (5).",
     'g'},
    {'s',
     "status",
     "ADDRESS",
     "Whoever connects there reads what is going on.",
     's'},
    {'l', "log", "FILE", "A line for each call that has ended; -: here.", 'l'},
};

const tool_t hvforward = {
    .name = "hvforward",
    .synopsis = "[OPTIONS] FROM TO [FROM TO]...",
    .about = "Takes calls at FROM and joins each with a call of its own to TO, "
             "until SIGTERM or\nSIGINT. SIGUSR1 prints what is going on.",
    .options = table,
    .option_count = sizeof(table) / sizeof(table[0]),
    .after =
        "FROM and TO:\n"
        "  tcp://HOST:PORT           a name, an IPv4 address, or [IPV6]\n"
        "  unix:PATH                 a Unix socket\n"
        "  pipe:NAME                 a named pipe (Windows)\n"
        "  vsock://3:22, hyperv://VM/22, hybrid:///run/vm.sock:22,\n"
        "  local://loopback/22       hvuv_address(7)\n"
        "  vm:NAME/22                a VM by its name, which is followed: "
        "vm:wsl/22 (Windows)\n"
        "  exec:COMMAND              TO: a shell's command for each call\n"
        "  fd:N, systemd:[NAME]      FROM: sockets that it was started with\n"
        "Exits with 0 after a signal, 1 if it could not begin, 2 for wrong "
        "arguments."};

settings_t settings;

static route_t routes[MAX_ROUTES];
static int route_count;
static route_t status; /* only its FROM */
static const char* log_path;

/* --- Ends */

static int read_place(const char* argument, const char* text, place_t* place) {
  char why[PLACE_WHY_SIZE];

  if (place_parse(text, place, why, sizeof(why)) == 0)
    return 0;
  return usage_error(&hvforward, "%s: %s", argument, why);
}

static int read_from(const char* argument, const char* text, place_t* place) {
  int err = read_place(argument, text, place);

  if (err == 0 && place->kind->bind == NULL)
    return usage_error(&hvforward,
                       "%s: \"%.80s\": exec: is for TO only: nobody calls at a "
                       "command.",
                       argument,
                       text);
  return err;
}

static int read_to(const char* argument, const char* text, place_t* place) {
  int err = read_place(argument, text, place);

  if (err == 0 && place->kind->connect == NULL)
    return usage_error(&hvforward,
                       "%s: \"%.80s\": is for FROM only: sockets that listen "
                       "are passed so.",
                       argument,
                       text);
  if (err == 0 && place->kind == &kind_tcp && place->u.tcp.port == 0)
    return usage_error(&hvforward,
                       "%s: \"%.80s\": nobody listens on port 0; it is for "
                       "FROM, where the system chooses one.",
                       argument,
                       text);
  return err;
}

static int read_routes(int argc, char** argv) {
  char from[32];
  char to[32];
  int i;

  if (argc == 0)
    return usage_error(&hvforward, "needs a FROM and a TO");
  if (argc % 2 != 0)
    return usage_error(&hvforward,
                       "FROM %d: \"%.80s\" has no TO",
                       argc / 2 + 1,
                       argv[argc - 1]);
  if (argc / 2 > MAX_ROUTES)
    return usage_error(
        &hvforward, "at most %d pairs of FROM and TO", MAX_ROUTES);
  for (i = 0; i < argc; i += 2) {
    snprintf(from, sizeof(from), argc > 2 ? "FROM %d" : "FROM", i / 2 + 1);
    snprintf(to, sizeof(to), argc > 2 ? "TO %d" : "TO", i / 2 + 1);
    if (read_from(from, argv[i], &routes[route_count].from) != 0 ||
        read_to(to, argv[i + 1], &routes[route_count].to) != 0)
      return EXIT_USAGE;
    route_count++;
  }
  return 0;
}

/* --- Options */

static int read_peer(const options_t* o, const char* value) {
  char why[200];

  if (limits_allow(value, why, sizeof(why)) == 0)
    return 0;
  return options_wrong(o, value, why);
}

static int read_half_close(const options_t* o, const char* value) {
  static const char* const words[] = {"auto", "yes", "no", "close"};
  static const hvuv_half_close_t values[] = {HVUV_HALF_CLOSE_AUTO,
                                             HVUV_HALF_CLOSE_YES,
                                             HVUV_HALF_CLOSE_NO,
                                             HVUV_HALF_CLOSE_NOT_PASSED};
  size_t i;

  for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
    if (strcmp(value, words[i]) == 0) {
      settings.half_close = values[i];
      return 0;
    }
  return options_wrong(o, value, "is none of auto, yes, no, close");
}

static int read_mode(const options_t* o, const char* value) {
  size_t len = strlen(value);

  if (!unix_has_modes())
    return options_wrong(o, value, "here the folder's access list decides");
  if (len < 3 || len > 4 || strspn(value, "01234567") != len ||
      strtol(value, NULL, 8) > 0777)
    return options_wrong(o, value, "is no mode of three octal digits: 660");
  settings.socket_mode = (int) strtol(value, NULL, 8);
  return 0;
}

static int read_option(const options_t* o, int id, const char* value) {
  settings_t* s = &settings;

  switch (id) {
    case 'w':
      return options_limit_ms(o, value, MAX_SECONDS, &s->wait_ms);
    case ID_RETRY:
      return options_seconds_ms(o, value, MAX_SECONDS, &s->retry_ms);
    case 'i':
      return options_seconds_ms(
          o, value, MAX_SECONDS, &s->relay.idle_timeout_ms);
    case 'r':
      return options_seconds_ms(
          o, value, MAX_SECONDS, &s->relay.half_close_rest_ms);
    case ID_SINK:
      return options_seconds_ms(
          o, value, MAX_SECONDS, &s->relay.sink_timeout_ms);
    case ID_MODE:
      return read_mode(o, value);
    case ID_HALF_CLOSE:
      return read_half_close(o, value);
    case 'm':
      return options_number(o, value, 1, MAX_NUMBER, &s->max_calls);
    case 'p':
      return options_number(o, value, 1, MAX_NUMBER, &s->max_per_peer);
    case 'a':
      return read_peer(o, value);
    case ID_FOLLOW:
      return options_seconds_ms(o, value, MAX_SECONDS, &s->follow_ms);
    case 'g':
      return options_seconds_ms(o, value, MAX_SECONDS, &s->grace_ms);
    case 's':
      return read_from(o->written, value, &status.from);
    default:
      log_path = value;
      return 0;
  }
}

int main(int argc, char** argv) {
  options_t o;
  int code;

  argv = program_start(&argc, argv);
  hvuv_relay_options_init(&settings.relay);
  settings.socket_mode = -1;
  settings.wait_ms = 10000;
  settings.follow_ms = 10000;
  settings.grace_ms = 5000;
  settings.max_calls = system_most_calls();
  if (!options_read(&o, &hvforward, argc - 1, argv + 1, read_option, &code))
    return code;
  if (read_routes(o.argc, o.argv) != 0)
    return EXIT_USAGE;
  if (log_path != NULL && log_open(log_path) != 0)
    return 1;
  code = run(routes, route_count, &status);
  return program_end(code);
}
