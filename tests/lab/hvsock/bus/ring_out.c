/* Packets to the guest, and how it is asked for room; ring.h has the design. */
#include "bus/ring.h"

#include <assert.h>

#include <uv.h>

#include "bus/wire.h"

/* What a packet takes besides its payload, a FIN behind it, and the 8 bytes that keep
 * a full ring from looking empty. */
#define OVERHEAD (2 * BUS__FIN_BYTES + 8)

static uint32_t padded(size_t len) {
  return (uint32_t) (len + 7) & ~7u;
}

/* Bytes that are free; UV_EPROTO. */
static int look(bus__ring_t* ring) {
  uint32_t r;
  int err;

  err = bus__ring_index(ring, BUS__RING_READ, &r);
  if (err != 0)
    return err;
  return (int) (ring->size - bus__ring_used(ring, ring->index, r));
}

int bus__ring_room(bus__ring_t* ring) {
  int room = look(ring);

  if (room < 0)
    return room;
  return room > (int) OVERHEAD ? room - (int) OVERHEAD : 0;
}

static void write_packet(bus__ring_t* ring,
                         const uint8_t* from,
                         size_t len,
                         uint32_t said,
                         uint32_t body) {
  uint8_t head[BUS__PACKET_HEAD + BUS__PIPE_HEAD] = {0};
  uint8_t trailer[BUS__PACKET_TRAILER] = {0};
  uint32_t at = ring->index;

  bus__put_u16(head, 0, BUS__PACKET_IN_BAND);
  bus__put_u16(head, 2, BUS__PACKET_HEAD / 8);
  bus__put_u16(head, 4, (uint16_t) ((sizeof(head) + body) / 8));
  bus__put_u32(head, BUS__PACKET_HEAD, BUS__PIPE_DATA);
  bus__put_u32(head, BUS__PACKET_HEAD + 4, said);
  bus__put_u32(trailer, 4, ring->index);

  bus__ring_write(ring, at, head, sizeof(head));
  at = bus__ring_after(ring, at, sizeof(head));
  if (len > 0)
    bus__ring_write(ring, at, from, len);
  at = bus__ring_after(ring, at, body);
  bus__ring_write(ring, at, trailer, sizeof(trailer));
  ring->index = bus__ring_after(ring, at, sizeof(trailer));
}

int bus__ring_put(bus__ring_t* ring,
                  const uint8_t* from,
                  size_t len,
                  size_t extra) {
  uint32_t body = padded(len + extra);
  uint32_t begin = ring->index;
  uint32_t mask;
  uint32_t r;
  int room;
  int err;

  assert(len <= BUS_PACKET_MAX && extra <= 8 && (extra == 0 || len == 0));
  room = look(ring);
  if (room < 0)
    return room;
  /* There was room; a guest that moved its index back has broken the ring. */
  if ((uint32_t) room <= BUS__FIN_BYTES + body)
    return bus__ring_break(ring, BUS__REFUSED_INDEX);

  write_packet(ring, from, len, (uint32_t) (len + 2 * extra), body);
  bus__ring_store(ring, BUS__RING_WRITE, ring->index);
  ring->stored = ring->index;

  mask = bus__ring_load(ring, BUS__RING_MASK);
  err = bus__ring_index(ring, BUS__RING_READ, &r);
  if (err != 0)
    return err;
  return mask == 0 && r == begin;
}

/* Linux signals when more than pending_send_sz is free. */
int bus__ring_ask(bus__ring_t* ring, size_t payload) {
  uint32_t pending = payload == 0 ? 0 : padded(payload) + OVERHEAD - 8;
  int room;

  assert(pending < ring->size);
  bus__ring_store(ring, BUS__RING_PENDING, pending);
  room = bus__ring_room(ring);
  return room < 0 ? room : (size_t) room >= payload;
}
