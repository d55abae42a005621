/*
 * The log, as those see it who write to it (hvuv/log.h).
 *
 *   static hvuv__log_place_t refuse = HVUV__LOG_PLACE("serve/refuse");
 *
 *   if (hvuv__log_wants(HVUV_LOG_WARNING))
 *     log_refused(...);       which formats, and calls hvuv__log(&refuse, ...)
 *
 * A place has its own share of entries, so that a flood at one hides nothing at
 * another:
 *
 *   tokens of a bucket: they come back with the time, an entry takes one; without
 *   one it is left out, and counted
 *
 * Nothing is logged on the way of a message.
 */
#ifndef HVUV_SRC_BASE_LOG_H
#define HVUV_SRC_BASE_LOG_H

#include <stdint.h>

#include "hvuv/log.h"

typedef struct hvuv__log_place_s {
  const char* name;
  unsigned int setting; /* the one that what follows is of */
  uint64_t spent_ns;    /* of the time up to now, by entries; see log.c */
  uint64_t left_out;
} hvuv__log_place_t;

#define HVUV__LOG_PLACE(text)                                                  \
  { .name = (text) }

/* The level that is wanted; 0: the log is off. To be read by hvuv__log_wants()
 * alone, as other threads may write it. */
extern int hvuv__log_level;

static inline int hvuv__log_wants(hvuv_log_level_t level) {
#if defined(__GNUC__)
  return (int) level <= __atomic_load_n(&hvuv__log_level, __ATOMIC_RELAXED);
#else
  return (int) level <= *(volatile int*) &hvuv__log_level;
#endif
}

/* One entry, formatted as by printf(): C's own, which GCC takes `printf` for
 * the system's where that differs. */
#if defined(__clang__)
__attribute__((format(printf, 3, 4)))
#elif defined(__GNUC__)
__attribute__((format(gnu_printf, 3, 4)))
#endif
void hvuv__log(hvuv__log_place_t* place,
               hvuv_log_level_t level,
               const char* format,
               ...);

/* For a fork: nobody writes between the two. The child renews the lock instead
 * of giving it (mutex.h). */
void hvuv__log_lock(void);
void hvuv__log_unlock(void);
void hvuv__log_renew(void);

#endif /* HVUV_SRC_BASE_LOG_H */
