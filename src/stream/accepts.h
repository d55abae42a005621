/* How many connections a listener asks the kernel for when it wakes. */
#ifndef HVUV_SRC_STREAM_ACCEPTS_H
#define HVUV_SRC_STREAM_ACCEPTS_H

#include "hvuv/stream.h"

#define HVUV__ACCEPTS_MAX 32

typedef struct hvuv__accepts_s hvuv__accepts_t;

/* The listener wakes in this turn of its loop: returns how many it may ask for,
 * `least` to HVUV__ACCEPTS_MAX. *accepts is zeroed at first. */
unsigned int hvuv__accepts_begin(hvuv__accepts_t* accepts,
                                 unsigned int turn,
                                 unsigned int least);

/* What came of it: it has asked so often, the last time in vain or not. */
void hvuv__accepts_end(hvuv__accepts_t* accepts,
                       unsigned int asked,
                       int in_vain);

#endif /* HVUV_SRC_STREAM_ACCEPTS_H */
