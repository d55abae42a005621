/* clang-format off */
/*
 * A ring in the guest's memory, from the host's side. The guest has the other side, in
 * another thread and with no good will: whatever it writes is read once, into a local
 * variable, and believed only when it has been looked at.
 *
 *   control page   write index | read index | mask | pending_send_sz
 *   data pages     [ packet | packet | ...... free ...... | packet ]     everything wraps
 *
 *   packet         descriptor 16 | pipe header 8 | payload, padded to 8 | trailer 8
 *
 * The producer stores the write index, the consumer the read index. Equal means empty,
 * so a ring is never filled to its last byte. The index that is ours is kept here and
 * only written there.
 *
 * Signals. Who has stored its index then looks at the other one, all in sequentially
 * consistent order, so that of two that go to sleep at the same time one sees the other:
 *   - a consumer is signalled when a packet is put into an empty ring, unless it masks
 *     signals;
 *   - a producer that has set pending_send_sz is signalled when the free bytes become
 *     that many, having been fewer. Judged by the write index of now: by that of before
 *     the packets were taken, a crossing is missed when the guest has written meanwhile.
 */
/* clang-format on */
#ifndef HVSOCK_BUS_RING_H
#define HVSOCK_BUS_RING_H

#include <stddef.h>
#include <stdint.h>

#include "bus/counters.h"
#include "bus/gpadl.h"

typedef struct bus__ring_s {
  uint8_t* control;
  uint8_t* data[BUS__GPADL_PAGES_MAX];
  uint32_t size;  /* of the data, in bytes */
  uint32_t index; /* ours: where the next packet is read, or is to be written */
  uint32_t stored; /* ours, as the guest has seen it last */

  /* INDEX, PACKET or FIN, once the guest has broken the ring; 0 is none of these. */
  bus__reason_t broken;
} bus__ring_t;

/* --- Both (ring.c) -------------------------------------------------------- */

/* A control page and at least one of data, at most BUS__GPADL_PAGES_MAX. The guest
 * begins with both indices alike; UV_EPROTO if it does not. */
int bus__ring_map(bus__ring_t* ring, uint8_t* const* pages, uint32_t count);

/* A word of the control page; all of these accesses are in one order. */
uint32_t bus__ring_load(const bus__ring_t* ring, size_t what);
void bus__ring_store(bus__ring_t* ring, size_t what, uint32_t value);

/* The guest's index; UV_EPROTO where that cannot be one. */
int bus__ring_index(bus__ring_t* ring, size_t what, uint32_t* index);

/* Bytes between a read and a write index, and those that are free. */
uint32_t bus__ring_used(const bus__ring_t* ring, uint32_t w, uint32_t r);

void bus__ring_read(const bus__ring_t* ring, uint32_t at, void* to, size_t len);
void bus__ring_write(bus__ring_t* ring,
                     uint32_t at,
                     const void* from,
                     size_t len);

/* at + len, wrapped */
uint32_t bus__ring_after(const bus__ring_t* ring, uint32_t at, uint32_t len);

int bus__ring_break(bus__ring_t* ring, bus__reason_t why); /* UV_EPROTO */

/* --- From the guest (ring_in.c) ------------------------------------------- */

/* Copies the payload of the next packet. UV_EAGAIN: there is none; UV_ENOBUFS: it is
 * longer than `room`, and is left; UV_EPROTO. */
int bus__ring_take(bus__ring_t* ring, uint8_t* to, size_t room, size_t* len);

/* Gives what was taken back to the guest. Whether that is to be signalled, or
 * UV_EPROTO. Only what is taken behind it shows whether the ring is empty. */
int bus__ring_give_back(bus__ring_t* ring);

/* --- To the guest (ring_out.c) -------------------------------------------- */

/* The payload that a packet can have now, such that a FIN fits behind it: 0 if none;
 * UV_EPROTO. */
int bus__ring_room(bus__ring_t* ring);

/* Puts a packet of at most bus__ring_room() bytes; a FIN, which has 0, fits always.
 * With `extra` it has so many bytes and says that they are twice as many, which is
 * wrong. Whether the guest is to be signalled, or UV_EPROTO. */
int bus__ring_put(bus__ring_t* ring,
                  const uint8_t* from,
                  size_t len,
                  size_t extra);

/* The guest is asked for a signal when at least so much payload fits, 0: never.
 * Returns whether it fits now. */
int bus__ring_ask(bus__ring_t* ring, size_t payload);

#endif /* HVSOCK_BUS_RING_H */
