#include "machine/ports.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "machine/layout.h"

#define KEYBOARD       0x64u
#define KEYBOARD_RESET 0xfeu
#define CMOS_DATA      0x71u

#define PM1_ENABLE     (PORT_PM1_EVENT + 2)
#define PM1_SCI_ENABLE 0x01u /* in ACPI mode, always */

/* Bits of the second byte of PM1 control: SLP_TYP, as \_S5 has it, and SLP_EN. */
#define PM1_SLEEP_TYPE 0x1cu
#define PM1_SLEEP_S5   (5u << 2)
#define PM1_SLEEP_NOW  0x20u

static serial_t* serial_at(ports_t* ports, uint16_t port) {
  if (port >= PORT_SERIAL_1 && port < PORT_SERIAL_1 + SERIAL_REGISTERS)
    return &ports->serial[0];
  if (port >= PORT_SERIAL_2 && port < PORT_SERIAL_2 + SERIAL_REGISTERS)
    return &ports->serial[1];
  return NULL;
}

static int is_power_off(const uint8_t* data, uint32_t size) {
  return size >= 2 && (data[1] & PM1_SLEEP_NOW) &&
         (data[1] & PM1_SLEEP_TYPE) == PM1_SLEEP_S5;
}

ports_result_t ports_write(ports_t* ports,
                           uint16_t port,
                           const uint8_t* data,
                           uint32_t size) {
  serial_t* serial = serial_at(ports, port);

  assert(size == 1 || size == 2 || size == 4);
  if (serial != NULL)
    serial_write(serial, port % SERIAL_REGISTERS, data[0]);
  else if (port == PM1_ENABLE && size == 2)
    memcpy(&ports->pm1_enable, data, 2);
  else if (port == PORT_PM1_CONTROL && is_power_off(data, size))
    return PORTS_POWER_OFF;
  else if (port == KEYBOARD && data[0] == KEYBOARD_RESET)
    return PORTS_RESET;
  return PORTS_GO_ON;
}

void ports_read(ports_t* ports, uint16_t port, uint8_t* data, uint32_t size) {
  serial_t* serial = serial_at(ports, port);

  assert(size == 1 || size == 2 || size == 4);
  memset(data, 0xff, size);
  if (serial != NULL)
    data[0] = serial_read(serial, port % SERIAL_REGISTERS);
  else if (port == CMOS_DATA || port == PORT_PM1_EVENT ||
           port == PORT_PM1_CONTROL)
    memset(data, 0, size);
  if (port == PORT_PM1_CONTROL)
    data[0] = PM1_SCI_ENABLE;
  if (port == PM1_ENABLE && size == 2)
    memcpy(data, &ports->pm1_enable, 2);
}
