#include "framing_feed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

hvuv_framing_t framing_of(hvuv_framing_kind_t kind,
                          unsigned int prefix_bytes,
                          size_t max_message_bytes) {
  hvuv_framing_t framing;

  memset(&framing, 0, sizeof(framing));
  framing.kind = kind;
  framing.prefix_bytes = prefix_bytes;
  framing.max_message_bytes = max_message_bytes;
  return framing;
}

void feed_open(feed_t* feed, const hvuv_framing_t* framing) {
  memset(feed, 0, sizeof(*feed));
  assert_int_equal(hvuv_decoder_init(&feed->decoder, framing), 0);
}

static void write_down(feed_t* feed, const uv_buf_t* message) {
  size_t room;
  int n;

  room = sizeof(feed->got) - feed->got_bytes;
  assert_true(room > message->len + 16);
  n = snprintf(
      feed->got + feed->got_bytes, room, "%lu:", (unsigned long) message->len);
  assert_true(n > 0);
  feed->got_bytes += (size_t) n;
  memcpy(feed->got + feed->got_bytes, message->base, message->len);
  feed->got_bytes += message->len;
  feed->got[feed->got_bytes++] = ',';
}

void feed_slice(feed_t* feed, const void* bytes, size_t nbytes) {
  uv_buf_t message;
  uv_buf_t input;
  size_t before;
  char* copy;

  copy = malloc(nbytes == 0 ? 1 : nbytes);
  assert_non_null(copy);
  if (nbytes > 0)
    memcpy(copy, bytes, nbytes);

  input = uv_buf_init(copy, (unsigned int) nbytes);
  for (;;) {
    before = input.len;
    feed->result = hvuv_decoder_next(&feed->decoder, &input, &message);
    if (feed->result != 1)
      break;
    write_down(feed, &message);
    assert_true(input.len < before); /* Else this might never end. */
  }
  if (feed->result == 0)
    assert_int_equal(input.len, 0);
  free(copy);
}

int feed_close(feed_t* feed) {
  int end;

  end = hvuv_decoder_end(&feed->decoder);
  if (feed->result < 0)
    assert_int_equal(end, feed->result);
  hvuv_decoder_close(&feed->decoder);
  return end;
}

int feed_in_slices(feed_t* feed,
                   const hvuv_framing_t* framing,
                   const void* bytes,
                   size_t nbytes,
                   const size_t cuts[],
                   size_t ncuts) {
  size_t at;
  size_t i;

  feed_open(feed, framing);
  at = 0;
  for (i = 0; i < ncuts; i++) {
    feed_slice(feed, (const char*) bytes + at, cuts[i] - at);
    at = cuts[i];
  }
  feed_slice(feed, (const char*) bytes + at, nbytes - at);
  return feed_close(feed);
}

void assert_decodes(const hvuv_framing_t* framing,
                    const void* bytes,
                    size_t nbytes,
                    const char* messages,
                    int end) {
  feed_t feed;

  assert_int_equal(feed_in_slices(&feed, framing, bytes, nbytes, NULL, 0), end);
  assert_string_equal(feed.got, messages);
}
