/* One seed after the other, in children that play many each. */
#include "sim.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "shrink.h"
#include "trial.h"

#define SEEDS_A_CHILD 200
#define SHRINK_TRIES  3000

void sim_step(void) {
  trial_report->steps++;
}

void sim_broken(const char* promise, const char* format, ...) {
  va_list args;

  strncpy(trial_report->promise, promise, sizeof(trial_report->promise) - 1);
  fprintf(stderr, "broken: %s: ", promise);
  va_start(args, format);
  vfprintf(stderr, format, args);
  va_end(args);
  fputc('\n', stderr);
  trial_fail();
}

/* --- One seed after the other --------------------------------------------- */

typedef struct search_s {
  const sim_t* sim;
  unsigned long first;      /* seed of the next child */
  unsigned long steps_most; /* 0: no limit */
  time_t until;             /* 0: no limit */
  unsigned long steps;
  int is_brief; /* nothing is cut down */
} search_t;

static int is_over(const search_t* search, unsigned long more) {
  return (search->until != 0 && time(NULL) >= search->until) ||
         (search->steps_most != 0 &&
          search->steps + more >= search->steps_most);
}

static void play_seeds(void* arg) {
  static sim_script_t script;
  const search_t* search = arg;
  unsigned long seed;

  for (seed = search->first; seed < search->first + SEEDS_A_CHILD; seed++) {
    if (is_over(search, trial_report->steps))
      return;
    trial_goes_on();
    trial_report->seed = seed;
    sim_draw(search->sim->language, seed, &script);
    search->sim->play(&script);
  }
}

static void report(const search_t* search, const trial_report_t* found) {
  static sim_script_t script;
  const sim_t* sim = search->sim;
  char promise[80];
  int before;

  printf("%s: seed %lu breaks a promise, after %lu steps in all: %s\n",
         sim->name,
         found->seed,
         search->steps,
         found->promise);
  if (search->is_brief)
    return;
  sim_draw(sim->language, found->seed, &script);
  before = script.count;
  sim_shrink(sim, &script, found->promise, SHRINK_TRIES);
  printf("\nOf its %d steps these %d are enough. Fail with them:\n\n",
         before,
         script.count);
  if (sim_try(sim, &script, 1, promise) == 0)
    printf("(not alone: they need what was played before)\n");
  printf("\n# seed %lu: %s\n", found->seed, found->promise);
  sim_print(sim->language, &script, stdout);
  printf("\nTo keep it: a file in tests/sim/cases, to be played by\n"
         "    %s play FILE\n",
         sim->name);
}

static int search_on(search_t* search) {
  unsigned long first = search->first;
  trial_report_t found;
  time_t begin;
  int failed;

  begin = time(NULL);
  failed = 0;
  while (!failed && !is_over(search, 0)) {
    failed = trial_run(play_seeds, search, 1, &found);
    search->steps += found.steps;
    if (failed)
      report(search, &found);
    search->first += SEEDS_A_CHILD;
  }
  printf("%s: %lu steps, seeds from %lu to %lu, %ld s: %s\n",
         search->sim->name,
         search->steps,
         first,
         failed ? found.seed : search->first - 1,
         (long) (time(NULL) - begin),
         failed ? "a promise is broken" : "all promises are kept");
  return failed;
}

/* --- One script ----------------------------------------------------------- */

static int play_one(const sim_t* sim, const sim_script_t* script) {
  char promise[80];

  if (sim_try(sim, script, 1, promise) == 0)
    return 0;
  printf("%s: %s\n", sim->name, promise);
  return 1;
}

static int play_seed(const sim_t* sim, unsigned long seed) {
  static sim_script_t script;

  sim_draw(sim->language, seed, &script);
  sim_print(sim->language, &script, stdout);
  return play_one(sim, &script);
}

static int play_files(const sim_t* sim, char** paths, int npaths) {
  static sim_script_t script;
  int failed;
  int line;
  int i;

  failed = 0;
  for (i = 0; i < npaths; i++) {
    line = sim_read(sim->language, paths[i], &script);
    if (line != 0) {
      printf("%s:%d: not a step\n", paths[i], line);
      failed = 1;
    } else if (play_one(sim, &script) != 0) {
      printf("in %s\n", paths[i]);
      failed = 1;
    }
  }
  printf("%s: %d scripts\n", sim->name, npaths);
  return failed;
}

static int usage(const sim_t* sim) {
  fprintf(stderr,
          "usage: %s for SECONDS [SEED] | steps COUNT [SEED [brief]] | "
          "seed SEED | "
          "play FILE...\n",
          sim->name);
  return 2;
}

int sim_main(const sim_t* sim, int argc, char** argv) {
  search_t search;
  unsigned long n;

  if (argc < 3)
    return usage(sim);
  if (strcmp(argv[1], "play") == 0)
    return play_files(sim, argv + 2, argc - 2);

  n = strtoul(argv[2], NULL, 10);
  if (strcmp(argv[1], "seed") == 0)
    return play_seed(sim, n);

  memset(&search, 0, sizeof(search));
  search.sim = sim;
  search.is_brief = argc > 4;
  search.first = argc > 3 ? strtoul(argv[3], NULL, 10) : 1;
  if (strcmp(argv[1], "for") == 0)
    search.until = time(NULL) + (time_t) n;
  else if (strcmp(argv[1], "steps") == 0)
    search.steps_most = n;
  else
    return usage(sim);
  return search_on(&search);
}
