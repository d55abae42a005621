/*
 * OpenMetrics from two tables. A family is a row, and has a sample for each
 * source, or for each source and peer; or several, one for each of its reasons.
 *
 *   family ---> source ---> [peer] ---> reason ---> one line
 *
 * All samples of a family stand together, as the format wants it, so what is to
 * be written is had first: statistics and peers of each source are copied once,
 * and all lines are of the same moment.
 *
 * Lines are written as far as there is room, and counted beyond it.
 */
#include "hvuv/metrics.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "serve/peers.h"
#include "serve/server_state.h"

/* What was copied of a source. */
typedef struct view_s {
  const char* name;
  hvuv_stats_t stats;
  hvuv_peer_stats_t* peers;
  size_t npeers;
} view_t;

/* --- The families --------------------------------------------------------- */

/* A value of the label `reason`, NULL if the family has none, and where the
 * number is. */
typedef struct number_s {
  const char* reason;
  size_t offset;
} number_t;

#define NUMBERS_MAX 4

typedef struct family_s {
  const char* name;
  const char* unit; /* its last word, if that is one */
  int is_counter;
  const char* help;
  number_t numbers[NUMBERS_MAX]; /* those after the first have a reason */
} family_t;

#define OF_SERVER(field) offsetof(hvuv_stats_t, field)
#define OF_PEER(field)   offsetof(hvuv_peer_stats_t, field)

static const family_t server_families[] = {
    {"hvuv_connections",
     NULL,
     0,
     "Open connections.",
     {{NULL, OF_SERVER(connections_now)}}},
    {"hvuv_connections_opened",
     NULL,
     1,
     "Connections that were opened.",
     {{NULL, OF_SERVER(connections_ever)}}},
    {"hvuv_received_bytes",
     "bytes",
     1,
     "Bytes that peers have sent.",
     {{NULL, OF_SERVER(bytes_received)}}},
    {"hvuv_sent_bytes",
     "bytes",
     1,
     "Bytes that the kernel has taken for peers.",
     {{NULL, OF_SERVER(bytes_sent)}}},
    {"hvuv_received_messages",
     NULL,
     1,
     "Messages that were handed to handlers.",
     {{NULL, OF_SERVER(messages_received)}}},
    {"hvuv_sent_messages",
     NULL,
     1,
     "Messages that handlers have sent.",
     {{NULL, OF_SERVER(messages_sent)}}},
    {"hvuv_refused",
     NULL,
     1,
     "Callers that were turned away.",
     {{"full", OF_SERVER(refused_full)},
      {"peer", OF_SERVER(refused_peer)},
      {"share", OF_SERVER(refused_share)},
      {"rate", OF_SERVER(refused_rate)}}},
    {"hvuv_accept_errors",
     NULL,
     1,
     "Callers that could not be taken at once.",
     {{NULL, OF_SERVER(accept_errors)}}},
    {"hvuv_broken",
     NULL,
     1,
     "Connections that did not end in order.",
     {{"timeout", OF_SERVER(timed_out)},
      {"protocol", OF_SERVER(protocol_errors)},
      {"memory", OF_SERVER(over_memory)},
      {"other", OF_SERVER(other_errors)}}},
    {"hvuv_held_bytes",
     "bytes",
     0,
     "Memory that is kept because of connections.",
     {{NULL, OF_SERVER(bytes_held_now)}}},
};

static const family_t peer_families[] = {
    {"hvuv_peer_connections",
     NULL,
     0,
     "Open connections of a peer.",
     {{NULL, OF_PEER(connections_now)}}},
    {"hvuv_peer_connections_opened",
     NULL,
     1,
     "Connections that a peer has opened.",
     {{NULL, OF_PEER(connections_ever)}}},
    {"hvuv_peer_received_bytes",
     "bytes",
     1,
     "Bytes that a peer has sent.",
     {{NULL, OF_PEER(bytes_received)}}},
    {"hvuv_peer_sent_bytes",
     "bytes",
     1,
     "Bytes that the kernel has taken for a peer.",
     {{NULL, OF_PEER(bytes_sent)}}},
    {"hvuv_peer_received_messages",
     NULL,
     1,
     "Messages of a peer that were handed to handlers.",
     {{NULL, OF_PEER(messages_received)}}},
    {"hvuv_peer_sent_messages",
     NULL,
     1,
     "Messages that handlers have sent to a peer.",
     {{NULL, OF_PEER(messages_sent)}}},
    {"hvuv_peer_refused",
     NULL,
     1,
     "Calls of a peer that were turned away.",
     {{"full", OF_PEER(refused_full)},
      {"peer", OF_PEER(refused_peer)},
      {"share", OF_PEER(refused_share)},
      {"rate", OF_PEER(refused_rate)}}},
    {"hvuv_peer_broken",
     NULL,
     1,
     "Connections of a peer that did not end in order.",
     {{"memory", OF_PEER(over_memory)}}},
};

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

/* --- Text ----------------------------------------------------------------- */

typedef struct out_s {
  char* text;
  size_t room;
  size_t used; /* or would be, had there been room */
} out_t;

#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
static void
put(out_t* out, const char* format, ...) {
  size_t left = out->used < out->room ? out->room - out->used : 0;
  va_list args;
  int n;

  va_start(args, format);
  n = vsnprintf(left > 0 ? out->text + out->used : NULL, left, format, args);
  va_end(args);
  assert(n >= 0);
  out->used += (size_t) n;
}

