/* What these programs share: a check that names its line, and a folder of their
 * own for local:// addresses. They use hvuv as its users do: the public headers,
 * the library, and nothing of the tests. */
#ifndef HVUV_TESTS_EMBEDDERS_EMBEDDER_H
#define HVUV_TESTS_EMBEDDERS_EMBEDDER_H

#include <hvuv.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* In builds without asserts too. */
#define CHECK(condition)                                                       \
  do {                                                                         \
    if (!(condition)) {                                                        \
      fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);  \
      exit(1);                                                                 \
    }                                                                          \
  } while (0)

static char place[] = "/tmp/hvuv-embedder-XXXXXX";

/* To be called before there are threads. */
static inline void place_open(void) {
  CHECK(mkdtemp(place) != NULL);
  CHECK(setenv("HVUV_LOCAL_DIR", place, 1) == 0);
  CHECK(unsetenv("HVUV_LOCAL_VM") == 0);
}

/* Only empty folders are left of listeners that have closed. */
static inline void place_close(void) {
  char host[sizeof(place) + 8];

  snprintf(host, sizeof(host), "%s/host", place);
  CHECK(rmdir(host) == 0);
  CHECK(rmdir(place) == 0);
}

#endif /* HVUV_TESTS_EMBEDDERS_EMBEDDER_H */
