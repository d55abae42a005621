/*
 * What an echoed message costs on a machine whose clock counts instructions: a
 * virtual one that QEMU runs with -icount shift=0,sleep=off. There a nanosecond
 * is one instruction, of whichever process or of the kernel, and a machine that
 * starts in the same state does the same again, to the instruction.
 *
 * Two figures a message, means over many, with a server that has warmed up:
 *
 *   server   processor time of the server's process: its own instructions and
 *            the kernel's on its behalf. What it makes others do is not in it:
 *            AF_VSOCK delivers bytes in a thread of the kernel's.
 *   all      the whole machine: server, client, kernel. The client and what it
 *            asks of the kernel are the same for all servers, so what two of
 *            them differ by is theirs, wherever it was spent.
 *
 * A clock that jumps ahead while nothing runs counts waiting as well. That is
 * taken out, and told apart.
 *
 * Each measurement is a process of its own, so that one that fails is a line
 * that says so and the others go on.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

/* How many are counted, of those that have a connection each, and of those of
 * more bytes than LARGE. */
#define MESSAGES       2000
#define MESSAGES_OPEN  1000
#define MESSAGES_LARGE 250
#define LARGE          16384

/* Processor time that a measurement and its server may each use. */
#define CPU_LIMIT_S 8

/* What was printed is written out and the kernel is at rest after so long. */
#define SETTLE_US 50000

/* Less is what the two clocks that tell of waiting differ by. */
#define IDLE_LEAST 0.01

/* Per message, in ns. */
typedef struct {
  double server;
  double all;
  double idle;
  int measured;
  int left_out;
} cost_t;

/* --- A clock that counts -------------------------------------------------- */

static double time_loop(unsigned long turns) {
  volatile unsigned long n;
  uint64_t begin;
  double least;
  double ns;
  int i;

  /* Whatever interrupts a loop adds to it, so the least is the loop's own. */
  least = 0;
  for (i = 0; i < 7; i++) {
    begin = now_ns();
    for (n = turns; n > 0;)
      n = n - 1;
    ns = (double) (now_ns() - begin);
    if (i == 0 || ns < least)
      least = ns;
  }
  return least;
}

/* How many instructions a turn of a loop has, as the clock tells it: a whole
 * number, each time, if it counts them. */
static void check_clock(void) {
  double each;
  double whole;
  int i;

  for (i = 0; i < 3; i++) {
    each = (time_loop(400000) - time_loop(200000)) / 200000;
    whole = (double) (int) (each + 0.5);
    if (whole < 1 || each - whole > 0.001 || whole - each > 0.001)
      die("time is no count of instructions here (a turn of a loop takes %.3f "
          "ns): this\nverb is for the virtual machine that `./dev vm-bench` "
          "runs",
          each);
  }
}

/* Time in which any task ran: what the kernel's scheduler counts. */
static double busy_ns(void) {
  char line[512];
  double total;
  double ns;
  FILE* file;

  file = fopen("/proc/schedstat", "r");
  if (file == NULL)
    die("/proc/schedstat: %s; a kernel with CONFIG_SCHEDSTATS is needed",
        strerror(errno));
  total = 0;
  while (fgets(line, sizeof(line), file) != NULL)
    if (sscanf(line, "cpu%*d %*d %*d %*d %*d %*d %*d %lf", &ns) == 1)
      total += ns;
  fclose(file);
  return total;
}

/* --- One measurement ------------------------------------------------------ */

/* In whole laps, at least two. */
static unsigned long messages_of(const plan_t* plan, const scenario_t* s) {
  unsigned long messages;
  unsigned long lap;

  lap = scenario_lap(s);
  messages = s->load == LOAD_OPEN ? MESSAGES_OPEN : MESSAGES;
  if (s->bytes > LARGE)
    messages = MESSAGES_LARGE;
  if (plan->messages > 0)
    messages = plan->messages;
  return (messages / lap < 2 ? 2 : messages / lap) * lap;
}

static void measure_pair(const scenario_t* s,
                         const contender_t* contender,
                         unsigned long messages,
                         cost_t* cost) {
  server_t server;
  uint64_t begin_cpu;
  double begin_busy;
  uint64_t begin;
  load_t* load;
  double busy;

  server_start(
      &server, contender, s, load_connections(s, 2 * messages), 0, NULL);
  load = load_open(s, server.path);
  load_run(load, messages, 1);

  begin_cpu = server_cpu_ns(&server);
  begin_busy = busy_ns();
  begin = now_ns();
  load_run(load, messages, 1);
  cost->all = (double) (now_ns() - begin);
  busy = busy_ns() - begin_busy;
  cost->server = (double) server_cpu_ns(&server) - (double) begin_cpu;
  if (cost->server <= 0)
    die("%s: its processor time cannot be had", contender->name);

  cost->idle = cost->all - busy;
  if (cost->idle < IDLE_LEAST * cost->all)
    cost->idle = 0;
  cost->all = (cost->all - cost->idle) / (double) messages;
  cost->idle /= (double) messages;
  cost->server /= (double) messages;
  cost->measured = 1;

  load_close(load);
  server_finish(&server);
}

