/* clang-format off */
/*
 * The guest's list of the pages of a channel's two rings (GPADL): a header with up to
 * 26 pages, and bodies with 28 more each until all are there.
 *
 *          header, pages missing             the last body
 *   NONE ------------------------> GATHERING --------------> WHOLE
 *    ^ |                               |                       ^
 *    | +---- header with all pages ----|-----------------------+
 *    |         anything odd            |                       |
 *    +---------------------------------+-- torn down ----------+
 *
 * Each page is looked up in the guest's memory once, when its number arrives. One
 * list a channel, one range a list, from the beginning of a page to the end of one.
 */
/* clang-format on */
#ifndef HVSOCK_BUS_GPADL_H
#define HVSOCK_BUS_GPADL_H

#include "bus/host.h"

/* Two rings of 256 KiB, with which Linux' hv_sock ends. */
#define BUS__GPADL_PAGES_MAX 128u

typedef enum bus__gpadl_state_e {
  BUS__GPADL_NONE = 0,
  BUS__GPADL_GATHERING,
  BUS__GPADL_WHOLE
} bus__gpadl_state_t;

typedef struct bus__gpadl_s {
  bus__gpadl_state_t state;
  uint32_t handle;
  uint32_t wanted; /* pages */
  uint32_t count;
  uint8_t* page[BUS__GPADL_PAGES_MAX];
} bus__gpadl_t;

/* Messages of a size that their types allow. Whether it was taken; if not, it has been
 * counted as refused, and the list is forgotten. */
int bus__gpadl_header(bus__gpadl_t* gpadl,
                      bus__host_t* host,
                      const uint8_t* message,
                      size_t len);
int bus__gpadl_body(bus__gpadl_t* gpadl,
                    bus__host_t* host,
                    const uint8_t* message,
                    size_t len);

void bus__gpadl_forget(bus__gpadl_t* gpadl);

#endif /* HVSOCK_BUS_GPADL_H */
