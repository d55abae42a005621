/* Framings: the same bytes mean the same messages, however they are sliced. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
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

#define SPLITS(test) cmocka_unit_test_setup_teardown(test, up, down)

/* A conversation and what it means: its messages, and its end. */
typedef struct sample_s {
  const hvuv_framing_t* framing;
  const char* bytes;
  size_t nbytes;
  const char* messages;
  int end;
} sample_t;

static const hvuv_framing_t one = {HVUV_FRAMING_LENGTH, 1, 0, 5, 0};
static const hvuv_framing_t two = {HVUV_FRAMING_LENGTH, 2, 0, 0, 0};
static const hvuv_framing_t two_little = {HVUV_FRAMING_LENGTH, 2, 1, 256, 0};
static const hvuv_framing_t four = {HVUV_FRAMING_LENGTH, 4, 0, 0, 0};
static const hvuv_framing_t four_little = {HVUV_FRAMING_LENGTH, 4, 1, 0, 0};
static const hvuv_framing_t varint = {HVUV_FRAMING_VARINT, 0, 0, 0, 0};
static const hvuv_framing_t lines = {HVUV_FRAMING_LINES, 0, 0, 0, 0};
static const hvuv_framing_t lines_of_3 = {HVUV_FRAMING_LINES, 0, 0, 3, 0};

/* The bytes of a literal, which may hold zeroes, without the last. */
#define BYTES(literal) literal, sizeof(literal) - 1

static const sample_t samples[] = {
    {&one, BYTES("\0\1a\0\5hello\3a\nb\0"), "0:,1:a,0:,5:hello,3:a\nb,0:,", 0},
    {&one, BYTES("\5hello\4four\6long"), "5:hello,4:four,", UV_EMSGSIZE},
    {&one, BYTES("\5hello\5hell"), "5:hello,", UV_EOF},

    {&two, BYTES("\0\2ab\0\0\0\5hello\0\1c"), "2:ab,0:,5:hello,1:c,", 0},
    {&two, BYTES("\0\2ab\0"), "2:ab,", UV_EOF},
    {&two_little, BYTES("\2\0ab\0\0\5\0hello\1\0c"), "2:ab,0:,5:hello,1:c,", 0},
    {&two_little, BYTES("\2\0ab\1\1ab"), "2:ab,", UV_EMSGSIZE},

    {&four, BYTES("\0\0\0\2ab\0\0\0\0\0\0\0\1c"), "2:ab,0:,1:c,", 0},
    {&four_little, BYTES("\2\0\0\0ab\0\0\0\0\1\0\0\0c"), "2:ab,0:,1:c,", 0},
    {&four_little, BYTES("\1\0\0\0a\xff\xff\xff\xff?"), "1:a,", UV_EMSGSIZE},

    {&varint, BYTES("\0\1a\0\5hello\0"), "0:,1:a,0:,5:hello,0:,", 0},
    {&varint, BYTES("\2ab\x83\0abc"), "2:ab,", UV_EPROTO},
    {&varint, BYTES("\2ab\x80\x80\x80\x80\x80\1"), "2:ab,", UV_EPROTO},
    {&varint, BYTES("\2ab\xff\xff\xff\xff\xf"), "2:ab,", UV_EMSGSIZE},
    {&varint, BYTES("\2ab\x80\1xx"), "2:ab,", UV_EOF},

    {&lines, BYTES("\n\r\nabc\r\n\rf\r\r\n\n"), "0:,0:,3:abc,3:\rf\r,0:,", 0},
    {&lines, BYTES("no end"), "", UV_EOF},
    {&lines_of_3, BYTES("abc\r\nab\r\r\nabc\n"), "3:abc,3:ab\r,3:abc,", 0},
    {&lines_of_3, BYTES("abc\r\nabcd\n"), "3:abc,", UV_EMSGSIZE},
    {&lines_of_3, BYTES("abc\r\nabc\rd\n"), "3:abc,", UV_EMSGSIZE},
    {&lines_of_3, BYTES("abc\r\nabc\r"), "3:abc,", UV_EOF},
};

#define NSAMPLES (sizeof(samples) / sizeof(samples[0]))

static void assert_means_the_same(const sample_t* sample,
                                  const size_t cuts[],
                                  size_t ncuts) {
  feed_t feed;
  int end;

  end = feed_in_slices(
      &feed, sample->framing, sample->bytes, sample->nbytes, cuts, ncuts);
  assert_int_equal(end, sample->end);
  assert_string_equal(feed.got, sample->messages);
}

static void each_sample_means_what_it_means_in_one_slice(void** state) {
  size_t i;

  (void) state;
  for (i = 0; i < NSAMPLES; i++)
    assert_means_the_same(&samples[i], NULL, 0);
}

static void and_cut_at_each_place(void** state) {
  size_t cut;
  size_t i;

  (void) state;
  for (i = 0; i < NSAMPLES; i++) {
    for (cut = 0; cut <= samples[i].nbytes; cut++)
      assert_means_the_same(&samples[i], &cut, 1);
  }
}

static void and_cut_at_each_two_places(void** state) {
  size_t cuts[2];
  size_t i;

  (void) state;
  for (i = 0; i < NSAMPLES; i++) {
    for (cuts[0] = 0; cuts[0] <= samples[i].nbytes; cuts[0]++) {
      for (cuts[1] = cuts[0]; cuts[1] <= samples[i].nbytes; cuts[1]++)
        assert_means_the_same(&samples[i], cuts, 2);
    }
  }
}

