/* Framings: where a message lies, what a decoder holds, and what happens when
 * it gets nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <uv.h>

#include "framing_feed.h"
#include "hvuv/stream.h"

/* The first room of src/framing.c. */
#define ROOM_MIN 512

/* --- An allocator that counts bytes --------------------------------------- */

/* Before each block, and as large as what malloc() aligns to. */
#define SIZE_ROOM 16

static size_t held_bytes;
static size_t most_bytes; /* that were ever held, two blocks while one grows */
static long asked;
static long fail_at;

static void* count_malloc(size_t size) {
  char* block;

  if (++asked == fail_at)
    return NULL;
  block = malloc(SIZE_ROOM + size);
  if (block == NULL)
    return NULL;
  memcpy(block, &size, sizeof(size));
  held_bytes += size;
  if (held_bytes > most_bytes)
    most_bytes = held_bytes;
  return block + SIZE_ROOM;
}

static void* count_calloc(size_t count, size_t size) {
  void* block;

  block = count_malloc(count * size);
  if (block != NULL)
    memset(block, 0, count * size);
  return block;
}

/* hvuv's blocks never grow. */
static void* count_realloc(void* block, size_t size) {
  (void) block;
  (void) size;
  abort();
}

static void count_free(void* block) {
  size_t size;

  memcpy(&size, (char*) block - SIZE_ROOM, sizeof(size));
  held_bytes -= size;
  free((char*) block - SIZE_ROOM);
}

static int up(void** state) {
  (void) state;
  held_bytes = 0;
  most_bytes = 0;
  asked = 0;
  fail_at = 0;
  return hvuv_replace_allocator(
      count_malloc, count_realloc, count_calloc, count_free);
}

static int down(void** state) {
  (void) state;
  assert_int_equal(held_bytes, 0);
  return hvuv_replace_allocator(malloc, realloc, calloc, free);
}

#define MEMORY(test) cmocka_unit_test_setup_teardown(test, up, down)

/* --- Where a message lies ------------------------------------------------- */

static char bytes[256 * 1024];

static int next(hvuv_decoder_t* decoder,
                char* base,
                size_t nbytes,
                uv_buf_t* message) {
  uv_buf_t input;

  input = uv_buf_init(base, (unsigned int) nbytes);
  return hvuv_decoder_next(decoder, &input, message);
}

/* The two messages in bytes lie there at these places, and cost nothing. */
static void assert_lie_in_input(const hvuv_framing_t* framing,
                                size_t nbytes,
                                size_t first,
                                size_t second,
                                size_t message_bytes) {
  hvuv_decoder_t decoder;
  uv_buf_t message;
  uv_buf_t input;

  assert_int_equal(hvuv_decoder_init(&decoder, framing), 0);
  input = uv_buf_init(bytes, (unsigned int) nbytes);
  assert_int_equal(hvuv_decoder_next(&decoder, &input, &message), 1);
  assert_ptr_equal(message.base, bytes + first);
  assert_int_equal(message.len, message_bytes);
  assert_int_equal(hvuv_decoder_next(&decoder, &input, &message), 1);
  assert_ptr_equal(message.base, bytes + second);
  assert_int_equal(message.len, message_bytes);
  assert_int_equal(hvuv_decoder_next(&decoder, &input, &message), 0);
  assert_int_equal(asked, 0);
  hvuv_decoder_close(&decoder);
}

static void what_is_whole_in_the_input_lies_there(void** state) {
  hvuv_framing_t framing;

  (void) state;
  memcpy(bytes, "\0\3abc\0\3def", 10);
  framing = framing_of(HVUV_FRAMING_LENGTH, 2, 0);
  assert_lie_in_input(&framing, 10, 2, 7, 3);
  memcpy(bytes, "\3abc\3def", 8);
  framing = framing_of(HVUV_FRAMING_VARINT, 0, 0);
  assert_lie_in_input(&framing, 8, 1, 5, 3);
  memcpy(bytes, "abc\ndef\r\n", 9);
  framing = framing_of(HVUV_FRAMING_LINES, 0, 0);
  assert_lie_in_input(&framing, 9, 0, 4, 3);
  framing = framing_of(HVUV_FRAMING_RAW, 0, 3);
  assert_lie_in_input(&framing, 6, 0, 3, 3);
}

