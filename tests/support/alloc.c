/* A counting allocator. The counts are atomic, because a test may run loops on
 * several threads. */
#include "alloc.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "hvuv/stream.h"

static atomic_long blocks; /* of both libraries, not yet freed */
static atomic_long asked;  /* of hvuv's */
static atomic_long fail_at;
static atomic_int failed;

static void* counted(void* block) {
  if (block != NULL)
    atomic_fetch_add(&blocks, 1);
  return block;
}

static void* libuv_malloc(size_t size) {
  return counted(malloc(size));
}

static void* libuv_calloc(size_t count, size_t size) {
  return counted(calloc(count, size));
}

static void* libuv_realloc(void* block, size_t size) {
  return block == NULL ? counted(malloc(size)) : realloc(block, size);
}

static void give_back(void* block) {
  if (block != NULL)
    atomic_fetch_sub(&blocks, 1);
  free(block);
}

static int must_fail(void) {
  if (atomic_fetch_add(&asked, 1) + 1 != atomic_load(&fail_at))
    return 0;
  atomic_store(&failed, 1);
  return 1;
}

static void* hvuv_malloc(size_t size) {
  return must_fail() ? NULL : libuv_malloc(size);
}

static void* hvuv_calloc(size_t count, size_t size) {
  return must_fail() ? NULL : libuv_calloc(count, size);
}

static void* hvuv_realloc(void* block, size_t size) {
  return must_fail() ? NULL : libuv_realloc(block, size);
}

void alloc_install(void) {
  uv_replace_allocator(libuv_malloc, libuv_realloc, libuv_calloc, give_back);
  hvuv_replace_allocator(hvuv_malloc, hvuv_realloc, hvuv_calloc, give_back);
  atomic_store(&blocks, 0);
  atomic_store(&asked, 0);
  alloc_fail_nth(0);
}

void alloc_check(void) {
  alloc_fail_nth(0);
  if (atomic_load(&blocks) != 0)
    fail_msg("%ld blocks were not freed", atomic_load(&blocks));
}

void alloc_fail_nth(long n) {
  atomic_store(&failed, 0);
  atomic_store(&fail_at, n == 0 ? 0 : atomic_load(&asked) + n);
}

int alloc_has_failed(void) {
  return atomic_load(&failed);
}

long alloc_count(void) {
  return atomic_load(&asked);
}
