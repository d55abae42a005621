/* The buffer of one direction of a relay: how large it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <uv.h>

#include "hvuv/stream.h"
#include "relay/buffer.h"

#define KIB ((size_t) 1024)

static char first[16 * 1024];
static int is_out_of_memory;

static void* scarce_malloc(size_t size) {
  return is_out_of_memory ? NULL : malloc(size);
}

static int up(void** state) {
  (void) state;
  is_out_of_memory = 0;
  return hvuv_replace_allocator(scarce_malloc, realloc, calloc, free);
}

static int down(void** state) {
  (void) state;
  return hvuv_replace_allocator(malloc, realloc, calloc, free);
}

/* A read that puts so many bytes in, and the next one's capacity. */
static size_t read_of(hvuv__buffer_t* buffer, size_t nread) {
  hvuv__buffer_note(buffer, nread);
  hvuv__buffer_fit(buffer);
  return buffer->capacity;
}

static void one_grows_while_reads_fill_it_up_to_its_bound(void** state) {
  hvuv__buffer_t buffer;

  (void) state;
  hvuv__buffer_init(&buffer, first, 200 * KIB);
  assert_int_equal(buffer.capacity, 16 * KIB);
  assert_int_equal(read_of(&buffer, 16 * KIB - 1), 16 * KIB);
  assert_int_equal(read_of(&buffer, 16 * KIB), 64 * KIB);
  assert_int_equal(read_of(&buffer, 16 * KIB), 64 * KIB);
  assert_int_equal(read_of(&buffer, 64 * KIB), 200 * KIB);
  assert_int_equal(read_of(&buffer, 200 * KIB), 200 * KIB);
  buffer.base[200 * KIB - 1] = 'x'; /* It has them all. */
  hvuv__buffer_free(&buffer);
}

static void one_with_a_small_bound_never_has_more(void** state) {
  hvuv__buffer_t buffer;

  (void) state;
  hvuv__buffer_init(&buffer, first, 1);
  assert_int_equal(read_of(&buffer, 1), 1);
  hvuv__buffer_free(&buffer);
  hvuv__buffer_init(&buffer, first, 20 * KIB);
  assert_int_equal(read_of(&buffer, 16 * KIB), 20 * KIB);
  assert_int_equal(read_of(&buffer, 20 * KIB), 20 * KIB);
  hvuv__buffer_free(&buffer);
}

/* One larger read in between, and it is still used. */
static void one_is_small_again_after_many_small_reads(void** state) {
  hvuv__buffer_t buffer;
  int i;

  (void) state;
  hvuv__buffer_init(&buffer, first, 64 * KIB);
  assert_int_equal(read_of(&buffer, 16 * KIB), 64 * KIB);
  for (i = 0; i < 63; i++)
    assert_int_equal(read_of(&buffer, 16 * KIB), 64 * KIB);
  assert_int_equal(read_of(&buffer, 16 * KIB + 1), 64 * KIB);
  for (i = 0; i < 63; i++)
    assert_int_equal(read_of(&buffer, 1), 64 * KIB);
  assert_int_equal(read_of(&buffer, 1), 16 * KIB);
  assert_ptr_equal(buffer.base, first);
  assert_int_equal(read_of(&buffer, 16 * KIB), 64 * KIB);
  hvuv__buffer_free(&buffer);
}

static void without_memory_it_stays_as_it_is(void** state) {
  hvuv__buffer_t buffer;

  (void) state;
  hvuv__buffer_init(&buffer, first, 64 * KIB);
  is_out_of_memory = 1;
  assert_int_equal(read_of(&buffer, 16 * KIB), 16 * KIB);
  is_out_of_memory = 0;
  assert_int_equal(read_of(&buffer, 100), 16 * KIB);
  assert_int_equal(read_of(&buffer, 16 * KIB), 64 * KIB);
  hvuv__buffer_free(&buffer);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(
          one_grows_while_reads_fill_it_up_to_its_bound, up, down),
      cmocka_unit_test_setup_teardown(
          one_with_a_small_bound_never_has_more, up, down),
      cmocka_unit_test_setup_teardown(
          one_is_small_again_after_many_small_reads, up, down),
      cmocka_unit_test_setup_teardown(
          without_memory_it_stays_as_it_is, up, down),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
