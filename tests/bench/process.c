/* Servers as processes, and what a benchmark wants of the system. Linux. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

/* No server lives longer, whatever happens. */
#define SERVER_LIFE_S 300

/* Beside those that are needed. */
#define OTHER_VARIABLES 16

/* One that listens itself does so within so long. */
#define LISTENS_MS 5000

/* --- Cores, limits, clocks ------------------------------------------------ */

int nth_core(int n) {
  static cpu_set_t allowed;
  static int known;
  int first;
  int core;

  /* Asked once: pinning changes the answer. */
  if (!known)
    sched_getaffinity(0, sizeof(allowed), &allowed);
  known = 1;

  first = -1;
  for (core = 0; core < CPU_SETSIZE; core++) {
    if (!CPU_ISSET((size_t) core, &allowed))
      continue;
    if (n-- == 0)
      return core;
    if (first == -1)
      first = core;
  }
  return first;
}

int cores_count(void) {
  return nth_core(0) == nth_core(1) ? 1 : 2;
}

void pin_to_core(int core, int shared) {
  struct sched_param param = {0};
  cpu_set_t set;

  CPU_ZERO(&set);
  CPU_SET((size_t) core, &set);
  if (sched_setaffinity(0, sizeof(set), &set) != 0)
    die("sched_setaffinity: %s", strerror(errno));
  if (sched_setscheduler(0, shared ? SCHED_BATCH : SCHED_OTHER, &param) != 0)
    die("sched_setscheduler: %s", strerror(errno));
}

int rank_on_core(int rank) {
  struct sched_param param = {.sched_priority = rank};

  return sched_setscheduler(0, SCHED_FIFO, &param) == 0;
}

void raise_limits(void) {
  struct rlimit limit;

  if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
    return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

static uint64_t in_ns(const struct timespec* t) {
  return (uint64_t) t->tv_sec * 1000000000u + (uint64_t) t->tv_nsec;
}

uint64_t now_ns(void) {
  struct timespec t;

  clock_gettime(CLOCK_MONOTONIC, &t);
  return in_ns(&t);
}

uint64_t process_cpu_ns(pid_t pid) {
  struct timespec t;
  clockid_t clock;

  if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &t) != 0)
    return 0;
  return in_ns(&t);
}

uint64_t server_cpu_ns(const server_t* server) {
  uint64_t ns;

  if (server->contender->forks)
    return family_cpu_ns(server->pid);
  ns = process_cpu_ns(server->pid);
  if (ns == 0)
    die("the server %s has ended too soon", server->contender->name);
  return ns;
}

/* --- Files ---------------------------------------------------------------- */

const char* program_path(void) {
  static char path[PATH_MAX];
  ssize_t n;

  if (path[0] == '\0') {
    n = readlink("/proc/self/exe", path, sizeof(path) - 1);
    if (n <= 0)
      die("/proc/self/exe: %s", strerror(errno));
  }
  return path;
}

const char* program_folder(void) {
  static char folder[PATH_MAX];
  char* end;

  if (folder[0] == '\0') {
    memcpy(folder, program_path(), sizeof(folder));
    end = strrchr(folder, '/');
    *end = '\0';
  }
  return folder;
}

static char folder[64];
static char socket_path[sizeof(folder) + 8];
static char count_path[sizeof(folder) + 8];
static char local_path[sizeof(folder) + 16];
static char lock_path[sizeof(folder) + 24];
static char host_path[sizeof(folder) + 8];

static void remove_folder(void) {
  unlink(socket_path);
  unlink(count_path);
  unlink(local_path);
  unlink(lock_path);
  rmdir(host_path);
  rmdir(folder);
}

static void on_signal(int signum) {
  remove_folder();
  _exit(128 + signum);
}

const char* temporary_folder(void) {
  const char* parent;

  if (folder[0] != '\0')
    return folder;

  parent = getenv("TMPDIR");
  if (parent == NULL || strlen(parent) > 32)
    parent = "/tmp";
  snprintf(folder, sizeof(folder), "%s/hvuv-bench-XXXXXX", parent);
  if (mkdtemp(folder) == NULL)
    die("%s: %s", folder, strerror(errno));
  snprintf(socket_path, sizeof(socket_path), "%s/socket", folder);
  snprintf(count_path, sizeof(count_path), "%s/count", folder);
  snprintf(host_path, sizeof(host_path), "%s/host", folder);
  snprintf(local_path, sizeof(local_path), "%s/5000.l", host_path);
  snprintf(lock_path, sizeof(lock_path), "%s.lock", local_path);
  atexit(remove_folder);
  signal(SIGINT, on_signal);
  signal(SIGTERM, on_signal);
  signal(SIGHUP, on_signal);
  return folder;
}

/* --- Processes ------------------------------------------------------------ */

/* A look into the environment costs more the larger that is, so that here is the
 * same everywhere: what is needed, and as many as a small service has. */
