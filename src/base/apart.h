/* Keeps a function that few messages need out of one that all of them pass, so
 * that this saves few registers. */
#ifndef HVUV_SRC_BASE_APART_H
#define HVUV_SRC_BASE_APART_H

#if defined(__GNUC__)
#define HVUV__APART __attribute__((noinline))
#else
#define HVUV__APART
#endif

#endif /* HVUV_SRC_BASE_APART_H */
