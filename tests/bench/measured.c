/*
 * What was measured, as a table on the screen and as lines of a file.
 *
 * Ratios are taken inside each round, then their median and middle half. Times
 * there and back are of all rounds' messages together: a message waits for its
 * connection's last one, so with many connections or a depth it waits for
 * others' as well, and what differs between two servers is theirs.
 */
#include <string.h>

#include "bench.h"

static const struct {
  const char* name;
  double share;
} quantiles[] = {{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p99.9", 0.999}};

#define QUANTILES (sizeof(quantiles) / sizeof(quantiles[0]))

/* Ratios inside a round to a contender, which may not be among the plan's. */
static int ratios_to(const plan_t* plan,
                     const double values[][ROUNDS_MAX],
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
    ratios[round] = values[of][round] / values[i][round];
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

static void print_times(const plan_t* plan,
                        const measured_t* results,
                        unsigned int of,
                        FILE* summary) {
  stats_t wall;
  stats_t cpu;

  wall = stats_of(results->wall[of], plan->rounds);
  cpu = stats_of(results->cpu[of], plan->rounds);
  printf("  %-15s %9.0f %5.1f%% %9.0f %5.1f%%",
         plan->contenders[of]->name,
         wall.median,
         stats_spread(&wall),
         cpu.median,
         stats_spread(&cpu));
  fprintf(summary,
          "\t%.0f\t%.1f\t%.0f\t%.1f",
          wall.median,
          stats_spread(&wall),
          cpu.median,
          stats_spread(&cpu));
}

static double quantile_us(const latency_t* latency, size_t i) {
  return i < QUANTILES ? latency_quantile(latency, quantiles[i].share) / 1000
                       : (double) latency->most / 1000;
}

static void print_latencies(const plan_t* plan, const measured_t* results) {
  unsigned int of;
  size_t i;

  if (results->latency[0].count == 0) /* of one that calls itself */
    return;
  printf("  %-15s", "there and back");
  for (i = 0; i < QUANTILES; i++)
    printf(" %9s", quantiles[i].name);
  printf(" %9s\n", "most, us");
  for (of = 0; of < plan->contenders_count; of++) {
    printf("  %-15s", plan->contenders[of]->name);
    for (i = 0; i <= QUANTILES; i++)
      printf(" %9.1f", quantile_us(&results->latency[of], i));
    printf("\n");
  }
}

void print_measured_head(FILE* summary) {
  size_t i;

  fprintf(summary,
          "core\tscenario\tserver\twall_ns\twall_spread_%%\tcpu_ns\t"
          "cpu_spread_%%\tto_raw\tto_raw_low\tto_raw_high\t"
          "to_classic\tto_classic_low\tto_classic_high\t"
          "to_careful\tto_careful_low\tto_careful_high\t"
          "wall_to_careful\twall_to_careful_low\twall_to_careful_high");
  for (i = 0; i < QUANTILES; i++)
    fprintf(summary, "\trtt_%s_us", quantiles[i].name);
  fprintf(summary, "\trtt_max_us\n");

  printf(
      "Times are for each message. Spread: what the middle half of the "
      "rounds spans, to\nthe median. Ratios: of the processor time of the "
      "server (of call the client, of\npound both), and of the time by "
      "the clock; median (and middle half) of those inside\neach round. There "
      "and back: at the client, of all rounds' messages;\nso large a share "
      "of them took at most so long.\n\n");
}

static void print_measured_titles(void) {
  printf("  %-15s %9s %6s %9s %6s   %17s   %17s   %17s   %17s\n",
         "server",
         "wall ns",
         "spread",
         "cpu ns",
         "spread",
         "cpu/raw_epoll",
         "cpu/uv_classic",
         "cpu/uv_careful",
         "wall/uv_careful");
}

void print_measured(const plan_t* plan,
                    const measured_t* results,
                    const char* label,
                    FILE* summary) {
  static const struct {
    unsigned int base;
    int by_clock;
  } ratios[] = {{RAW, 0}, {CLASSIC, 0}, {CAREFUL, 0}, {CAREFUL, 1}};
  stats_t ratio;
  unsigned int i;
  size_t quantile;
  size_t r;
  int there;

  print_measured_titles();
  for (i = 0; i < plan->contenders_count; i++) {
    fprintf(summary, "%s\t%s", label, plan->contenders[i]->name);
    print_times(plan, results, i, summary);
    for (r = 0; r < sizeof(ratios) / sizeof(ratios[0]); r++) {
      there = ratios_to(plan,
                        ratios[r].by_clock ? results->wall : results->cpu,
                        i,
                        &contenders[ratios[r].base],
                        &ratio);
      print_ratio(summary, there, &ratio);
    }
    printf("\n");
    for (quantile = 0; quantile <= QUANTILES; quantile++)
      fprintf(summary, "\t%.1f", quantile_us(&results->latency[i], quantile));
    fprintf(summary, "\n");
  }
  print_latencies(plan, results);
  printf("\n");
  fflush(stdout);
  fflush(summary);
}
