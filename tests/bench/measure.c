/*
 * Time and processor time of an echoed message.
 *
 * In each round every contender does the same number of messages, with a fresh
 * server; each round begins with another contender. What the machine does
 * besides changes from minute to minute, so ratios are taken inside a round and
 * then their median.
 */
#include <limits.h>
#include <string.h>

#include "bench.h"

typedef struct {
  double wall[CONTENDERS_MAX][ROUNDS_MAX]; /* ns a message */
  double cpu[CONTENDERS_MAX][ROUNDS_MAX];
} results_t;

typedef struct {
  FILE* rounds;
  FILE* summary;
} files_t;

#define WARM_UP_LEAST      200
#define WARM_UP_BYTES_MOST (64ul << 20)

/* Calibrating goes on until it has taken so long. */
#define CALIBRATION_MS 10

#define MESSAGES_MOST    2000000
#define CONNECTIONS_MOST 20000

/* Four laps, or one where that is many bytes. */
static unsigned long warm_up_messages(const scenario_t* s) {
  unsigned long n;

  n = 4 * scenario_lap(s);
  if (s->depth == 0)
    n = 0;
  return scenario_messages(
      s, n < WARM_UP_LEAST ? WARM_UP_LEAST : n, WARM_UP_BYTES_MOST);
}

static void measure_once(const scenario_t* s,
                         const contender_t* contender,
                         unsigned long messages,
                         int other_core,
                         double* wall,
                         double* cpu) {
  unsigned long warm_up;
  server_t server;
  uint64_t begin_cpu;
  uint64_t begin;
  load_t* load;

  warm_up = warm_up_messages(s);
  server_start(&server,
               contender,
               load_connections(s, warm_up + messages),
               s->bytes,
               other_core,
               NULL);
  load = load_open(s, server.path);
  load_run(load, warm_up, 0);

  begin_cpu = server_cpu_ns(&server);
  begin = now_ns();
  load_run(load, messages, 0);
  *wall = (double) (now_ns() - begin) / (double) messages;
  *cpu = (double) (server_cpu_ns(&server) - begin_cpu) / (double) messages;

  load_close(load);
  server_finish(&server);
}

/* How many messages take about so long. */
static unsigned long calibrate(const scenario_t* s,
                               unsigned int milliseconds,
                               int other_core) {
  unsigned long most;
  unsigned long n;
  double wall;
  double cpu;

  most = s->depth == 0 ? CONNECTIONS_MOST : MESSAGES_MOST;
  n = warm_up_messages(s);
  for (;;) {
    measure_once(s, &contenders[RAW], n, other_core, &wall, &cpu);
    if (wall * (double) n >= CALIBRATION_MS * 1e6)
      break;
    n *= 2;
  }

  n = scenario_messages(
      s, (unsigned long) (milliseconds * 1e6 / wall), ULONG_MAX);
  return n < most ? n : most;
}

/* Ratios inside a round to a contender, which may not be among the plan's. */
static int ratios_to(const plan_t* plan,
                     const results_t* results,
                     unsigned int of,
                     const contender_t* base,
                     stats_t* stats) {
  double ratios[ROUNDS_MAX];
  unsigned int round;
  unsigned int i;

  for (i = 0; i < plan->contenders_count; i++)
    if (plan->contenders[i] == base)
      break;
  if (i == plan->contenders_count)
    return 0;

  for (round = 0; round < plan->rounds; round++)
    ratios[round] = results->cpu[of][round] / results->cpu[i][round];
  *stats = stats_of(ratios, plan->rounds);
  return 1;
}

static void print_ratio(FILE* summary, int there, const stats_t* stats) {
  if (there) {
    printf("   %5.2f (%4.2f-%4.2f)", stats->median, stats->low, stats->high);
    fprintf(
        summary, "\t%.3f\t%.3f\t%.3f", stats->median, stats->low, stats->high);
  } else {
    printf("   %17s", "-");
    fprintf(summary, "\t\t\t");
  }
}

