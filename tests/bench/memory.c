/*
 * What an idle connection keeps of the server's memory.
 *
 * A first connection has a message echoed, so that what a server has once (its
 * loop, its buffer) is there; then the others come, each has one message echoed
 * and is left alone. What the server's process has grown by, shared out, is the
 * cost of one: heap, and what malloc and the loop add to it. What the kernel
 * keeps for a socket is not in it, and the same for all contenders.
 *
 * The figure is the proportional set size (Pss in /proc/PID/smaps_rollup), or
 * where the kernel does not tell it the resident pages (/proc/PID/statm).
 */
#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bench.h"

/* Descriptors that a process has besides its connections. */
#define OTHER_DESCRIPTORS 32

#define ROUNDS 3

typedef struct {
  double before; /* bytes */
  double after;
  double each;
} growth_t;

static const char* source(void) {
  return access("/proc/self/smaps_rollup", R_OK) == 0
             ? "Pss of /proc/PID/smaps_rollup"
             : "resident pages of /proc/PID/statm";
}

/* -1 if the kernel does not tell it. */
static double read_pss(pid_t pid) {
  char line[256];
  double bytes;
  double kib;
  FILE* file;

  snprintf(line, sizeof(line), "/proc/%ld/smaps_rollup", (long) pid);
  file = fopen(line, "r");
  if (file == NULL)
    return -1;
  bytes = -1;
  while (bytes < 0 && fgets(line, sizeof(line), file) != NULL)
    if (sscanf(line, "Pss: %lf kB", &kib) == 1)
      bytes = kib * 1024;
  fclose(file);
  return bytes;
}

static double read_resident(pid_t pid) {
  char path[64];
  double pages;
  FILE* file;

  snprintf(path, sizeof(path), "/proc/%ld/statm", (long) pid);
  file = fopen(path, "r");
  if (file == NULL || fscanf(file, "%*f %lf", &pages) != 1)
    die("%s: %s", path, strerror(errno));
  fclose(file);
  return pages * (double) sysconf(_SC_PAGESIZE);
}

static double memory_of(const server_t* server) {
  double bytes;

  bytes = read_pss(server->pid);
  return bytes >= 0 ? bytes : read_resident(server->pid);
}

/* Opens a scenario's connections; each has one message echoed. */
static load_t* open_and_echo(const scenario_t* s, const server_t* server) {
  load_t* load;

  load = load_open(s, server->path);
  load_run(load, (unsigned long) s->connections * s->depth, 1);
  return load;
}

static void grow(const scenario_t* s,
                 const contender_t* contender,
                 growth_t* growth) {
  scenario_t alone = *s;
  server_t server;
  load_t* first;
  load_t* others;

  alone.connections = 1;
  server_start(&server, contender, s, s->connections + 1, 0, NULL);
  first = open_and_echo(&alone, &server);
  growth->before = memory_of(&server);
  others = open_and_echo(s, &server);
  growth->after = memory_of(&server);
  growth->each = (growth->after - growth->before) / s->connections;
  load_close(others);
  load_close(first);
  server_finish(&server);
}

/* The one of some rounds that is in the middle. */
static void grow_typically(const scenario_t* s,
                           const contender_t* contender,
                           growth_t* growth) {
  growth_t rounds[ROUNDS];
  double each[ROUNDS];
  stats_t stats;
  unsigned int i;

  for (i = 0; i < ROUNDS; i++) {
    grow(s, contender, &rounds[i]);
    each[i] = rounds[i].each;
  }
  stats = stats_of(each, ROUNDS);
  for (i = 0; i < ROUNDS - 1 && each[i] != stats.median;)
    i++;
  *growth = rounds[i];
}

/* That one server takes, about. */
static double seconds_of(const scenario_t* s) {
  return ROUNDS * (0.05 + 100e-6 * s->connections);
}

static int fits(const scenario_t* s) {
  struct rlimit limit;

  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 ||
      limit.rlim_cur >= s->connections + OTHER_DESCRIPTORS)
    return 1;
  printf("  skipped: a process may have %llu descriptors here; ulimit -Hn %u "
         "would do\n\n",
         (unsigned long long) limit.rlim_cur,
         s->connections + OTHER_DESCRIPTORS);
  return 0;
}

static void print_growth(const contender_t* contender,
                         const growth_t* growth,
                         const growth_t* bare) {
  printf("  %-15s %11.0f %11.0f %11.0f",
         contender->name,
         growth->before / 1024,
         growth->after / 1024,
         growth->each);
  if (bare != NULL)
    printf(" %+14.0f\n", growth->each - bare->each);
  else
    printf(" %14s\n", "-");
}

static void measure_scenario(const plan_t* plan,
                             const scenario_t* s,
                             FILE* result) {
  growth_t growths[CONTENDERS_MAX];
  const growth_t* bare = NULL;
  const contender_t* contender;
  plan_t fit;
  unsigned int i;

  if (s->load != LOAD_ECHO)
    die("an idle connection is one that stays: CONNECTIONSxBYTES is wanted");
  printf("%u idle connections, each has had %zu bytes echoed\n",
         s->connections,
         s->bytes * s->depth);
  if (!fits(s))
    return;
  plan_for_scenario(plan, s, FOR_MEMORY, &fit);
  plan = &fit;

  for (i = 0; i < plan->contenders_count; i++) {
    contender = plan->contenders[i];
    progress("%u connections: %s", s->connections, contender->name);
    grow_typically(s, contender, &growths[i]);
    progress_done(seconds_of(s));
    if (contender == &contenders[HVUV_WRITE])
      bare = &growths[i];
    fprintf(result,
            "%u\t%s\t%.0f\t%.0f\t%.1f\n",
            s->connections,
            contender->name,
            growths[i].before,
            growths[i].after,
            growths[i].each);
  }
  progress_end();

  printf("  %-15s %11s %11s %11s %14s\n",
         "server",
         "KiB with 1",
         "with all",
         "B each",
         "to hvuv_write");
  for (i = 0; i < plan->contenders_count; i++)
    print_growth(plan->contenders[i], &growths[i], bare);
  printf("\n");
  fflush(stdout);
}

void measure_memory(const plan_t* plan) {
  double seconds;
  FILE* result;
  unsigned int i;
  char name[48];

  result = open_result("memory.tsv");
  fprintf(result, "connections\tserver\tbefore_b\tafter_b\teach_b\n");
  printf("The server's memory is the %s; the middle of %d rounds.\n\n",
         source(),
         ROUNDS);
  pin_to_core(nth_core(0), 1);
  seconds = 0;
  for (i = 0; i < plan->scenarios_count; i++)
    seconds += seconds_of(&plan->scenarios[i]) *
               plan_count_fit(plan, &plan->scenarios[i], FOR_MEMORY);
  progress_begin(seconds);
  for (i = 0; i < plan->scenarios_count; i++) {
    scenario_name(&plan->scenarios[i], name, sizeof(name));
    progress_scenario(name, i + 1, plan->scenarios_count);
    measure_scenario(plan, &plan->scenarios[i], result);
  }
  fclose(result);
}
