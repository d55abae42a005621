/* The allocator, replaceable as libuv's is. */
#include "base/alloc.h"

#include <stdlib.h>

#include "hvuv/alloc.h"

/* Functions of our own, because the address of one that comes from a DLL is no
 * constant to MSVC (C4232). */
static void* default_malloc(size_t size) {
  return malloc(size);
}

static void* default_calloc(size_t count, size_t size) {
  return calloc(count, size);
}

static void default_free(void* block) {
  free(block);
}

static uv_malloc_func malloc_in_use = default_malloc;
static uv_calloc_func calloc_in_use = default_calloc;
static uv_free_func free_in_use = default_free;

int hvuv_replace_allocator(uv_malloc_func malloc_func,
                           uv_realloc_func realloc_func,
                           uv_calloc_func calloc_func,
                           uv_free_func free_func) {
  if (malloc_func == NULL || realloc_func == NULL || calloc_func == NULL ||
      free_func == NULL)
    return UV_EINVAL;

  /* No block of hvuv grows in place, so three of the four do. */
  malloc_in_use = malloc_func;
  calloc_in_use = calloc_func;
  free_in_use = free_func;
  return 0;
}

void* hvuv__calloc(size_t count, size_t size) {
  return calloc_in_use(count, size);
}

void* hvuv__malloc(size_t size) {
  return malloc_in_use(size);
}

void hvuv__free(void* block) {
  if (block != NULL)
    free_in_use(block);
}
