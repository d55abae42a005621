/* Framings: prefixes of each size, raw bytes, limits, and a decoder's life. */
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

#define FRAMING(test) cmocka_unit_test_setup_teardown(test, up, down)

/* The bytes of a literal, which may hold zeroes, without the last. */
#define BYTES(literal) literal, sizeof(literal) - 1

/* --- What is a framing ---------------------------------------------------- */

static int check(hvuv_framing_kind_t kind, unsigned int prefix_bytes) {
  hvuv_framing_t framing;

  framing = framing_of(kind, prefix_bytes, 0);
  return hvuv_framing_check(&framing);
}

static void all_zero_is_raw(void** state) {
  hvuv_framing_t framing;

  (void) state;
  memset(&framing, 0, sizeof(framing));
  assert_int_equal(hvuv_framing_check(&framing), 0);
  assert_decodes(&framing, BYTES("a\nb"), "3:a\nb,", 0);
}

static void a_prefix_has_one_two_four_or_eight_bytes(void** state) {
  unsigned int n;
  int expected;

  (void) state;
  for (n = 0; n < 10; n++) {
    expected = n == 1 || n == 2 || n == 4 || n == 8 ? 0 : UV_EINVAL;
    assert_int_equal(check(HVUV_FRAMING_LENGTH, n), expected);
    assert_int_equal(check(HVUV_FRAMING_RAW, n), 0);
    assert_int_equal(check(HVUV_FRAMING_VARINT, n), 0);
    assert_int_equal(check(HVUV_FRAMING_LINES, n), 0);
  }
}

static void other_kinds_and_null_are_no_framing(void** state) {
  (void) state;
  assert_int_equal(hvuv_framing_check(NULL), UV_EINVAL);
  assert_int_equal(check((hvuv_framing_kind_t) (HVUV_FRAMING_LINES + 1), 1),
                   UV_EINVAL);
  assert_int_equal(check((hvuv_framing_kind_t) 77, 1), UV_EINVAL);
}

static void a_limit_ends_at_the_highest(void** state) {
  hvuv_framing_t framing;
  int kind;

  (void) state;
  for (kind = HVUV_FRAMING_RAW; kind <= HVUV_FRAMING_LINES; kind++) {
    framing = framing_of((hvuv_framing_kind_t) kind, 1, HVUV_FRAMING_MAX_MAX);
    assert_int_equal(hvuv_framing_check(&framing), 0);
    framing.max_message_bytes++;
    assert_int_equal(hvuv_framing_check(&framing), UV_EINVAL);
    framing.max_message_bytes = (size_t) -1;
    assert_int_equal(hvuv_framing_check(&framing), UV_EINVAL);
  }
}

static void a_decoder_of_no_framing_is_not_prepared(void** state) {
  hvuv_decoder_t untouched;
  hvuv_decoder_t decoder;
  hvuv_framing_t framing;

  (void) state;
  memset(&untouched, 0xa5, sizeof(untouched));
  memset(&decoder, 0xa5, sizeof(decoder));
  framing = framing_of(HVUV_FRAMING_LENGTH, 3, 0);
  assert_int_equal(hvuv_decoder_init(&decoder, &framing), UV_EINVAL);
  assert_int_equal(hvuv_decoder_init(&decoder, NULL), UV_EINVAL);
  assert_memory_equal(&decoder, &untouched, sizeof(decoder));
}

/* --- Prefixes ------------------------------------------------------------- */

static void one_byte_says_the_size(void** state) {
  hvuv_framing_t framing;

  (void) state;
  framing = framing_of(HVUV_FRAMING_LENGTH, 1, 0);
  assert_decodes(&framing, BYTES("\3abc\0\1d"), "3:abc,0:,1:d,", 0);
}

static void two_bytes_say_it_in_either_order(void** state) {
  hvuv_framing_t framing;

  (void) state;
  framing = framing_of(HVUV_FRAMING_LENGTH, 2, 0);
  assert_decodes(&framing, BYTES("\0\3abc\0\0\0\1d"), "3:abc,0:,1:d,", 0);
  assert_decodes(&framing, BYTES("\3\0abc"), "", UV_EOF);
  framing.is_little_endian = 1;
  assert_decodes(&framing, BYTES("\3\0abc\0\0\1\0d"), "3:abc,0:,1:d,", 0);
  assert_decodes(&framing, BYTES("\0\3abc"), "", UV_EOF);
}

