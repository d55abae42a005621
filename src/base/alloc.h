/* Where hvuv's few blocks of memory come from: the C library, or what
 * hvuv_replace_allocator() set. */
#ifndef HVUV_SRC_BASE_ALLOC_H
#define HVUV_SRC_BASE_ALLOC_H

#include <stddef.h>

/* NULL when there is no memory. The block is zeroed. */
void* hvuv__calloc(size_t count, size_t size);

/* The same, not zeroed. */
void* hvuv__malloc(size_t size);

/* NULL is allowed. */
void hvuv__free(void* block);

#endif /* HVUV_SRC_BASE_ALLOC_H */
