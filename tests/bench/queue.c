/*
 * Many small writes in one turn of the loop: what each costs the process that
 * makes them, and how many system calls a turn makes. queue_writer.c says what
 * is timed. In each round every way to write has a process of its own, and
 * ratios are taken inside a round.
 *
 * System calls are those of 2 N turns less those of N, and less what a turn
 * without any write makes.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

#define WAYS         5
#define WRITES_COUNT 3
#define FULL         512 /* writes to a full socket */
#define TIMED_MOST   5000

/* Turns that are counted; the count is the same for any. */
#define COUNTED 100

#define SECONDS_OF_COUNT 2.0

static const char* const ways[WAYS] = {
    "uv_write", "hvuv_write", "hvuv_try_write", "send", "one_sendmsg"};

typedef struct {
  double ns[WAYS][ROUNDS_MAX]; /* a turn */
  double calls[WAYS];          /* a turn; -1: not counted */
} turn_t;

/* --- The process ---------------------------------------------------------- */

_Noreturn static void become_writer(const char* const words[], int out) {
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  dup2(out, STDOUT_FILENO);
  execvp(words[0], (char* const*) (uintptr_t) words);
  fprintf(stderr, "bench: %s: %s\n", words[0], strerror(errno));
  _exit(127);
}

/* Runs a command that prints one number. */
static double ask(const char* const words[]) {
  double answer;
  int answered;
  int fds[2];
  int status;
  FILE* out;
  pid_t pid;

  if (pipe(fds) != 0)
    die("pipe: %s", strerror(errno));
  fflush(NULL);
  pid = fork();
  if (pid == -1)
    die("fork: %s", strerror(errno));
  if (pid == 0)
    become_writer(words, fds[1]);
  close(fds[1]);
  out = fdopen(fds[0], "r");
  answered = out != NULL && fscanf(out, "%lf", &answer) == 1;
  if (waitpid(pid, &status, 0) != pid || !answered || status != 0)
    die("the writer has failed (status %#x)", (unsigned int) status);
  fclose(out);
  return answer;
}

/* `turns` is their number, or "full". */
static double write_once(const char* way,
                         unsigned int writes,
                         const char* turns,
                         int other_core) {
  const char* words[] = {
      program_path(), "write", way, NULL, turns, other_core ? "1" : "0", NULL};
  char number[16];

  snprintf(number, sizeof(number), "%u", writes);
  words[3] = number;
  return ask(words);
}

/* --- Counting ------------------------------------------------------------- */

static int can_count(void) {
  char path[4200];

  return program_find("strace", path, sizeof(path)) == 0;
}

/* The same with its system calls counted, but for what the two processes wait
 * for each other with. */
static void count_calls(const char* way,
                        unsigned int writes,
                        const char* turns,
                        counts_t* counts) {
  char path[96];
  char number[16];
  const char* words[] = {"strace",
                         "-I",
                         "2",
                         "-c",
                         "-o",
                         path,
                         program_path(),
                         "write",
                         way,
                         number,
                         turns,
                         "0",
                         NULL};
  unsigned int i;
  FILE* file;

  snprintf(path, sizeof(path), "%s/count", temporary_folder());
  snprintf(number, sizeof(number), "%u", writes);
  ask(words);
  file = fopen(path, "r");
  if (file == NULL)
    die("strace has counted nothing");
  counts->count = 0;
  counts_parse_strace(file, counts);
  fclose(file);
  for (i = 0; i < counts->count; i++)
    if (strcmp(counts->name[i], "futex") == 0)
      counts->value[i] = 0;
}

static double total(const counts_t* counts) {
  unsigned int i;
  double sum;

  sum = 0;
  for (i = 0; i < counts->count; i++)
    sum += counts->value[i];
  return sum;
}

/* System calls of a turn, what a turn costs without them included. */
static double calls_of_turn(const char* way, unsigned int writes) {
  counts_t once;
  counts_t twice;
  char n[2][16];

  snprintf(n[0], sizeof(n[0]), "%d", COUNTED);
  snprintf(n[1], sizeof(n[1]), "%d", 2 * COUNTED);
  count_calls(way, writes, n[0], &once);
  count_calls(way, writes, n[1], &twice);
  counts_subtract(&twice, &once);
  return total(&twice) / COUNTED;
}

/* --- An idle stream ------------------------------------------------------- */

/* That one round takes, about: the ways are not all as slow as uv_write, but
 * the peer takes time as well. */
static double seconds_of_round(const plan_t* plan) {
  return WAYS * (0.02 + plan->milliseconds * 1e-3);
}

static void time_rounds(const plan_t* plan,
                        unsigned int writes,
                        int other_core,
                        turn_t* turn) {
  unsigned int round;
  unsigned int at;
  unsigned int i;
  char turns[16];
  double ns;

  ns = write_once("uv_write", writes, "200", other_core);
  snprintf(turns,
           sizeof(turns),
           "%.0f",
           plan->milliseconds * 1e6 / ns < TIMED_MOST
               ? plan->milliseconds * 1e6 / ns + 1
               : TIMED_MOST);
  printf("%u write%s of 64 B in one turn (peer on %s core, %u rounds of %s "
         "turns)\n",
         writes,
         writes == 1 ? "" : "s",
         other_core ? "another" : "the same",
         plan->rounds,
         turns);
  for (round = 0; round < plan->rounds; round++) {
    for (at = 0; at < WAYS; at++) {
      i = (round + at) % WAYS;
      progress("round %u of %u, %s", round + 1, plan->rounds, ways[i]);
      turn->ns[i][round] = write_once(ways[i], writes, turns, other_core);
      progress_done(seconds_of_round(plan) / WAYS);
    }
  }
  progress_end();
}

