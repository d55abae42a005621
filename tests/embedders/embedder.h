/* What these programs share: a check that names its line, and a folder of their
 * own for local:// addresses. They use hvuv as its users do: the public headers,
 * the library, and nothing of the tests. */
#ifndef HVUV_TESTS_EMBEDDERS_EMBEDDER_H
#define HVUV_TESTS_EMBEDDERS_EMBEDDER_H

#include <hvuv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* In builds without asserts too. */
#define CHECK(condition)                                                       \
  do {                                                                         \
    if (!(condition)) {                                                        \
      fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);  \
      exit(1);                                                                 \
    }                                                                          \
  } while (0)

static char place[80]; /* a Unix socket's path has about 100 bytes in all */

static inline void place_in(const char* name, char path[96]) {
  snprintf(path, 96, "%s/%s", place, name);
}

/* To be called before there are threads. */
static inline void place_open(void) {
  size_t size = sizeof(place) - 16;
  char path[96];
  uv_fs_t req;

  CHECK(uv_os_tmpdir(place, &size) == 0);
  place_in("hvuv-XXXXXX", path);
  CHECK(uv_fs_mkdtemp(NULL, &req, path, NULL) == 0);
  CHECK(strlen(req.path) < sizeof(place));
  strcpy(place, req.path);
  uv_fs_req_cleanup(&req);
  place_in("l", path);
  CHECK(uv_os_setenv("HVUV_LOCAL_DIR", path) == 0);
  uv_os_unsetenv("HVUV_LOCAL_VM");
}

static inline void place_drop(const char* path) {
  uv_fs_t req;

  CHECK(uv_fs_rmdir(NULL, &req, path, NULL) == 0);
  uv_fs_req_cleanup(&req);
}

/* Only empty folders are left of listeners that have closed. */
static inline void place_close(void) {
  char path[96];

  place_in("l/host", path);
  place_drop(path);
  place_in("l", path);
  place_drop(path);
  place_drop(place);
}

#endif /* HVUV_TESTS_EMBEDDERS_EMBEDDER_H */
