/*
 * A client as a process: `bench call NAME CALLERS BYTES WARM_UP CALLS PLACE`.
 *
 *   bench                          client
 *     |  starts it                   |
 *     |                              |  the calls of the warm-up
 *     | <-------- "ready" ---------- |
 *     | --------- "go" ------------> |
 *     |                              |  the calls
 *     | <-------- ns, ns ----------- |  by the clock, and of its processor
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

/* No caller lives longer, whatever happens. */
#define LIFE_S 300

void caller_start(caller_t* caller,
                  const contender_t* contender,
                  const scenario_t* s,
                  unsigned long warm_up,
                  unsigned long calls,
                  const char* place,
                  const char* const under[]) {
  const char* words[WORDS_MAX];
  char numbers[4][24];
  int fds[2];
  int n;

  snprintf(numbers[0], sizeof(numbers[0]), "%u", s->connections);
  snprintf(numbers[1], sizeof(numbers[1]), "%zu", s->bytes);
  snprintf(numbers[2], sizeof(numbers[2]), "%lu", warm_up);
  snprintf(numbers[3], sizeof(numbers[3]), "%lu", calls);
  n = process_under(under, words);
  words[n++] = program_path();
  words[n++] = "call";
  words[n++] = contender->name;
  words[n++] = numbers[0];
  words[n++] = numbers[1];
  words[n++] = numbers[2];
  words[n++] = numbers[3];
  words[n++] = place;
  words[n] = NULL;

  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
    die("socketpair: %s", strerror(errno));
  caller->contender = contender;
  caller->pid = process_start(words, fds[1], 0, under != NULL);
  close(fds[1]);
  caller->talk = fdopen(fds[0], "r");
  if (caller->talk == NULL || fgetc(caller->talk) != 'r')
    die("the client %s has not become ready", contender->name);
}

void caller_run(caller_t* caller, double* wall, double* cpu) {
  if (send(fileno(caller->talk), "g", 1, MSG_NOSIGNAL) != 1 ||
      fscanf(caller->talk, "%lf %lf", wall, cpu) != 2)
    die("the client %s has failed", caller->contender->name);
  fclose(caller->talk);
  process_finish(caller->pid, "client", caller->contender->name);
}

/* --- The process ---------------------------------------------------------- */

static void on_alarm(int signum) {
  (void) signum;
  _exit(1);
}

static void say(const char* text, size_t len) {
  if (send(LISTENER, text, len, MSG_NOSIGNAL) != (ssize_t) len)
    die("client: nobody listens");
}

static void run(void (*call)(const calls_t* calls), calls_t* calls) {
  uint64_t wall;
  uint64_t cpu;
  char text[64];
  int len;

  wall = now_ns();
  cpu = process_cpu_ns(getpid());
  call(calls);
  cpu = process_cpu_ns(getpid()) - cpu;
  wall = now_ns() - wall;
  len = snprintf(text,
                 sizeof(text),
                 "%llu %llu\n",
                 (unsigned long long) wall,
                 (unsigned long long) cpu);
  say(text, (size_t) len);
}

int caller_main(int argc, char* argv[]) {
  calls_t calls = {0};
  unsigned int i;
  char go;

  if (argc != 6)
    die("call takes NAME CALLERS BYTES WARM_UP CALLS PLACE");
  for (i = 0; i < contenders_count; i++)
    if (strcmp(argv[0], contenders[i].name) == 0 && contenders[i].call != NULL)
      break;
  if (i == contenders_count)
    die("there is no client %s", argv[0]);

  signal(SIGALRM, on_alarm);
  alarm(LIFE_S);
  calls.place = argv[5];
  calls.callers = (unsigned int) strtoul(argv[1], NULL, 10);
  calls.bytes = strtoul(argv[2], NULL, 10);
  calls.calls = strtoul(argv[3], NULL, 10);
  if (calls.calls > 0)
    contenders[i].call(&calls);
  say("r", 1);
  if (recv(LISTENER, &go, 1, 0) != 1)
    die("client: nobody says go");
  calls.calls = strtoul(argv[4], NULL, 10);
  run(contenders[i].call, &calls);
  return 0;
}
