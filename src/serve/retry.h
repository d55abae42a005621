/*
 * Whether, and when, a client dials again. Pure: the rules of its options, the
 * number of attempts so far and the delays.
 *
 *   hvuv__retry_reset     a new address; nothing has been tried
 *   hvuv__retry_begin     one more attempt
 *   hvuv__retry_failed    it failed: is it the last, and if not, the delay
 *   hvuv__retry_closed    it had succeeded, and the connection has closed: may
 *                         another follow, and after which delay
 *
 * A row of attempts ends with a conversation that worked. That a connect
 * succeeded says little: proxies and VMMs accept every connection and close it
 * when the guest does not.
 */
#ifndef HVUV_SRC_SERVE_RETRY_H
#define HVUV_SRC_SERVE_RETRY_H

#include "base/backoff.h"
#include "hvuv/client.h"

typedef struct hvuv__retry_s {
  unsigned int classes;      /* that are tried again, ored */
  unsigned int max_attempts; /* in a row; 0: no limit */
  uint64_t success_after_ms;
  unsigned int attempts; /* in this row */
  hvuv__backoff_t backoff;
} hvuv__retry_t;

/* The rules in a client's options. UV_EINVAL if they make no sense. */
int hvuv__retry_init(hvuv__retry_t* retry,
                     const hvuv_client_options_t* options,
                     uint64_t seed);

void hvuv__retry_reset(hvuv__retry_t* retry);
void hvuv__retry_begin(hvuv__retry_t* retry);

/* What on_attempt is called with, after one that failed, in this way. */
hvuv_attempt_t hvuv__retry_failed(hvuv__retry_t* retry,
                                  hvuv_error_class_t error_class,
                                  int status);

/* After a connection that lasted so long, and in which the peer sent a message
 * or did not. Returns whether another attempt may follow, and then sets the
 * delay. */
int hvuv__retry_closed(hvuv__retry_t* retry,
                       int has_message,
                       uint64_t lived_ms,
                       uint64_t* delay_ms);

#endif /* HVUV_SRC_SERVE_RETRY_H */
