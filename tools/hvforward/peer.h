/*
 * Who calls.
 *
 *   by           text, for people          who: the same whatever port it has
 *   TCP          tcp://10.0.0.7:51000      tcp://10.0.0.7
 *   vsock        vsock://3:1025            vsock://3
 *   hyperv       hyperv://VM/SERVICE       hyperv://VM
 *   local        local://VM                the same
 *   Unix socket  unix:uid:1000(pid 77)     uid:1000
 *   else         its kind                  the same
 */
#ifndef HVUV_TOOLS_PEER_H
#define HVUV_TOOLS_PEER_H

#include <hvuv.h>

#include "leg.h"

typedef struct peer_s {
  char text[HVUV_ADDR_STRLEN];
  char who[HVUV_ADDR_STRLEN];
  unsigned char ip[16]; /* IPv4 as ::ffff:a.b.c.d */
  int has_ip;
} peer_t;

/* Who has been accepted into a leg. */
void peer_of(const leg_t* leg, peer_t* peer);

/* Cuts an address as text behind what does not change from call to call. */
void peer_cut(hvuv_family_t family, char* text);

/* An IP address as 16 bytes. */
void peer_ip4(const struct sockaddr_in* name, unsigned char ip[16]);
void peer_ip6(const struct sockaddr_in6* name, unsigned char ip[16]);

#endif /* HVUV_TOOLS_PEER_H */
