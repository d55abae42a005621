/* clang-format off */
/*
 * The two ways of a relay together: how a conversation ends. way.h draws the
 * states of one way; here stands what the end of one means for the other, and
 * this is the only place where that is decided.
 *
 * What happens to the way A -> B, and what becomes of it and of B -> A:
 *
 *   |                         | A -> B      | B -> A                             |
 *   |-------------------------|-------------|------------------------------------|
 *   | bytes, all taken        | READING     |                                    |
 *   | bytes, some left        | WRITING     |                                    |
 *   | written                 | READING     |                                    |
 *   | the end of A's input    | SHUTTING, or| is released if it was HOLDING      |
 *   |                         | HOLDING *   |                                    |
 *   | B was shut down         | ENDED       |                                    |
 *   | reading A fails         | CUT         | DROPPED: A is gone                 |
 *   |                         | (or BROKEN) |                                    |
 *   | writing to B fails,     | BROKEN      | goes on to its own end: what B has |
 *   |   or shutting it down   |             | said is delivered; or is released  |
 *   | A's end with an error:  |             |                                    |
 *   |   a reset               | CUT         | DROPPED                            |
 *   |     (or B -> A was      |             |                                    |
 *   |     BROKEN by one)      |             |                                    |
 *   |   what we wrote was     | as an end   | BROKEN; DROPPED if it had ENDED    |
 *   |   refused (EPIPE)       |             |                                    |
 *   | no byte either way for idle_timeout_ms, B takes and says nothing for       |
 *   |   sink_timeout_ms though bytes wait for it, or the user closes: stopped    |
 *
 *   * when B may not be able to end one direction alone and B -> A is going on.
 *     It is released when that has ended, or has rested for half_close_rest_ms:
 *     nothing has come from B though it was read. Of a B that notices a close
 *     only, B -> A has ended then too, so that B is closed.
 *
 * When both ways are over the relay parts, for at most PARTING_MS:
 *
 *   A got everything and its end, but what A sent was refused (B -> A ENDED,
 *     A -> B BROKEN): what A still sends is read and thrown away until A ends
 *     too, for to close a socket with bytes unread is a reset, which could reach
 *     A before it has read what it was sent.
 *   B -> A was CUT: A is to see that this is not the whole, by a reset, where
 *     there is such a thing; but a reset throws away what has not left, so that
 *     leaves first.
 *
 * And then, or when it is stopped, at once, it is done: both ports are closed,
 * with a reset those that did not get all that there was for them. The status
 * is the first failure, so it is 0 only if both ways ENDED.
 */
/* clang-format on */
#ifndef HVUV_SRC_RELAY_PAIR_H
#define HVUV_SRC_RELAY_PAIR_H

#include "relay/way.h"

typedef struct hvuv__pair_s {
  hvuv__port_t ports[2];
  hvuv__way_t ways[2]; /* from the port of the same number to the other */
  uint64_t idle_timeout_ms;
  uint64_t sink_timeout_ms;
  uint64_t half_close_rest_ms;
  int has_parted;
  uint64_t parted_ms;
  int is_stopped;
  int status; /* the first failure */
} hvuv__pair_t;

/* Starts both ways; on an error the streams are as they were. */
int hvuv__pair_start(hvuv__pair_t* pair);

/* What the port of that number reports. */
void hvuv__pair_on_read(hvuv__pair_t* pair, int from, ssize_t nread);
void hvuv__pair_on_written(hvuv__pair_t* pair, int to, int status);
void hvuv__pair_on_shutdown(hvuv__pair_t* pair, int to, int status);

/* Ends it in the middle. The first failure stays the status. */
void hvuv__pair_stop(hvuv__pair_t* pair, int err);

/* When hvuv__pair_judge() may have something to do, in uv_now()'s time;
 * UINT64_MAX if never. */
uint64_t hvuv__pair_due(const hvuv__pair_t* pair);

/* Holds the limits against the clock. To be called after the loop has polled.
 */
void hvuv__pair_judge(hvuv__pair_t* pair);

void hvuv__pair_stats(const hvuv__pair_t* pair, hvuv_relay_stats_t* stats);

/* Whether the ports are to be closed now, and how each is. */
int hvuv__pair_is_done(const hvuv__pair_t* pair);
void hvuv__pair_close(hvuv__pair_t* pair);

#endif /* HVUV_SRC_RELAY_PAIR_H */
