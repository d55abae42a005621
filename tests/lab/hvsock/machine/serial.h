/*
 * A serial port, a 16550A that sends only: what the guest writes goes out at once, so
 * it is always ready for more.
 *
 *    register  read          written         DLAB set (LCR bit 7)
 *    0         0             data out        divisor, low
 *    1         IER           IER             divisor, high
 *    2         IIR           FCR             the same
 *    3         LCR           LCR
 *    4         MCR           MCR
 *    5         LSR 0x60      -
 *    6         MSR           -
 *    7         SCR           SCR
 *
 * Its one interrupt, "room to send", is up from a write (or from its being enabled)
 * until IIR has been read. In loopback (MCR bit 4) MSR shows MCR's lines, which is
 * how drivers find out that there is a port.
 */
#ifndef HVSOCK_MACHINE_SERIAL_H
#define HVSOCK_MACHINE_SERIAL_H

#include <stdint.h>

#define SERIAL_REGISTERS 8u

typedef struct serial_s {
  void* context;
  void (*put)(void* context, uint8_t byte);
  void (*set_irq)(void* context, int level); /* called only for changes */

  uint8_t ier;
  uint8_t fcr;
  uint8_t lcr;
  uint8_t mcr;
  uint8_t scr;
  uint8_t divisor[2];
  uint8_t has_room; /* not yet reported by IIR */
  uint8_t irq;      /* the level */
} serial_t;

/* Of a port with put and set_irq set, and the rest zeros. */
void serial_write(serial_t* port, unsigned int number, uint8_t value);
uint8_t serial_read(serial_t* port, unsigned int number);

#endif /* HVSOCK_MACHINE_SERIAL_H */
