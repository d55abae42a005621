/*
 * What servers and clients write to the log. Each of these costs a comparison
 * where nobody wants it.
 */
#ifndef HVUV_SRC_SERVE_JOURNAL_H
#define HVUV_SRC_SERVE_JOURNAL_H

#include "hvuv/client.h"
#include "serve/admit.h"

/* A listener is "up" or "down", or could not be made. */
void hvuv__journal_listener(const char* what, const hvuv_stream_t* stream);
void hvuv__journal_no_listener(const hvuv_addr_t* addr, int err);

/* A caller (NULL: not known who) was refused, or could not be taken. */
void hvuv__journal_refused(const hvuv_addr_t* peer, hvuv__verdict_t verdict);
void hvuv__journal_accept_error(int err);

/* A server is "stopping", or "stopped". */
void hvuv__journal_stop(const char* what, const hvuv_stats_t* stats);

/* A client's attempt is over. */
void hvuv__journal_attempt(const hvuv_addr_t* addr,
                           const hvuv_attempt_t* attempt);

#endif /* HVUV_SRC_SERVE_JOURNAL_H */
