/* The allocator, replaceable as libuv's is. */
#include "alloc.h"

#include <stdlib.h>

#include "hvuv/stream.h"

static uv_calloc_func calloc_in_use = calloc;
static uv_free_func free_in_use = free;

int hvuv_replace_allocator(uv_malloc_func malloc_func,
                           uv_realloc_func realloc_func,
                           uv_calloc_func calloc_func,
                           uv_free_func free_func) {
  if (malloc_func == NULL || realloc_func == NULL || calloc_func == NULL ||
      free_func == NULL)
    return UV_EINVAL;

  /* Every block of hvuv is zeroed and never grows, so two of the four do. */
  calloc_in_use = calloc_func;
  free_in_use = free_func;
  return 0;
}

void* hvuv__calloc(size_t count, size_t size) {
  return calloc_in_use(count, size);
}

void hvuv__free(void* block) {
  if (block != NULL)
    free_in_use(block);
}
