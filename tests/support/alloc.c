/* A counting allocator. The counts are locked, because a test may run loops on
 * several threads; atomics are not in every compiler's C11. */
#include "alloc.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "hvuv/stream.h"

static uv_once_t once = UV_ONCE_INIT;
static uv_mutex_t lock;
static long blocks; /* of both libraries, not yet freed */
static long asked;  /* of hvuv's */
static long fail_at;
static int failed;

static void make_lock(void) {
  if (uv_mutex_init(&lock) != 0)
    abort();
}

static void count(int change) {
  uv_mutex_lock(&lock);
  blocks += change;
  uv_mutex_unlock(&lock);
}

static long read_locked(const long* number) {
  long n;

  uv_mutex_lock(&lock);
  n = *number;
  uv_mutex_unlock(&lock);
  return n;
}

static void* counted(void* block) {
  if (block != NULL)
    count(1);
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
    count(-1);
  free(block);
}

static int must_fail(void) {
  int it_must;

  uv_mutex_lock(&lock);
  it_must = ++asked == fail_at;
  failed |= it_must;
  uv_mutex_unlock(&lock);
  return it_must;
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
  uv_once(&once, make_lock);
  uv_replace_allocator(libuv_malloc, libuv_realloc, libuv_calloc, give_back);
  hvuv_replace_allocator(hvuv_malloc, hvuv_realloc, hvuv_calloc, give_back);
  uv_mutex_lock(&lock);
  blocks = 0;
  asked = 0;
  uv_mutex_unlock(&lock);
  alloc_fail_nth(0);
}

void alloc_check(void) {
  long left;

  alloc_fail_nth(0);
  left = read_locked(&blocks);
  if (left != 0)
    fail_msg("%ld blocks were not freed", left);
}

void alloc_fail_nth(long n) {
  uv_once(&once, make_lock);
  uv_mutex_lock(&lock);
  failed = 0;
  fail_at = n == 0 ? 0 : asked + n;
  uv_mutex_unlock(&lock);
}

int alloc_has_failed(void) {
  int has_failed;

  uv_mutex_lock(&lock);
  has_failed = failed;
  uv_mutex_unlock(&lock);
  return has_failed;
}

long alloc_count(void) {
  return read_locked(&asked);
}