/* The format wants UTF-8, and escapes what would end the value. */
static void put_label(out_t* out, const char* name, const char* value) {
  put(out, "%s=\"", name);
  for (; *value != '\0'; value++) {
    if (*value == '\\' || *value == '"')
      put(out, "\\%c", *value);
    else if (*value < ' ' || *value > '~')
      put(out, "%%%02X", (unsigned int) (unsigned char) *value);
    else
      put(out, "%c", *value);
  }
  put(out, "\"");
}

static void put_head(out_t* out, const family_t* family) {
  put(out,
      "# TYPE %s %s\n",
      family->name,
      family->is_counter ? "counter" : "gauge");
  if (family->unit != NULL)
    put(out, "# UNIT %s %s\n", family->name, family->unit);
  put(out, "# HELP %s %s\n", family->name, family->help);
}

/* peer NULL: of the whole server. */
static void put_sample(out_t* out,
                       const family_t* family,
                       const number_t* number,
                       const view_t* view,
                       const char* peer,
                       const void* stats) {
  uint64_t value;

  memcpy(&value, (const char*) stats + number->offset, sizeof(value));
  put(out, "%s%s{", family->name, family->is_counter ? "_total" : "");
  put_label(out, "server", view->name);
  if (peer != NULL) {
    put(out, ",");
    put_label(out, "peer", peer);
  }
  if (number->reason != NULL) {
    put(out, ",");
    put_label(out, "reason", number->reason);
  }
  put(out, "} %" PRIu64 "\n", value);
}

static void put_samples(out_t* out,
                        const family_t* family,
                        const view_t* view,
                        const char* peer,
                        const void* stats) {
  const number_t* number = family->numbers;
  size_t i;

  put_sample(out, family, number, view, peer, stats);
  for (i = 1; i < NUMBERS_MAX && number[i].reason != NULL; i++)
    put_sample(out, family, &number[i], view, peer, stats);
}

/* A machine's address as text, without the port or service, which is none. */
static const char* machine(const hvuv_addr_t* peer, char text[]) {
  hvuv_family_t family = hvuv_addr_family(peer);
  size_t size = HVUV_ADDR_STRLEN;
  char* last;

  if (family == 0 || hvuv_addr_format(peer, text, &size) != 0)
    return "";
  last =
      strrchr(text, family == HVUV_HYPERV || family == HVUV_LOCAL ? '/' : ':');
  if (last != NULL)
    *last = '\0';
  return text;
}

static void put_peers(out_t* out, const family_t* family, const view_t* view) {
  char text[HVUV_ADDR_STRLEN];
  const hvuv_peer_stats_t* stats;
  size_t i;

  for (i = 0; i < view->npeers; i++) {
    stats = &view->peers[i];
    put_samples(out, family, view, machine(&stats->peer, text), stats);
  }
}

static void put_all(out_t* out, const view_t views[], unsigned int nviews) {
  unsigned int i;
  size_t row;

  for (row = 0; row < COUNT(server_families); row++) {
    put_head(out, &server_families[row]);
    for (i = 0; i < nviews; i++)
      put_samples(out, &server_families[row], &views[i], NULL, &views[i].stats);
  }
  for (row = 0; row < COUNT(peer_families); row++) {
    put_head(out, &peer_families[row]);
    for (i = 0; i < nviews; i++)
      put_peers(out, &peer_families[row], &views[i]);
  }
  put(out, "# EOF\n");
}

/* --- What there is to write
 * ------------------------------------------------ */

static int look(view_t* view, const hvuv_metrics_source_t* source) {
  struct hvuv__server_s* s = source->server->impl;

  view->name = source->name;
  hvuv_server_stats_all(source->server, &view->stats);
  return hvuv__peers_copy(
      s->peers, &s->owner.group, &view->peers, &view->npeers);
}

static int check_sources(const hvuv_metrics_source_t sources[],
                         unsigned int n) {
  unsigned int i;

  if (sources == NULL && n > 0)
    return UV_EINVAL;
  for (i = 0; i < n; i++)
    if (sources[i].name == NULL || sources[i].server == NULL)
      return UV_EINVAL;
  return 0;
}

static int write_views(const view_t views[],
                       unsigned int n,
                       char* text,
                       size_t* size) {
  out_t out = {.text = text, .room = *size};

  put_all(&out, views, n);
  if (out.used < *size) {
    assert(strlen(text) == out.used);
    *size = out.used;
    return 0;
  }
  *size = out.used + 1;
  return UV_ENOBUFS;
}

int hvuv_stats_format(const hvuv_metrics_source_t sources[],
                      unsigned int n,
                      char* text,
                      size_t* size) {
  view_t* views;
  unsigned int i;
  int err;

  if (size == NULL || (text == NULL && *size > 0) ||
      check_sources(sources, n) != 0)
    return UV_EINVAL;
  views = hvuv__calloc(n + 1, sizeof(*views));
  if (views == NULL)
    return UV_ENOMEM;

  err = 0;
  for (i = 0; i < n && err == 0; i++)
    err = look(&views[i], &sources[i]);
  if (err == 0)
    err = write_views(views, n, text, size);
  for (i = 0; i < n; i++)
    hvuv__free(views[i].peers);
  hvuv__free(views);
  return err;
}
