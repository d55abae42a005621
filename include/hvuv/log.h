/*
 * What happens inside hvuv, in lines for an operator's log. Off by default.
 *
 *   static void print(hvuv_log_level_t level, const char* where,
 *                     const char* text, void* arg) {
 *     fprintf(arg, "%s %s: %s\n", hvuv_log_level_name(level), where, text);
 *   }
 *
 *   hvuv_set_log(HVUV_LOG_INFO, print, stderr);
 *
 * where is the place in hvuv, a room of its source and a step:
 *
 *   serve/listen      a server's listener is up, is down, or could not be made
 *   serve/refuse      a caller was turned away: by whom it is, for its share, its
 *                     rate, or because the server is full
 *   serve/accept      a caller could not be taken, and waits
 *   serve/stop        a server stops, and has stopped
 *   serve/dial        a client's attempt failed; when the next one is
 *   stream/listen     a listener has no descriptors or memory and waits, or is
 *                     dead; the family of its address refused a caller
 *   stream/handshake  what a hypervisor replied to a connect is no OK
 *   conn/open         a conversation has begun
 *   conn/end          one has ended: with whom, why, after how long; UV_ENOSPC
 *                     stands for max_total_bytes
 *   conn/limit        one has reached max_queued_bytes, so a send was refused
 *   auth/proof        a peer has proved who it is, or has not (hvuv/auth.h)
 *   unix/claim        who has the path of a Unix socket
 *
 * Entries have addresses, limits and UV_E* names. They have no secrets and no
 * bytes of messages.
 *
 * When it is off, or an entry's level is not wanted, it costs one comparison at
 * such a place; there is none on the way of a message.
 */
#ifndef HVUV_LOG_H
#define HVUV_LOG_H

#include "export.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How much an entry matters. */
typedef enum hvuv_log_level_e {
  HVUV_LOG_ERROR = 1, /* something that was to be there is not, and will not be
                         by itself: a listener */
  HVUV_LOG_WARNING,   /* somebody was refused, a limit was reached, memory or
                         descriptors are short */
  HVUV_LOG_INFO,      /* listeners come and go, a conversation broke off, an
                         attempt failed */
  HVUV_LOG_DEBUG      /* each conversation's beginning and end */
} hvuv_log_level_t;

/* Called with an entry: one line of at most HVUV_LOG_TEXT_MAX bytes with its
 * NUL, without a line end or other control characters, valid until this
 * returns. It may be called in any thread that uses hvuv, from inside any of
 * its functions, but by one thread at a time; the others wait meanwhile, so it
 * is to be quick. It may call hvuv_set_log(); it must not close or use streams,
 * connections and their like, whose functions may be at work just then. */
typedef void (*hvuv_log_cb)(hvuv_log_level_t level,
                            const char* where,
                            const char* text,
                            void* arg);

#define HVUV_LOG_TEXT_MAX 512

/* Has cb called with the entries of this level and those that matter more, from
 * now on; NULL for none. To be called at any time, from any thread, before
 * there is a loop as well as later. When it returns, the former callback is not
 * called any more, nor at work in another thread. Invalid levels are taken for
 * the nearest one. */
HVUV_EXTERN void hvuv_set_log(hvuv_log_level_t level,
                              hvuv_log_cb cb,
                              void* arg);

/* Sets how many entries a second each of the places above may make, as a mean;
 * twice as many may come at once after a pause. Further ones are left out, and
 * the next one that is not is preceded by one with their number. So a stranger
 * who connects a hundred thousand times a second makes no more lines than one
 * who does so as often as this allows, and a flood at one place hides nothing
 * at another. 0: no limit. Default 20. */
HVUV_EXTERN void hvuv_set_log_rate(unsigned int per_second);

/* Returns "error", "warning", "info" or "debug"; "unknown" for no level. */
HVUV_EXTERN const char* hvuv_log_level_name(hvuv_log_level_t level);

/* Sets *level to the one of that name. UV_EINVAL if there is none. */
HVUV_EXTERN int hvuv_log_level_parse(const char* name, hvuv_log_level_t* level);

#ifdef __cplusplus
}
#endif

#endif /* HVUV_LOG_H */
