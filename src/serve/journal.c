#include "serve/journal.h"

#include <stdio.h>

#include "addr/show.h"
#include "base/log.h"

static hvuv__log_place_t at_listen = HVUV__LOG_PLACE("serve/listen");
static hvuv__log_place_t at_refuse = HVUV__LOG_PLACE("serve/refuse");
static hvuv__log_place_t at_accept = HVUV__LOG_PLACE("serve/accept");
static hvuv__log_place_t at_stop = HVUV__LOG_PLACE("serve/stop");
static hvuv__log_place_t at_dial = HVUV__LOG_PLACE("serve/dial");

void hvuv__journal_listener(const char* what, const hvuv_stream_t* stream) {
  char text[HVUV_ADDR_STRLEN];
  hvuv_addr_t addr;
  int err;

  if (!hvuv__log_wants(HVUV_LOG_INFO))
    return;
  err = hvuv_getsockname(stream, &addr);
  hvuv__log(&at_listen,
            HVUV_LOG_INFO,
            "%s: %s",
            hvuv__addr_show(err == 0 ? &addr : NULL, text),
            what);
}

void hvuv__journal_no_listener(const hvuv_addr_t* addr, int err) {
  char text[HVUV_ADDR_STRLEN];

  if (hvuv__log_wants(HVUV_LOG_ERROR))
    hvuv__log(&at_listen,
              HVUV_LOG_ERROR,
              "%s: %s",
              hvuv__addr_show(addr, text),
              uv_err_name(err));
}

/* The rule, which the reason that on_refused gets does not always say. */
static const char* rule_of(hvuv__verdict_t verdict) {
  switch (verdict) {
    case HVUV__REFUSE_FULL:
      return "max_connections";
    case HVUV__REFUSE_PEER:
      return "allowed_peers";
    case HVUV__REFUSE_SHARE:
      return "max_per_peer";
    case HVUV__REFUSE_RATE:
      return "max_new_per_peer_per_s";
    default:
      return "no memory";
  }
}

void hvuv__journal_refused(const hvuv_addr_t* peer, hvuv__verdict_t verdict) {
  char text[HVUV_ADDR_STRLEN];

  if (hvuv__log_wants(HVUV_LOG_WARNING))
    hvuv__log(&at_refuse,
              HVUV_LOG_WARNING,
              "%s: %s",
              hvuv__addr_show(peer, text),
              rule_of(verdict));
}

void hvuv__journal_accept_error(int err) {
  if (hvuv__log_wants(HVUV_LOG_WARNING))
    hvuv__log(&at_accept,
              HVUV_LOG_WARNING,
              "a caller could not be taken: %s",
              uv_err_name(err));
}

void hvuv__journal_stop(const char* what, const hvuv_stats_t* stats) {
  if (hvuv__log_wants(HVUV_LOG_INFO))
    hvuv__log(&at_stop,
              HVUV_LOG_INFO,
              "%s, %llu of %llu connections are left",
              what,
              (unsigned long long) stats->connections_now,
              (unsigned long long) stats->connections_ever);
}

void hvuv__journal_attempt(const hvuv_addr_t* addr,
                           const hvuv_attempt_t* attempt) {
  char text[HVUV_ADDR_STRLEN];
  char again[48] = "";

  if (!hvuv__log_wants(HVUV_LOG_INFO))
    return;
  if (attempt->status != 0 && !attempt->is_last)
    snprintf(again,
             sizeof(again),
             "; again in %llu ms",
             (unsigned long long) attempt->next_delay_ms);
  hvuv__log(&at_dial,
            HVUV_LOG_INFO,
            "%s: attempt %u: %s%s",
            hvuv__addr_show(addr, text),
            attempt->number,
            attempt->status == 0 ? "connected" : uv_err_name(attempt->status),
            again);
}
