#include "program.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

#include "program_log.h" /* examples/ */
#include "program_os.h"

static int output_error; /* why standard output could not be written, or 0 */

char** program_start(int* argc, char** argv) {
  open_standard_streams();
  program_log();
  return utf8_args(argc, argv);
}

uv_loop_t* program_loop(void) {
  uv_loop_t* loop = uv_default_loop();

  if (loop == NULL) {
    fprintf(stderr,
            "There are no descriptors, or no memory, for an event loop. Close "
            "some, or raise the limit (ulimit -n).\n");
    exit(1);
  }
  return loop;
}

int program_ignores(int signum) {
  return is_signal_ignored(signum);
}

int output(const char* format, ...) {
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
          "print failed on standard output: %s (%s)\n",
          uv_strerror(output_error),
          uv_err_name(output_error));
  return output_error;
}

int program_end(int code) {
  return code == 0 && output_error != 0 ? 1 : code;
}
