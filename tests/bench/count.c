/*
 * What an echoed message costs in system calls and in instructions, counted
 * without a clock: the same load with N and with 2 N messages, and of the
 * difference the N-th part. So what it costs to start, to connect and to end
 * falls out, and the rest is exact and the same on any machine.
 *
 * The load goes in step: all connections send, then all are waited for.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

/* Under callgrind a server takes many thousand times as long, and one that
 * copies them several minutes for some GiB. */
#define COUNT_BYTES_MOST (32ul << 20)

typedef struct {
  const char* what;
  const char* result;     /* the file */
  unsigned long messages; /* N, with one connection */
  const char* under[11];  /* the command; FILE stands for the file it writes */
  void (*parse)(FILE* file, counts_t* counts);
  purpose_t purpose;
  double seconds; /* that one server takes, about */
} counter_t;

/* callgrind.out: "totals: 123456" */
static void parse_callgrind(FILE* file, counts_t* counts) {
  char line[4096];
  double total;

  while (fgets(line, sizeof(line), file) != NULL)
    if (sscanf(line, "totals: %lf", &total) == 1)
      counts_add(counts, "instructions", total);
}

/* The server is counted. */
static void run_under_load(const scenario_t* s,
                           const contender_t* contender,
                           unsigned long messages,
                           const char* const under[]) {
  server_t server;
  load_t* load;

  server_start(&server, contender, s, load_connections(s, messages), 0, under);
  load = load_open(s, server.path);
  load_run(load, messages, 1);
  load_close(load);
  server_finish(&server);
}

/* The client is counted. */
static void run_under_call(const scenario_t* s,
                           const contender_t* contender,
                           unsigned long messages,
                           const char* const under[]) {
  server_t server;
  caller_t caller;
  double wall;
  double cpu;

  server_start(&server,
               s->load == LOAD_POUND ? contender : &contenders[RAW],
               s,
               load_connections(s, messages),
               0,
               NULL);
  caller_start(&caller, contender, s, 0, messages, server.path, under);
  caller_run(&caller, &wall, &cpu);
  server_finish(&server);
}

static void count_once(const counter_t* counter,
                       const scenario_t* s,
                       const contender_t* contender,
                       unsigned long messages,
                       counts_t* counts) {
  const char* under[11] = {NULL};
  char option[128];
  char path[96];
  FILE* file;
  int i;

  snprintf(path, sizeof(path), "%s/count", temporary_folder());
  for (i = 0; counter->under[i] != NULL; i++) {
    under[i] = counter->under[i];
    if (strstr(under[i], "FILE") == NULL)
      continue;
    snprintf(option,
             sizeof(option),
             "%.*s%s",
             (int) strcspn(under[i], "F"),
             under[i],
             path);
    under[i] = option;
  }

  if (s->load == LOAD_RELAY)
    relay_under(s, messages, under);
  else if (load_calls(s))
    run_under_call(s, contender, messages, under);
  else
    run_under_load(s, contender, messages, under);

  counts->count = 0;
  file = fopen(path, "r");
  if (file == NULL)
    die("%s has counted nothing", counter->under[0]);
  counter->parse(file, counts);
  fclose(file);
  unlink(path);
}

/* Per message, in *counts. */
static double count(const counter_t* counter,
                    const scenario_t* s,
                    const contender_t* contender,
                    unsigned long messages,
                    counts_t* counts) {
  counts_t once;
  double total;
  unsigned int i;

  count_once(counter, s, contender, messages, &once);
  count_once(counter, s, contender, 2 * messages, counts);
  counts_subtract(counts, &once);

  total = 0;
  for (i = 0; i < counts->count; i++) {
    counts->value[i] /= (double) messages;
    total += counts->value[i];
  }
  return total;
}

