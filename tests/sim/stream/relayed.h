/* What hvuv/relay.h promises of the bytes between two streams. */
#ifndef HVUV_TESTS_SIM_STREAM_RELAYED_H
#define HVUV_TESTS_SIM_STREAM_RELAYED_H

#include "kernel.h"

/* The two streams are one relay's from now on. */
void relayed_begin(int first, int second, size_t limit);

/* It has ended: both streams have closed. `was_cut`: by the program. */
void relayed_end(int first, int second, int status, int was_cut);

/* What the kernel was asked, and said. */
void relayed_offered(kernel_end_t* end,
                     const uv_buf_t bufs[],
                     unsigned int nbufs);
void relayed_sent(kernel_end_t* end, ssize_t result);
void relayed_received(kernel_end_t* end, ssize_t result);
void relayed_shut(kernel_end_t* end, int result);
void relayed_failed(kernel_end_t* end);

#endif /* HVUV_TESTS_SIM_STREAM_RELAYED_H */
