/*
 * Relays: what passing bytes on between a Unix socket or TCP and TCP costs the
 * relay's process, those that it starts included, and how fast it is.
 *
 *   this process ---- Unix or TCP ----> relay ---- TCP ----> far end
 *
 * In each round every relay is started afresh, and each round begins with
 * another one. The processor time is that of the whole life of the relay, as
 * the system has it when it has ended; ratios are taken inside a round.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "relay.h"

#define RELAYS  4
#define FORWARD 0
#define SOCAT   2 /* to which ratios are taken */

#define TEXT_BYTES 512

#define BULK_MIB       512 /* when -n says no other */
#define SMALL_EACH_MIB 5   /* calls and messages */

#define EXTRAS "./dev bench-extras installs it"

/* It ends within so long when it is told to. */
#define END_MS 10000

typedef struct {
  const char* name;
  const char* program;
  const char* remedy;
  int finds_listener; /* as LISTENER, as systemd hands it over */
  void (*compose)(const entry_t* entry, int to, char text[]);
} relay_t;

typedef struct {
  double wall[RELAYS][ROUNDS_MAX]; /* s */
  double cpu[RELAYS][ROUNDS_MAX];
} result_t;

/* --- Their command lines, for a shell, whose $0 is the program ------------- */

static void compose_forward(const entry_t* entry, int to, char text[]) {
  if (entry->path[0] != '\0')
    snprintf(text,
             TEXT_BYTES,
             "exec \"$0\" " LOCAL_ADDRESS " tcp://127.0.0.1:%d >/dev/null",
             to);
  else
    snprintf(text,
             TEXT_BYTES,
             "exec \"$0\" tcp://127.0.0.1:%d tcp://127.0.0.1:%d >/dev/null",
             ntohs(entry->tcp.sin_port),
             to);
}

static void compose_socat_with(const char* options,
                               const entry_t* entry,
                               int to,
                               char text[]) {
  if (entry->path[0] != '\0')
    snprintf(text,
             TEXT_BYTES,
             "exec \"$0\" %s UNIX-LISTEN:%s,fork TCP:127.0.0.1:%d",
             options,
             entry->path,
             to);
  else
    snprintf(text,
             TEXT_BYTES,
             "exec \"$0\" %s TCP-LISTEN:%d,bind=127.0.0.1,reuseaddr,fork "
             "TCP:127.0.0.1:%d",
             options,
             ntohs(entry->tcp.sin_port),
             to);
}

static void compose_socat(const entry_t* entry, int to, char text[]) {
  compose_socat_with("", entry, to, text);
}

static void compose_socat_64k(const entry_t* entry, int to, char text[]) {
  compose_socat_with("-b 65536", entry, to, text);
}

static void compose_proxyd(const entry_t* entry, int to, char text[]) {
  (void) entry;
  snprintf(text,
           TEXT_BYTES,
           "LISTEN_FDS=1 LISTEN_PID=$$ exec \"$0\" 127.0.0.1:%d",
           to);
}

static const relay_t relays[RELAYS] = {
    {"forward",
     "../../examples/forward",
     "it is built with the examples",
     0,
     compose_forward},
    {"socat", "socat", EXTRAS, 0, compose_socat},
    {"socat_64k", "socat", EXTRAS, 0, compose_socat_64k},
    {"socket_proxyd",
     "systemd-socket-proxyd",
     "it comes with systemd",
     1,
     compose_proxyd},
};

/* Where a relay's program is: 0, or -1 if it is not. */
static int find(const relay_t* relay, char path[], size_t size) {
  if (program_find(relay->program, path, size) == 0)
    return 0;
  snprintf(path, size, "/lib/systemd/%s", relay->program);
  return access(path, X_OK) == 0 ? 0 : -1;
}

static int is_there(unsigned int i) {
  char path[4200];

  return find(&relays[i], path, sizeof(path)) == 0;
}

/* --- One measurement ------------------------------------------------------ */

/* Where the relay is to take calls; returns what it finds at LISTENER. */
static int make_entry(const relay_t* relay, int is_tcp, entry_t* entry) {
  int fd;

  memset(entry, 0, sizeof(*entry));
  if (is_tcp) {
    fd = relay_bind_tcp(&entry->tcp);
    if (relay->finds_listener && listen(fd, SOMAXCONN) != 0)
      die("relay: listen: %s", strerror(errno));
  } else if (relay->finds_listener) {
    fd = kind_listen_local(entry->path, sizeof(entry->path));
  } else {
    kind_place_local(entry->path, sizeof(entry->path));
    fd = -1;
  }
  if (relay->finds_listener)
    return fd;
  if (fd != -1)
    close(fd); /* Its port is free, for the relay. */
  return open("/dev/null", O_RDWR | O_CLOEXEC);
}

