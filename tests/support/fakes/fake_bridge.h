/*
 * The two sockets that a fake hypervisor joins, and the bytes between them:
 *
 *   host --- to_guest ---> guest        each a buffer of one piece: it is filled
 *        <--- to_host ----               when it is empty, and ends when what it
 *                                        reads from has ended and all has gone
 *
 * A direction whose taker has gone is given up, and the other goes on to its own
 * end: what one end had said before it died arrives. When both have ended the
 * bridge is done. One abort it cannot carry: the other end reads an end of
 * input, not an error, unless bytes of its own are lost with it.
 */
#ifndef HVUV_TESTS_SUPPORT_FAKES_FAKE_BRIDGE_H
#define HVUV_TESTS_SUPPORT_FAKES_FAKE_BRIDGE_H

#include <stddef.h>

#include "support/net.h"

#define BRIDGE_PIPE_BYTES 16384

typedef struct bridge_pipe_s {
  size_t start;
  size_t end;
  int ended;      /* nothing comes any more */
  int passed_end; /* ... and nothing goes any more */
  char bytes[BRIDGE_PIPE_BYTES];
} bridge_pipe_t;

typedef struct bridge_s {
  unsigned int manners; /* fake_vmm_manners_t */
  uv_os_sock_t host;
  uv_os_sock_t guest; /* NET_NONE until the guest has taken the call */
  bridge_pipe_t to_guest;
  bridge_pipe_t to_host;
  int is_done;
} bridge_t;

void bridge_init(bridge_t* bridge, uv_os_sock_t host, unsigned int manners);

/* The guest has taken the call. */
void bridge_join(bridge_t* bridge, uv_os_sock_t guest);

/* Moves what can be moved now. */
void bridge_carry(bridge_t* bridge);

/* Appends what poll() should wait for to polls, which has room for two more;
 * returns the new count. A descriptor for which nothing is wanted is left out,
 * because poll() reports a hang-up all the same. */
size_t bridge_watch(const bridge_t* bridge, net_poll_t* polls, size_t n);

void bridge_close(bridge_t* bridge);

#endif /* HVUV_TESTS_SUPPORT_FAKES_FAKE_BRIDGE_H */
