/*
 * A caller and a server behind something that forwards calls, both the test's own.
 * The server echoes, and ends only when the caller's end has arrived:
 *
 *   caller -- TCP --> what is tried ... -- TCP --> upstream, which listens
 */
#ifndef HVUV_TESTS_SUPPORT_ECHOED_H
#define HVUV_TESTS_SUPPORT_ECHOED_H

#include "net.h"

typedef struct echoed_s {
  uv_os_sock_t caller;
  uv_os_sock_t server;
  size_t size;
  size_t sent;
  size_t received;
  size_t wrong;
  int sent_end;
  int got_end;
  char echo[65536];
  size_t echo_len;
  size_t echo_sent;
  int echo_end;
} echoed_t;

uv_os_sock_t echoed_call(const struct sockaddr_in* name);

/* Calls, and is taken by the upstream. */
void echoed_begin(echoed_t* talk,
                  uv_os_sock_t upstream,
                  const struct sockaddr_in* name,
                  size_t size);

/* The caller sends all and ends; it comes back, and then the end. With `at_once`
 * the two ends may come in any order. Closes both. */
void echoed_converse(echoed_t* talk, int at_once);
void echoed_hang_up(echoed_t* talk);

/* Whoever calls here is hung up on, whatever that is called; closes it. */
void echoed_expect_hung_up(uv_os_sock_t caller);

#endif /* HVUV_TESTS_SUPPORT_ECHOED_H */
