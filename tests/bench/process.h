/* Servers and clients as processes, and what a benchmark wants of the system.
 * A part of bench.h, which includes it. */
#ifndef HVUV_TESTS_BENCH_PROCESS_H
#define HVUV_TESTS_BENCH_PROCESS_H

#include "bench.h"

/* --- Servers as processes ------------------------------------------------- */

typedef struct {
  const contender_t* contender;
  int is_under; /* pid is of the command that runs it */
  pid_t pid;
  char path[108];
} server_t;

/* Starts a server on the client's core or on another, under a command
 * (NULL-terminated words) unless that is NULL. */
void server_start(server_t* server,
                  const contender_t* contender,
                  const scenario_t* scenario,
                  unsigned int connections,
                  int other_core,
                  const char* const under[]);

/* Waits for it to end, which it does when its connections are closed; a foreign
 * program is told to. */
void server_finish(server_t* server);

/* Processor time it has used, in ns. */
uint64_t server_cpu_ns(const server_t* server);

/* What `bench serve` and `bench chain` do. */
int server_main(int argc, char* argv[]);

/* Starts a program, NULL-terminated words, that finds `fd` at LISTENER. */
pid_t process_start(const char* words[], int fd, int other_core, int is_under);

/* Waits until a process has ended, and dies if that was not well. */
void process_finish(pid_t pid, const char* what, const char* name);

/* Sets words[] to those of a command, NULL-terminated or NULL, and returns how
 * many they are; there is room for OWN_WORDS more. */
#define WORDS_MAX 32
#define OWN_WORDS 8
int process_under(const char* const under[], const char* words[]);

/* --- Clients as processes ------------------------------------------------- */

typedef struct {
  const contender_t* contender;
  pid_t pid;
  FILE* talk;
} caller_t;

/* Starts a client on the first core, which makes the calls of the warm-up. */
void caller_start(caller_t* caller,
                  const contender_t* contender,
                  const scenario_t* scenario,
                  unsigned long warm_up,
                  unsigned long calls,
                  const char* place,
                  const char* const under[]);

/* Has it make the others, and waits for its end: ns that they took, by the
 * clock and of its processor. */
void caller_run(caller_t* caller, double* wall, double* cpu);

/* What `bench call` does. */
int caller_main(int argc, char* argv[]);

/* --- Programs, processors, clocks, folders -------------------------------- */

/* Where a program is, beside the bench or in PATH: 0, or -1 if it is not. */
int program_find(const char* name, char path[], size_t size);

/* Processor time of a process and of all below it, in ns. */
uint64_t family_cpu_ns(pid_t pid);

/* Waits until the processes of a program's connections have ended, and returns
 * the program's own. Under strace that is strace's child; valgrind is the
 * program itself. */
pid_t family_settle(pid_t pid, int is_under);

/* Ends a foreign server whose connections are closed. */
void foreign_end(const server_t* server);

/* Whether the system tells which processes another has started. */
int children_known(void);

/* Processor time of a process, in ns; 0 if there is none. */
uint64_t process_cpu_ns(pid_t pid);

uint64_t now_ns(void);

/* Pins this process. On a shared core the scheduler is told besides that waking
 * it is no reason to interrupt another: a server then finds all that the client
 * has sent before it waited. */
void pin_to_core(int core, int shared);

/* On a shared core, for exact counts: whoever has the higher rank runs as soon
 * as it can and until it waits. So a server finds the same in every run. 0 if
 * the system does not allow it, which takes root. */
#define RANK_CLIENT 2
#define RANK_SERVER 1
int rank_on_core(int rank);

/* The n-th core that this process may use, the first if there are fewer. */
int nth_core(int n);
int cores_count(void);

/* Raises the limit of descriptors as far as it goes. */
void raise_limits(void);

/* This program's file, and its folder, where results are written to. */
const char* program_path(void);
const char* program_folder(void);

/* A private folder, removed when the process ends. */
const char* temporary_folder(void);

#endif /* HVUV_TESTS_BENCH_PROCESS_H */
