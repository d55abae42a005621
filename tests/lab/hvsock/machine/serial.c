#include "machine/serial.h"

#include <assert.h>

enum { DATA, IER, IIR_FCR, LCR, MCR, LSR, MSR, SCR };

#define IER_ROOM    0x02u
#define IER_ALL     0x0fu
#define IIR_NONE    0x01u
#define IIR_ROOM    0x02u
#define IIR_FIFO    0xc0u
#define FCR_ENABLED 0x01u
#define LCR_DLAB    0x80u
#define MCR_LOOP    0x10u
#define LSR_EMPTY   0x60u
#define MSR_PEER    0xb0u /* carrier, ready, clear to send */

static void update_irq(serial_t* port) {
  uint8_t level = port->has_room && (port->ier & IER_ROOM);

  if (level == port->irq)
    return;
  port->irq = level;
  port->set_irq(port->context, level);
}

static void write_ier(serial_t* port, uint8_t value) {
  if (value & ~port->ier & IER_ROOM)
    port->has_room = 1;
  port->ier = value & IER_ALL;
  update_irq(port);
}

static void send(serial_t* port, uint8_t value) {
  /* The line goes down and up again: it is an edge that interrupts. */
  port->has_room = 0;
  update_irq(port);
  if (!(port->mcr & MCR_LOOP))
    port->put(port->context, value);
  port->has_room = 1;
  update_irq(port);
}

void serial_write(serial_t* port, unsigned int number, uint8_t value) {
  assert(number < SERIAL_REGISTERS);
  if (number <= IER && (port->lcr & LCR_DLAB)) {
    port->divisor[number] = value;
    return;
  }
  switch (number) {
    case DATA:
      send(port, value);
      break;
    case IER:
      write_ier(port, value);
      break;
    case IIR_FCR:
      port->fcr = value;
      break;
    case LCR:
      port->lcr = value;
      break;
    case MCR:
      port->mcr = value;
      break;
    case SCR:
      port->scr = value;
      break;
    default: /* LSR and MSR are the port's */
      break;
  }
}

static uint8_t read_iir(serial_t* port) {
  uint8_t value = port->irq ? IIR_ROOM : IIR_NONE;

  if (port->irq)
    port->has_room = 0;
  update_irq(port);
  return (uint8_t) (value | (port->fcr & FCR_ENABLED ? IIR_FIFO : 0));
}

/* In loopback: RTS is CTS, DTR is DSR, OUT1 is RI, OUT2 is DCD. */
static uint8_t read_msr(const serial_t* port) {
  uint8_t mcr = port->mcr;

  if (!(mcr & MCR_LOOP))
    return MSR_PEER;
  return (uint8_t) ((mcr & 2) << 3 | (mcr & 1) << 5 | (mcr & 4) << 4 |
                    (mcr & 8) << 4);
}

uint8_t serial_read(serial_t* port, unsigned int number) {
  assert(number < SERIAL_REGISTERS);
  if (number <= IER && (port->lcr & LCR_DLAB))
    return port->divisor[number];
  switch (number) {
    case IER:
      return port->ier;
    case IIR_FCR:
      return read_iir(port);
    case LCR:
      return port->lcr;
    case MCR:
      return port->mcr;
    case LSR:
      return LSR_EMPTY;
    case MSR:
      return read_msr(port);
    case SCR:
      return port->scr;
    default: /* nothing is ever received */
      return 0;
  }
}
