/* Framings: what goes before and behind a message, and that a decoder reads
 * it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <uv.h>

#include "framing_feed.h"

#define UNTOUCHED 0x5a

typedef struct edges_s {
  char head[HVUV_FRAMING_EDGE_BYTES];
  char guard[4];
  char tail[HVUV_FRAMING_EDGE_BYTES];
  size_t head_bytes;
  size_t tail_bytes;
} edges_t;

static int edges(const hvuv_framing_t* framing, size_t nbytes, edges_t* e) {
  memset(e, UNTOUCHED, sizeof(*e));
  return hvuv_framing_edges(
      framing, nbytes, e->head, &e->head_bytes, e->tail, &e->tail_bytes);
}

/* The edges are these, and nothing else was written. */
static void assert_edges(const hvuv_framing_t* framing,
                         size_t nbytes,
                         const char* head,
                         size_t head_bytes,
                         const char* tail) {
  edges_t expected;
  edges_t e;

  assert_int_equal(edges(framing, nbytes, &e), 0);
  memset(&expected, UNTOUCHED, sizeof(expected));
  if (head_bytes > 0)
    memcpy(expected.head, head, head_bytes);
  memcpy(expected.tail, tail, strlen(tail));
  assert_int_equal(e.head_bytes, head_bytes);
  assert_int_equal(e.tail_bytes, strlen(tail));
  assert_memory_equal(e.head, expected.head, sizeof(e.head));
  assert_memory_equal(e.guard, expected.guard, sizeof(e.guard));
  assert_memory_equal(e.tail, expected.tail, sizeof(e.tail));
}

static void assert_refused(const hvuv_framing_t* framing,
                           size_t nbytes,
                           int error) {
  edges_t expected;
  edges_t e;

  memset(&expected, UNTOUCHED, sizeof(expected));
  assert_int_equal(edges(framing, nbytes, &e), error);
  assert_memory_equal(&e, &expected, sizeof(e));
}

static void raw_bytes_have_no_edges_and_no_limit(void** state) {
  hvuv_framing_t framing;

  (void) state;
  framing = framing_of(HVUV_FRAMING_RAW, 0, 3);
  assert_edges(&framing, 0, NULL, 0, "");
  assert_edges(&framing, 4, NULL, 0, "");
  assert_edges(&framing, (size_t) -1, NULL, 0, "");
}

static void lines_end_with_lf(void** state) {
  hvuv_framing_t framing;

  (void) state;
  framing = framing_of(HVUV_FRAMING_LINES, 0, 3);
  assert_edges(&framing, 0, NULL, 0, "\n");
  assert_edges(&framing, 3, NULL, 0, "\n");
  assert_refused(&framing, 4, UV_EMSGSIZE);
}

static void lengths_stand_before(void** state) {
  hvuv_framing_t framing;

  (void) state;
  framing = framing_of(HVUV_FRAMING_LENGTH, 1, 0);
  assert_edges(&framing, 0, "\0", 1, "");
  assert_edges(&framing, 0x9a, "\x9a", 1, "");
  framing = framing_of(HVUV_FRAMING_LENGTH, 2, 0);
  assert_edges(&framing, 0x9abc, "\x9a\xbc", 2, "");
  framing = framing_of(HVUV_FRAMING_LENGTH, 4, HVUV_FRAMING_MAX_MAX);
  assert_edges(&framing, 0x129abcde, "\x12\x9a\xbc\xde", 4, "");
}

static void lengths_stand_before_in_little_endian(void** state) {
  hvuv_framing_t framing;

  (void) state;
  framing = framing_of(HVUV_FRAMING_LENGTH, 1, 0);
  framing.is_little_endian = 1;
  assert_edges(&framing, 0x9a, "\x9a", 1, "");
  framing.prefix_bytes = 2;
  assert_edges(&framing, 0x9abc, "\xbc\x9a", 2, "");
  framing.prefix_bytes = 4;
  framing.max_message_bytes = HVUV_FRAMING_MAX_MAX;
  assert_edges(&framing, 0x129abcde, "\xde\xbc\x9a\x12", 4, "");
}

static void varints_stand_before_in_the_shortest_form(void** state) {
  hvuv_framing_t framing;

  (void) state;
  framing = framing_of(HVUV_FRAMING_VARINT, 0, HVUV_FRAMING_MAX_MAX);
  assert_edges(&framing, 0, "\0", 1, "");
  assert_edges(&framing, 0x7f, "\x7f", 1, "");
  assert_edges(&framing, 0x80, "\x80\1", 2, "");
  assert_edges(&framing, 300, "\xac\2", 2, "");
  assert_edges(&framing, 0x3fff, "\xff\x7f", 2, "");
  assert_edges(&framing, 0x4000, "\x80\x80\1", 3, "");
  assert_edges(&framing, 0x200000, "\x80\x80\x80\1", 4, "");
  assert_edges(&framing, 0xfffffff, "\xff\xff\xff\x7f", 4, "");
  assert_edges(&framing, HVUV_FRAMING_MAX_MAX, "\x80\x80\x80\x80\4", 5, "");
}

