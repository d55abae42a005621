/*
 * What the bus counts: messages, signals, packets and bytes each way, and what it
 * refused, by reason. The numbers are the bus's thread's.
 */
#ifndef HVSOCK_BUS_COUNTERS_H
#define HVSOCK_BUS_COUNTERS_H

#include <stdint.h>

/* X(name, how it is logged) */
#define BUS__COUNTERS(X)                                                       \
  X(MESSAGES_UP, "messages from the guest")                                    \
  X(MESSAGES_DOWN, "messages to the guest")                                    \
  X(SLOT_TAKEN, "times that the slot was taken")                               \
  X(SIGNALS_UP, "signals from the guest")                                      \
  X(SIGNALS_DOWN, "signals to the guest")                                      \
  X(SIGNALS_LOST, "signals dropped on purpose")                                \
  X(PACKETS_UP, "packets from the guest")                                      \
  X(PACKETS_DOWN, "packets to the guest")                                      \
  X(BYTES_UP, "bytes from the guest")                                          \
  X(BYTES_DOWN, "bytes to the guest")                                          \
  X(RING_FULL, "times that a ring to the guest was full")                      \
  X(GUEST_CALLS, "calls of the guest")                                         \
  X(HOST_CALLS, "calls of the host")                                           \
  X(OFFERS, "offers")                                                          \
  X(OPENS, "opens")                                                            \
  X(RESCINDS, "rescinds")                                                      \
  X(RELEASES, "releases")

#define BUS__REASONS(X)                                                        \
  X(SIZE, "a message of a wrong size")                                         \
  X(TYPE, "a message of an unknown type")                                      \
  X(CONTACT, "a message without contact")                                      \
  X(VERSION, "a version")                                                      \
  X(RELID, "a relid that is not offered")                                      \
  X(STATE, "a message that the channel's state does not allow")                \
  X(GPADL, "a GPADL")                                                          \
  X(MEMORY, "a page outside of memory")                                        \
  X(RINGS, "rings that cannot be")                                             \
  X(INDEX, "a ring's index")                                                   \
  X(PACKET, "a packet")                                                        \
  X(FIN, "data behind a FIN")                                                  \
  X(PROCESSOR, "a processor that is not there")                                \
  X(NOBODY, "a call to a port where nobody listens")                           \
  X(UNANSWERED, "a call that the guest did not take")                          \
  X(REQUEST, "a host's request that is none")                                  \
  X(BUSY, "a call, for want of relids or memory")

typedef enum bus__counter_e {
#define X(name, text) BUS__##name,
  BUS__COUNTERS(X)
#undef X
      BUS__COUNTER_END
} bus__counter_t;

typedef enum bus__reason_e {
#define X(name, text) BUS__REFUSED_##name,
  BUS__REASONS(X)
#undef X
      BUS__REASON_END
} bus__reason_t;

typedef struct bus__counters_s {
  uint64_t count[BUS__COUNTER_END];
  uint64_t refused[BUS__REASON_END];
} bus__counters_t;

#endif /* HVSOCK_BUS_COUNTERS_H */
