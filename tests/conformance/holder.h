/*
 * A process that holds a socket until it is killed: the real death of a peer.
 */
#ifndef HVUV_TESTS_CONFORMANCE_HOLDER_H
#define HVUV_TESTS_CONFORMANCE_HOLDER_H

#include <uv.h>

/* Whether there can be one. */
int holder_is_possible(void);

/* Starts one that has the socket; the caller may close its own. Returns its
 * process id. Aborts if it cannot. */
int holder_start(uv_os_sock_t sock);

/* Kills it and waits until it has gone. */
void holder_kill(int pid);

#endif /* HVUV_TESTS_CONFORMANCE_HOLDER_H */
