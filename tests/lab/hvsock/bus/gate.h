/* clang-format off */
/*
 * Who may touch a channel's rings. The guest frees their pages as soon as its
 * CLOSECHANNEL has been taken, so the thread that takes the message shuts the gate
 * before the guest goes on:
 *
 *   vcpu                                 the bus's thread
 *   bus__gate_shut(relid)                bus__gate_enter(relid)
 *     waits while a copy is under way      0: shut: CLOSECHANNEL is in the inbox
 *   the message joins the inbox            1: copies, then bus__gate_leave()
 *   the guest goes on                    bus__gate_open(relid), when CLOSECHANNEL
 *                                          has been handled and the rings are forgotten
 *
 * Shutting is counted: a guest may post the message more than once.
 */
/* clang-format on */
#ifndef HVSOCK_BUS_GATE_H
#define HVSOCK_BUS_GATE_H

#include <stdint.h>

#include <uv.h>

#include "bus/wire.h"

typedef struct bus__gate_s {
  uv_mutex_t mutex;
  uint32_t shut[BUS__RELIDS];
} bus__gate_t;

int bus__gate_init(bus__gate_t* gate);
void bus__gate_destroy(bus__gate_t* gate);

void bus__gate_shut(bus__gate_t* gate, uint32_t relid);
void bus__gate_open(bus__gate_t* gate, uint32_t relid);

int bus__gate_enter(bus__gate_t* gate, uint32_t relid);
void bus__gate_leave(bus__gate_t* gate);

#endif /* HVSOCK_BUS_GATE_H */
