/* hvuv VERB ...: what this machine has of Hyper-V sockets, and what an error
 * means. */
#include "hvuv.h"

#include <string.h>

static const struct {
  const char* name;
  verb_fn run;
} verbs[] = {
    {"echo", verb_echo},
    {"explain", verb_explain},
    {"ping", verb_ping},
};

static const tool_t tool = {
    .name = "hvuv",
    .synopsis =
        "echo [-1] [-v] ADDRESS\n"
        "explain [-s STEP] ERROR ADDRESS\n"
        "ping [-C] [-c COUNT] [-i SECONDS] [-s BYTES] [-w SECONDS] ADDRESS",
    .about = "Looks at Hyper-V sockets, and at the addresses of VMs.",
    .after = "hvuv VERB --help says more of each.",
};

int main(int argc, char** argv) {
  options_t options;
  const char* value;
  size_t i;

  argv = program_start(&argc, argv);
  options_begin(&options, &tool, argc > 0 ? argc - 1 : 0, argv + (argc > 0));
  switch (options_next(&options, &value)) {
    case OPTION_END:
      break;
    case OPTION_HELP:
      return print_help(&tool);
    case OPTION_VERSION:
      return print_version(&tool);
    default:
      return EXIT_USAGE;
  }
  if (options.argc == 0)
    return usage_error(&tool, "needs a verb");

  for (i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
    if (strcmp(options.argv[0], verbs[i].name) == 0)
      return verbs[i].run(options.argc - 1, options.argv + 1);
  return usage_error(&tool, "%s: there is no such verb", options.argv[0]);
}