static pid_t start(const relay_t* relay,
                   int is_tcp,
                   const struct sockaddr_in* to,
                   entry_t* entry) {
  char text[TEXT_BYTES];
  char path[4200];
  const char* words[] = {"sh", "-c", text, path, NULL};
  pid_t pid;
  int fd;

  if (find(relay, path, sizeof(path)) != 0)
    die("%s is not there", relay->program);
  fd = make_entry(relay, is_tcp, entry);
  relay->compose(entry, ntohs(to->sin_port), text);
  pid = process_start(words, fd, 1, 0);
  close(fd);
  return pid;
}

/* Ends the relay, and returns the processor time that it has used, in s, with
 * that of all that it has started. */
static double finish(pid_t pid, const relay_t* relay) {
  struct rusage usage;
  int waited;
  int status;

  kill(family_settle(pid, 0), SIGTERM);
  for (waited = 0; waited < END_MS; waited++) {
    if (wait4(pid, &status, WNOHANG, &usage) == pid)
      return (double) (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
             (double) (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    usleep(1000);
  }
  kill(pid, SIGKILL);
  die("%s has not ended within %d s of SIGTERM", relay->name, END_MS / 1000);
}

/* Until the first call the relay is being started, which is in both figures:
 * a few milliseconds. */
static void measure_once(const relay_t* relay,
                         int is_tcp,
                         traffic_t traffic,
                         unsigned long count,
                         double* wall,
                         double* cpu) {
  struct sockaddr_in to;
  entry_t entry;
  uint64_t begin;
  pid_t sink;
  pid_t pid;

  sink = relay_start_sink(traffic, count, &to);
  pid = start(relay, is_tcp, &to, &entry);
  begin = now_ns();
  relay_send(&entry, traffic, count);
  *wall = (double) (now_ns() - begin) / 1e9;
  process_finish(sink, "far end of", relay->name);
  *cpu = finish(pid, relay);
}

/* --- Counting ------------------------------------------------------------- */

/* Where what is written to stdout goes; returns where it went before. */
static int turn_stdout(int to) {
  int before;

  fflush(stdout);
  before = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, LISTENER + 1);
  if (before == -1 || dup2(to, STDOUT_FILENO) == -1)
    die("relay: stdout: %s", strerror(errno));
  close(to);
  return before;
}

static pid_t start_under(const char* to,
                         const char* const under[],
                         entry_t* entry) {
  const char* words[WORDS_MAX];
  char path[4200];
  int before;
  pid_t pid;
  int fd;
  int n;

  if (find(&relays[FORWARD], path, sizeof(path)) != 0)
    die("%s is not there", relays[FORWARD].program);
  fd = make_entry(&relays[FORWARD], 0, entry);
  n = process_under(under, words);
  words[n++] = path;
  words[n++] = LOCAL_ADDRESS;
  words[n++] = to;
  words[n] = NULL;
  before = turn_stdout(open("/dev/null", O_WRONLY | O_CLOEXEC));
  pid = process_start(words, fd, 0, 1);
  close(turn_stdout(before));
  close(fd);
  return pid;
}

void relay_under(const scenario_t* s,
                 unsigned long messages,
                 const char* const under[]) {
  traffic_t traffic = s->bytes == 64 ? CALLS : BULK;
  struct sockaddr_in name;
  entry_t entry;
  char to[64];
  pid_t sink;
  pid_t pid;
  int status;

  sink = relay_start_sink(traffic, messages, &name);
  snprintf(to, sizeof(to), "tcp://127.0.0.1:%d", ntohs(name.sin_port));
  pid = start_under(to, under, &entry);
  relay_send(&entry, traffic, messages);
  process_finish(sink, "far end of", "forward");
  kill(family_settle(pid, 1), SIGTERM);
  if (waitpid(pid, &status, 0) != pid || status != 0)
    die("forward has failed (status %#x)", (unsigned int) status);
}

/* --- All ------------------------------------------------------------------ */

static const struct {
  const char* name;
  const char* text;
} traffics[TRAFFICS] = {
    {"bulk", "MiB, one way"},
    {"calls", "calls, each with 64 B there and back"},
    {"messages", "messages of 64 B there and back, on one connection"}};

static unsigned long count_of(const plan_t* plan, traffic_t traffic) {
  unsigned long mib = plan->messages > 0 ? plan->messages : BULK_MIB;

  return traffic == BULK ? mib : mib * SMALL_EACH_MIB;
}

static stats_t ratio_to_socat(double values[][ROUNDS_MAX],
                              const plan_t* plan,
                              unsigned int of) {
  double all[ROUNDS_MAX];
  unsigned int round;

  for (round = 0; round < plan->rounds; round++)
    all[round] = values[of][round] / values[SOCAT][round];
  return stats_of(all, plan->rounds);
}

static void print_relay(const plan_t* plan,
                        result_t* result,
                        unsigned int i,
                        unsigned long count,
                        const char* label,
                        FILE* file) {
  stats_t wall = stats_of(result->wall[i], plan->rounds);
  stats_t cpu = stats_of(result->cpu[i], plan->rounds);
  stats_t to_cpu = ratio_to_socat(result->cpu, plan, i);
  stats_t to_wall = ratio_to_socat(result->wall, plan, i);
  double each = 1e6 / (double) count;

  printf("  %-15s %10.2f %10.2f",
         relays[i].name,
         wall.median * each,
         cpu.median * each);
  fprintf(file,
          "%s\t%s\t%lu\t%.3f\t%.3f",
          label,
          relays[i].name,
          count,
          wall.median * each,
          cpu.median * each);
  if (is_there(SOCAT)) {
    printf("   %5.2f (%4.2f-%4.2f)   %5.2f (%4.2f-%4.2f)",
           to_cpu.median,
           to_cpu.low,
           to_cpu.high,
           to_wall.median,
           to_wall.low,
           to_wall.high);
    fprintf(file,
            "\t%.3f\t%.3f\t%.3f\t%.3f\t%.3f\t%.3f",
            to_cpu.median,
            to_cpu.low,
            to_cpu.high,
            to_wall.median,
            to_wall.low,
            to_wall.high);
  }
  printf("\n");
  fprintf(file, "\n");
}

static void measure_traffic(const plan_t* plan,
                            int is_tcp,
                            traffic_t traffic,
                            FILE* file) {
  static result_t result;
  unsigned long count = count_of(plan, traffic);
  const char* way = is_tcp ? "tcp-tcp" : "unix-tcp";
  unsigned int round;
  unsigned int turn;
  unsigned int i;
  char label[64];

  printf("%s: %lu %s (%u rounds)\n",
         way,
         count,
         traffics[traffic].text,
         plan->rounds);
  for (round = 0; round < plan->rounds; round++) {
    for (turn = 0; turn < RELAYS; turn++) {
      i = (round + turn) % RELAYS;
      if (!is_there(i))
        continue;
      progress("%s %s: round %u of %u, %s",
               way,
               traffics[traffic].name,
               round + 1,
               plan->rounds,
               relays[i].name);
      measure_once(&relays[i],
                   is_tcp,
                   traffic,
                   count,
                   &result.wall[i][round],
                   &result.cpu[i][round]);
    }
  }
  progress_end();
  printf("  %-15s %10s %10s   %17s   %17s\n",
         "relay",
         "wall us",
         "cpu us",
         "cpu/socat_64k",
         "wall/socat_64k");
  snprintf(label, sizeof(label), "%s\t%s", way, traffics[traffic].name);
  for (i = 0; i < RELAYS; i++)
    if (is_there(i))
      print_relay(plan, &result, i, count, label, file);
  printf("\n");
  fflush(stdout);
  fflush(file);
}

void measure_relays(const plan_t* plan) {
  FILE* file;
  traffic_t traffic;
  unsigned int i;
  int is_tcp;

  file = open_result("relay.tsv");
  fprintf(file,
          "way\ttraffic\trelay\tcount\twall_us\tcpu_us\tcpu_to_socat\tcpu_to_"
          "socat_low\tcpu_to_socat_high\twall_to_socat\twall_to_socat_"
          "low\twall_to_socat_high\n");
  printf("For each MiB, call or message: time by the clock, and processor time "
         "of the relay\nwith all that it starts. Ratios: median (and middle "
         "half) of those inside each round.\n\n");
  for (i = 0; i < RELAYS; i++)
    if (!is_there(i))
      printf("left out: %s, because there is no program %s; %s\n",
             relays[i].name,
             relays[i].program,
             relays[i].remedy);
  pin_to_core(nth_core(0), 0);
  for (is_tcp = 0; is_tcp < 2; is_tcp++)
    for (traffic = BULK; traffic < TRAFFICS; traffic++)
      if (plan->only == NULL || strcmp(plan->only, traffics[traffic].name) == 0)
        measure_traffic(plan, is_tcp, traffic, file);
  fclose(file);
}
