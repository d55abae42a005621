/* hvuv VERB ...: what this machine has of Hyper-V sockets, and what an error
 * means. */
#include "hvuv.h"

#include <string.h>

static int verb_help(int argc, char** argv);

static const struct {
  const char* name;
  verb_fn run;
} verbs[] = {
    {"doctor", verb_doctor},
    {"echo", verb_echo},
    {"explain", verb_explain},
    {"help", verb_help},
    {"ping", verb_ping},
    {"services", verb_services},
    {"vms", verb_vms},
};

static const tool_t tool = {
    .name = "hvuv",
    .synopsis =
        "doctor [-w SECONDS] [ADDRESS]\n"
        "doctor -l ADDRESS\n"
        "echo [-1] [-v] ADDRESS\n"
        "explain [-s STEP] ERROR ADDRESS\n"
        "help [VERB]\n"
        "ping [-C] [-c COUNT] [-i SECONDS] [-s BYTES] [-w SECONDS] ADDRESS\n"
        "services [list | lookup TEXT]\n"
        "services register|unregister SERVICE NAME\n"
        "vms [NAME]",
    .about = "Looks at Hyper-V sockets, and at the addresses of VMs.",
    .after =
        "doctor says what this machine has and whether an address can be\n"
        "reached; explain, what an error means. echo and ping measure a way.\n"
        "services are those registered on a Windows host, vms are Windows' "
        "VMs\n"
        "and partitions of local addresses.\n"
        "hvuv help VERB, or hvuv VERB --help, says more of each.\n"
        "\n"
        "An ADDRESS is vsock://CID:PORT, hyperv://VM/SERVICE,\n"
        "hybrid://PATH:SERVICE or local://VM/SERVICE, or a VM by its name,\n"
        "vm:NAME/SERVICE: see hvuv_address(7).\n"
        "Exits with 0 if all went well, 1 if not, 2 if the arguments were\n"
        "wrong.",
};

static verb_fn find_verb(const char* name) {
  size_t i;

  for (i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
    if (strcmp(name, verbs[i].name) == 0)
      return verbs[i].run;
  usage_error(&tool, "%s: there is no such verb", name);
  return NULL;
}

static int verb_help(int argc, char** argv) {
  char* help[] = {(char*) "--help", NULL};
  verb_fn verb;

  if (argc == 0 || strcmp(argv[0], "--help") == 0 ||
      strcmp(argv[0], "-h") == 0 || strcmp(argv[0], "help") == 0)
    return print_help(&tool);
  if (argc > 1)
    return usage_error(&tool, "help takes one VERB only");
  verb = find_verb(argv[0]);
  return verb == NULL ? EXIT_USAGE : verb(1, help);
}

int main(int argc, char** argv) {
  options_t o;
  verb_fn verb;
  int code;

  argv = program_start(&argc, argv);
  if (!options_read(
          &o, &tool, argc > 0 ? argc - 1 : 0, argv + (argc > 0), NULL, &code))
    return code;
  if (o.argc == 0)
    return usage_error(&tool, "needs a verb");
  verb = find_verb(o.argv[0]);
  return verb == NULL ? EXIT_USAGE : verb(o.argc - 1, o.argv + 1);
}
