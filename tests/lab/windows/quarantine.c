#include "quarantine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hvuv.h"

#define FREED 0xdd

typedef struct block_s {
  struct block_s* next;
  size_t size;
  int is_freed;
} block_t;

static uv_once_t once = UV_ONCE_INIT;
static uv_mutex_t lock; /* Loops of several threads have the one allocator. */
static block_t* blocks;

static void init_lock(void) {
  if (uv_mutex_init(&lock) != 0)
    abort();
}

static void* take(size_t count, size_t size) {
  block_t* block;

  block = calloc(1, sizeof(*block) + count * size);
  if (block == NULL)
    return NULL;
  block->size = count * size;
  uv_mutex_lock(&lock);
  block->next = blocks;
  blocks = block;
  uv_mutex_unlock(&lock);
  return block + 1;
}

static void* take_plain(size_t size) {
  return take(1, size);
}

static void give(void* memory) {
  block_t* block;

  if (memory == NULL)
    return;
  block = (block_t*) memory - 1;
  if (block->is_freed)
    abort();
  uv_mutex_lock(&lock);
  memset(memory, FREED, block->size);
  block->is_freed = 1;
  uv_mutex_unlock(&lock);
}

/* hvuv's blocks do not grow (alloc.c). */
static void* grow(void* memory, size_t size) {
  (void) memory;
  (void) size;
  return NULL;
}

void quarantine_install(void) {
  uv_once(&once, init_lock);
  blocks = NULL;
  hvuv_replace_allocator(take_plain, grow, take, give);
}

static int is_untouched(const block_t* block) {
  const unsigned char* bytes = (const unsigned char*) (block + 1);
  size_t i;

  for (i = 0; i < block->size; i++)
    if (bytes[i] != FREED)
      return 0;
  return 1;
}

void quarantine_check(void) {
  block_t* block;
  block_t* next;
  int touched = 0;
  int kept = 0;

  hvuv_replace_allocator(malloc, realloc, calloc, free);
  for (block = blocks; block != NULL; block = next) {
    next = block->next;
    if (!block->is_freed)
      kept++;
    else if (!is_untouched(block))
      touched++;
    free(block);
  }
  assert_int_equal(kept, 0);
  assert_int_equal(touched, 0);
}
