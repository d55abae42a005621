/*
 * A whole echo conversation on real sockets, again and again: with each of its
 * system calls failing once, in each way that it may, and with each of its
 * allocations failing once. Whatever fails, each request that was taken calls
 * back exactly once, the close callback comes last, and nothing is left.
 */
#ifndef HVUV_TESTS_CONFORMANCE_SWEEP_H
#define HVUV_TESTS_CONFORMANCE_SWEEP_H

#include <hvuv.h>

/* Where it goes on; to be called in each test's setup, in a place where the
 * addresses lead somewhere. With vm_of_client, the client plays that VM of
 * `local`. */
void sweep_open(const char* at, const char* to, const char* vm_of_client);

/* Has cb called before each conversation, which may change the addresses; then
 * descriptors are not counted after each. */
typedef void (*sweep_next)(hvuv_addr_t* at, hvuv_addr_t* to);
void sweep_before_each(sweep_next cb);

/* In each test's teardown: -1 if descriptors were left open. */
int sweep_close(void);

void sweep_calls(void);
void sweep_calls_of_a_wait(void);

/* There are to be more than at_least. */
void sweep_allocations(long at_least);
void sweep_allocations_of_a_wait(void);

#endif /* HVUV_TESTS_CONFORMANCE_SWEEP_H */
