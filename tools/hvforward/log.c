#include "log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "hvforward.h"
#include "report.h"

static FILE* file;
static const char* path_of_file;

static int report_file(const char* step) {
  return report_meaning(&hvforward,
                        step,
                        path_of_file,
                        uv_translate_sys_error(errno),
                        "No calls are logged: see its folder, its rights, and "
                        "whether the disk is full.");
}

int log_open(const char* path) {
  path_of_file = path;
  file = strcmp(path, "-") == 0 ? stdout : fopen(path, "a");
  return file != NULL ? 0 : report_file("open");
}

void log_call(const call_t* call, uint64_t now_ms) {
  uint64_t ms = now_ms - call->began_ms;
  time_t now = time(NULL);
  char when[40] = "";
  const struct tm* utc = gmtime(&now);

  if (file == NULL)
    return;
  if (utc != NULL)
    strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", utc);
  fprintf(file,
          "%s %s > %s %" PRIu64 ".%03u s %" PRIu64 " > %" PRIu64 " < ",
          when,
          call->peer.text,
          call->route->to.text,
          ms / 1000,
          (unsigned int) (ms % 1000),
          call->relay.bytes[0],
          call->relay.bytes[1]);
  if (call->status == 0)
    fputs("ok\n", file);
  else
    fprintf(file, "%s %s\n", call->step, uv_err_name(call->status));
  if (fflush(file) == 0)
    return;
  report_file("write");
  log_close();
}

void log_close(void) {
  if (file != NULL && file != stdout)
    fclose(file);
  file = NULL;
}
