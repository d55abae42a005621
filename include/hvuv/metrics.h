/*
 * A server's statistics as text for monitoring: OpenMetrics 1.0, which
 * Prometheus and its kin read (prometheus.io, "OpenMetrics 1.0").
 *
 *   hvuv_metrics_source_t source = {"echo", &server};
 *   char text[65536];
 *   size_t size = sizeof(text);
 *
 *   err = hvuv_stats_format(&source, 1, text, &size);
 *
 * gives, among others,
 *
 *   # TYPE hvuv_received_bytes counter
 *   # UNIT hvuv_received_bytes bytes
 *   # HELP hvuv_received_bytes Bytes that peers have sent.
 *   hvuv_received_bytes_total{server="echo"} 1403
 *
 * The families, with the fields of hvuv_stats_t and hvuv_peer_stats_t that they
 * are:
 *
 *   hvuv_connections          gauge    connections_now
 *   hvuv_connections_opened   counter  connections_ever
 *   hvuv_received_bytes, hvuv_sent_bytes
 *                             counter  bytes_received, bytes_sent
 *   hvuv_received_messages, hvuv_sent_messages
 *                             counter  messages_received, messages_sent
 *   hvuv_refused              counter  refused_*, by the label reason: full, peer,
 *                                      share, rate
 *   hvuv_accept_errors        counter  accept_errors
 *   hvuv_broken               counter  timed_out, protocol_errors, over_memory,
 *                                      other_errors, by the label reason: timeout,
 *                                      protocol, memory, other
 *   hvuv_held_bytes           gauge    bytes_held_now
 *   hvuv_peer_...             the same for each peer, by the label peer: all but
 *                             accept errors and held bytes, and of those that
 *                             broke only reason memory
 *
 * Counters begin with 0 in hvuv_server_init(), and never go back, but for those
 * of a peer that was forgotten and calls again (hvuv_server_each_peer()): that
 * is a counter's reset, as the format knows it. A peer is named as an address
 * is, without the port or service ("vsock://3"); those without an address, and
 * those that were forgotten, are the peer "". There are never more peers than
 * connections and 257.
 */
#ifndef HVUV_METRICS_H
#define HVUV_METRICS_H

#include <stddef.h>

#include "export.h"
#include "server.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A server, and the name that it has in the label `server`. */
typedef struct hvuv_metrics_source_s {
  const char* name;
  hvuv_server_t* server;
} hvuv_metrics_source_t;

/* The Content-Type of the text, in an answer of HTTP. */
#define HVUV_METRICS_CONTENT_TYPE                                              \
  "application/openmetrics-text; version=1.0.0; charset=utf-8"

/* Writes the statistics of some servers, hvuv_server_stats_all() of each, to be
 * called in the thread to which all of them belong. Servers that share their
 * callers are one source, by any of them. Names must differ. In labels a byte
 * that is not printable ASCII is written as %XX.
 *
 * *size is the size of text in bytes. On success it is set to the length of the
 * text without the NUL. If text is too small, UV_ENOBUFS is returned and *size
 * is set to the size needed including the NUL, which may grow until the next
 * call: some 250 bytes for each series, of which a server has 15 and a peer 10.
 * text may be NULL if *size is 0. UV_EINVAL if another pointer is NULL;
 * UV_ENOMEM. */
HVUV_EXTERN int hvuv_stats_format(const hvuv_metrics_source_t sources[],
                                  unsigned int nsources,
                                  char* text,
                                  size_t* size);

#ifdef __cplusplus
}
#endif

#endif /* HVUV_METRICS_H */