static void set_environment(void) {
  static const char* const needed[] = {
      "PATH", "TMPDIR", "LD_LIBRARY_PATH", "HVUV_LOCAL_DIR", "HVUV_IN_VM"};
  char* values[sizeof(needed) / sizeof(needed[0])];
  char name[16];
  size_t i;

  for (i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
    values[i] = getenv(needed[i]);
  clearenv();
  for (i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
    if (values[i] != NULL)
      setenv(needed[i], values[i], 1);
  for (i = 0; i < OTHER_VARIABLES; i++) {
    snprintf(name, sizeof(name), "OTHER_%zu", i);
    setenv(name, "1", 1);
  }
}

_Noreturn static void become(const char* words[],
                             int fd,
                             int other_core,
                             int is_under) {
  signal(SIGINT, SIG_DFL);
  signal(SIGTERM, SIG_DFL);
  signal(SIGHUP, SIG_DFL);

  /* It ends when the benchmark does, however that ends. A killed strace would
   * leave its program behind; told to end it ends that as well. */
  prctl(PR_SET_PDEATHSIG, is_under ? SIGTERM : SIGKILL);
  pin_to_core(nth_core(other_core), !other_core);
  if (is_under)
    rank_on_core(RANK_SERVER);
  set_environment();
  if (fd == LISTENER)
    fcntl(fd, F_SETFD, 0);
  else
    dup2(fd, LISTENER);
  execvp(words[0], (char* const*) (uintptr_t) words);
  fprintf(stderr, "bench: %s: %s\n", words[0], strerror(errno));
  _exit(127);
}

pid_t process_start(const char* words[], int fd, int other_core, int is_under) {
  pid_t pid;

  fflush(NULL);
  pid = fork();
  if (pid == -1)
    die("fork: %s", strerror(errno));
  if (pid == 0)
    become(words, fd, other_core, is_under);
  return pid;
}

void process_finish(pid_t pid, const char* what, const char* name) {
  int status;

  while (waitpid(pid, &status, 0) == -1)
    if (errno != EINTR)
      die("waitpid: %s", strerror(errno));
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    die("the %s %s has failed (status %#x)", what, name, (unsigned int) status);
}

int process_under(const char* const under[], const char* words[]) {
  int n;

  for (n = 0; under != NULL && under[n] != NULL; n++) {
    if (n == WORDS_MAX - OWN_WORDS)
      die("a command of too many words");
    words[n] = under[n];
  }
  return n;
}

/* --- Servers -------------------------------------------------------------- */

/* The words that start a server, after those of the command it runs under. */
static void server_words(const contender_t* contender,
                         const scenario_t* s,
                         unsigned int connections,
                         const char* words[]) {
  static char numbers[2][24];
  static char path[PATH_MAX];

  if (contender->serve == NULL) {
    if (program_find(contender->program, path, sizeof(path)) != 0)
      die("%s is not there", contender->program);
    words[0] = path;
    words[1] = NULL;
    return;
  }

  snprintf(numbers[0], sizeof(numbers[0]), "%u", connections);
  snprintf(numbers[1], sizeof(numbers[1]), "%zu", s->bytes > 0 ? s->bytes : 1);
  words[0] = program_path();
  words[1] = s->load == LOAD_CHAIN ? "chain" : "serve";
  words[2] = contender->name;
  words[3] = numbers[0];
  words[4] = numbers[1];
  words[5] = NULL;
}

/* One that listens itself closes what it finds when it does. */
static void wait_for_listener(const server_t* server, int closed) {
  struct pollfd pollfd = {.fd = closed, .events = POLLIN};

  if (poll(&pollfd, 1, LISTENS_MS) != 1 || access(server->path, F_OK) != 0)
    die("the server %s does not listen", server->contender->name);
}

/* The listening socket that it finds, or the end of a pipe whose other end is
 * *closed, else -1. */
static int listener_of(server_t* server, const scenario_t* s, int* closed) {
  int fds[2];

  *closed = -1;
  if (!load_calls(s))
    return kind_listen(server->path, sizeof(server->path));
  if (!server->contender->listens)
    return kind_listen_local(server->path, sizeof(server->path));
  kind_place_local(server->path, sizeof(server->path));
  if (pipe2(fds, O_CLOEXEC) != 0)
    die("pipe: %s", strerror(errno));
  *closed = fds[0];
  return fds[1];
}

void server_start(server_t* server,
                  const contender_t* contender,
                  const scenario_t* s,
                  unsigned int connections,
                  int other_core,
                  const char* const under[]) {
  const char* words[WORDS_MAX];
  int listener;
  int closed;

  server->contender = contender;
  server->is_under = under != NULL;
  listener = listener_of(server, s, &closed);
  server_words(contender, s, connections, words + process_under(under, words));
  server->pid = process_start(words, listener, other_core, under != NULL);
  close(listener);
  if (closed != -1) {
    wait_for_listener(server, closed);
    close(closed);
  }
}

void server_finish(server_t* server) {
  if (server->contender->serve == NULL)
    foreign_end(server);
  else
    process_finish(server->pid, "server", server->contender->name);
}

/* Else all that a person saw would be a client whose connection was reset. */
static void on_alarm(int signum) {
  static const char text[] =
      "bench: the server has ended itself after 300 s, which is the most that\n"
      "one measurement may take; fewer messages (-n, -t) take less\n";
  ssize_t n;

  (void) signum;
  n = write(STDERR_FILENO, text, sizeof(text) - 1);
  _exit(n < 0 ? 2 : 1);
}

int server_main(int argc, char* argv[]) {
  void (*serve)(const job_t* job);
  unsigned int i;
  job_t job;

  if (argc != 4)
    die("%s takes NAME CONNECTIONS BYTES", argv[0]);
  job.listener = LISTENER;
  job.connections = (unsigned int) strtoul(argv[2], NULL, 10);
  job.bytes = strtoul(argv[3], NULL, 10);

  signal(SIGALRM, on_alarm);
  alarm(SERVER_LIFE_S);
  fcntl(job.listener, F_SETFL, O_NONBLOCK);
  for (i = 0; i < contenders_count; i++) {
    serve = strcmp(argv[0], "chain") == 0 ? contenders[i].chain
                                          : contenders[i].serve;
    if (strcmp(argv[1], contenders[i].name) == 0 && serve != NULL) {
      serve(&job);
      return 0;
    }
  }
  die("there is no server %s", argv[1]);
}
