/* The facts of a machine that its results cannot be trusted without. */
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

#include "bench.h"
#include "hvuv.h"

/* A load of more than this for each core disturbs. */
#define BUSY 0.4

/* The rest of the first line of a file that begins so; 0 if there is none. */
static int find_line(const char* path,
                     const char* beginning,
                     char text[],
                     size_t size) {
  char line[4096];
  size_t len;
  FILE* file;
  int found;

  file = fopen(path, "r");
  if (file == NULL)
    return 0;
  found = 0;
  len = strlen(beginning);
  while (!found && fgets(line, sizeof(line), file) != NULL) {
    found = strncmp(line, beginning, len) == 0;
    if (found) {
      line[strcspn(line, "\n")] = '\0';
      snprintf(text, size, "%s", line + len + strspn(line + len, "\t :"));
    }
  }
  fclose(file);
  return found;
}

/* How fast a core may run changes with the load under most governors. */
static void find_governor(char text[], size_t size) {
  char path[128];

  snprintf(path,
           sizeof(path),
           "/sys/devices/system/cpu/cpu%d/cpufreq/scaling_governor",
           nth_core(0));
  if (!find_line(path, "", text, size))
    snprintf(text, size, "unknown");
}

static int is_virtual(void) {
  char flags[4096];

  return find_line("/proc/cpuinfo", "flags", flags, sizeof(flags)) &&
         strstr(flags, " hypervisor") != NULL;
}

#ifdef __clang__
#define COMPILER __VERSION__ /* which names itself */
#else
#define COMPILER "gcc " __VERSION__
#endif

static double load_before(void) {
  static double load = -1;

  if (load < 0 && getloadavg(&load, 1) != 1)
    load = 0;
  return load;
}

const char* machine_facts(void) {
  static char text[512];
  struct utsname name;
  char governor[64];
  char model[128];
  char day[16];
  time_t now;

  if (text[0] != '\0')
    return text;

  uname(&name);
  now = time(NULL);
  strftime(day, sizeof(day), "%Y-%m-%d", gmtime(&now));
  find_governor(governor, sizeof(governor));
  if (!find_line("/proc/cpuinfo", "model name", model, sizeof(model)))
    snprintf(model, sizeof(model), "of unknown make");
  snprintf(text,
           sizeof(text),
           "%s %s %s, libuv %s, hvuv %s, %s, %ld cores (%s), governor "
           "%s, %s machine, load %.1f before, %s",
           name.sysname,
           name.release,
           name.machine,
           uv_version_string(),
           hvuv_version_string(),
           COMPILER,
           sysconf(_SC_NPROCESSORS_ONLN),
           model,
           governor,
           is_virtual() ? "virtual" : "real",
           load_before(),
           day);
  return text;
}

void machine_print(void) {
  printf("%s\n", machine_facts());
  if (load_before() > BUSY * (double) sysconf(_SC_NPROCESSORS_ONLN))
    printf("The machine is busy with other work. Exact counts are the same all "
           "the same; of times,\nonly ratios mean something, and only where "
           "their middle half is narrow.\n");
}