_Noreturn static void measure_in_child(const scenario_t* s,
                                       const contender_t* contender,
                                       unsigned long messages,
                                       int result) {
  struct rlimit limit = {CPU_LIMIT_S, CPU_LIMIT_S};
  cost_t cost;

  setrlimit(RLIMIT_CPU, &limit);
  measure_pair(s, contender, messages, &cost);
  if (write(result, &cost, sizeof(cost)) != (ssize_t) sizeof(cost))
    die("a result could not be handed over: %s", strerror(errno));
  exit(0);
}

static void measure_apart(const scenario_t* s,
                          const contender_t* contender,
                          unsigned long messages,
                          cost_t* cost) {
  int result[2];
  int status;
  pid_t pid;

  fflush(NULL);
  usleep(SETTLE_US);
  if (pipe(result) != 0)
    die("pipe: %s", strerror(errno));
  pid = fork();
  if (pid == -1)
    die("fork: %s", strerror(errno));
  if (pid == 0)
    measure_in_child(s, contender, messages, result[1]);

  close(result[1]);
  if (read(result[0], cost, sizeof(*cost)) != (ssize_t) sizeof(*cost))
    cost->measured = 0;
  close(result[0]);
  while (waitpid(pid, &status, 0) == -1)
    if (errno != EINTR)
      die("waitpid: %s", strerror(errno));
  if (status != 0)
    cost->measured = 0;
}

/* --- What is said --------------------------------------------------------- */

static double server_of(const cost_t* cost) {
  return cost->server;
}

static double all_of(const cost_t* cost) {
  return cost->all;
}

static double idle_of(const cost_t* cost) {
  return cost->idle;
}

static void print_table(const plan_t* plan,
                        cost_t costs[][CONTENDERS_MAX],
                        const char* title,
                        double (*figure)(const cost_t* cost)) {
  const cost_t* cost;
  unsigned int i;
  unsigned int s;
  char name[48];

  printf("\n%s\n\n  %-15s", title, "server");
  for (s = 0; s < plan->scenarios_count; s++) {
    scenario_name(&plan->scenarios[s], name, sizeof(name));
    printf(" %9s", name);
  }
  for (i = 0; i < plan->contenders_count; i++) {
    printf("\n  %-15s", plan->contenders[i]->name);
    for (s = 0; s < plan->scenarios_count; s++) {
      cost = &costs[s][i];
      if (cost->measured)
        printf(" %9.0f", figure(cost));
      else
        printf(" %9s", cost->left_out ? "-" : "failed");
    }
  }
  printf("\n");
}

static void print_row(const char* scenario,
                      const contender_t* contender,
                      unsigned long messages,
                      const cost_t* cost) {
  printf("row\t%s\t%s\t%lu", scenario, contender->name, messages);
  if (cost->measured)
    printf("\t%.1f\t%.1f\t%.1f\n", cost->server, cost->all, cost->idle);
  else
    printf("\tfailed\tfailed\tfailed\n");
}

static unsigned int count_rows(const plan_t* plan) {
  unsigned int rows;
  unsigned int s;

  rows = 0;
  for (s = 0; s < plan->scenarios_count; s++)
    rows += plan_count_fit(plan, &plan->scenarios[s], FOR_TIME);
  return rows;
}

static int leave_out(const contender_t* contender,
                     const scenario_t* scenario,
                     const char* name) {
  const char* reason;

  reason = contender_unfit(contender, scenario, FOR_TIME);
  if (reason != NULL)
    printf(
        "  left out: %s under %s, because %s\n", contender->name, name, reason);
  return reason != NULL;
}

void count_in_guest(const plan_t* plan) {
  static cost_t costs[SCENARIOS_MAX][CONTENDERS_MAX];
  const scenario_t* scenario;
  unsigned long messages;
  unsigned int failed;
  unsigned int i;
  unsigned int s;
  char name[48];
  int waited;

  check_clock();
  for (s = 0; s < plan->scenarios_count; s++)
    if (load_calls(&plan->scenarios[s]) ||
        plan->scenarios[s].load == LOAD_RELAY)
      die("what is counted here are servers");
  pin_to_core(nth_core(0), 1);
  printf("rows\t%u\n", count_rows(plan));
  printf("row\tscenario\tserver\tmessages\tserver_instructions\t"
         "all_instructions\tidle_ns\n");
  failed = 0;
  waited = 0;
  for (s = 0; s < plan->scenarios_count; s++) {
    scenario = &plan->scenarios[s];
    scenario_name(scenario, name, sizeof(name));
    messages = messages_of(plan, scenario);
    for (i = 0; i < plan->contenders_count; i++) {
      costs[s][i].left_out = !contender_plays(plan->contenders[i], scenario) ||
                             leave_out(plan->contenders[i], scenario, name);
      if (costs[s][i].left_out)
        continue;
      measure_apart(scenario, plan->contenders[i], messages, &costs[s][i]);
      print_row(name, plan->contenders[i], messages, &costs[s][i]);
      failed += costs[s][i].measured == 0;
      waited |= costs[s][i].measured && costs[s][i].idle > 0;
    }
  }

  printf("\nInstructions per echoed message, user and kernel, on sockets of "
         "kind %s.\n",
         kind_name());
  print_table(plan,
              costs,
              "The server alone: its process and the kernel on its behalf",
              server_of);
  print_table(
      plan, costs, "The whole machine: server, client and kernel", all_of);
  if (waited)
    print_table(plan,
                costs,
                "Nanoseconds that the whole machine waited for a timer, per "
                "message, which no\nfigure above contains",
                idle_of);
  fflush(stdout);
  if (failed > 0)
    exit(1);
}
