/* The command line. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "bench.h"

static void usage(void) {
  unsigned int i;
  char name[48];
  char text[96];

  puts(
      "bench [run] [OPTIONS] [SCENARIO...]\n"
      "    time and processor time per message, contenders interleaved\n"
      "bench syscalls [OPTIONS] [SCENARIO...]\n"
      "    system calls per message (needs strace)\n"
      "bench instructions [OPTIONS] [SCENARIO...]\n"
      "    user instructions per message (needs valgrind)\n"
      "bench guest [OPTIONS] [SCENARIO...]\n"
      "    instructions per message, the kernel's too (./dev vm-bench does "
      "it)\n"
      "bench memory [-w NAME,...] [SCENARIO...]\n"
      "    the server's memory per idle connection (default 1000x64 10000x64)\n"
      "bench queue [-r ROUNDS] [-c CORE]\n"
      "    1, 8, 64 small writes in one turn of the loop, and 512 to a full "
      "socket\n"
      "bench relay [-r ROUNDS] [-n N] [bulk | calls | messages]\n"
      "    what relays cost: N MiB (default 512), 5 N calls, 5 N small "
      "messages\n"
      "bench threads [-r ROUNDS] [-t MS]\n"
      "    a server on one loop, and on two that share its callers\n"
      "\n"
      "-r ROUNDS    rounds (default 11)\n"
      "-t MS        about how long each measurement takes (default 100)\n"
      "-c CORE      the server's: same as the client's (default), other, both\n"
      "-n N         messages to count (default: as many as it takes)\n"
      "-w NAME,...  only these servers\n"
      "-k KIND      of sockets: unix (default); vsock, in ./dev vm-bench\n"
      "\n"
      "Results also go to .tsv files beside this program, whose first line "
      "tells the machine.\n"
      "\n"
      "Servers:");
  for (i = 0; i < contenders_count; i++)
    printf("  %-15s %s\n", contenders[i].name, contenders[i].what);
  puts("\nScenarios, CONNECTIONSxBYTES[xDEPTH], open[xBYTES[xCALLERS]], call "
       "and pound\nlikewise, or chainxBYTES; the default:");
  for (i = 0; i < scenarios_count; i++) {
    if (i == scenarios_usual)
      puts("and with `all` these too:");
    scenario_name(&scenarios[i], name, sizeof(name));
    scenario_describe(&scenarios[i], text, sizeof(text));
    printf("  %-15s %s\n", name, text);
  }
}

void die_of(const char* step, int err) {
  die("%s: %s", step, uv_strerror(err));
}

static unsigned int number(const char* text, unsigned int most) {
  unsigned long n;
  char* end;

  n = strtoul(text, &end, 10);
  if (*end != '\0' || n == 0 || n > most)
    die("%s: a number up to %u is wanted", text, most);
  return (unsigned int) n;
}

static void choose_cores(plan_t* plan, const char* text) {
  plan->same_core = strcmp(text, "other") != 0;
  plan->other_core = strcmp(text, "same") != 0;
  if (plan->same_core && plan->other_core && strcmp(text, "both") != 0)
    die("%s: same, other or both is wanted", text);
  if (plan->other_core && cores_count() == 1)
    die("there is only one core");
}

static void choose_contenders(plan_t* plan, char* names) {
  unsigned int i;
  char* name;

  plan->contenders_count = 0;
  for (name = strtok(names, ","); name != NULL; name = strtok(NULL, ",")) {
    for (i = 0; i < contenders_count; i++)
      if (strcmp(contenders[i].name, name) == 0)
        break;
    if (i == contenders_count || plan->contenders_count == CONTENDERS_MAX)
      die("there is no server %s", name);
    plan->contenders[plan->contenders_count++] = &contenders[i];
  }
}

static void choose_scenarios(plan_t* plan, int count, char* names[]) {
  int i;

  if (count == 1 && strcmp(names[0], "all") == 0) {
    plan->scenarios_count = scenarios_count;
    memcpy(plan->scenarios, scenarios, scenarios_count * sizeof(scenarios[0]));
    return;
  }

  if (count > SCENARIOS_MAX)
    die("too many scenarios");
  plan->scenarios_count = (unsigned int) count;
  for (i = 0; i < count; i++)
    if (scenario_parse(names[i], &plan->scenarios[i]) != 0)
      die("%s is no scenario; those are CONNECTIONSxBYTES, "
          "CONNECTIONSxBYTESxDEPTH,\nopen, openxBYTES, openxBYTESxCALLERS, "
          "call... and pound... likewise, chainxBYTES,\nand all, alone",
          names[i]);
}

static void choose_defaults(plan_t* plan,
                            const scenario_t of_verb[],
                            unsigned int of_verb_count) {
  memset(plan, 0, sizeof(*plan));
  plan->rounds = 11;
  plan->milliseconds = 100;
  plan->same_core = 1;
  for (; plan->contenders_count < contenders_count; plan->contenders_count++)
    plan->contenders[plan->contenders_count] =
        &contenders[plan->contenders_count];
  plan->scenarios_count = of_verb_count;
  if (of_verb_count > 0)
    memcpy(plan->scenarios, of_verb, of_verb_count * sizeof(of_verb[0]));
}

static int is_relay(const char* word) {
  return strcmp(word, "bulk") == 0 || strcmp(word, "calls") == 0 ||
         strcmp(word, "messages") == 0;
}

/* Returns 0 if help was asked for. */
static int parse_options(plan_t* plan, int argc, char* argv[]) {
  int option;

  while ((option = getopt(argc, argv, "r:t:c:n:w:k:h")) != -1) {
    switch (option) {
      case 'r':
        plan->rounds = number(optarg, ROUNDS_MAX);
        break;
      case 't':
        plan->milliseconds = number(optarg, 10000);
        break;
      case 'c':
        choose_cores(plan, optarg);
        break;
      case 'n':
        plan->messages = number(optarg, 1000000);
        break;
      case 'w':
        choose_contenders(plan, optarg);
        break;
      case 'k':
        kind_choose(optarg);
        break;
      case 'h':
        return 0;
      default:
        exit(2);
    }
  }
  if (optind < argc && is_relay(argv[optind]))
    plan->only = argv[optind];
  else if (optind < argc)
    choose_scenarios(plan, argc - optind, argv + optind);
  return 1;
}