static void print_counts(const counts_t* counts,
                         const char* label,
                         FILE* result) {
  unsigned int i;

  for (i = 0; i < counts->count; i++) {
    if (counts->value[i] > -0.005 && counts->value[i] < 0.005)
      continue;
    if (counts->count > 1)
      printf("  %s %.2f", counts->name[i], counts->value[i]);
    fprintf(result, "%s\t%s\t%.3f\n", label, counts->name[i], counts->value[i]);
  }
  printf("\n");
  fflush(stdout);
}

static void count_scenario(const counter_t* counter,
                           const plan_t* plan,
                           const scenario_t* s,
                           FILE* result) {
  const contender_t* contender;
  plan_t fit;
  unsigned long messages;
  counts_t counts;
  char label[128];
  char name[48];
  char text[96];
  unsigned int i;
  double total;

  messages = plan->messages > 0
                 ? scenario_messages(s, plan->messages, ULONG_MAX)
                 : scenario_messages(s, counter->messages, COUNT_BYTES_MOST);
  if (messages < 2 * scenario_lap(s))
    messages = 2 * scenario_lap(s);

  scenario_name(s, name, sizeof(name));
  scenario_describe(s, text, sizeof(text));
  printf("%s: %s (N = %lu)\n", name, text, messages);
  plan_for_scenario(plan, s, counter->purpose, &fit);
  for (i = 0; i < fit.contenders_count; i++) {
    contender = fit.contenders[i];
    progress("%s: %s", name, contender->name);
    total = count(counter, s, contender, messages, &counts);
    progress_done(counter->seconds);
    progress_end();
    printf("  %-15s %9.2f %s", contender->name, total, counter->what);
    snprintf(label, sizeof(label), "%s\t%s", name, contender->name);
    print_counts(&counts, label, result);
  }
  printf("\n");
}

static void count_all(const counter_t* counter, const plan_t* plan) {
  double seconds;
  FILE* result;
  unsigned int i;
  char path[4200];
  char name[48];

  if (program_find(counter->under[0], path, sizeof(path)) != 0)
    die("%s does the counting, and is not installed; `./dev bench` installs it",
        counter->under[0]);

  result = open_result(counter->result);
  fprintf(result, "scenario\tserver\twhat\tper_message\n");
  printf("Counted, per message: (of 2 N messages - of N) / N\n\n");
  pin_to_core(nth_core(0), 1);
  if (!rank_on_core(RANK_CLIENT))
    printf("Not allowed to decide who runs when (root may): counts of bulk and "
           "of messages\nunder way may differ from run to run.\n\n");
  seconds = 0;
  for (i = 0; i < plan->scenarios_count; i++)
    seconds += counter->seconds *
               plan_count_fit(plan, &plan->scenarios[i], counter->purpose);
  progress_begin(seconds);
  for (i = 0; i < plan->scenarios_count; i++) {
    scenario_name(&plan->scenarios[i], name, sizeof(name));
    progress_scenario(name, i + 1, plan->scenarios_count);
    count_scenario(counter, plan, &plan->scenarios[i], result);
  }
  fclose(result);
}

void count_syscalls(const plan_t* plan) {
  static const counter_t counter = {
      .what = "system calls",
      .result = "syscalls.tsv",
      .messages = 2000,
      .under =
          {"strace", "-I", "2", "-S", "name", "-c", "-f", "-o", "FILE", NULL},
      .parse = counts_parse_strace,
      .purpose = FOR_SYSCALLS,
      .seconds = 0.7,
  };

  count_all(&counter, plan);
}

void count_instructions(const plan_t* plan) {
  static const counter_t counter = {
      .what = "instructions",
      .result = "instructions.tsv",
      .messages = 5000,
      .under = {"valgrind",
                "--quiet",
                "--tool=callgrind",
                "--callgrind-out-file=FILE",
                NULL},
      .parse = parse_callgrind,
      .purpose = FOR_INSTRUCTIONS,
      .seconds = 3,
  };

  count_all(&counter, plan);
}
