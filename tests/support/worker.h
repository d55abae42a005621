/*
 * Another process that uses hvuv, played by the same program: it is started
 * anew with one argument, and its main() hands over to worker_main(). It does
 * what it is told, line by line, and answers each with a line.
 *
 *   bind ADDRESS    binds and listens             ok, or the error's name
 *   accept          waits for one connection      the caller's address
 *   close           closes the listener           ok
 *   call ADDRESS    connects, and hangs up        ok, or the error's name
 *
 * A line that begins with a number does so when the clock of uv_hrtime(), which
 * all processes share, shows it.
 */
#ifndef HVUV_TESTS_SUPPORT_WORKER_H
#define HVUV_TESTS_SUPPORT_WORKER_H

#include <stdio.h>

#define WORKER_ARGUMENT "--worker"

/* Zeroed, it does not run. */
typedef struct worker_s {
  int pid; /* POSIX */
  void*
      process; /* Windows: this and its ends of the pipes, which are handles */
  void* to_it;
  void* from_it;
  FILE* to; /* POSIX */
  FILE* from;
  char answer[256];
} worker_t;

/* To be called first of all in main(). Does not return in a worker. */
void worker_main(int argc, char** argv);

int worker_runs(const worker_t* worker);

/* In the environment of now, as the VM, or the host with NULL. */
void worker_start(worker_t* worker, const char* vm_id);

#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
void worker_say(worker_t* worker, const char* format, ...);

/* The next answer; "" if it has ended, or says nothing for half a minute. */
const char* worker_hear(worker_t* worker);

/* Lets it end, and returns its exit code; -1 if it was killed. */
int worker_stop(worker_t* worker);

/* Kills it where it is. */
void worker_kill(worker_t* worker);

/* For worker.c: gives way to others; and ends this process after so many
 * seconds, 0: no more. */
void worker_yield(void);
void worker_alarm(unsigned int seconds);

#endif /* HVUV_TESTS_SUPPORT_WORKER_H */