static void a_body_behind_a_split_prefix_lies_in_the_input(void** state) {
  hvuv_framing_t framing;
  hvuv_decoder_t decoder;
  uv_buf_t message;
  size_t cut;

  (void) state;
  memcpy(bytes, "\0\0\0\3abc", 7);
  framing = framing_of(HVUV_FRAMING_LENGTH, 4, 0);
  for (cut = 1; cut <= 4; cut++) {
    assert_int_equal(hvuv_decoder_init(&decoder, &framing), 0);
    assert_int_equal(next(&decoder, bytes, cut, &message), 0);
    assert_int_equal(next(&decoder, bytes + cut, 7 - cut, &message), 1);
    assert_ptr_equal(message.base, bytes + 4);
    assert_int_equal(message.len, 3);
    hvuv_decoder_close(&decoder);
  }
  assert_int_equal(asked, 0);
}

static void what_came_in_parts_stays_until_the_next_call(void** state) {
  hvuv_framing_t framing;
  hvuv_decoder_t decoder;
  uv_buf_t message;

  (void) state;
  framing = framing_of(HVUV_FRAMING_LENGTH, 1, 0);
  assert_int_equal(hvuv_decoder_init(&decoder, &framing), 0);
  memcpy(bytes, "\4ab", 3);
  assert_int_equal(next(&decoder, bytes, 3, &message), 0);
  memcpy(bytes, "cd\1e", 4);
  assert_int_equal(next(&decoder, bytes, 4, &message), 1);
  memset(bytes, 'x', 4);
  assert_int_equal(hvuv_decoder_end(&decoder), 0);
  assert_int_equal(message.len, 4);
  assert_memory_equal(message.base, "abcd", 4);
  hvuv_decoder_close(&decoder);
}

/* --- What a decoder holds ------------------------------------------------- */

static void what_is_announced_costs_nothing(void** state) {
  hvuv_framing_t framing;
  feed_t feed;

  (void) state;
  framing = framing_of(HVUV_FRAMING_LENGTH, 4, HVUV_FRAMING_MAX_MAX);
  feed_open(&feed, &framing);
  feed_slice(&feed, "\x40\0\0\0", 4);
  assert_int_equal(asked, 0);
  feed_slice(&feed, "a", 1);
  assert_int_equal(held_bytes, ROOM_MIN);
  assert_int_equal(feed_close(&feed), UV_EOF);

  feed_open(&feed, &framing);
  feed_slice(&feed,
             "\xff\xff\xff\xff"
             "abc",
             7);
  assert_int_equal(held_bytes, 0);
  assert_int_equal(feed_close(&feed), UV_EMSGSIZE);
  assert_int_equal(asked, 1);
}

static void a_small_message_in_parts_takes_no_more_than_itself(void** state) {
  hvuv_framing_t framing;
  feed_t feed;

  (void) state;
  framing = framing_of(HVUV_FRAMING_VARINT, 0, 0);
  feed_open(&feed, &framing);
  feed_slice(&feed, "\5ab", 3);
  assert_int_equal(held_bytes, 5);
  feed_slice(&feed, "cde", 3);
  assert_int_equal(asked, 1);
  assert_int_equal(feed_close(&feed), 0);
  assert_string_equal(feed.got, "5:abcde,");
}

/* Feeds bytes[] in pieces to a decoder that may hold so much. */
static void assert_memory_follows(hvuv_decoder_t* decoder,
                                  size_t nbytes,
                                  size_t piece,
                                  size_t most) {
  uv_buf_t message;
  size_t come;
  size_t n;

  for (come = 0; come < nbytes; come += n) {
    n = nbytes - come < piece ? nbytes - come : piece;
    assert_int_equal(next(decoder, bytes, n, &message), 0);
    assert_true(held_bytes >= come + n);
    assert_true(held_bytes <= ROOM_MIN || held_bytes <= 2 * (come + n));
    assert_true(held_bytes <= most);
  }
  assert_true(most_bytes <= 2 * most);
}

