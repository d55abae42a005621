/* hvuv's own log, for whoever wonders what happens inside: HVUV_LOG=info in the
 * environment prints it on standard error; so do error, warning and debug,
 * which is most. */
#ifndef HVUV_EXAMPLES_PROGRAM_LOG_H
#define HVUV_EXAMPLES_PROGRAM_LOG_H

#include <stdio.h>
#include <stdlib.h>

#include <hvuv.h>

static inline void program_on_log(hvuv_log_level_t level,
                                  const char* where,
                                  const char* text,
                                  void* arg) {
  (void) arg;
  fprintf(stderr, "%s %s: %s\n", hvuv_log_level_name(level), where, text);
}

static inline void program_log(void) {
  const char* name = getenv("HVUV_LOG");
  hvuv_log_level_t level;

  if (hvuv_log_level_parse(name, &level) == 0)
    hvuv_set_log(level, program_on_log, NULL);
  else if (name != NULL && *name != '\0')
    fprintf(stderr,
            "HVUV_LOG: %s is no level: error, warning, info or debug\n",
            name);
}

#endif /* HVUV_EXAMPLES_PROGRAM_LOG_H */