static void and_byte_by_byte(void** state) {
  size_t cuts[64];
  size_t n;
  size_t i;

  (void) state;
  for (i = 0; i < NSAMPLES; i++) {
    for (n = 0; n < samples[i].nbytes; n++)
      cuts[n] = n;
    assert_means_the_same(&samples[i], cuts, n);
  }
}

/* Each end of a sample's bytes means the same whole and in two slices. */
static void and_ended_at_each_place(void** state) {
  feed_t whole;
  feed_t parts;
  size_t cut;
  size_t n;
  size_t i;
  int end;

  (void) state;
  for (i = 0; i < NSAMPLES; i++) {
    const sample_t* s = &samples[i];

    for (n = 0; n <= s->nbytes; n++) {
      end = feed_in_slices(&whole, s->framing, s->bytes, n, NULL, 0);
      for (cut = 0; cut < n; cut++) {
        assert_int_equal(
            feed_in_slices(&parts, s->framing, s->bytes, n, &cut, 1), end);
        assert_string_equal(parts.got, whole.got);
      }
    }
  }
}

static void raw_bytes_are_the_same_bytes(void** state) {
  static const char text[] = "abcdef";
  hvuv_framing_t framing;
  char expected[64];
  size_t cut;
  feed_t feed;

  (void) state;
  framing = framing_of(HVUV_FRAMING_RAW, 0, 0);
  for (cut = 1; cut < 6; cut++) {
    assert_int_equal(feed_in_slices(&feed, &framing, text, 6, &cut, 1), 0);
    snprintf(expected,
             sizeof(expected),
             "%d:%.*s,%d:%s,",
             (int) cut,
             (int) cut,
             text,
             (int) (6 - cut),
             text + cut);
    assert_string_equal(feed.got, expected);
  }
}

/* --- Messages that grow several times ------------------------------------- */

#define LARGE_BYTES 1500

/* A small message, a large one, a small one; returns their bytes. */
static size_t make_large(const hvuv_framing_t* framing, char all[]) {
  static const size_t sizes[] = {2, LARGE_BYTES, 1};
  char tail[HVUV_FRAMING_EDGE_BYTES];
  size_t head_bytes;
  size_t tail_bytes;
  size_t at;
  size_t i;
  size_t k;

  at = 0;
  for (i = 0; i < 3; i++) {
    assert_int_equal(
        hvuv_framing_edges(
            framing, sizes[i], all + at, &head_bytes, tail, &tail_bytes),
        0);
    at += head_bytes;
    for (k = 0; k < sizes[i]; k++)
      all[at + k] = (char) ('a' + k % 26);
    at += sizes[i];
    memcpy(all + at, tail, tail_bytes);
    at += tail_bytes;
  }
  return at;
}

static void large_messages_mean_the_same(void** state) {
  static size_t cuts[LARGE_BYTES + 64];
  static char all[LARGE_BYTES + 64];
  hvuv_framing_t framing;
  feed_t whole;
  feed_t parts;
  size_t n;
  size_t i;
  int kind;

  (void) state;
  for (kind = HVUV_FRAMING_LENGTH; kind <= HVUV_FRAMING_LINES; kind++) {
    framing = framing_of((hvuv_framing_kind_t) kind, 2, LARGE_BYTES);
    n = make_large(&framing, all);
    assert_int_equal(feed_in_slices(&whole, &framing, all, n, NULL, 0), 0);
    assert_true(whole.got_bytes > LARGE_BYTES);
    for (i = 0; i < n; i++) {
      cuts[0] = i;
      assert_int_equal(feed_in_slices(&parts, &framing, all, n, cuts, 1), 0);
      assert_string_equal(parts.got, whole.got);
    }
    for (i = 0; i < n; i++)
      cuts[i] = i;
    assert_int_equal(feed_in_slices(&parts, &framing, all, n, cuts, n), 0);
    assert_string_equal(parts.got, whole.got);
  }
}

static void many_messages_lie_in_one_slice(void** state) {
  static char all[1000 * 2];
  hvuv_framing_t framing;
  feed_t feed;
  size_t i;

  (void) state;
  framing = framing_of(HVUV_FRAMING_LENGTH, 1, 1);
  for (i = 0; i < 1000; i++) {
    all[2 * i] = 1;
    all[2 * i + 1] = (char) ('a' + i % 26);
  }
  assert_int_equal(feed_in_slices(&feed, &framing, all, sizeof(all), NULL, 0),
                   0);
  assert_int_equal(feed.got_bytes, 1000 * 4);
  for (i = 0; i < 1000; i++)
    assert_int_equal(feed.got[4 * i + 2], 'a' + i % 26);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      SPLITS(each_sample_means_what_it_means_in_one_slice),
      SPLITS(and_cut_at_each_place),
      SPLITS(and_cut_at_each_two_places),
      SPLITS(and_byte_by_byte),
      SPLITS(and_ended_at_each_place),
      SPLITS(raw_bytes_are_the_same_bytes),
      SPLITS(large_messages_mean_the_same),
      SPLITS(many_messages_lie_in_one_slice),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