static void memory_follows_what_has_come(void** state) {
  static const size_t pieces[] = {1, 100, 511, 4096, 99999};
  const size_t size = 100000;
  hvuv_framing_t framing;
  hvuv_decoder_t decoder;
  uv_buf_t message;
  char head[] = {0, 1, (char) 0x86, (char) 0xa0};
  char last[] = "z";
  size_t i;

  (void) state;
  memset(bytes, 'x', sizeof(bytes));
  framing = framing_of(HVUV_FRAMING_LENGTH, 4, 0);
  assert_int_equal(hvuv_decoder_init(&decoder, &framing), 0);
  for (i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
    assert_int_equal(next(&decoder, head, 4, &message), 0);
    assert_int_equal(held_bytes, 0);
    assert_memory_follows(&decoder, size - 1, pieces[i], size);
    assert_int_equal(next(&decoder, last, 1, &message), 1);
    assert_int_equal(message.len, size);
    assert_memory_equal(message.base, bytes, size - 1);
    assert_int_equal(message.base[size - 1], 'z');
  }
  hvuv_decoder_close(&decoder);
}

static void a_line_takes_no_more_than_the_limit_and_a_cr(void** state) {
  const size_t limit = 100000;
  hvuv_framing_t framing;
  hvuv_decoder_t decoder;
  uv_buf_t message;
  char end[] = "\r";

  (void) state;
  memset(bytes, 'x', sizeof(bytes));
  framing = framing_of(HVUV_FRAMING_LINES, 0, limit);
  assert_int_equal(hvuv_decoder_init(&decoder, &framing), 0);
  assert_memory_follows(&decoder, limit, 1000, limit + 1);
  assert_int_equal(next(&decoder, end, 1, &message), 0);
  assert_int_equal(held_bytes, limit + 1);
  end[0] = '\n';
  assert_int_equal(next(&decoder, end, 1, &message), 1);
  assert_int_equal(message.len, limit);
  hvuv_decoder_close(&decoder);
}

static void a_growing_message_is_copied_seldom(void** state) {
  hvuv_framing_t framing;
  hvuv_decoder_t decoder;
  uv_buf_t message;
  size_t i;

  (void) state;
  memset(bytes, 'x', sizeof(bytes));
  framing = framing_of(HVUV_FRAMING_LINES, 0, 0);
  assert_int_equal(hvuv_decoder_init(&decoder, &framing), 0);
  for (i = 0; i < sizeof(bytes); i++)
    assert_int_equal(next(&decoder, bytes, 1, &message), 0);
  assert_int_equal(asked, 10); /* 512 bytes to 256 KiB */
  hvuv_decoder_close(&decoder);
}

static void nothing_is_held_between_messages(void** state) {
  static const char rest[] = "bc\1d";
  hvuv_framing_t framing;
  feed_t feed;

  (void) state;
  framing = framing_of(HVUV_FRAMING_LENGTH, 1, 0);
  feed_open(&feed, &framing);
  feed_slice(&feed, "\3a", 2);
  assert_int_equal(held_bytes, 3);
  feed_slice(&feed, rest, 2); /* asks until there is no more */
  assert_string_equal(feed.got, "3:abc,");
  assert_int_equal(held_bytes, 0);
  feed_slice(&feed, rest + 2, 2);
  assert_int_equal(held_bytes, 0);
  assert_int_equal(feed_close(&feed), 0);
}

static void nothing_is_held_after_an_error(void** state) {
  hvuv_framing_t framing;
  feed_t feed;

  (void) state;
  framing = framing_of(HVUV_FRAMING_LINES, 0, 3);
  feed_open(&feed, &framing);
  feed_slice(&feed, "abc", 3);
  assert_int_equal(held_bytes, 4);
  feed_slice(&feed, "de", 2);
  assert_int_equal(feed.result, UV_EMSGSIZE);
  assert_int_equal(held_bytes, 0);
  assert_int_equal(feed_close(&feed), UV_EMSGSIZE);
}