static void four_bytes_say_it_in_either_order(void** state) {
  hvuv_framing_t framing;

  (void) state;
  framing = framing_of(HVUV_FRAMING_LENGTH, 4, 0);
  assert_decodes(
      &framing, BYTES("\0\0\0\2ab\0\0\0\0\0\0\0\1c"), "2:ab,0:,1:c,", 0);
  framing.is_little_endian = 1;
  assert_decodes(
      &framing, BYTES("\2\0\0\0ab\0\0\0\0\1\0\0\0c"), "2:ab,0:,1:c,", 0);
}

/* What a prefix means, asked through the limit: exactly that size passes. */
static void assert_means(hvuv_framing_kind_t kind,
                         int is_little_endian,
                         const void* prefix,
                         unsigned int prefix_bytes,
                         size_t size) {
  hvuv_framing_t framing;

  framing = framing_of(kind, prefix_bytes, size);
  framing.is_little_endian = is_little_endian;
  assert_decodes(&framing, prefix, prefix_bytes, "", UV_EOF);
  framing.max_message_bytes = size - 1;
  assert_decodes(&framing, prefix, prefix_bytes, "", UV_EMSGSIZE);
}

static void each_byte_of_a_prefix_has_its_place(void** state) {
  const hvuv_framing_kind_t length = HVUV_FRAMING_LENGTH;

  (void) state;
  assert_means(length, 0, "\x9a", 1, 0x9a);
  assert_means(length, 0, "\x9a\xbc", 2, 0x9abc);
  assert_means(length, 1, "\x9a\xbc", 2, 0xbc9a);
  assert_means(length, 0, "\x12\x9a\xbc\xde", 4, 0x129abcde);
  assert_means(length, 1, "\xde\xbc\x9a\x12", 4, 0x129abcde);
}

static void a_limit_is_passed_at_one_byte_more(void** state) {
  hvuv_framing_t framing;

  (void) state;
  framing = framing_of(HVUV_FRAMING_LENGTH, 1, 3);
  assert_decodes(&framing, BYTES("\3abc\3def"), "3:abc,3:def,", 0);
  assert_decodes(&framing, BYTES("\3abc\4defg"), "3:abc,", UV_EMSGSIZE);
  framing = framing_of(HVUV_FRAMING_VARINT, 0, 3);
  assert_decodes(&framing, BYTES("\3abc\3def"), "3:abc,3:def,", 0);
  assert_decodes(&framing, BYTES("\3abc\4defg"), "3:abc,", UV_EMSGSIZE);
}

static void a_size_that_is_too_large_is_refused_before_its_bytes(void** state) {
  hvuv_framing_t framing;

  (void) state;
  framing = framing_of(HVUV_FRAMING_LENGTH, 2, 256);
  assert_decodes(&framing, BYTES("\1\1"), "", UV_EMSGSIZE);
  framing = framing_of(HVUV_FRAMING_VARINT, 0, 128);
  assert_decodes(&framing, BYTES("\x81\1"), "", UV_EMSGSIZE);
}

static void no_limit_is_the_default(void** state) {
  hvuv_framing_t framing;

  (void) state;
  framing = framing_of(HVUV_FRAMING_LENGTH, 4, 0);
  assert_decodes(&framing, BYTES("\0\x10\0\0"), "", UV_EOF);
  assert_decodes(&framing, BYTES("\0\x10\0\1"), "", UV_EMSGSIZE);
  framing = framing_of(HVUV_FRAMING_VARINT, 0, 0);
  assert_decodes(&framing, BYTES("\x80\x80\x40"), "", UV_EOF);
  assert_decodes(&framing, BYTES("\x81\x80\x40"), "", UV_EMSGSIZE);
}

static void a_prefix_may_say_less_than_the_limit(void** state) {
  hvuv_framing_t framing;

  (void) state;
  framing = framing_of(HVUV_FRAMING_LENGTH, 1, HVUV_FRAMING_MAX_MAX);
  assert_decodes(&framing, BYTES("\xff"), "", UV_EOF);
  framing = framing_of(HVUV_FRAMING_LENGTH, 2, HVUV_FRAMING_MAX_MAX);
  assert_decodes(&framing, BYTES("\xff\xff"), "", UV_EOF);
  framing = framing_of(HVUV_FRAMING_LENGTH, 4, HVUV_FRAMING_MAX_MAX);
  assert_decodes(&framing, BYTES("\x40\0\0\0"), "", UV_EOF);
  assert_decodes(&framing, BYTES("\x40\0\0\1"), "", UV_EMSGSIZE);
  assert_decodes(&framing, BYTES("\xff\xff\xff\xff"), "", UV_EMSGSIZE);
}

