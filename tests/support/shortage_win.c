/* Windows has no limit of handles that a process could set itself. What hvuv
 * does without sockets to be had is shown over scripted calls (tests/stream,
 * test_starved). */
#include "shortage.h"

#include <stddef.h>

const char* shortage_problem(int keeps_callers) {
  (void) keeps_callers;
  return "Windows has no limit of sockets that could be reached here";
}

shortage_t* shortage_start(void) {
  return NULL;
}

void shortage_end(shortage_t* shortage) {
  (void) shortage;
}
