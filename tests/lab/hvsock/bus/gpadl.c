/* How a GPADL is put together; gpadl.h draws it. */
#include "bus/gpadl.h"

#include <assert.h>

#include "bus/wire.h"

enum {
  HEADER_RELID = 8,
  HEADER_HANDLE = 12,
  HEADER_RANGE_BYTES = 16,
  HEADER_RANGES = 18,
  HEADER_BYTE_COUNT = 20,
  HEADER_BYTE_OFFSET = 24,
  HEADER_PAGES = 28,
  BODY_PAGES = 16
};

#ifdef NDEBUG
#define check(gpadl) ((void) 0)
#else
static void check(const bus__gpadl_t* gpadl) {
  assert(gpadl->wanted <= BUS__GPADL_PAGES_MAX);
  assert(gpadl->count <= gpadl->wanted);
  assert((gpadl->state == BUS__GPADL_NONE) == (gpadl->wanted == 0));
  assert((gpadl->state == BUS__GPADL_GATHERING) ==
         (gpadl->count < gpadl->wanted));
}
#endif

void bus__gpadl_forget(bus__gpadl_t* gpadl) {
  gpadl->state = BUS__GPADL_NONE;
  gpadl->wanted = 0;
  gpadl->count = 0;
  check(gpadl);
}

static int refuse(bus__gpadl_t* gpadl,
                  bus__host_t* host,
                  bus__reason_t why,
                  uint32_t relid) {
  bus__refuse(host, why, relid);
  bus__gpadl_forget(gpadl);
  return 0;
}

/* Takes the pages that a message names; more than are wanted cannot be. */
static int gather(bus__gpadl_t* gpadl,
                  bus__host_t* host,
                  const uint8_t* numbers,
                  size_t bytes) {
  size_t n = bytes / 8;
  uint64_t number;
  uint8_t* page;
  size_t i;

  if (bytes % 8 != 0 || n == 0 || n > gpadl->wanted - gpadl->count)
    return refuse(gpadl, host, BUS__REFUSED_GPADL, 0);
  for (i = 0; i < n; i++) {
    number = bus__u64(numbers, i * 8);
    page = number > UINT64_MAX / BUS__PAGE
               ? NULL
               : host->machine.at(
                     host->machine.context, number * BUS__PAGE, BUS__PAGE);
    if (page == NULL)
      return refuse(gpadl, host, BUS__REFUSED_MEMORY, 0);
    gpadl->page[gpadl->count++] = page;
  }
  gpadl->state =
      gpadl->count == gpadl->wanted ? BUS__GPADL_WHOLE : BUS__GPADL_GATHERING;
  check(gpadl);
  return 1;
}

int bus__gpadl_header(bus__gpadl_t* gpadl,
                      bus__host_t* host,
                      const uint8_t* message,
                      size_t len) {
  uint32_t bytes = bus__u32(message, HEADER_BYTE_COUNT);
  uint32_t pages = bytes / BUS__PAGE;

  check(gpadl);
  assert(gpadl->state == BUS__GPADL_NONE && len >= HEADER_PAGES);
  if (bus__u16(message, HEADER_RANGES) != 1 ||
      bus__u32(message, HEADER_BYTE_OFFSET) != 0 || bytes % BUS__PAGE != 0 ||
      pages == 0 || pages > BUS__GPADL_PAGES_MAX ||
      bus__u16(message, HEADER_RANGE_BYTES) != 8 + 8 * pages)
    return refuse(
        gpadl, host, BUS__REFUSED_GPADL, bus__u32(message, HEADER_RELID));
  gpadl->handle = bus__u32(message, HEADER_HANDLE);
  gpadl->wanted = pages;
  gpadl->state = BUS__GPADL_GATHERING;
  return gather(gpadl, host, message + HEADER_PAGES, len - HEADER_PAGES);
}

int bus__gpadl_body(bus__gpadl_t* gpadl,
                    bus__host_t* host,
                    const uint8_t* message,
                    size_t len) {
  check(gpadl);
  assert(gpadl->state == BUS__GPADL_GATHERING && len >= BODY_PAGES);
  return gather(gpadl, host, message + BODY_PAGES, len - BODY_PAGES);
}
