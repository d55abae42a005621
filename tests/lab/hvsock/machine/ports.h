/*
 * The I/O ports that exist: two serial ports; ACPI's PM1, of which the control
 * register powers the machine off; the keyboard controller's reset line; and the CMOS
 * clock's data port, which reads 0 (0xff would look like an update that never ends).
 * All others read as ones and forget what is written.
 */
#ifndef HVSOCK_MACHINE_PORTS_H
#define HVSOCK_MACHINE_PORTS_H

#include <stdint.h>

#include "machine/serial.h"

typedef enum ports_result_e {
  PORTS_GO_ON,
  PORTS_POWER_OFF, /* the guest has switched itself off */
  PORTS_RESET
} ports_result_t;

typedef struct ports_s {
  serial_t serial[2]; /* at 0x3f8 and 0x2f8 */
  uint16_t pm1_enable;
} ports_t;

/* One access of size bytes, 1, 2 or 4. */
ports_result_t ports_write(ports_t* ports,
                           uint16_t port,
                           const uint8_t* data,
                           uint32_t size);
void ports_read(ports_t* ports, uint16_t port, uint8_t* data, uint32_t size);

#endif /* HVSOCK_MACHINE_PORTS_H */
