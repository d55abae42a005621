/* Counts by name, and where strace tells them. */
#include <string.h>

#include "bench.h"

void counts_add(counts_t* counts, const char* name, double value) {
  unsigned int i;

  for (i = 0; i < counts->count; i++)
    if (strcmp(counts->name[i], name) == 0)
      break;
  if (i == CALLS_MAX)
    die("more kinds of system calls than there is room for");
  if (i == counts->count) {
    snprintf(counts->name[i], sizeof(counts->name[i]), "%s", name);
    counts->value[i] = 0;
    counts->count++;
  }
  counts->value[i] += value;
}

/* strace -c: "  0.10  0.000010  1  200  [errors]  recvfrom" */
void counts_parse_strace(FILE* file, counts_t* counts) {
  char line[256];
  char last[64];
  char more[64];
  double calls;
  int fields;

  while (fgets(line, sizeof(line), file) != NULL) {
    fields = sscanf(line, "%*f %*f %*f %lf %63s %63s", &calls, last, more);
    if (fields >= 2 && strcmp(fields == 3 ? more : last, "total") != 0)
      counts_add(counts, fields == 3 ? more : last, calls);
  }
}

void counts_subtract(counts_t* counts, const counts_t* other) {
  unsigned int i;

  for (i = 0; i < other->count; i++)
    counts_add(counts, other->name[i], -other->value[i]);
}
