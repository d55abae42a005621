/* What both directions of a ring have in common; ring.h has the design. */
#include "bus/ring.h"

#include <assert.h>
#include <stdatomic.h>

#include <uv.h>

#include "bus/wire.h"

#ifdef NDEBUG
#define check(ring) ((void) 0)
#else
static void check(const bus__ring_t* ring) {
  assert(ring->control != NULL);
  assert(ring->size > 0 && ring->size % BUS__PAGE == 0);
  assert(ring->size / BUS__PAGE < BUS__GPADL_PAGES_MAX);
  assert(ring->index < ring->size && ring->index % 8 == 0);
  assert(ring->stored < ring->size && ring->stored % 8 == 0);
}
#endif

uint32_t bus__ring_load(const bus__ring_t* ring, size_t what) {
  return atomic_load((_Atomic uint32_t*) (ring->control + what));
}

void bus__ring_store(bus__ring_t* ring, size_t what, uint32_t value) {
  atomic_store((_Atomic uint32_t*) (ring->control + what), value);
}

int bus__ring_break(bus__ring_t* ring, bus__reason_t why) {
  ring->broken = why;
  return UV_EPROTO;
}

int bus__ring_index(bus__ring_t* ring, size_t what, uint32_t* index) {
  uint32_t value = bus__ring_load(ring, what);

  if (value >= ring->size || value % 8 != 0)
    return bus__ring_break(ring, BUS__REFUSED_INDEX);
  *index = value;
  return 0;
}

int bus__ring_map(bus__ring_t* ring, uint8_t* const* pages, uint32_t count) {
  uint32_t other;
  int err;

  assert(count >= 2 && count <= BUS__GPADL_PAGES_MAX);
  memset(ring, 0, sizeof(*ring));
  ring->control = pages[0];
  memcpy(ring->data, pages + 1, (count - 1) * sizeof(*pages));
  ring->size = (count - 1) * BUS__PAGE;
  err = bus__ring_index(ring, BUS__RING_WRITE, &ring->index);
  if (err == 0)
    err = bus__ring_index(ring, BUS__RING_READ, &other);
  if (err == 0 && other != ring->index)
    err = bus__ring_break(ring, BUS__REFUSED_INDEX);
  ring->stored = ring->index;
  if (err == 0)
    check(ring);
  return err;
}

uint32_t bus__ring_used(const bus__ring_t* ring, uint32_t w, uint32_t r) {
  check(ring);
  assert(w < ring->size && r < ring->size);
  return w >= r ? w - r : ring->size - (r - w);
}

uint32_t bus__ring_after(const bus__ring_t* ring, uint32_t at, uint32_t len) {
  assert(at < ring->size && len <= ring->size);
  return at + len >= ring->size ? at + len - ring->size : at + len;
}

/* How much of `len` lies together at `at`. */
static size_t piece(uint32_t at, size_t len) {
  size_t rest = BUS__PAGE - at % BUS__PAGE;

  return len < rest ? len : rest;
}

void bus__ring_read(const bus__ring_t* ring,
                    uint32_t at,
                    void* to,
                    size_t len) {
  uint8_t* bytes = to;
  size_t n;

  assert(len <= ring->size);
  for (; len > 0; len -= n) {
    n = piece(at, len);
    memcpy(bytes, ring->data[at / BUS__PAGE] + at % BUS__PAGE, n);
    bytes += n;
    at = bus__ring_after(ring, at, (uint32_t) n);
  }
}

void bus__ring_write(bus__ring_t* ring,
                     uint32_t at,
                     const void* from,
                     size_t len) {
  const uint8_t* bytes = from;
  size_t n;

  assert(len <= ring->size);
  for (; len > 0; len -= n) {
    n = piece(at, len);
    memcpy(ring->data[at / BUS__PAGE] + at % BUS__PAGE, bytes, n);
    bytes += n;
    at = bus__ring_after(ring, at, (uint32_t) n);
  }
}