/* --- Varints -------------------------------------------------------------- */

static void a_varint_is_low_bits_first(void** state) {
  const hvuv_framing_kind_t varint = HVUV_FRAMING_VARINT;

  (void) state;
  assert_means(varint, 0, "\x7f", 1, 0x7f);
  assert_means(varint, 0, "\x80\x01", 2, 0x80);
  assert_means(varint, 0, "\xac\x02", 2, 300);
  assert_means(varint, 0, "\xff\x7f", 2, 0x3fff);
  assert_means(varint, 0, "\x80\x80\x01", 3, 0x4000);
  assert_means(varint, 0, "\x80\x80\x80\x01", 4, 0x200000);
  assert_means(varint, 0, "\x95\x9a\xef\x3a", 4, 0x75bcd15);
  assert_means(varint, 0, "\x80\x80\x80\x80\x01", 5, 0x10000000);
  assert_means(varint, 0, "\x80\x80\x80\x80\x04", 5, HVUV_FRAMING_MAX_MAX);
}

static void varints_lead_messages(void** state) {
  hvuv_framing_t framing;
  char bytes[2 + 130 + 2];

  (void) state;
  memset(bytes, 'x', sizeof(bytes));
  memcpy(bytes, "\x82\1", 2);
  memcpy(bytes + 132, "\0\1", 2);
  framing = framing_of(HVUV_FRAMING_VARINT, 0, 0);
  assert_decodes(&framing,
                 bytes,
                 sizeof(bytes),
                 "130:xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
                 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
                 "xxxxxxxxxxxxxxx,0:,",
                 UV_EOF);
}

static void a_varint_in_a_longer_form_is_refused(void** state) {
  hvuv_framing_t framing;

  (void) state;
  framing = framing_of(HVUV_FRAMING_VARINT, 0, 0);
  assert_decodes(&framing, BYTES("\0"), "0:,", 0);
  assert_decodes(&framing, BYTES("\x80\0"), "", UV_EPROTO);
  assert_decodes(&framing, BYTES("\x80\x80\0"), "", UV_EPROTO);
  assert_decodes(&framing, BYTES("\x83\0abc"), "", UV_EPROTO);
  assert_decodes(&framing, BYTES("\x83\x80\x80\x80\0abc"), "", UV_EPROTO);
  assert_decodes(&framing, BYTES("\1a\x81\0b"), "1:a,", UV_EPROTO);
}

static void a_varint_beyond_32_bits_is_refused(void** state) {
  hvuv_framing_t framing;

  (void) state;
  framing = framing_of(HVUV_FRAMING_VARINT, 0, HVUV_FRAMING_MAX_MAX);
  assert_decodes(&framing, BYTES("\xff\xff\xff\xff\x0f"), "", UV_EMSGSIZE);
  assert_decodes(&framing, BYTES("\x80\x80\x80\x80\x08"), "", UV_EMSGSIZE);
  assert_decodes(&framing, BYTES("\x80\x80\x80\x80\x10"), "", UV_EPROTO);
  assert_decodes(&framing, BYTES("\x80\x80\x80\x80\x7f"), "", UV_EPROTO);
}

static void a_varint_of_six_bytes_is_refused_at_the_fifth(void** state) {
  hvuv_framing_t framing;

  (void) state;
  framing = framing_of(HVUV_FRAMING_VARINT, 0, HVUV_FRAMING_MAX_MAX);
  assert_decodes(&framing, BYTES("\x80\x80\x80\x80"), "", UV_EOF);
  assert_decodes(&framing, BYTES("\x80\x80\x80\x80\x80"), "", UV_EPROTO);
  assert_decodes(&framing, BYTES("\x81\x80\x80\x80\x80\1"), "", UV_EPROTO);
  assert_decodes(&framing, BYTES("\xff\xff\xff\xff\xff\xff"), "", UV_EPROTO);
}

/* --- Raw ------------------------------------------------------------------ */

static void raw_bytes_are_given_as_they_come(void** state) {
  hvuv_framing_t framing;
  feed_t feed;

  (void) state;
  framing = framing_of(HVUV_FRAMING_RAW, 0, 0);
  feed_open(&feed, &framing);
  feed_slice(&feed, "ab", 2);
  feed_slice(&feed, "", 0);
  feed_slice(&feed, "c", 1);
  assert_int_equal(feed_close(&feed), 0);
  assert_string_equal(feed.got, "2:ab,1:c,");
}

