/*
 * Other programs, run by a test: started with arguments, what they say read
 * from pipes, their end awaited. A test that takes too long kills what it
 * started and itself.
 */
#ifndef HVUV_TESTS_SUPPORT_PROCESS_H
#define HVUV_TESTS_SUPPORT_PROCESS_H

#define PROCESS_ARGS_MAX 16
#define PROCESS_ROOM     65536

typedef struct process_s {
  int pid;                 /* 0 when none runs */
  int out;                 /* POSIX */
  int err;                 /* POSIX */
  void* inside;            /* Windows */
  int code;                /* once it has ended; 128 + signal if killed */
  char said[PROCESS_ROOM]; /* its standard output */
  char told[4096];         /* its standard error */
} process_t;

/* argv ends with NULL; argv[0] is the path. */
void process_start(process_t* process, const char* const argv[]);

/* Reads its output until `text` is in it: 1, or 0 if it ended before. */
int process_await(process_t* process, const char* text);

/* The same of its standard error. */
int process_await_told(process_t* process, const char* text);

/* Reads all that it says, and waits for its end; its code. */
int process_finish(process_t* process);

/* On Windows, whatever the number, it ends the program. */
void process_signal(const process_t* process, int signum);

/* Kills and awaits those that a failed test left. */
void process_end_all(void);

#endif /* HVUV_TESTS_SUPPORT_PROCESS_H */