static void a_message_above_the_limit_has_no_edges(void** state) {
  hvuv_framing_t framing;
  int kind;

  (void) state;
  for (kind = HVUV_FRAMING_LENGTH; kind <= HVUV_FRAMING_LINES; kind++) {
    framing = framing_of((hvuv_framing_kind_t) kind, 4, 3);
    assert_refused(&framing, 4, UV_EMSGSIZE);
    assert_refused(&framing, (size_t) -1, UV_EMSGSIZE);
    framing.max_message_bytes = 0;
    assert_refused(&framing, HVUV_FRAMING_MAX_DEFAULT + 1, UV_EMSGSIZE);
    framing.max_message_bytes = HVUV_FRAMING_MAX_MAX;
    assert_refused(&framing, HVUV_FRAMING_MAX_MAX + 1, UV_EMSGSIZE);
  }
}

static void a_message_above_what_a_prefix_says_has_no_edges(void** state) {
  hvuv_framing_t framing;

  (void) state;
  framing = framing_of(HVUV_FRAMING_LENGTH, 1, HVUV_FRAMING_MAX_MAX);
  assert_edges(&framing, 0xff, "\xff", 1, "");
  assert_refused(&framing, 0x100, UV_EMSGSIZE);
  framing.prefix_bytes = 2;
  assert_edges(&framing, 0xffff, "\xff\xff", 2, "");
  assert_refused(&framing, 0x10000, UV_EMSGSIZE);

  framing.max_message_bytes = 0x10000;
  assert_refused(&framing, 0x10000, UV_EMSGSIZE);
  framing.prefix_bytes = 1;
  framing.max_message_bytes = 0x100;
  assert_refused(&framing, 0x100, UV_EMSGSIZE);
}

static void what_is_no_framing_has_no_edges(void** state) {
  hvuv_framing_t framing;

  (void) state;
  assert_refused(NULL, 0, UV_EINVAL);
  framing = framing_of(HVUV_FRAMING_LENGTH, 3, 0);
  assert_refused(&framing, 0, UV_EINVAL);
  framing = framing_of(HVUV_FRAMING_RAW, 0, HVUV_FRAMING_MAX_MAX + 1);
  assert_refused(&framing, 0, UV_EINVAL);
}

/* A message of nbytes between its edges is read as just that, whole and cut in
 * the middle. */
static void assert_reads_back(const hvuv_framing_t* framing, size_t nbytes) {
  hvuv_decoder_t decoder;
  uv_buf_t message;
  uv_buf_t input;
  size_t total;
  edges_t e;
  char* all;
  int r;

  assert_int_equal(edges(framing, nbytes, &e), 0);
  total = e.head_bytes + nbytes + e.tail_bytes;
  all = malloc(total == 0 ? 1 : total);
  assert_non_null(all);
  memset(all, 'x', total);
  memcpy(all, e.head, e.head_bytes);
  memcpy(all + e.head_bytes + nbytes, e.tail, e.tail_bytes);

  assert_int_equal(hvuv_decoder_init(&decoder, framing), 0);
  input = uv_buf_init(all, (unsigned int) total);
  assert_int_equal(hvuv_decoder_next(&decoder, &input, &message), 1);
  assert_ptr_equal(message.base, all + e.head_bytes);
  assert_int_equal(message.len, nbytes);
  assert_int_equal(input.len, 0);

  input = uv_buf_init(all, (unsigned int) (total / 2));
  assert_int_equal(hvuv_decoder_next(&decoder, &input, &message), 0);
  input = uv_buf_init(all + total / 2, (unsigned int) (total - total / 2));
  r = hvuv_decoder_next(&decoder, &input, &message);
  assert_int_equal(r, 1);
  assert_int_equal(message.len, nbytes);
  if (nbytes > 0)
    assert_memory_equal(message.base, all + e.head_bytes, nbytes);
  assert_int_equal(hvuv_decoder_end(&decoder), 0);
  hvuv_decoder_close(&decoder);
  free(all);
}

static void a_decoder_reads_what_has_edges(void** state) {
  static const size_t sizes[] = {
      0, 1, 2, 127, 128, 255, 256, 511, 512, 16383, 16384, 65535, 65536, 70000};
  hvuv_framing_t framing;
  unsigned int prefix_bytes;
  edges_t e;
  size_t i;
  int kind;

  (void) state;
  for (kind = HVUV_FRAMING_LENGTH; kind <= HVUV_FRAMING_LINES; kind++) {
    for (prefix_bytes = 1; prefix_bytes <= 8; prefix_bytes *= 2) {
      framing = framing_of((hvuv_framing_kind_t) kind, prefix_bytes, 0);
      for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        if (edges(&framing, sizes[i], &e) == UV_EMSGSIZE)
          continue;
        assert_reads_back(&framing, sizes[i]);
        framing.is_little_endian = 1;
        assert_reads_back(&framing, sizes[i]);
        framing.is_little_endian = 0;
      }
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(raw_bytes_have_no_edges_and_no_limit),
      cmocka_unit_test(lines_end_with_lf),
      cmocka_unit_test(lengths_stand_before),
      cmocka_unit_test(lengths_stand_before_in_little_endian),
      cmocka_unit_test(varints_stand_before_in_the_shortest_form),
      cmocka_unit_test(a_message_above_the_limit_has_no_edges),
      cmocka_unit_test(a_message_above_what_a_prefix_says_has_no_edges),
      cmocka_unit_test(what_is_no_framing_has_no_edges),
      cmocka_unit_test(a_decoder_reads_what_has_edges),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
