/* Sizes of eight bytes, and sizes that include themselves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <uv.h>

#include "framing_feed.h"
#include "support/alloc.h"

static int up(void** state) {
  (void) state;
  alloc_install();
  return 0;
}

static int down(void** state) {
  (void) state;
  alloc_check();
  return 0;
}

#define PREFIX(test) cmocka_unit_test_setup_teardown(test, up, down)

/* The bytes of a literal, which may hold zeroes, without the last. */
#define BYTES(literal) literal, sizeof(literal) - 1

static hvuv_framing_t counting(unsigned int prefix_bytes) {
  hvuv_framing_t framing = framing_of(HVUV_FRAMING_LENGTH, prefix_bytes, 0);

  framing.counts_prefix = 1;
  return framing;
}

/* Asserts what goes in front of a message of so many bytes. */
static void assert_head(const hvuv_framing_t* framing,
                        size_t nbytes,
                        const char* expected,
                        size_t nexpected) {
  char head[HVUV_FRAMING_EDGE_BYTES];
  char tail[HVUV_FRAMING_EDGE_BYTES];
  size_t head_bytes;
  size_t tail_bytes;

  assert_int_equal(
      hvuv_framing_edges(framing, nbytes, head, &head_bytes, tail, &tail_bytes),
      0);
  assert_int_equal(head_bytes, nexpected);
  assert_memory_equal(head, expected, nexpected);
  assert_int_equal(tail_bytes, 0);
}

static int edges_of(const hvuv_framing_t* framing, size_t nbytes) {
  char head[HVUV_FRAMING_EDGE_BYTES];
  char tail[HVUV_FRAMING_EDGE_BYTES];
  size_t head_bytes;
  size_t tail_bytes;

  return hvuv_framing_edges(
      framing, nbytes, head, &head_bytes, tail, &tail_bytes);
}

/* --- Eight bytes ------------------------------------------------------------ */

static void a_size_may_have_eight_bytes(void** state) {
  hvuv_framing_t framing = framing_of(HVUV_FRAMING_LENGTH, 8, 0);

  (void) state;
  assert_decodes(
      &framing, BYTES("\0\0\0\0\0\0\0\3abc\0\0\0\0\0\0\0\0"), "3:abc,0:,", 0);
  assert_head(&framing, 0x10203, BYTES("\0\0\0\0\0\1\2\3"));
  framing.is_little_endian = 1;
  assert_decodes(&framing, BYTES("\3\0\0\0\0\0\0\0abc"), "3:abc,", 0);
  assert_head(&framing, 0x10203, BYTES("\3\2\1\0\0\0\0\0"));
}

static void a_size_that_32_bits_would_cut_off_is_too_large(void** state) {
  hvuv_framing_t framing =
      framing_of(HVUV_FRAMING_LENGTH, 8, HVUV_FRAMING_MAX_MAX);

  (void) state;
  assert_decodes(&framing, BYTES("\0\0\0\1\0\0\0\1a"), "", UV_EMSGSIZE);
  assert_decodes(
      &framing, BYTES("\377\377\377\377\377\377\377\377"), "", UV_EMSGSIZE);
}

static void an_end_inside_eight_bytes_is_seen(void** state) {
  hvuv_framing_t framing = framing_of(HVUV_FRAMING_LENGTH, 8, 0);

  (void) state;
  assert_decodes(&framing, BYTES("\0\0\0\0\0\0\0"), "", UV_EOF);
}

/* --- Sizes that include themselves ------------------------------------------- */

static void a_size_may_include_its_own_bytes(void** state) {
  hvuv_framing_t framing;

  (void) state;
  framing = counting(1);
  assert_decodes(&framing, BYTES("\4abc\1\2d"), "3:abc,0:,1:d,", 0);
  framing = counting(2);
  assert_decodes(&framing, BYTES("\0\5abc\0\2"), "3:abc,0:,", 0);
  framing = counting(4);
  assert_decodes(&framing, BYTES("\0\0\0\7abc\0\0\0\4"), "3:abc,0:,", 0);
  framing.is_little_endian = 1;
  assert_decodes(&framing, BYTES("\7\0\0\0abc"), "3:abc,", 0);
  framing = counting(8);
  assert_decodes(&framing, BYTES("\0\0\0\0\0\0\0\13abc"), "3:abc,", 0);
}

