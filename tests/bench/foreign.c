/*
 * Servers that are other programs: where they are, what they use, how they end.
 *
 * One that has a process for each connection uses what all of those do. These
 * are found as the system lists them, /proc/PID/task/TID/children, children of
 * children too, and the processor clock of each is read. A connection's process
 * lives as long as the connection, and connections are opened before a
 * measurement begins and closed after it has ended: so the same processes are
 * summed both times, and none that ends takes its time away with it.
 */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

#define PROCESSES_MAX 1024

/* Connections are closed, so their processes end, and a program told to end
 * does, within so long. */
#define END_MS 10000

/* Where all that it does is counted, it has so long to see its connections
 * closed. */
#define SETTLE_US 50000

typedef struct {
  unsigned int count;
  pid_t pid[PROCESSES_MAX];
} processes_t;

/* --- Where ---------------------------------------------------------------- */

static int is_program(const char* path) {
  return access(path, X_OK) == 0;
}

int program_find(const char* name, char path[], size_t size) {
  const char* folder;
  size_t len;

  snprintf(path, size, "%s/%s", program_folder(), name);
  if (is_program(path))
    return 0;

  folder = getenv("PATH");
  for (; folder != NULL && *folder != '\0'; folder += len) {
    folder += *folder == ':';
    len = strcspn(folder, ":");
    snprintf(path, size, "%.*s/%s", (int) len, folder, name);
    if (is_program(path))
      return 0;
  }
  return -1;
}

/* --- Its processes -------------------------------------------------------- */

int children_known(void) {
  char path[64];

  snprintf(path, sizeof(path), "/proc/self/task/%ld/children", (long) getpid());
  return access(path, R_OK) == 0;
}

static void add_children_of_thread(processes_t* processes,
                                   pid_t pid,
                                   const char* thread) {
  char path[320];
  FILE* file;
  long child;

  snprintf(
      path, sizeof(path), "/proc/%ld/task/%s/children", (long) pid, thread);
  file = fopen(path, "r");
  if (file == NULL)
    return;
  while (fscanf(file, "%ld", &child) == 1) {
    if (processes->count == PROCESSES_MAX)
      die("a server has more processes than there is room for");
    processes->pid[processes->count++] = (pid_t) child;
  }
  fclose(file);
}

static void add_children(processes_t* processes, pid_t pid) {
  struct dirent* entry;
  char path[64];
  DIR* threads;

  snprintf(path, sizeof(path), "/proc/%ld/task", (long) pid);
  threads = opendir(path);
  if (threads == NULL)
    return;
  while ((entry = readdir(threads)) != NULL)
    if (entry->d_name[0] != '.')
      add_children_of_thread(processes, pid, entry->d_name);
  closedir(threads);
}

/* A process and all below it. What is appended is looked at in its turn. */
static void list_processes(processes_t* processes, pid_t pid) {
  unsigned int i;

  processes->count = 1;
  processes->pid[0] = pid;
  for (i = 0; i < processes->count; i++)
    add_children(processes, processes->pid[i]);
}

uint64_t family_cpu_ns(pid_t pid) {
  static processes_t processes;
  unsigned int i;
  uint64_t ns;

  list_processes(&processes, pid);
  ns = 0;
  for (i = 0; i < processes.count; i++)
    ns += process_cpu_ns(processes.pid[i]);
  return ns;
}

/* --- Its end -------------------------------------------------------------- */

pid_t family_settle(pid_t pid, int is_under) {
  static processes_t processes;
  unsigned int own;
  int waited;

  for (waited = 0; waited < END_MS; waited++) {
    list_processes(&processes, pid);
    own = is_under && processes.count > 1;
    if (processes.count == own + 1)
      break;
    usleep(1000);
  }
  return processes.pid[own];
}

/* 1 if it has ended within END_MS. */
static int wait_for_end(pid_t pid, int* status) {
  pid_t ended;
  int waited;

  for (waited = 0; waited < END_MS; waited++) {
    ended = waitpid(pid, status, WNOHANG);
    if (ended == pid)
      return 1;
    if (ended == -1 && errno != EINTR)
      die("waitpid: %s", strerror(errno));
    usleep(1000);
  }
  return 0;
}

/* By SIGTERM, told by the status in one way or another. */
static int ended_well(int status) {
  if (WIFSIGNALED(status))
    return WTERMSIG(status) == SIGTERM;
  return WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 128 + SIGTERM;
}

void foreign_end(const server_t* server) {
  int status;

  if (server->is_under)
    usleep(SETTLE_US);
  kill(family_settle(server->pid, server->is_under), SIGTERM);
  if (!wait_for_end(server->pid, &status)) {
    kill(server->pid, SIGKILL);
    die("the server %s has not ended within %d s of SIGTERM",
        server->contender->name,
        END_MS / 1000);
  }
  if (!ended_well(status))
    die("the server %s has failed (status %#x)",
        server->contender->name,
        (unsigned int) status);
}