static void raw_bytes_above_the_limit_come_in_several_parts(void** state) {
  hvuv_framing_t framing;

  (void) state;
  framing = framing_of(HVUV_FRAMING_RAW, 0, 3);
  assert_decodes(&framing, BYTES("abc"), "3:abc,", 0);
  assert_decodes(&framing, BYTES("abcdefgh"), "3:abc,3:def,2:gh,", 0);
}

/* --- A decoder's life ----------------------------------------------------- */

static void a_new_decoder_is_at_a_boundary(void** state) {
  hvuv_framing_t framing;
  int kind;

  (void) state;
  for (kind = HVUV_FRAMING_RAW; kind <= HVUV_FRAMING_LINES; kind++) {
    framing = framing_of((hvuv_framing_kind_t) kind, 2, 0);
    assert_decodes(&framing, "", 0, "", 0);
  }
}

static void an_end_is_lawful_between_messages_only(void** state) {
  static const char bytes[] = "\0\2ab\0\0\0\1c";
  static const int is_boundary[] = {1, 0, 0, 0, 1, 0, 1, 0, 0, 1};
  hvuv_framing_t framing;
  feed_t feed;
  size_t n;

  (void) state;
  framing = framing_of(HVUV_FRAMING_LENGTH, 2, 0);
  for (n = 0; n < sizeof(bytes); n++) {
    assert_int_equal(feed_in_slices(&feed, &framing, bytes, n, NULL, 0),
                     is_boundary[n] ? 0 : UV_EOF);
  }
}

static void no_bytes_change_nothing(void** state) {
  hvuv_decoder_t decoder;
  hvuv_framing_t framing;
  uv_buf_t message;
  uv_buf_t input;
  int kind;

  (void) state;
  memset(&message, 0, sizeof(message));
  for (kind = HVUV_FRAMING_RAW; kind <= HVUV_FRAMING_LINES; kind++) {
    framing = framing_of((hvuv_framing_kind_t) kind, 4, 0);
    assert_int_equal(hvuv_decoder_init(&decoder, &framing), 0);
    input = uv_buf_init(NULL, 0);
    assert_int_equal(hvuv_decoder_next(&decoder, &input, &message), 0);
    assert_null(input.base);
    assert_int_equal(hvuv_decoder_end(&decoder), 0);
    hvuv_decoder_close(&decoder);
  }
}

static void no_bytes_inside_a_message_change_nothing(void** state) {
  hvuv_framing_t framing;
  uv_buf_t message;
  uv_buf_t input;
  feed_t feed;

  (void) state;
  framing = framing_of(HVUV_FRAMING_LENGTH, 1, 0);
  feed_open(&feed, &framing);
  feed_slice(&feed, "\2", 1);
  input = uv_buf_init(NULL, 0);
  assert_int_equal(hvuv_decoder_next(&feed.decoder, &input, &message), 0);
  feed_slice(&feed, "a", 1);
  assert_int_equal(hvuv_decoder_next(&feed.decoder, &input, &message), 0);
  assert_int_equal(hvuv_decoder_end(&feed.decoder), UV_EOF);
  feed_slice(&feed, "b", 1);
  assert_int_equal(feed_close(&feed), 0);
  assert_string_equal(feed.got, "2:ab,");
}

static void the_message_is_written_when_there_is_one(void** state) {
  static char bytes[] = "\1a\2b\3\xff";
  hvuv_decoder_t decoder;
  hvuv_framing_t framing;
  uv_buf_t message;
  uv_buf_t input;

  (void) state;
  framing = framing_of(HVUV_FRAMING_LENGTH, 1, 0);
  assert_int_equal(hvuv_decoder_init(&decoder, &framing), 0);
  input = uv_buf_init(bytes, 4);
  assert_int_equal(hvuv_decoder_next(&decoder, &input, &message), 1);
  message = uv_buf_init(bytes, 77);
  assert_int_equal(hvuv_decoder_next(&decoder, &input, &message), 0);
  assert_ptr_equal(message.base, bytes);
  assert_int_equal(message.len, 77);
  hvuv_decoder_close(&decoder);
}

