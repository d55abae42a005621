/* A row of the table of advice, and its parts: advice_vm.c, advice_hybrid.c,
 * advice_unix.c, and in advice.c what is said of all addresses alike. */
#ifndef HVUV_SRC_EXPLAIN_ADVICE_ROWS_H
#define HVUV_SRC_EXPLAIN_ADVICE_ROWS_H

#include <stddef.h>

#include "explain/question.h"

#define HVUV__STATUSES_MAX 4

enum hvuv__kind {
  VSOCK = 1 << HVUV_VSOCK,
  HYPERV = 1 << HVUV_HYPERV,
  HYBRID = 1 << HVUV_HYBRID,
  LOCAL = 1 << HVUV_LOCAL,
  VM = VSOCK | HYPERV,
  UNIX = HYBRID | LOCAL,
  WINDOWS = 1 << 8, /* VSOCK and HYPERV where AF_HYPERV carries them */
  EVERY = VM | UNIX | WINDOWS
};

/* The steps that a row is about, as bits of hvuv_step_t. Where the step is not
 * known a row may have to speak of several, and is for UNKNOWN_STEP only; one
 * for ANY_STEP is true of each. */
#define ANY_STEP     (~0u)
#define UNKNOWN_STEP (1u << HVUV_STEP_UNKNOWN)
#define BINDING      (1u << HVUV_STEP_BIND | 1u << HVUV_STEP_LISTEN)
#define CONNECTING   (1u << HVUV_STEP_CONNECT | 1u << HVUV_STEP_HANDSHAKE)
#define SETTING_UP   (UNKNOWN_STEP | BINDING | CONNECTING)
#define OPEN                                                                   \
  (1u << HVUV_STEP_SEND | 1u << HVUV_STEP_RECEIVE | 1u << HVUV_STEP_FRAMING |  \
   1u << HVUV_STEP_TIME_LIMIT)

typedef struct hvuv__advice_s {
  unsigned int kinds;
  unsigned int steps;
  int statuses[HVUV__STATUSES_MAX];
  int (*when)(const hvuv__question_t* question); /* NULL: always */
  const char* text;
} hvuv__advice_t;

extern const hvuv__advice_t hvuv__advice_vm[];
extern const size_t hvuv__advice_vm_count;
extern const hvuv__advice_t hvuv__advice_hybrid[];
extern const size_t hvuv__advice_hybrid_count;
extern const hvuv__advice_t hvuv__advice_unix[];
extern const size_t hvuv__advice_unix_count;

#endif /* HVUV_SRC_EXPLAIN_ADVICE_ROWS_H */
