/*
 * A lock that is held over a fork, in the child. It is made anew and not given:
 * a mutex that checks whose it is, which libuv's do where it asserts and the
 * system has such a kind by a macro (musl, macOS, the BSDs), takes the child's
 * thread for another one, and libuv aborts.
 */
#ifndef HVUV_SRC_BASE_MUTEX_H
#define HVUV_SRC_BASE_MUTEX_H

#include <stdlib.h>
#include <uv.h>

static inline void hvuv__mutex_renew(uv_mutex_t* mutex) {
  if (uv_mutex_init(mutex) != 0)
    abort();
}

#endif /* HVUV_SRC_BASE_MUTEX_H */
