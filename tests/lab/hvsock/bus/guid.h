/*
 * GUIDs of services and instances. In memory the first three fields are
 * little-endian. The service of an AF_VSOCK port is the template
 * <port>-facb-11e6-bd58-64006a7986d3 with the port in eight hexadecimal digits.
 *
 * hvuv has the same in src/addr; a laboratory does not lean on what it tries.
 */
#ifndef HVSOCK_BUS_GUID_H
#define HVSOCK_BUS_GUID_H

#include <stddef.h>
#include <stdint.h>

#define BUS__GUID_TEXT 37 /* with the NUL */

typedef struct bus__guid_s {
  uint8_t bytes[16];
} bus__guid_t;

bus__guid_t bus__guid_of_port(uint32_t port);

/* Whether it is a port's; *port is set then. */
int bus__guid_is_port(const bus__guid_t* guid, uint32_t* port);

/* <8>-<4>-<4>-<4>-<12> digits of either case, and no more. 0 or UV_EINVAL. */
int bus__guid_parse(const char* text, size_t len, bus__guid_t* guid);

/* In lower case. */
void bus__guid_print(const bus__guid_t* guid, char text[BUS__GUID_TEXT]);

/* The first field, which Linux takes for a port. */
uint32_t bus__guid_data1(const bus__guid_t* guid);

int bus__guid_equal(const bus__guid_t* a, const bus__guid_t* b);

#endif /* HVSOCK_BUS_GUID_H */
