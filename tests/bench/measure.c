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
#include <unistd.h>

#include "bench.h"

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
  if (s->load != LOAD_ECHO)
    n = 0;
  return scenario_messages(
      s, n < WARM_UP_LEAST ? WARM_UP_LEAST : n, WARM_UP_BYTES_MOST);
}

/* A contender's client, and a bare loop or a contender's server. */
static void measure_calls(const scenario_t* s,
                          const contender_t* contender,
                          unsigned long messages,
                          int other_core,
                          double* wall,
                          double* cpu) {
  unsigned long warm_up;
  uint64_t begin_cpu;
  server_t server;
  caller_t caller;

  warm_up = warm_up_messages(s);
  server_start(&server,
               s->load == LOAD_POUND ? contender : &contenders[RAW],
               s,
               load_connections(s, warm_up + messages + 1),
               other_core,
               NULL);
  caller_start(&caller, contender, s, warm_up, messages, server.path, NULL);
  begin_cpu = server_cpu_ns(&server);
  caller_run(&caller, wall, cpu);
  if (s->load == LOAD_POUND)
    *cpu += (double) (server_cpu_ns(&server) - begin_cpu);
  *wall /= (double) messages;
  *cpu /= (double) messages;
  close(kind_connect(server.path, 1)); /* the last one: it may end now */
  server_finish(&server);
}

static void measure_once(const scenario_t* s,
                         const contender_t* contender,
                         unsigned long messages,
                         int other_core,
                         double* wall,
                         double* cpu,
                         latency_t* latency) {
  unsigned long warm_up;
  server_t server;
  uint64_t begin_cpu;
  uint64_t begin;
  load_t* load;

  if (load_calls(s)) {
    measure_calls(s, contender, messages, other_core, wall, cpu);
    return;
  }
  warm_up = warm_up_messages(s);
  server_start(&server,
               contender,
               s,
               load_connections(s, warm_up + messages),
               other_core,
               NULL);
  load = load_open(s, server.path);
  load_run(load, warm_up, 0);
  load_time(load, latency);

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

  most = s->load == LOAD_ECHO || s->load == LOAD_CHAIN ? MESSAGES_MOST
                                                       : CONNECTIONS_MOST;
  n = warm_up_messages(s);
  for (;;) {
    measure_once(s, &contenders[RAW], n, other_core, &wall, &cpu, NULL);
    if (wall * (double) n >= CALIBRATION_MS * 1e6)
      break;
    n *= 2;
  }

  n = scenario_messages(
      s, (unsigned long) (milliseconds * 1e6 / wall), ULONG_MAX);
  return n < most ? n : scenario_messages(s, most, ULONG_MAX);
}

/* That one measurement takes, about: servers are on the average 1.6 times as
 * slow as the one that the number of messages is chosen by, and a process is
 * started, its connections opened and warmed up. */
static double seconds_of(const plan_t* plan, const scenario_t* s) {
  double lap;
  double run;

  lap = (double) scenario_lap(s) * (5e-6 + 0.6e-9 * (double) s->bytes);
  run = plan->milliseconds * 1e-3;
  return 1.6 * ((run > lap ? run : lap) + lap) + 0.02 + 40e-6 * s->connections;
}

static double seconds_of_all(const plan_t* plan) {
  const scenario_t* s;
  double seconds;
  unsigned int i;

  seconds = 0;
  for (i = 0; i < plan->scenarios_count; i++) {
    s = &plan->scenarios[i];
    seconds += seconds_of(plan, s) * plan_count_fit(plan, s, FOR_TIME);
  }
  return seconds * plan->rounds * (plan->same_core + plan->other_core);
}

static void measure_scenario(const plan_t* plan,
                             const scenario_t* s,
                             int other_core,
                             const files_t* files) {
  static measured_t results;
  plan_t fit;
  unsigned long messages;
  unsigned int round;
  unsigned int turn;
  unsigned int i;
  char label[64];
  char name[48];
  char text[96];

  if (s->load == LOAD_RELAY)
    die("`bench relay` measures relays; here they are counted only");
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
  memset(results.latency, 0, sizeof(results.latency));
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
                   &results.cpu[i][round],
                   &results.latency[i]);
      progress_done(seconds_of(plan, s));
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
  progress_end();
  print_measured(plan, &results, label, files->summary);
}

void measure(const plan_t* plan) {
  files_t files;
  unsigned int i;
  char name[48];
  int other_core;

  files.rounds = open_result("rounds.tsv");
  files.summary = open_result("summary.tsv");
  fprintf(files.rounds,
          "core\tscenario\tround\tserver\tmessages\twall_ns\tcpu_ns\n");
  print_measured_head(files.summary);
  progress_begin(seconds_of_all(plan));

  for (other_core = 0; other_core < cores_count(); other_core++) {
    if (!(other_core ? plan->other_core : plan->same_core))
      continue;
    pin_to_core(nth_core(0), !other_core);
    for (i = 0; i < plan->scenarios_count; i++) {
      scenario_name(&plan->scenarios[i], name, sizeof(name));
      progress_scenario(name, i + 1, plan->scenarios_count);
      measure_scenario(plan, &plan->scenarios[i], other_core, &files);
    }
  }
  fclose(files.rounds);
  fclose(files.summary);
}
