#include "shortage.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

struct shortage_s {
  struct rlimit limit;
  int fillers[64];
  int count;
};

/* Valgrind plays the limit itself: it accepts, and then closes what has no
 * descriptor (coregrind, syswrap-linux.c), so the connection is lost. */
const char* shortage_problem(int keeps_callers) {
  const char* preloaded;

  if (!keeps_callers)
    return NULL;
  preloaded = getenv("LD_PRELOAD");
  if (preloaded == NULL || strstr(preloaded, "vgpreload") == NULL)
    return NULL;
  return "Under valgrind a full table of descriptors loses callers";
}

shortage_t* shortage_start(void) {
  static shortage_t shortage;
  struct rlimit low;
  int fd;

  assert_int_equal(getrlimit(RLIMIT_NOFILE, &shortage.limit), 0);
  shortage.count = 0;
  fd = fcntl(0, F_DUPFD_CLOEXEC, 0);
  assert_true(fd >= 0);
  close(fd);

  /* A little above the lowest free one; what is left is filled up. */
  low = shortage.limit;
  low.rlim_cur = (rlim_t) fd + 8;
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
  while (shortage.count < 64) {
    fd = fcntl(0, F_DUPFD_CLOEXEC, 0);
    if (fd == -1)
      break;
    shortage.fillers[shortage.count++] = fd;
  }
  return &shortage;
}

void shortage_end(shortage_t* shortage) {
  setrlimit(RLIMIT_NOFILE, &shortage->limit);
  while (shortage->count > 0)
    close(shortage->fillers[--shortage->count]);
}
