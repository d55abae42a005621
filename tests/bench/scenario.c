/* The loads, and their names. */
#include <stdlib.h>
#include <string.h>

#include "bench.h"

#define ECHOES(connections, bytes, depth)                                      \
  { connections, bytes, depth, LOAD_ECHO }
#define CALLS(callers, bytes, load)                                            \
  { callers, bytes, 1, LOAD_##load }

/* Those of a run that names none come first; `all` are all of them. */
const scenario_t scenarios[] = {
    ECHOES(1, 64, 1),        ECHOES(100, 64, 1),      ECHOES(1000, 64, 1),
    ECHOES(100, 512, 1),     ECHOES(1, 4096, 1),      ECHOES(100, 4096, 1),
    ECHOES(1000, 4096, 1),   ECHOES(1, 65536, 1),     ECHOES(100, 65536, 1),
    ECHOES(1, 64, 16),       ECHOES(100, 64, 16),     ECHOES(1, 1048576, 2),
    CALLS(1, 64, OPEN),      CALLS(32, 64, OPEN),     CALLS(1, 0, OPEN),
    CALLS(32, 0, OPEN),      CALLS(1, 64, CALL),      CALLS(32, 64, CALL),
    CALLS(100, 64, POUND),   CALLS(1, 64, CHAIN),     CALLS(1, 8192, CHAIN),

    ECHOES(1, 512, 1),       ECHOES(1000, 512, 1),    ECHOES(1000, 65536, 1),
    ECHOES(1, 1048576, 1),   ECHOES(100, 1048576, 1), ECHOES(1000, 1048576, 1),
    ECHOES(1000, 64, 16),    ECHOES(1, 512, 16),      ECHOES(100, 512, 16),
    ECHOES(1000, 512, 16),   ECHOES(1, 4096, 16),     ECHOES(100, 4096, 16),
    ECHOES(1000, 4096, 16),  ECHOES(1, 65536, 16),    ECHOES(100, 65536, 16),
    ECHOES(100, 1048576, 2),
};

const unsigned int scenarios_count = sizeof(scenarios) / sizeof(*scenarios);
const unsigned int scenarios_usual = 21;

unsigned long scenario_lap(const scenario_t* s) {
  return (unsigned long) s->connections * s->depth;
}

unsigned long scenario_messages(const scenario_t* s,
                                unsigned long wanted,
                                unsigned long bytes_most) {
  unsigned long messages;
  unsigned long lap;

  messages = wanted;
  if (s->bytes > 0 && messages > bytes_most / s->bytes)
    messages = bytes_most / s->bytes;
  lap = scenario_lap(s);
  return (messages > lap ? messages / lap : 1) * lap;
}

/* A decimal number up to the end or an 'x', which is skipped. */
static int parse_number(const char** text,
                        unsigned long most,
                        unsigned long* number) {
  char* end;

  if (**text < '0' || **text > '9')
    return -1;
  *number = strtoul(*text, &end, 10);
  if (*number > most || (*end != '\0' && *end != 'x'))
    return -1;
  *text = *end == 'x' ? end + 1 : end;
  return 0;
}

static const struct {
  const char* name;
  load_kind_t load;
  const char*
      text; /* what it is, behind "connect, N B there and back, close" */
} kinds[] = {
    {"open", LOAD_OPEN, ""},
    {"call", LOAD_CALL, "; the client's side"},
    {"pound", LOAD_POUND, "; both sides"},
    {"chain", LOAD_CHAIN, ""},
    {"relay", LOAD_RELAY, "; through a relay"},
};

#define MIB        (1ul << 20)
#define MOST_BYTES 65536 /* of a message that has a connection to itself */

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static size_t kind_of(const scenario_t* s) {
  size_t i;

  for (i = 0; kinds[i].load != s->load;)
    i++;
  return i;
}

/* CONNECTIONSxBYTES[xDEPTH] */
static int parse_echo(const char* text, scenario_t* s) {
  unsigned long connections;
  unsigned long depth = 1;
  unsigned long bytes;

  if (parse_number(&text, 100000, &connections) != 0 || connections == 0 ||
      parse_number(&text, 1 << 24, &bytes) != 0 || bytes == 0)
    return -1;
  if (*text != '\0' && (parse_number(&text, 1024, &depth) != 0 || depth == 0))
    return -1;
  s->connections = (unsigned int) connections;
  s->bytes = bytes;
  s->depth = (unsigned int) depth;
  s->load = LOAD_ECHO;
  return *text == '\0' ? 0 : -1;
}

/* KIND[xBYTES[xCALLERS]]; text is what follows the kind. */
static int parse_open(const char* text, load_kind_t load, scenario_t* s) {
  unsigned long callers = 1;
  unsigned long bytes = 0;

  if (*text == 'x' && *++text == '\0')
    return -1;
  if (*text != '\0' && parse_number(&text, MIB, &bytes) != 0)
    return -1;
  if (*text != '\0' &&
      (parse_number(&text, 1000, &callers) != 0 || callers == 0))
    return -1;
  s->connections = (unsigned int) callers;
  s->bytes = bytes;
  s->depth = 1;
  s->load = load;
  if (load == LOAD_RELAY && (callers != 1 || (bytes != 64 && bytes != MIB)))
    return -1;
  if (load == LOAD_CHAIN && (bytes == 0 || callers != 1))
    return -1;
  if (load != LOAD_RELAY && bytes > MOST_BYTES)
    return -1;
  return *text == '\0' ? 0 : -1;
}

int scenario_parse(const char* text, scenario_t* scenario) {
  size_t len;
  size_t i;

  for (i = 0; i < KINDS; i++) {
    len = strlen(kinds[i].name);
    if (strncmp(text, kinds[i].name, len) == 0)
      return parse_open(text + len, kinds[i].load, scenario);
  }
  return parse_echo(text, scenario);
}

void scenario_name(const scenario_t* s, char name[], size_t size) {
  const char* kind;

  if (s->load == LOAD_ECHO) {
    if (s->depth == 1)
      snprintf(name, size, "%ux%zu", s->connections, s->bytes);
    else
      snprintf(name, size, "%ux%zux%u", s->connections, s->bytes, s->depth);
    return;
  }
  kind = kinds[kind_of(s)].name;
  if (s->connections > 1)
    snprintf(name, size, "%sx%zux%u", kind, s->bytes, s->connections);
  else if (s->bytes > 0)
    snprintf(name, size, "%sx%zu", kind, s->bytes);
  else
    snprintf(name, size, "%s", kind);
}

static void describe_open(const scenario_t* s, char text[], size_t size) {
  char callers[32] = "";
  char bytes[48] = "";

  if (s->bytes > 0)
    snprintf(bytes, sizeof(bytes), " %zu B there and back,", s->bytes);
  if (s->connections > 1)
    snprintf(callers, sizeof(callers), ", %u at a time", s->connections);
  snprintf(text,
           size,
           "connect,%s close%s%s",
           bytes,
           callers,
           kinds[kind_of(s)].text);
}

void scenario_describe(const scenario_t* s, char text[], size_t size) {
  const char* plural = s->connections == 1 ? "" : "s";

  if (s->load == LOAD_RELAY && s->bytes == MIB)
    snprintf(text, size, "a MiB through a relay, one way, on one connection");
  else if (s->load == LOAD_CHAIN)
    snprintf(text,
             size,
             "messages of %zu B, each sent in the last one's callback",
             s->bytes);
  else if (s->load != LOAD_ECHO)
    describe_open(s, text, size);
  else if (s->depth == 1)
    snprintf(
        text, size, "%u connection%s, %zu B", s->connections, plural, s->bytes);
  else
    snprintf(text,
             size,
             "%u connection%s, %zu B, %u under way, a reply each",
             s->connections,
             plural,
             s->bytes,
             s->depth);
}
