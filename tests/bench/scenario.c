/* The loads, and their names. */
#include <stdlib.h>
#include <string.h>

#include "bench.h"

/* Those of a run that names none come first; `all` are all of them. */
const scenario_t scenarios[] = {
    {1, 64, 1},        {100, 64, 1},       {1000, 64, 1},    {100, 512, 1},
    {1, 4096, 1},      {100, 4096, 1},     {1000, 4096, 1},  {1, 65536, 1},
    {100, 65536, 1},   {1, 64, 16},        {100, 64, 16},    {1, 1048576, 2},
    {1, 64, 0},        {1, 0, 0},

    {1, 512, 1},       {1000, 512, 1},     {1000, 65536, 1}, {1, 1048576, 1},
    {100, 1048576, 1}, {1000, 1048576, 1}, {1000, 64, 16},   {1, 512, 16},
    {100, 512, 16},    {1000, 512, 16},    {1, 4096, 16},    {100, 4096, 16},
    {1000, 4096, 16},  {1, 65536, 16},     {100, 65536, 16}, {100, 1048576, 2},
};

const unsigned int scenarios_count = sizeof(scenarios) / sizeof(*scenarios);
const unsigned int scenarios_usual = 14;

unsigned long scenario_lap(const scenario_t* s) {
  return (unsigned long) s->connections * (s->depth > 0 ? s->depth : 1);
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

int scenario_parse(const char* text, scenario_t* scenario) {
  unsigned long connections = 1;
  unsigned long bytes = 0;
  unsigned long depth = 1;

  if (strncmp(text, "open", 4) == 0) {
    depth = 0;
    text += 4;
    if (*text == 'x' && text[1] != '\0') {
      text++;
      if (parse_number(&text, 1 << 16, &bytes) != 0)
        return -1;
    }
  } else {
    if (parse_number(&text, 100000, &connections) != 0 || connections == 0 ||
        parse_number(&text, 1 << 24, &bytes) != 0 || bytes == 0)
      return -1;
    if (*text != '\0' && (parse_number(&text, 1024, &depth) != 0 || depth == 0))
      return -1;
  }
  if (*text != '\0')
    return -1;

  scenario->connections = (unsigned int) connections;
  scenario->bytes = bytes;
  scenario->depth = (unsigned int) depth;
  return 0;
}

void scenario_name(const scenario_t* s, char name[], size_t size) {
  if (s->depth == 0 && s->bytes == 0)
    snprintf(name, size, "open");
  else if (s->depth == 0)
    snprintf(name, size, "openx%zu", s->bytes);
  else if (s->depth == 1)
    snprintf(name, size, "%ux%zu", s->connections, s->bytes);
  else
    snprintf(name, size, "%ux%zux%u", s->connections, s->bytes, s->depth);
}

void scenario_describe(const scenario_t* s, char text[], size_t size) {
  const char* plural;

  plural = s->connections == 1 ? "" : "s";
  if (s->depth == 0 && s->bytes == 0)
    snprintf(text, size, "connect, close");
  else if (s->depth == 0)
    snprintf(text, size, "connect, %zu B there and back, close", s->bytes);
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
