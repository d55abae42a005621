/*
 * Arguments of a command: a table of options, from which they are read,
 * checked, and shown by --help.
 *
 *   hvcat -l -w 5 ADDRESS      -w5, -w=5 and --wait=5 are the same
 *   hvcat -lk ADDRESS          letters without arguments may stand together
 *   hvcat -- ADDRESS           no options after it
 *
 * Options come before the other arguments, as with ssh: what follows a command
 * or an address may begin with a hyphen. Whatever is wrong is reported with the
 * option's own name, as it was written.
 */
#ifndef HVUV_TOOLS_OPTIONS_H
#define HVUV_TOOLS_OPTIONS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Exit code for a command that was not understood. */
#define EXIT_USAGE 2

typedef struct option_s {
  char letter;          /* 0: none */
  const char* name;     /* after "--" */
  const char* argument; /* what it takes, in capitals; NULL: nothing */
  const char* help;     /* one sentence; \n begins a new line */
  int id; /* what options_next() returns; from 256 up if not letter */
} option_t;

typedef struct tool_s {
  const char* name;
  const char* synopsis; /* lines behind the name, divided by \n */
  const char* about;    /* what it does, one line or more */
  const option_t* options;
  size_t option_count;
  int takes_numbers; /* -104 is an argument, not options */
  const char* after; /* what --help ends with: arguments, exit codes */
} tool_t;

/* --help and --version are every tool's. */
#define OPTION_HELP    250
#define OPTION_VERSION 251
#define OPTION_END     0
#define OPTION_ERROR   (-1)

typedef struct options_s {
  const tool_t* tool;
  char** argv; /* the arguments that are left */
  int argc;
  const char* letters; /* the rest of an argument with several, or NULL */
  char written[40];    /* the option that was read last, as it was written */
} options_t;

/* argv without the program's name. */
void options_begin(options_t* o, const tool_t* tool, int argc, char** argv);

/* Returns the id of the next option and its argument, if it takes one, in
 * *value; OPTION_END when what is left in o->argc and o->argv is no option;
 * OPTION_ERROR when something was wrong, which has been reported. */
int options_next(options_t* o, const char** value);

/* Takes one option: returns 0, or EXIT_USAGE with the fault reported. */
typedef int (*option_fn)(const options_t* o, int id, const char* value);

/* Reads all options of a command, argv without the program's name; `take` is
 * NULL where a tool has none of its own. --help and --version are printed.
 * Returns 1 if the tool is to go on, with what is left in o->argc and o->argv;
 * else 0, and *code is what to exit with. */
int options_read(options_t* o,
                 const tool_t* tool,
                 int argc,
                 char** argv,
                 option_fn take,
                 int* code);

/* Report what is wrong with the option read last, or with the whole command,
 * and return EXIT_USAGE. */
int options_wrong(const options_t* o, const char* value, const char* why);
int usage_error(const tool_t* tool, const char* format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 2, 3)))
#endif
    ;

/* Read the value of the option read last. Return 0, or EXIT_USAGE with the
 * fault reported. Seconds may have three decimals ("0.25"), sizes a k, M or G
 * behind them (1024 each). */
int options_number(const options_t* o,
                   const char* value,
                   uint64_t min,
                   uint64_t max,
                   uint64_t* number);
int options_seconds_ms(const options_t* o,
                       const char* value,
                       uint64_t max_s,
                       uint64_t* ms);
/* The same, and not 0. */
int options_limit_ms(const options_t* o,
                     const char* value,
                     uint64_t max_s,
                     uint64_t* ms);
int options_bytes(const options_t* o,
                  const char* value,
                  uint64_t max,
                  uint64_t* bytes);

/* --help, on standard output, and --version; return the exit code. */
int print_help(const tool_t* tool);
int print_version(const tool_t* tool);

#endif /* HVUV_TOOLS_OPTIONS_H */