static void print_results(const plan_t* plan,
                          const results_t* results,
                          const char* label,
                          FILE* summary) {
  stats_t ratio;
  stats_t wall;
  stats_t cpu;
  unsigned int i;
  int there;

  printf("  %-15s %9s %6s %9s %6s   %17s   %17s   %17s\n",
         "server",
         "wall ns",
         "spread",
         "cpu ns",
         "spread",
         "cpu/raw_epoll",
         "cpu/uv_classic",
         "cpu/hvuv_write");
  for (i = 0; i < plan->contenders_count; i++) {
    wall = stats_of(results->wall[i], plan->rounds);
    cpu = stats_of(results->cpu[i], plan->rounds);
    printf("  %-15s %9.0f %5.1f%% %9.0f %5.1f%%",
           plan->contenders[i]->name,
           wall.median,
           stats_spread(&wall),
           cpu.median,
           stats_spread(&cpu));
    fprintf(summary,
            "%s\t%s\t%.0f\t%.1f\t%.0f\t%.1f",
            label,
            plan->contenders[i]->name,
            wall.median,
            stats_spread(&wall),
            cpu.median,
            stats_spread(&cpu));
    there = ratios_to(plan, results, i, &contenders[RAW], &ratio);
    print_ratio(summary, there, &ratio);
    there = ratios_to(plan, results, i, &contenders[CLASSIC], &ratio);
    print_ratio(summary, there, &ratio);
    there = ratios_to(plan, results, i, &contenders[HVUV_WRITE], &ratio);
    print_ratio(summary, there, &ratio);
    printf("\n");
    fprintf(summary, "\n");
  }
  printf("\n");
  fflush(stdout);
}

static void measure_scenario(const plan_t* plan,
                             const scenario_t* s,
                             int other_core,
                             const files_t* files) {
  static results_t results;
  plan_t fit;
  unsigned long messages;
  unsigned int round;
  unsigned int turn;
  unsigned int i;
  char label[64];
  char name[48];
  char text[96];

  scenario_name(s, name, sizeof(name));
  scenario_describe(s, text, sizeof(text));
  snprintf(label, sizeof(label), "%s\t%s", other_core ? "other" : "same", name);
  messages = calibrate(s, plan->milliseconds, other_core);
  printf("%s: %s (%s core, %u rounds of %lu messages)\n",
         name,
         text,
         other_core ? "other" : "same",
         plan->rounds,
         messages);
  plan_for_scenario(plan, s, FOR_TIME, &fit);
  plan = &fit;
  fflush(stdout);

  for (round = 0; round < plan->rounds; round++) {
    for (turn = 0; turn < plan->contenders_count; turn++) {
      i = (round + turn) % plan->contenders_count;
      progress("%s: round %u of %u, %s",
               name,
               round + 1,
               plan->rounds,
               plan->contenders[i]->name);
      measure_once(s,
                   plan->contenders[i],
                   messages,
                   other_core,
                   &results.wall[i][round],
                   &results.cpu[i][round]);
      fprintf(files->rounds,
              "%s\t%u\t%s\t%lu\t%.1f\t%.1f\n",
              label,
              round,
              plan->contenders[i]->name,
              messages,
              results.wall[i][round],
              results.cpu[i][round]);
    }
  }
  progress("%s", "");
  print_results(plan, &results, label, files->summary);
}

void measure(const plan_t* plan) {
  files_t files;
  unsigned int i;
  int other_core;

  files.rounds = open_result("rounds.tsv");
  files.summary = open_result("summary.tsv");
  fprintf(files.rounds,
          "core\tscenario\tround\tserver\tmessages\twall_ns\tcpu_ns\n");
  fprintf(files.summary,
          "core\tscenario\tserver\twall_ns\twall_spread_%%\tcpu_ns\t"
          "cpu_spread_%%\tto_raw\tto_raw_low\tto_raw_high\t"
          "to_classic\tto_classic_low\tto_classic_high\t"
          "to_hvuv_write\tto_hvuv_write_low\tto_hvuv_write_high\n");
  printf("Spread: what the middle half of the rounds spans, to the median. "
         "Ratios: of the\nprocessor time, median (and middle half) of those "
         "inside each round.\n\n");

  for (other_core = 0; other_core < cores_count(); other_core++) {
    if (!(other_core ? plan->other_core : plan->same_core))
      continue;
    pin_to_core(nth_core(0), !other_core);
    for (i = 0; i < plan->scenarios_count; i++)
      measure_scenario(plan, &plan->scenarios[i], other_core, &files);
  }
  fclose(files.rounds);
  fclose(files.summary);
}
