/*
 * The line with which a host's program asks for a connection: "CONNECT PORT\n" or
 * "CONNECT GUID\n", the verb in any case. Fed a byte at a time, so that no byte behind
 * the line is taken: what follows at once is the guest's.
 */
#ifndef HVSOCK_BUS_REQUEST_H
#define HVSOCK_BUS_REQUEST_H

#include "bus/guid.h"

/* "CONNECT ", a GUID, and the newline. */
#define BUS__REQUEST_MAX 45u

typedef struct bus__request_s {
  char line[BUS__REQUEST_MAX];
  unsigned int len;
  bus__guid_t service; /* of a whole line */
  int is_by_guid;      /* it was asked for by a GUID */
} bus__request_t;

/* 1: the line is whole; 0: more is to come; UV_EPROTO: it is no request. */
int bus__request_feed(bus__request_t* request, char byte);

#endif /* HVSOCK_BUS_REQUEST_H */
