/* What each of these programs does first and last: arguments in UTF-8, standard
 * streams that can be used, and an output that is not lost in silence.
 *
 * A standard stream that was closed by the caller is one that nobody wants: it
 * is /dev/null, so that no socket gets its number. Output that somebody wants
 * and that cannot be written (the disk is full, the reader of a pipe has gone)
 * is reported on standard error once, and program_end() makes it an exit code.
 */
#ifndef HVUV_EXAMPLES_PROGRAM_H
#define HVUV_EXAMPLES_PROGRAM_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hvuv.h>

#include "program_log.h"
#include "program_os.h"

static int output_error; /* why standard output could not be written, or 0 */

/* Comes before all else, the default loop too; returns the arguments. */
static inline char** program_start(int* argc, char** argv) {
  open_standard_streams();
  program_log();
  return utf8_args(argc, argv);
}

/* The default loop; without memory or descriptors for one the program ends. */
static inline uv_loop_t* program_loop(void) {
  uv_loop_t* loop = uv_default_loop();

  if (loop == NULL) {
    fprintf(stderr,
            "There are no descriptors, or no memory, for an event loop. Close "
            "some, or raise the limit (ulimit -n).\n");
    exit(1);
  }
  return loop;
}

/* Whether the one argument asks for the usage. */
static inline int is_help(int argc, char** argv) {
  return argc == 2 &&
         (strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0);
}

/* Prints as printf() does, at once. Returns 0, or why nothing is printed any
 * more: a program that is there to be read ends then. */
#if defined(__GNUC__)
__attribute__((format(printf, 1, 2)))
#endif
static inline int
output(const char* format, ...) {
  va_list args;
  int n;

  if (output_error != 0 || !is_output_wanted())
    return output_error;
  va_start(args, format);
  n = vprintf(format, args);
  va_end(args);
  if (n >= 0 && fflush(stdout) == 0)
    return 0;
  output_error = last_output_error();
  fprintf(stderr,
          "print failed on standard output: %s (%s). %s\n",
          uv_strerror(output_error),
          uv_err_name(output_error),
          output_error == UV_EPIPE
              ? "Whoever read it has gone, so this program ends."
              : "Make room there, or send the output elsewhere.");
  return output_error;
}

/* The exit code: code, but 1 for a 0 if something could not be printed. */
static inline int program_end(int code) {
  return code == 0 && output_error != 0 ? 1 : code;
}

#endif /* HVUV_EXAMPLES_PROGRAM_H */
