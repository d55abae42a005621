#include "program.h"

#include <stdarg.h>
#include <stdio.h>
#include <uv.h>

#include "program_os.h" /* examples/ */

static int output_error; /* why standard output could not be written, or 0 */

char** program_start(int* argc, char** argv) {
  open_standard_streams();
  return utf8_args(argc, argv);
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
