/* Figures, and where they go. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

static int by_size(const void* a, const void* b) {
  double x = *(const double*) a;
  double y = *(const double*) b;

  return (x > y) - (x < y);
}

/* The value with a share of them below it, between neighbours if need be. */
static double quantile(const double sorted[],
                       unsigned int count,
                       double share) {
  unsigned int below;
  double at;

  at = share * (count - 1);
  below = (unsigned int) at;
  if (below + 1 >= count)
    return sorted[count - 1];
  return sorted[below] + (at - below) * (sorted[below + 1] - sorted[below]);
}

stats_t stats_of(const double values[], unsigned int count) {
  double sorted[ROUNDS_MAX];
  stats_t stats;

  memcpy(sorted, values, count * sizeof(values[0]));
  qsort(sorted, count, sizeof(sorted[0]), by_size);
  stats.low = quantile(sorted, count, 0.25);
  stats.median = quantile(sorted, count, 0.5);
  stats.high = quantile(sorted, count, 0.75);
  return stats;
}

double stats_spread(const stats_t* stats) {
  return 100 * (stats->high - stats->low) / stats->median;
}

FILE* open_result(const char* name) {
  char path[4200];
  FILE* file;

  snprintf(path, sizeof(path), "%s/%s", program_folder(), name);
  file = fopen(path, "w");
  if (file == NULL)
    die("%s: %s", path, strerror(errno));
  printf("Writing %s\n", path);
  fprintf(file, "# %s\n", machine_facts());
  return file;
}

void die(const char* format, ...) {
  va_list args;

  fputs("bench: ", stderr);
  va_start(args, format);
  vfprintf(stderr, format, args);
  va_end(args);
  fputc('\n', stderr);
  exit(1);
}
