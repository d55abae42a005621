#include "meter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <hvuv.h>

/* Before each block, and aligned as it must be. */
#define HEAD_BYTES 16

static size_t in_use;
static size_t most;
static size_t mark;

static void* meter_malloc(size_t size) {
  char* head = malloc(HEAD_BYTES + size);

  if (head == NULL)
    return NULL;
  memcpy(head, &size, sizeof(size));
  in_use += size;
  if (in_use > most)
    most = in_use;
  return head + HEAD_BYTES;
}

/* hvuv counts things of a few bytes. */
static void* meter_calloc(size_t count, size_t size) {
  void* block = meter_malloc(count * size);

  if (block != NULL)
    memset(block, 0, count * size);
  return block;
}

static void meter_free(void* block) {
  char* head = block;
  size_t size;

  if (block == NULL)
    return;
  head -= HEAD_BYTES;
  memcpy(&size, head, sizeof(size));
  in_use -= size;
  free(head);
}

/* No block of hvuv grows in place. */
static void* meter_realloc(void* block, size_t size) {
  (void) block;
  (void) size;
  return NULL;
}

void meter_install(void) {
  in_use = 0;
  meter_mark();
  assert_int_equal(hvuv_replace_allocator(
                       meter_malloc, meter_realloc, meter_calloc, meter_free),
                   0);
}

size_t meter_in_use(void) {
  return in_use;
}

void meter_check(void) {
  assert_int_equal(in_use, 0);
}

void meter_mark(void) {
  mark = in_use;
  most = in_use;
}

size_t meter_peak(void) {
  return most - mark;
}
