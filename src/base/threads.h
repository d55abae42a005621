/* What C11 has for threads, and MSVC in its own way. */
#ifndef HVUV_SRC_BASE_THREADS_H
#define HVUV_SRC_BASE_THREADS_H

#include <stddef.h>

/* A count that changes under a lock, and is read without it. */
#if defined(_MSC_VER)
#define HVUV__THREAD_LOCAL __declspec(thread)
typedef volatile size_t hvuv__count_t; /* by /volatile:ms as good as atomic */
#else
#include <stdatomic.h>
#define HVUV__THREAD_LOCAL _Thread_local
typedef atomic_size_t hvuv__count_t;
#endif

#endif /* HVUV_SRC_BASE_THREADS_H */