static void an_error_is_remembered(void** state) {
  hvuv_framing_t framing;
  uv_buf_t message;
  uv_buf_t input;
  char more[] = "\1a";
  feed_t feed;

  (void) state;
  framing = framing_of(HVUV_FRAMING_LENGTH, 1, 3);
  feed_open(&feed, &framing);
  feed_slice(&feed, "\2ab\4", 4);
  assert_int_equal(feed.result, UV_EMSGSIZE);
  assert_int_equal(hvuv_decoder_end(&feed.decoder), UV_EMSGSIZE);

  input = uv_buf_init(more, 2);
  assert_int_equal(hvuv_decoder_next(&feed.decoder, &input, &message),
                   UV_EMSGSIZE);
  assert_ptr_equal(input.base, more);
  assert_int_equal(input.len, 2);
  input = uv_buf_init(NULL, 0);
  assert_int_equal(hvuv_decoder_next(&feed.decoder, &input, &message),
                   UV_EMSGSIZE);
  assert_int_equal(feed_close(&feed), UV_EMSGSIZE);
  assert_string_equal(feed.got, "2:ab,");
}

static void a_closed_decoder_may_be_prepared_again(void** state) {
  hvuv_framing_t framing;
  hvuv_framing_t lines;
  uv_buf_t message;
  uv_buf_t input;
  char line[] = "xyz\n";
  feed_t feed;

  (void) state;
  lines = framing_of(HVUV_FRAMING_LINES, 0, 0);
  framing = framing_of(HVUV_FRAMING_LENGTH, 2, 3);
  feed_open(&feed, &framing);
  feed_slice(&feed, "\0\3ab", 4);
  hvuv_decoder_close(&feed.decoder);

  assert_int_equal(hvuv_decoder_init(&feed.decoder, &lines), 0);
  assert_int_equal(hvuv_decoder_end(&feed.decoder), 0);
  input = uv_buf_init(line, 4);
  assert_int_equal(hvuv_decoder_next(&feed.decoder, &input, &message), 1);
  assert_ptr_equal(message.base, line);
  assert_int_equal(message.len, 3);
  hvuv_decoder_close(&feed.decoder);

  feed_open(&feed, &framing);
  feed_slice(&feed, "\0\4", 2);
  assert_int_equal(feed_close(&feed), UV_EMSGSIZE);
  feed_open(&feed, &framing);
  feed_slice(&feed, "\0\1a", 3);
  assert_int_equal(feed_close(&feed), 0);
  assert_string_equal(feed.got, "1:a,");
}

static void close_is_legal_twice_and_on_a_zeroed_one(void** state) {
  hvuv_framing_t framing;
  hvuv_decoder_t decoder;
  feed_t feed;

  (void) state;
  memset(&decoder, 0, sizeof(decoder));
  hvuv_decoder_close(&decoder);
  framing = framing_of(HVUV_FRAMING_LINES, 0, 0);
  feed_open(&feed, &framing);
  feed_slice(&feed, "ab", 2);
  hvuv_decoder_close(&feed.decoder);
  hvuv_decoder_close(&feed.decoder);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      FRAMING(all_zero_is_raw),
      FRAMING(a_prefix_has_one_two_four_or_eight_bytes),
      FRAMING(other_kinds_and_null_are_no_framing),
      FRAMING(a_limit_ends_at_the_highest),
      FRAMING(a_decoder_of_no_framing_is_not_prepared),
      FRAMING(one_byte_says_the_size),
      FRAMING(two_bytes_say_it_in_either_order),
      FRAMING(four_bytes_say_it_in_either_order),
      FRAMING(each_byte_of_a_prefix_has_its_place),
      FRAMING(a_limit_is_passed_at_one_byte_more),
      FRAMING(a_size_that_is_too_large_is_refused_before_its_bytes),
      FRAMING(no_limit_is_the_default),
      FRAMING(a_prefix_may_say_less_than_the_limit),
      FRAMING(a_varint_is_low_bits_first),
      FRAMING(varints_lead_messages),
      FRAMING(a_varint_in_a_longer_form_is_refused),
      FRAMING(a_varint_beyond_32_bits_is_refused),
      FRAMING(a_varint_of_six_bytes_is_refused_at_the_fifth),
      FRAMING(raw_bytes_are_given_as_they_come),
      FRAMING(raw_bytes_above_the_limit_come_in_several_parts),
      FRAMING(a_new_decoder_is_at_a_boundary),
      FRAMING(an_end_is_lawful_between_messages_only),
      FRAMING(no_bytes_change_nothing),
      FRAMING(no_bytes_inside_a_message_change_nothing),
      FRAMING(the_message_is_written_when_there_is_one),
      FRAMING(an_error_is_remembered),
      FRAMING(a_closed_decoder_may_be_prepared_again),
      FRAMING(close_is_legal_twice_and_on_a_zeroed_one),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
