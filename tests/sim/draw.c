/* Scripts by chance: xorshift, from the seed alone. */
#include "script.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define VERBS_MAX 64
#define STEPS_FEW 8

static uint64_t dice;

static unsigned int throw_dice(unsigned int sides) {
  dice ^= dice << 13;
  dice ^= dice >> 7;
  dice ^= dice << 17;
  return (unsigned int) (dice >> 20) % sides;
}

static void shake(unsigned long seed) {
  int i;

  dice = (uint64_t) seed * 2654435761u + 88172645463325252u;
  for (i = 0; i < 8; i++)
    throw_dice(2);
}

static int draw_number(const sim_arg_t* arg) {
  unsigned int most;

  most = (unsigned int) arg->most;
  while (arg->is_size && most > 8 && throw_dice(3) != 0)
    most /= 8;
  return (int) throw_dice(most + 1);
}

static int draw_word(const char* const* words) {
  unsigned int n;

  for (n = 0; words[n] != NULL; n++)
    continue;
  return (int) throw_dice(n);
}

/* Which verbs a script has: most of the time some are missing. */
static int choose(const sim_language_t* language, int weights[]) {
  unsigned int share;
  int total;
  int i;

  share = throw_dice(4); /* of four verbs so many are missing, at most two */
  total = 0;
  for (i = 0; i < language->nverbs; i++) {
    weights[i] = language->verbs[i].weight;
    if (weights[i] < 100 && throw_dice(4) < share / 2)
      weights[i] = 0;
    else if (throw_dice(8) == 0)
      weights[i] *= 4;
    total += weights[i];
  }
  return total;
}

static void draw_step(const sim_language_t* language,
                      const int weights[],
                      int total,
                      int slots,
                      sim_step_t* step) {
  const sim_verb_t* verb;
  int n;
  int i;

  memset(step, 0, sizeof(*step));
  n = (int) throw_dice((unsigned int) total);
  for (i = 0; n >= weights[i]; i++)
    n -= weights[i];
  step->verb = i;
  verb = &language->verbs[i];
  for (i = 0; i < verb->nargs; i++)
    step->args[i] = verb->args[i].words != NULL ? draw_word(verb->args[i].words)
                                                : draw_number(&verb->args[i]);
  if (verb->nargs > 0 && verb->args[0].words == NULL &&
      verb->args[0].most == language->nslots - 1)
    step->args[0] = (int) throw_dice((unsigned int) slots);
  if (verb->is_api && throw_dice(3) == 0) {
    step->cue = 1 + (int) throw_dice((unsigned int) language->ncues - 1);
    step->cue_slot = throw_dice(4) == 0 ? (int) throw_dice((unsigned int) slots)
                                        : step->args[0] % language->nslots;
  }
}

/* Steps with a ';' between two. */
static void begin(const sim_language_t* language, sim_script_t* script) {
  const char* from;
  char line[64];
  size_t n;

  from = language->preludes[throw_dice((unsigned int) language->npreludes)];
  while (*from != '\0') {
    n = strcspn(from, ";");
    if (n >= sizeof(line))
      abort();
    memcpy(line, from, n);
    line[n] = '\0';
    if (sim_read_line(language, line, &script->steps[script->count]) != 1)
      abort();
    script->count++;
    from += n + (from[n] == ';');
  }
}

void sim_draw(const sim_language_t* language,
              unsigned long seed,
              sim_script_t* script) {
  int weights[VERBS_MAX];
  int slots;
  int total;
  int n;
  int i;

  shake(seed);
  total = choose(language, weights);
  slots = 1 + (int) throw_dice((unsigned int) language->nslots);
  script->count = 0;
  if (throw_dice(3) != 0)
    begin(language, script);
  n = STEPS_FEW + (int) throw_dice(throw_dice(4) == 0 ? 240 : 60);
  for (i = 0; i < n; i++)
    draw_step(language, weights, total, slots, &script->steps[script->count++]);
}