static void what_is_sent_counts_itself_too(void** state) {
  hvuv_framing_t framing;

  (void) state;
  framing = counting(1);
  assert_head(&framing, 3, BYTES("\4"));
  framing = counting(2);
  assert_head(&framing, 254, BYTES("\1\0"));
  framing = counting(4);
  assert_head(&framing, 0, BYTES("\0\0\0\4"));
  framing = counting(8);
  framing.is_little_endian = 1;
  assert_head(&framing, 3, BYTES("\13\0\0\0\0\0\0\0"));
}

static void a_size_smaller_than_itself_is_none(void** state) {
  hvuv_framing_t framing;

  (void) state;
  framing = counting(1);
  assert_decodes(&framing, BYTES("\0a"), "", UV_EPROTO);
  framing = counting(4);
  assert_decodes(&framing, BYTES("\0\0\0\5a\0\0\0\3"), "1:a,", UV_EPROTO);
  framing = counting(8);
  assert_decodes(&framing, BYTES("\0\0\0\0\0\0\0\7"), "", UV_EPROTO);
}

static void the_limit_is_the_messages_alone(void** state) {
  hvuv_framing_t framing = counting(4);

  (void) state;
  framing.max_message_bytes = 3;
  assert_decodes(&framing, BYTES("\0\0\0\7abc"), "3:abc,", 0);
  assert_decodes(&framing, BYTES("\0\0\0\10abcd"), "", UV_EMSGSIZE);
  assert_int_equal(edges_of(&framing, 3), 0);
  assert_int_equal(edges_of(&framing, 4), UV_EMSGSIZE);
}

static void a_short_prefix_has_less_room_for_its_message(void** state) {
  hvuv_framing_t framing = counting(1);
  char bytes[255];

  (void) state;
  assert_head(&framing, 254, BYTES("\377"));
  assert_int_equal(edges_of(&framing, 255), UV_EMSGSIZE);
  memset(bytes, 'a', sizeof(bytes));
  bytes[0] = '\377';
  {
    feed_t feed;

    feed_open(&feed, &framing);
    feed_slice(&feed, bytes, sizeof(bytes));
    assert_memory_equal(feed.got, "254:", 4);
    assert_int_equal(feed_close(&feed), 0);
  }
  framing = counting(2);
  assert_head(&framing, 0xfffd, BYTES("\377\377"));
  assert_int_equal(edges_of(&framing, 0xfffe), UV_EMSGSIZE);
}

static void every_split_is_the_same(void** state) {
  static const char bytes[] = "\0\0\0\0\0\0\0\13abc\0\0\0\0\0\0\0\10";
  hvuv_framing_t framing = counting(8);
  feed_t feed;
  size_t cut;

  (void) state;
  for (cut = 0; cut < sizeof(bytes) - 1; cut++) {
    assert_int_equal(feed_in_slices(&feed, &framing, BYTES(bytes), &cut, 1), 0);
    assert_memory_equal(feed.got, "3:abc,0:,", 9);
  }
}

/* Of another kind's settings nothing is taken. */
static void a_varint_never_counts_itself(void** state) {
  hvuv_framing_t framing = framing_of(HVUV_FRAMING_VARINT, 4, 0);

  (void) state;
  framing.counts_prefix = 1;
  assert_decodes(&framing, BYTES("\3abc\0"), "3:abc,0:,", 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      PREFIX(a_varint_never_counts_itself),
      PREFIX(a_size_may_have_eight_bytes),
      PREFIX(a_size_that_32_bits_would_cut_off_is_too_large),
      PREFIX(an_end_inside_eight_bytes_is_seen),
      PREFIX(a_size_may_include_its_own_bytes),
      PREFIX(what_is_sent_counts_itself_too),
      PREFIX(a_size_smaller_than_itself_is_none),
      PREFIX(the_limit_is_the_messages_alone),
      PREFIX(a_short_prefix_has_less_room_for_its_message),
      PREFIX(every_split_is_the_same),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
