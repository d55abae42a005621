/* What `bench relay` has two processes do with a relay between them. */
#ifndef HVUV_TESTS_BENCH_RELAY_H
#define HVUV_TESTS_BENCH_RELAY_H

#include <netinet/in.h>

#include "bench.h"

/* What goes through the relay. */
typedef enum {
  BULK,     /* bytes of one connection, one way */
  CALLS,    /* connections, one after the other: 64 bytes there and back each */
  MESSAGES, /* 64 bytes there and back on one connection, one after the other */
  TRAFFICS
} traffic_t;

/* Where the relay takes calls: a Unix socket, or a port of TCP's. */
typedef struct {
  char path[108]; /* "" with TCP */
  struct sockaddr_in tcp;
} entry_t;

/* A port of this machine's own; what is bound to it is returned, or -1. */
int relay_bind_tcp(struct sockaddr_in* name);

/* Starts the far end, which takes what comes out of the relay, compares it and,
 * unless it is bulk, sends it back. *name is where it listens. */
pid_t relay_start_sink(traffic_t traffic,
                       unsigned long count,
                       struct sockaddr_in* name);

/* Sends `count` MiB, calls or messages through, until all have arrived. */
void relay_send(const entry_t* entry, traffic_t traffic, unsigned long count);

#endif /* HVUV_TESTS_BENCH_RELAY_H */
