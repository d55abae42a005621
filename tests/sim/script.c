/* Scripts as text. */
#include "script.h"

#include <stdlib.h>
#include <string.h>

#define LINE_ROOM 256

/* --- Out ------------------------------------------------------------------ */

void sim_print_step(const sim_language_t* language,
                    const sim_step_t* step,
                    FILE* file) {
  const sim_verb_t* verb = &language->verbs[step->verb];
  int i;

  if (step->cue != 0)
    fprintf(file, "@%s.%d ", language->cues[step->cue], step->cue_slot);
  fprintf(file, "%s", verb->name);
  for (i = 0; i < verb->nargs; i++) {
    if (verb->args[i].words != NULL)
      fprintf(file, " %s", verb->args[i].words[step->args[i]]);
    else
      fprintf(file, " %d", step->args[i]);
  }
  fputc('\n', file);
}

void sim_print(const sim_language_t* language,
               const sim_script_t* script,
               FILE* file) {
  int i;

  for (i = 0; i < script->count; i++)
    sim_print_step(language, &script->steps[i], file);
}

/* --- In ------------------------------------------------------------------- */

static int find_word(const char* const* words, const char* word) {
  int i;

  for (i = 0; words[i] != NULL; i++)
    if (strcmp(words[i], word) == 0)
      return i;
  return -1;
}

static int read_number(const char* word, int most, int* number) {
  char* end;
  long n;

  n = strtol(word, &end, 10);
  if (*end != '\0' || end == word || n < 0 || n > most)
    return -1;
  *number = (int) n;
  return 0;
}

static int read_arg(const sim_arg_t* arg, const char* word, int* value) {
  if (word == NULL)
    return -1;
  if (arg->words == NULL)
    return read_number(word, arg->most, value);
  *value = find_word(arg->words, word);
  return *value < 0 ? -1 : 0;
}

/* "@KIND.SLOT" */
static int read_cue(const sim_language_t* language,
                    char* word,
                    sim_step_t* step) {
  char* dot = strchr(word, '.');
  int i;

  if (dot == NULL)
    return -1;
  *dot = '\0';
  for (i = 1; i < language->ncues; i++)
    if (strcmp(language->cues[i], word + 1) == 0)
      step->cue = i;
  if (step->cue == 0)
    return -1;
  return read_number(dot + 1, language->nslots - 1, &step->cue_slot);
}

static int find_verb(const sim_language_t* language, const char* word) {
  int i;

  for (i = 0; word != NULL && i < language->nverbs; i++)
    if (strcmp(language->verbs[i].name, word) == 0)
      return i;
  return -1;
}

int sim_read_line(const sim_language_t* language,
                  char* line,
                  sim_step_t* step) {
  const char* const blank = " \t\r\n";
  const sim_verb_t* verb;
  char* word;
  int i;

  memset(step, 0, sizeof(*step));
  word = strtok(line, blank);
  if (word == NULL || word[0] == '#')
    return 0;
  if (word[0] == '@') {
    if (read_cue(language, word, step) != 0)
      return -1;
    word = strtok(NULL, blank);
  }
  step->verb = find_verb(language, word);
  if (step->verb < 0)
    return -1;
  verb = &language->verbs[step->verb];
  for (i = 0; i < verb->nargs; i++)
    if (read_arg(&verb->args[i], strtok(NULL, blank), &step->args[i]) != 0)
      return -1;
  return strtok(NULL, blank) == NULL ? 1 : -1;
}

int sim_read(const sim_language_t* language,
             const char* path,
             sim_script_t* script) {
  char line[LINE_ROOM];
  FILE* file;
  int number;
  int r;

  file = fopen(path, "r");
  if (file == NULL)
    return -1;
  script->count = 0;
  r = 0;
  for (number = 1; r >= 0 && fgets(line, sizeof(line), file) != NULL;
       number++) {
    r = script->count == SIM_STEPS_MAX
            ? -1
            : sim_read_line(language, line, &script->steps[script->count]);
    script->count += r > 0;
  }
  fclose(file);
  return r < 0 ? number - 1 : 0;
}