int main(int argc, char* argv[]) {
  static const scenario_t idle[] = {{1000, 64, 1, LOAD_ECHO},
                                    {10000, 64, 1, LOAD_ECHO}};
  static const scenario_t few[] = {{1, 64, 1, LOAD_ECHO},
                                   {64, 64, 1, LOAD_ECHO},
                                   {1, 4096, 1, LOAD_ECHO},
                                   {1, 65536, 1, LOAD_ECHO},
                                   {1, 64, 16, LOAD_ECHO},
                                   {1, 64, 1, LOAD_OPEN}};
  const struct {
    const char* name;
    void (*run)(const plan_t* plan);
    const scenario_t* scenarios;
    unsigned int scenarios_count;
  } verbs[] = {{"run", measure, scenarios, scenarios_usual},
               {"syscalls", count_syscalls, scenarios, scenarios_usual},
               {"instructions", count_instructions, scenarios, scenarios_usual},
               {"guest", count_in_guest, few, sizeof(few) / sizeof(few[0])},
               {"memory", measure_memory, idle, 2},
               {"queue", measure_queue, NULL, 0},
               {"relay", measure_relays, NULL, 0},
               {"threads", measure_threads, NULL, 0}};
  plan_t plan;
  size_t verb;
  size_t i;

  if (argc > 1 &&
      (strcmp(argv[1], "serve") == 0 || strcmp(argv[1], "chain") == 0))
    return server_main(argc - 1, argv + 1);
  if (argc > 1 && strcmp(argv[1], "call") == 0)
    return caller_main(argc - 2, argv + 2);
  if (argc > 1 && strcmp(argv[1], "write") == 0)
    return writer_main(argc - 2, argv + 2);
  if (argc > 1 && strcmp(argv[1], "help") == 0) {
    usage();
    return 0;
  }

  verb = 0;
  for (i = 0; argc > 1 && i < sizeof(verbs) / sizeof(verbs[0]); i++) {
    if (strcmp(argv[1], verbs[i].name) == 0) {
      verb = i;
      argv++;
      argc--;
      break;
    }
  }

  choose_defaults(&plan, verbs[verb].scenarios, verbs[verb].scenarios_count);
  if (!parse_options(&plan, argc, argv)) {
    usage();
    return 0;
  }
  machine_print();
  if (verbs[verb].scenarios != NULL)
    plan_leave_out_missing(&plan);
  raise_limits();
  verbs[verb].run(&plan);
  return 0;
}
