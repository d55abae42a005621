/* hvuv explain [-s STEP] ERROR ADDRESS */
#include <string.h>

#include "hvuv.h"

static const option_t table[] = {
    {'s',
     "step",
     "STEP",
     "What failed: bind, listen, accept, connect, handshake,\n"
     "send, receive, framing, \"time limit\" or stop.",
     's'},
};

static const tool_t tool = {
    .name = "hvuv explain",
    .synopsis = "[-s STEP] ERROR ADDRESS",
    .about = "Says what an error on an address means on this system.",
    .options = table,
    .option_count = sizeof(table) / sizeof(table[0]),
    .takes_numbers = 1,
    .after = "ERROR is a name such as ECONNREFUSED, or libuv's number,\nsuch "
             "as -104.",
};

/* libuv has no way from a name to its code, but one from each code to its
 * name. */
#define LOWEST_CODE (-5000)

static int read_error(const char* text, int* err) {
  char name[32];
  char number[16];
  int code;

  for (code = 0; code > LOWEST_CODE; code--) {
    snprintf(number, sizeof(number), "%d", code);
    if (strcmp(text, number) == 0 ||
        (code != 0 &&
         strcmp(uv_err_name_r(code, name, sizeof(name)), text) == 0)) {
      *err = code;
      return 0;
    }
  }
  return usage_error(&tool, "ERROR: \"%s\" is no error's name or number", text);
}

static hvuv_step_t step = HVUV_STEP_UNKNOWN;

static int take(const options_t* o, int id, const char* text) {
  int i;

  (void) id; /* -s is the only one. */
  for (i = HVUV_STEP_PARSE; i <= HVUV_STEP_STOP; i++)
    if (strcmp(text, hvuv_step_name((hvuv_step_t) i)) == 0) {
      step = (hvuv_step_t) i;
      return 0;
    }
  return options_wrong(o, text, "is no step");
}

int verb_explain(int argc, char** argv) {
  char text[HVUV_EXPLAIN_STRLEN];
  hvuv_addr_t addr;
  options_t o;
  int code;
  int err = 0;

  if (!options_read(&o, &tool, argc, argv, take, &code))
    return code;
  if (o.argc != 2)
    return usage_error(&tool, "needs an ERROR and an ADDRESS");
  if (read_error(o.argv[0], &err) != 0)
    return EXIT_USAGE;
  code = read_address(&tool, "ADDRESS", o.argv[1], &addr);
  if (code != 0)
    return code;
  hvuv_explain_step(&addr, step, err, text, sizeof(text));
  output("%s\n", text);
  return program_end(0);
}
