/* Packets from the guest: what is refused, and when it is signalled that there is
 * room; ring.h has the design. */
#include "bus/ring.h"

#include <assert.h>

#include <uv.h>

#include "bus/wire.h"

enum {
  HEAD_TYPE = 0,
  HEAD_OFFSET8 = 2,
  HEAD_LENGTH8 = 4,
  PIPE_TYPE = 0,
  PIPE_BYTES = 4
};

/* More than this the guest may not send in a packet: what it may get. */
#define PAYLOAD_MAX BUS_PACKET_MAX

/* A packet's place in the ring, which has `used` bytes. */
typedef struct packet_s {
  uint32_t bytes;   /* all of it */
  uint32_t payload; /* from its begin */
  uint32_t len;     /* of the payload */
} packet_t;

/* Both headers are copied before they are looked at. */
static int look(const bus__ring_t* ring, uint32_t used, packet_t* packet) {
  uint8_t head[BUS__PACKET_HEAD];
  uint8_t pipe[BUS__PIPE_HEAD];
  uint32_t offset;
  uint32_t length;

  if (used < BUS__FIN_BYTES)
    return UV_EPROTO;
  bus__ring_read(ring, ring->index, head, sizeof(head));
  offset = bus__u16(head, HEAD_OFFSET8) * 8u;
  length = bus__u16(head, HEAD_LENGTH8) * 8u;
  if (bus__u16(head, HEAD_TYPE) != BUS__PACKET_IN_BAND ||
      offset < BUS__PACKET_HEAD || length < offset + BUS__PIPE_HEAD ||
      length + BUS__PACKET_TRAILER > used)
    return UV_EPROTO;

  bus__ring_read(
      ring, bus__ring_after(ring, ring->index, offset), pipe, sizeof(pipe));
  packet->bytes = length + BUS__PACKET_TRAILER;
  packet->payload = offset + BUS__PIPE_HEAD;
  packet->len = bus__u32(pipe, PIPE_BYTES);
  if (bus__u32(pipe, PIPE_TYPE) != BUS__PIPE_DATA ||
      packet->len > PAYLOAD_MAX || packet->len > length - packet->payload)
    return UV_EPROTO;
  return 0;
}

int bus__ring_take(bus__ring_t* ring, uint8_t* to, size_t room, size_t* len) {
  packet_t packet;
  uint32_t used;
  uint32_t w;
  int err;

  err = bus__ring_index(ring, BUS__RING_WRITE, &w);
  if (err != 0)
    return err;
  used = bus__ring_used(ring, w, ring->index);
  if (used == 0)
    return UV_EAGAIN;
  if (look(ring, used, &packet) != 0)
    return bus__ring_break(ring, BUS__REFUSED_PACKET);
  if (packet.len > room)
    return UV_ENOBUFS;
  bus__ring_read(
      ring, bus__ring_after(ring, ring->index, packet.payload), to, packet.len);
  ring->index = bus__ring_after(ring, ring->index, packet.bytes);
  *len = packet.len;
  return 0;
}

int bus__ring_give_back(bus__ring_t* ring) {
  uint32_t taken = bus__ring_used(ring, ring->index, ring->stored);
  uint32_t pending;
  uint32_t before;
  uint32_t room;
  uint32_t w;
  int err;

  assert(taken > 0);
  bus__ring_store(ring, BUS__RING_READ, ring->index);
  ring->stored = ring->index;

  pending = bus__ring_load(ring, BUS__RING_PENDING) & ~7u;
  err = bus__ring_index(ring, BUS__RING_WRITE, &w);
  if (err != 0)
    return err;
  room = ring->size - bus__ring_used(ring, w, ring->index);
  before = room > taken ? room - taken : 0;
  return pending != 0 && before < pending && room >= pending;
}
