/*
 * hvuv's allocator with a meter: how many bytes are in use, and were at most.
 *
 *   meter_install();   where hvuv holds no block
 *   meter_mark();      ... meter_peak() bytes more were in use at once ...
 *   meter_check();     nothing is left
 */
#ifndef HVUV_TESTS_SERVE_METER_H
#define HVUV_TESTS_SERVE_METER_H

#include <stddef.h>

void meter_install(void);
void meter_check(void);

/* Counts from what is in use now. */
void meter_mark(void);
size_t meter_peak(void);

size_t meter_in_use(void);

#endif /* HVUV_TESTS_SERVE_METER_H */
