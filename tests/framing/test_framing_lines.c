/* Framings: lines, their ends, and how long they may be. */
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

#define LINES(test) cmocka_unit_test_setup_teardown(test, up, down)

/* What comes of text, with the limit, in one slice, at each split, and byte by
 * byte. */
static void assert_lines(size_t limit,
                         const char* text,
                         const char* lines,
                         int end) {
  hvuv_framing_t framing;
  size_t cuts[64];
  feed_t feed;
  size_t n;
  size_t i;

  n = strlen(text);
  assert_true(n <= sizeof(cuts) / sizeof(cuts[0]));
  framing = framing_of(HVUV_FRAMING_LINES, 0, limit);
  assert_decodes(&framing, text, n, lines, end);
  for (i = 0; i < n; i++) {
    cuts[0] = i;
    assert_int_equal(feed_in_slices(&feed, &framing, text, n, cuts, 1), end);
    assert_string_equal(feed.got, lines);
  }
  for (i = 0; i < n; i++)
    cuts[i] = i;
  assert_int_equal(feed_in_slices(&feed, &framing, text, n, cuts, n), end);
  assert_string_equal(feed.got, lines);
}

static void lines_end_with_lf_or_crlf(void** state) {
  (void) state;
  assert_lines(0, "abc\nde\r\nf\n", "3:abc,2:de,1:f,", 0);
}

static void lines_may_be_empty(void** state) {
  (void) state;
  assert_lines(0, "\n", "0:,", 0);
  assert_lines(0, "\r\n", "0:,", 0);
  assert_lines(0, "\n\r\n\na\n\n", "0:,0:,0:,1:a,0:,", 0);
}

static void a_cr_alone_is_a_byte_like_others(void** state) {
  (void) state;
  assert_lines(0, "a\rb\n", "3:a\rb,", 0);
  assert_lines(0, "\ra\n", "2:\ra,", 0);
  assert_lines(0, "\n\ra\r\n", "0:,2:\ra,", 0);
}

static void of_several_crs_only_the_last_is_the_line_ends(void** state) {
  (void) state;
  assert_lines(0, "a\r\r\n", "2:a\r,", 0);
  assert_lines(0, "\r\r\r\n", "2:\r\r,", 0);
}

static void a_zero_byte_is_a_byte_like_others(void** state) {
  static const char bytes[] = {'a', 0, 'b', '\n', 0, '\r', '\n'};
  static const char expected[] = {'3', ':', 'a', 0, 'b', ',', '1', ':', 0, ','};
  hvuv_framing_t framing;
  feed_t feed;

  (void) state;
  framing = framing_of(HVUV_FRAMING_LINES, 0, 0);
  assert_int_equal(
      feed_in_slices(&feed, &framing, bytes, sizeof(bytes), NULL, 0), 0);
  assert_int_equal(feed.got_bytes, sizeof(expected));
  assert_memory_equal(feed.got, expected, sizeof(expected));
}

static void an_end_inside_a_line_is_early(void** state) {
  (void) state;
  assert_lines(0, "a", "", UV_EOF);
  assert_lines(0, "\r", "", UV_EOF);
  assert_lines(0, "ab\nc", "2:ab,", UV_EOF);
  assert_lines(0, "ab\n\r", "2:ab,", UV_EOF);
}

static void a_line_may_have_all_of_the_limit(void** state) {
  (void) state;
  assert_lines(3, "abc\nde\ndef\n", "3:abc,2:de,3:def,", 0);
  assert_lines(3, "abc\r\ndef\r\n", "3:abc,3:def,", 0);
  assert_lines(3, "ab\r\r\n", "3:ab\r,", 0);
  assert_lines(1, "a\r\nb\n\r\n", "1:a,1:b,0:,", 0);
}

static void a_line_of_one_byte_more_is_refused(void** state) {
  (void) state;
  assert_lines(3, "ab\nabcd\n", "2:ab,", UV_EMSGSIZE);
  assert_lines(3, "ab\nabcd\r\n", "2:ab,", UV_EMSGSIZE);
  assert_lines(3, "abc\r\r\n", "", UV_EMSGSIZE);
  assert_lines(3, "abc\rd\n", "", UV_EMSGSIZE);
  assert_lines(1, "\r\r\r\n", "", UV_EMSGSIZE);
}

static void a_line_that_is_too_long_is_refused_before_its_end(void** state) {
  (void) state;
  assert_lines(3, "abcd", "", UV_EMSGSIZE);
  assert_lines(3, "abcdefgh", "", UV_EMSGSIZE);
  assert_lines(3, "abc\rd", "", UV_EMSGSIZE);
  assert_lines(3, "abc", "", UV_EOF);
  assert_lines(3, "abc\r", "", UV_EOF);
}

static void a_line_end_split_between_slices_is_one(void** state) {
  hvuv_framing_t framing;
  feed_t feed;

  (void) state;
  framing = framing_of(HVUV_FRAMING_LINES, 0, 3);
  feed_open(&feed, &framing);
  feed_slice(&feed, "abc\r", 4);
  assert_string_equal(feed.got, "");
  feed_slice(&feed, "", 0);
  feed_slice(&feed, "\nde\r", 4);
  assert_string_equal(feed.got, "3:abc,");
  feed_slice(&feed, "\n", 1);
  assert_int_equal(feed_close(&feed), 0);
  assert_string_equal(feed.got, "3:abc,2:de,");
}

static void no_limit_is_the_default_for_lines(void** state) {
  static char piece[64 * 1024];
  hvuv_framing_t framing;
  feed_t feed;
  size_t n;

  (void) state;
  memset(piece, 'x', sizeof(piece));
  framing = framing_of(HVUV_FRAMING_LINES, 0, 0);
  feed_open(&feed, &framing);
  for (n = 0; n < HVUV_FRAMING_MAX_DEFAULT; n += sizeof(piece))
    feed_slice(&feed, piece, sizeof(piece));
  feed_slice(&feed, "\r", 1);
  assert_int_equal(feed.result, 0);
  assert_int_equal(hvuv_decoder_end(&feed.decoder), UV_EOF);
  feed_slice(&feed, "x", 1);
  assert_int_equal(feed_close(&feed), UV_EMSGSIZE);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      LINES(lines_end_with_lf_or_crlf),
      LINES(lines_may_be_empty),
      LINES(a_cr_alone_is_a_byte_like_others),
      LINES(of_several_crs_only_the_last_is_the_line_ends),
      LINES(a_zero_byte_is_a_byte_like_others),
      LINES(an_end_inside_a_line_is_early),
      LINES(a_line_may_have_all_of_the_limit),
      LINES(a_line_of_one_byte_more_is_refused),
      LINES(a_line_that_is_too_long_is_refused_before_its_end),
      LINES(a_line_end_split_between_slices_is_one),
      LINES(no_limit_is_the_default_for_lines),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