static void close_gives_back_a_message_in_parts(void** state) {
  hvuv_framing_t framing;
  feed_t feed;

  (void) state;
  framing = framing_of(HVUV_FRAMING_LINES, 0, 0);
  feed_open(&feed, &framing);
  feed_slice(&feed, "abc", 3);
  assert_int_equal(held_bytes, ROOM_MIN);
  assert_int_equal(feed_close(&feed), UV_EOF);
  assert_int_equal(held_bytes, 0);
}

/* --- Without memory ------------------------------------------------------- */

/* What lies in bytes[] for the test below: two messages of 1450 bytes, or lines
 * of 1451. */
#define TWO_BYTES 2904

static void put_heads(const char* head) {
  memcpy(bytes, head, 2);
  memcpy(bytes + TWO_BYTES / 2, head, 2);
}

static void put_two(hvuv_framing_kind_t kind) {
  memset(bytes, 'x', TWO_BYTES);
  if (kind == HVUV_FRAMING_LENGTH)
    put_heads("\x05\xaa");
  if (kind == HVUV_FRAMING_VARINT)
    put_heads("\xaa\x0b");
  if (kind == HVUV_FRAMING_LINES) {
    bytes[TWO_BYTES / 2 - 1] = '\n';
    bytes[TWO_BYTES - 1] = '\n';
  }
}

/* Feeds them in slices of 100, with the n-th allocation failing. */
static int feed_with_failure(const hvuv_framing_t* framing, long n) {
  feed_t feed;
  size_t piece;
  size_t at;

  asked = 0;
  fail_at = n;
  feed_open(&feed, framing);
  for (at = 0; at < TWO_BYTES && feed.result == 0; at += piece) {
    piece = TWO_BYTES - at < 100 ? TWO_BYTES - at : 100;
    feed_slice(&feed, bytes + at, piece);
  }
  assert_int_equal(held_bytes, 0);
  assert_int_equal(feed_close(&feed), feed.result);
  return feed.result;
}

static void each_allocation_may_fail(void** state) {
  static const hvuv_framing_kind_t kinds[] = {
      HVUV_FRAMING_LENGTH, HVUV_FRAMING_VARINT, HVUV_FRAMING_LINES};
  hvuv_framing_t framing;
  size_t i;
  long n;

  (void) state;
  for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
    framing = framing_of(kinds[i], 2, 0);
    put_two(kinds[i]);
    for (n = 1; feed_with_failure(&framing, n) == UV_ENOMEM; n++)
      assert_true(n < 20);
    assert_int_equal(asked, n - 1);
    assert_int_equal(n - 1, 2 * 3); /* Each grows from 512 over 1024. */
  }
}

static void without_memory_whole_messages_are_still_given(void** state) {
  hvuv_framing_t framing;
  feed_t feed;

  (void) state;
  framing = framing_of(HVUV_FRAMING_LENGTH, 1, 0);
  fail_at = 1;
  feed_open(&feed, &framing);
  feed_slice(&feed, "\3abc\1d\2e", 8);
  assert_int_equal(feed.result, UV_ENOMEM);
  assert_string_equal(feed.got, "3:abc,1:d,");
  assert_int_equal(feed_close(&feed), UV_ENOMEM);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      MEMORY(what_is_whole_in_the_input_lies_there),
      MEMORY(a_body_behind_a_split_prefix_lies_in_the_input),
      MEMORY(what_came_in_parts_stays_until_the_next_call),
      MEMORY(what_is_announced_costs_nothing),
      MEMORY(a_small_message_in_parts_takes_no_more_than_itself),
      MEMORY(memory_follows_what_has_come),
      MEMORY(a_line_takes_no_more_than_the_limit_and_a_cr),
      MEMORY(a_growing_message_is_copied_seldom),
      MEMORY(nothing_is_held_between_messages),
      MEMORY(nothing_is_held_after_an_error),
      MEMORY(close_gives_back_a_message_in_parts),
      MEMORY(each_allocation_may_fail),
      MEMORY(without_memory_whole_messages_are_still_given),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
