/* The things of a random walk, and what they are called back with. */
#include "walkers_inside.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINES      24
#define LINE_BYTES 80

walk_t walk;

/* --- Chance, and what is said of a failure (splitmix64) ------------------- */

unsigned int below(unsigned int n) {
  uint64_t x;

  x = walk.chance += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return (unsigned int) ((x ^ (x >> 31)) % n);
}

static char lines[LINES][LINE_BYTES];

void note(const char* format, ...) {
  va_list args;

  va_start(args, format);
  vsnprintf(lines[walk.acts++ % LINES], LINE_BYTES, format, args);
  va_end(args);
}

void note_print(void) {
  unsigned long i = walk.acts > LINES ? walk.acts - LINES : 0;

  for (; i < walk.acts; i++)
    fprintf(stderr, "  %5lu  %s\n", i, lines[i % LINES]);
}

static const char* name_of(const thing_t* thing) {
  static const char* const names[KINDS] = {
      "stream", "server", "client", "relay", "follow"};

  return names[thing->kind];
}

void blame(const thing_t* thing, const char* what) {
  if (walk.fault[0] != '\0')
    return;
  if (thing == NULL)
    snprintf(walk.fault, sizeof(walk.fault), "%s", what);
  else
    snprintf(walk.fault,
             sizeof(walk.fault),
             "%s %d: %s",
             name_of(thing),
             thing->number,
             what);
}

/* --- Records -------------------------------------------------------------- */

thing_t* record(kind_t kind, int home) {
  thing_t* thing = calloc(1, sizeof(*thing));

  if (thing == NULL)
    abort();
  thing->kind = kind;
  thing->home = home;
  thing->era = walk.era[home];
  thing->number = walk.nthings++;
  thing->next = walk.things;
  walk.things = thing;
  return thing;
}

int is_here(const thing_t* thing, int home) {
  return thing->home == home && thing->era == walk.era[home];
}

int is_open(const thing_t* thing) {
  return thing->closes_asked == 0 && thing->closes_told == 0;
}

void* block(size_t size) {
  void* it = malloc(size);

  if (it == NULL)
    abort();
  memset(it, 0x5a, size);
  return it;
}

order_t* order(thing_t* thing) {
  order_t* it = block(sizeof(*it));

  it->thing = thing;
  it->number = ++thing->asked;
  it->of_conn = NULL;
  return it;
}

/* What was refused calls nothing back. */
void take_back(order_t* it, int err) {
  if (err == 0)
    return;
  it->thing->asked--;
  free(it);
}

/* --- Counts --------------------------------------------------------------- */

static int count(int home, int (*is_it)(const thing_t*)) {
  const thing_t* thing;
  int n = 0;

  for (thing = walk.things; thing != NULL; thing = thing->next)
    n += is_here(thing, home) && is_it(thing);
  return n;
}

int is_standing(const thing_t* thing) {
  return is_open(thing) && !thing->is_walked;
}

int count_open(int home) {
  return count(home, is_open);
}

int count_standing(int home) {
  return count(home, is_standing);
}

void blame_left(int home) {
  const thing_t* thing;

  for (thing = walk.things; thing != NULL; thing = thing->next)
    if (is_here(thing, home) && thing->closes_told == 0)
      blame(thing, "the loop ended, and it has not called back last");
}

int has_foreign(void) {
  const thing_t* thing;

  for (thing = walk.things; thing != NULL; thing = thing->next)
    if (thing->is_foreign && thing->closes_told == 0)
      return 1;
  return 0;
}

int count_claims(void) {
  const thing_t* thing;
  int n = 0;

  for (thing = walk.things; thing != NULL; thing = thing->next)
    n += is_open(thing) ? thing->claims : 0;
  return n;
}

void check_things(void) {
  const thing_t* thing;

  for (thing = walk.things; thing != NULL; thing = thing->next) {
    if (thing->told > thing->asked)
      blame(thing, "a request called back twice");
    if (thing->allocs < thing->reads)
      blame(thing, "gave back a buffer twice");
    if (thing->opened < thing->closed)
      blame(thing, "a connection closed twice");
    if (thing->closes_told > 1)
      blame(thing, "closed twice");
  }
}

void forget_things(int home) {
  thing_t** link = &walk.things;
  thing_t* thing;

  while ((thing = *link) != NULL) {
    if (home >= 0 && !is_here(thing, home)) {
      link = &thing->next;
      continue;
    }
    *link = thing->next;
    free(thing);
  }
}

thing_t* any_open(int home) {
  int n = count_open(home);
  thing_t* thing;

  if (n == 0)
    return NULL;
  n = (int) below((unsigned int) n);
  for (thing = walk.things;; thing = thing->next)
    if (is_here(thing, home) && is_open(thing) && n-- == 0)
      return thing;
}

/* --- Whatever calls back -------------------------------------------------- */

void heard(const thing_t* thing) {
  if (walk.calling != 0)
    blame(thing, "called back from inside a call");
  if (thing->closes_told != 0)
    blame(thing, "called back after the last callback");
}

void told(order_t* it) {
  thing_t* thing = it->thing;

  heard(thing);
  if (thing->kind == STREAM && it->number <= thing->last)
    blame(thing, "a request called back out of order");
  thing->last = it->number;
  thing->told++;
  walk.nrequests++;
  free(it);
  act_in_callback(thing);
}

void gone(thing_t* thing) {
  heard(thing);
  thing->closes_told++;
  if (thing->told != thing->asked)
    blame(thing, "closed before a request called back");
  if (thing->allocs != thing->reads)
    blame(thing, "closed with a buffer that was not given back");
  if (thing->opened != thing->closed)
    blame(thing, "closed before one of its connections");
  if (thing->closes_asked == 0 && thing->kind != RELAY)
    blame(thing, "closed unasked");
}

void address(const char* at, unsigned int port, hvuv_addr_t* addr) {
  char text[64];

  snprintf(text, sizeof(text), "%s%u", at, port);
  if (hvuv_addr_parse(text, addr) != 0)
    abort();
}

void any_address(const char* at, hvuv_addr_t* addr) {
  address(at, 5000 + below(PORTS), addr);
}
