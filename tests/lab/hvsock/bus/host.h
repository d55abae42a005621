/* What every file of the bus has at hand: the loop, the machine, options, counters. */
#ifndef HVSOCK_BUS_HOST_H
#define HVSOCK_BUS_HOST_H

#include <uv.h>

#include "bus/bus.h"
#include "bus/counters.h"

/* How long each step of a connection may take. */
typedef struct bus__limits_s {
  unsigned int request_ms;     /* until a host's program has sent its line */
  unsigned int dial_ms;        /* while the backlog of one is full */
  unsigned int wait_ms;        /* for the release of an older offer */
  unsigned int host_offer_ms;  /* until the guest opens what the host offers */
  unsigned int guest_offer_ms; /* and what it has asked for itself */
  unsigned int idle_ms;        /* relay.h says of what */
  unsigned int look_ms;        /* how often that is looked at */
} bus__limits_t;

typedef struct bus__host_s {
  uv_loop_t* loop;
  bus_machine_t machine;
  bus_options_t options;
  bus__limits_t limits;
  bus__counters_t counters;
  uint32_t version;   /* of VMBus, once it was agreed on; else 0 */
  int is_ready;       /* it has asked for offers, so it can be called */
  uint64_t opened_ms; /* when the guest has opened a channel last */
  int is_stalled;
} bus__host_t;

#define bus__log(host, ...)                                                    \
  ((host)->machine.log((host)->machine.context, __VA_ARGS__))

static inline void bus__count(bus__host_t* host,
                              bus__counter_t what,
                              uint64_t n) {
  host->counters.count[what] += n;
}

/* Counts it, and logs the first ones of each reason: a guest must not fill the log.
 * relid may be 0. */
void bus__refuse(bus__host_t* host, bus__reason_t why, uint32_t relid);

/* Logs what is not 0. */
void bus__log_counters(bus__host_t* host);

#endif /* HVSOCK_BUS_HOST_H */
