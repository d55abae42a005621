/*
 * First runs of steps are left out, half of the script at a time, then a quarter
 * and so on to single ones; then numbers become 0, or half of what they were, and
 * cues are done at once. All of it again while something was gained.
 */
#include "shrink.h"

#include <string.h>

#include "trial.h"

typedef struct played_s {
  const sim_t* sim;
  const sim_script_t* script;
} played_t;

static void play(void* arg) {
  const played_t* played = arg;

  played->sim->play(played->script);
}

int sim_try(const sim_t* sim,
            const sim_script_t* script,
            int loud,
            char promise[80]) {
  trial_report_t report;
  played_t played;

  played.sim = sim;
  played.script = script;
  if (trial_run(play, &played, loud, &report) == 0)
    return 0;
  memcpy(promise, report.promise, sizeof(report.promise));
  return 1;
}

typedef struct shrinking_s {
  const sim_t* sim;
  sim_script_t* best;
  const char* promise;
  int tries;
} shrinking_t;

/* Keeps the smaller script if it fails in the same way. */
static int try_smaller(shrinking_t* s, const sim_script_t* smaller) {
  char promise[80];

  if (s->tries <= 0)
    return 0;
  s->tries--;
  if (sim_try(s->sim, smaller, 0, promise) == 0 ||
      strcmp(promise, s->promise) != 0)
    return 0;
  *s->best = *smaller;
  return 1;
}

static void leave_out(const sim_script_t* from,
                      int first,
                      int n,
                      sim_script_t* to) {
  to->count = from->count - n;
  memcpy(to->steps, from->steps, (size_t) first * sizeof(to->steps[0]));
  memcpy(to->steps + first,
         from->steps + first + n,
         (size_t) (from->count - first - n) * sizeof(to->steps[0]));
}

static int shrink_steps(shrinking_t* s) {
  static sim_script_t smaller;
  int gained;
  int first;
  int n;

  gained = 0;
  for (n = (s->best->count + 1) / 2; n >= 1; n /= 2) {
    for (first = s->best->count - n; first >= 0;) {
      leave_out(s->best, first, n, &smaller);
      if (try_smaller(s, &smaller))
        gained = 1;
      first -= n;
    }
  }
  return gained;
}

static int shrink_number(shrinking_t* s, int* in_copy, sim_script_t* copy) {
  int was = *in_copy;

  if (was == 0)
    return 0;
  *in_copy = 0;
  if (try_smaller(s, copy))
    return 1;
  *in_copy = was / 2;
  if (was > 1 && try_smaller(s, copy))
    return 1;
  *in_copy = was;
  return 0;
}

static int shrink_numbers(shrinking_t* s) {
  static sim_script_t copy;
  int gained;
  int i;
  int k;

  gained = 0;
  copy = *s->best;
  for (i = 0; i < copy.count; i++) {
    for (k = 0; k < SIM_ARGS_MAX; k++)
      gained |= shrink_number(s, &copy.steps[i].args[k], &copy);
    gained |= shrink_number(s, &copy.steps[i].cue, &copy);
  }
  return gained;
}

void sim_shrink(const sim_t* sim,
                sim_script_t* script,
                const char* promise,
                int tries) {
  shrinking_t s;

  s.sim = sim;
  s.best = script;
  s.promise = promise;
  s.tries = tries;
  while (shrink_steps(&s) | shrink_numbers(&s))
    continue;
}
