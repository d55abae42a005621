/* A decoder that is fed slices, and the messages that came of them written down
 * so that two runs can be compared: "3:abc,0:," for "abc" and an empty one. */
#ifndef HVUV_TESTS_FRAMING_FRAMING_FEED_H
#define HVUV_TESTS_FRAMING_FRAMING_FEED_H

#include <stddef.h>

#include "hvuv/framing.h"

typedef struct feed_s {
  hvuv_decoder_t decoder;
  char got[8192];
  size_t got_bytes;
  int result; /* of the last call of hvuv_decoder_next() */
} feed_t;

/* A framing of the kind with a limit; big-endian where that matters. */
hvuv_framing_t framing_of(hvuv_framing_kind_t kind,
                          unsigned int prefix_bytes,
                          size_t max_message_bytes);

void feed_open(feed_t* feed, const hvuv_framing_t* framing);

/* Feeds a copy of just this size that is gone afterwards, so that a sanitizer
 * sees a byte too many and a message kept too long. */
void feed_slice(feed_t* feed, const void* bytes, size_t nbytes);

/* Returns what the decoder says of the end of input. */
int feed_close(feed_t* feed);

/* All three in one, in slices that end at the cuts, which rise. */
int feed_in_slices(feed_t* feed,
                   const hvuv_framing_t* framing,
                   const void* bytes,
                   size_t nbytes,
                   const size_t cuts[],
                   size_t ncuts);

/* Asserts what came of bytes in one slice, at the end of input too. */
void assert_decodes(const hvuv_framing_t* framing,
                    const void* bytes,
                    size_t nbytes,
                    const char* messages,
                    int end);

#endif /* HVUV_TESTS_FRAMING_FRAMING_FEED_H */
