/* Where hvuv's memory comes from. */
#ifndef HVUV_ALLOC_H
#define HVUV_ALLOC_H

#include <uv.h>

#include "export.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Replaces the allocator of hvuv, as uv_replace_allocator() does for libuv.
 * hvuv allocates a few small blocks for each loop and each socket, and one for
 * a write of more than four buffers; nothing per byte or per event. To be
 * called before the first hvuv_init(). UV_EINVAL if a function is NULL. */
HVUV_EXTERN int hvuv_replace_allocator(uv_malloc_func malloc_func,
                                       uv_realloc_func realloc_func,
                                       uv_calloc_func calloc_func,
                                       uv_free_func free_func);

#ifdef __cplusplus
}
#endif

#endif /* HVUV_ALLOC_H */