static void print_turn(const plan_t* plan,
                       unsigned int writes,
                       int other_core,
                       const turn_t* turn,
                       FILE* result) {
  double ratios[ROUNDS_MAX];
  unsigned int round;
  stats_t ratio;
  stats_t ns;
  int i;

  printf("  %-15s %12s %7s   %18s %18s\n",
         "way",
         "ns a message",
         "spread",
         "to uv_write",
         "system calls a turn");
  for (i = 0; i < WAYS; i++) {
    for (round = 0; round < plan->rounds; round++)
      ratios[round] = turn->ns[i][round] / turn->ns[0][round];
    ns = stats_of(turn->ns[i], plan->rounds);
    ratio = stats_of(ratios, plan->rounds);
    printf("  %-15s %12.1f %6.1f%%  %6.3f (%.3f-%.3f)",
           ways[i],
           ns.median / writes,
           stats_spread(&ns),
           ratio.median,
           ratio.low,
           ratio.high);
    fprintf(result,
            "%s\t%u\t%s\t%.1f\t%.1f\t%.4f\t%.4f\t%.4f\t",
            other_core ? "other" : "same",
            writes,
            ways[i],
            ns.median / writes,
            stats_spread(&ns),
            ratio.median,
            ratio.low,
            ratio.high);
    if (turn->calls[i] >= 0) {
      printf(" %18.2f", turn->calls[i]);
      fprintf(result, "%.2f", turn->calls[i]);
    }
    printf("\n");
    fprintf(result, "\n");
  }
  printf("\n");
  fflush(stdout);
}

static void measure_turn(const plan_t* plan,
                         unsigned int writes,
                         int other_core,
                         FILE* result) {
  static turn_t turn;
  int i;

  time_rounds(plan, writes, other_core, &turn);
  for (i = 0; i < WAYS; i++) {
    turn.calls[i] = -1;
    if (!can_count())
      continue;
    progress("counting system calls: %s", ways[i]);
    progress_done(SECONDS_OF_COUNT / WAYS);
    turn.calls[i] =
        calls_of_turn(ways[i], writes) - calls_of_turn("nothing", 0);
  }
  progress_end();
  print_turn(plan, writes, other_core, &turn, result);
}

/* --- A full socket -------------------------------------------------------- */

static double sends_when_full(const char* way) {
  static const char* const names[] = {"write", "writev", "sendto", "sendmsg"};
  counts_t none;
  counts_t all;
  unsigned int i;
  double sends;
  size_t name;

  count_calls(way, 0, "full", &none);
  count_calls(way, FULL, "full", &all);
  counts_subtract(&all, &none);
  sends = 0;
  for (i = 0; i < all.count; i++)
    for (name = 0; name < sizeof(names) / sizeof(names[0]); name++)
      if (strcmp(all.name[i], names[name]) == 0)
        sends += all.value[i];
  return sends;
}

static void measure_full(FILE* result) {
  double turns;
  double sends;
  int i;

  printf("%d writes of 64 B to a full socket, which the peer empties before "
         "each turn\n  %-15s %12s %12s\n",
         FULL,
         "way",
         "turns",
         "sends");
  for (i = 0; i < 2; i++) {
    turns = write_once(ways[i], FULL, "full", 0);
    printf("  %-15s %12.0f", ways[i], turns);
    fprintf(result, "%d\t%s\t%.0f\t", FULL, ways[i], turns);
    if (can_count()) {
      sends = sends_when_full(ways[i]);
      printf(" %12.0f", sends);
      fprintf(result, "%.0f", sends);
    }
    printf("\n");
    fprintf(result, "\n");
  }
  printf("\n");
}

void measure_queue(const plan_t* plan) {
  static const unsigned int writes[WRITES_COUNT] = {1, 8, 64};
  char name[32];
  FILE* result;
  int other_core;
  size_t i;

  result = open_result("queue.tsv");
  fprintf(result,
          "core\twrites\tway\tns\tspread_%%\tto_uv_write\tto_uv_write_low\t"
          "to_uv_write_high\tsyscalls_a_turn\n");
  printf("Writes on an idle stream: the writer's processor time, to the last "
         "callback. System\ncalls: beyond those of a turn that writes "
         "nothing.\n\n");
  if (!can_count())
    printf("System calls are left out, because there is no strace; install the "
           "package strace.\n\n");
  progress_begin((plan->same_core + plan->other_core) * WRITES_COUNT *
                 (plan->rounds * seconds_of_round(plan) + SECONDS_OF_COUNT));
  for (other_core = 0; other_core < cores_count(); other_core++) {
    if (!(other_core ? plan->other_core : plan->same_core))
      continue;
    for (i = 0; i < WRITES_COUNT; i++) {
      snprintf(name, sizeof(name), "%u in a turn", writes[i]);
      progress_scenario(name, (unsigned int) i + 1, WRITES_COUNT);
      measure_turn(plan, writes[i], other_core, result);
    }
  }
  fclose(result);

  result = open_result("queue_full.tsv");
  fprintf(result, "writes\tway\tturns\tsends\n");
  measure_full(result);
  fclose(result);
}
