/* A serial port as Linux' driver finds and uses it, and the other ports. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <uv.h>

#include "machine/ports.h"

enum { DATA, IER, IIR, LCR, MCR, LSR, MSR, SCR };

static ports_t ports;
static char said[64];
static size_t said_bytes;
static int level, rises;

static void put(void* context, uint8_t byte) {
  (void) context;
  assert_true(said_bytes < sizeof(said) - 1);
  said[said_bytes++] = (char) byte;
}

static void set_irq(void* context, int to) {
  (void) context;
  assert_int_not_equal(level, to); /* only changes are reported */
  rises += to;
  level = to;
}

static int up(void** state) {
  int i;

  (void) state;
  memset(&ports, 0, sizeof(ports));
  for (i = 0; i < 2; i++) {
    ports.serial[i].put = put;
    ports.serial[i].set_irq = set_irq;
  }
  memset(said, 0, sizeof(said));
  said_bytes = 0;
  level = rises = 0;
  return 0;
}

static void out(uint16_t port, uint8_t value) {
  assert_int_equal(ports_write(&ports, port, &value, 1), PORTS_GO_ON);
}

static uint8_t in(uint16_t port) {
  uint8_t value = 0;

  ports_read(&ports, port, &value, 1);
  return value;
}

static void bytes_go_out_and_there_is_always_room(void** state) {
  (void) state;
  out(0x3f8 + DATA, 'h');
  assert_int_equal(in(0x3f8 + LSR), 0x60);
  out(0x2f8 + DATA, 'v');
  assert_string_equal(said, "hv");
  assert_int_equal(rises, 0);
}

/* As the driver does: enabled, it waits for an interrupt for each byte. */
static void room_interrupts_once_for_each_byte(void** state) {
  int i;

  (void) state;
  out(0x3f8 + IER, 2);
  assert_int_equal(rises, 1);
  for (i = 0; i < 3; i++) {
    assert_int_equal(in(0x3f8 + IIR), 2);
    assert_int_equal(level, 0);
    assert_int_equal(in(0x3f8 + IIR), 1);
    out(0x3f8 + DATA, 'x');
    assert_int_equal(level, 1);
    assert_int_equal(rises, i + 2);
  }
  out(0x3f8 + DATA, 'y'); /* without a look at IIR */
  assert_int_equal(rises, 5);
  out(0x3f8 + IER, 0);
  assert_int_equal(level, 0);
  assert_string_equal(said, "xxxy");
}

static void the_divisor_lies_over_data_and_ier(void** state) {
  (void) state;
  out(0x3f8 + IER, 1);
  out(0x3f8 + LCR, 0x83);
  out(0x3f8 + DATA, 12);
  out(0x3f8 + IER, 34);
  assert_int_equal(in(0x3f8 + DATA), 12);
  assert_int_equal(in(0x3f8 + IER), 34);
  out(0x3f8 + LCR, 3);
  assert_int_equal(in(0x3f8 + IER), 1);
  assert_int_equal(in(0x3f8 + DATA), 0);
  assert_int_equal(said_bytes, 0);
}

/* What autoconfig() of the driver 8250 asks. */
static void a_driver_finds_a_16550(void** state) {
  (void) state;
  out(0x3f8 + IER, 0xff);
  assert_int_equal(in(0x3f8 + IER), 0x0f);
  out(0x3f8 + IER, 0);
  assert_int_equal(in(0x3f8 + IER), 0);
  out(0x3f8 + MCR, 0x1a);
  assert_int_equal(in(0x3f8 + MSR) & 0xf0, 0x90);
  out(0x3f8 + DATA, 'z'); /* comes back, in loopback */
  assert_int_equal(said_bytes, 0);
  out(0x3f8 + MCR, 0);
  assert_int_equal(in(0x3f8 + MSR), 0xb0);
  out(0x3f8 + SCR, 0x5a);
  assert_int_equal(in(0x3f8 + SCR), 0x5a);
  assert_int_equal(in(0x3f8 + IIR) & 0xc0, 0);
  out(0x3f8 + IIR, 1);
  assert_int_equal(in(0x3f8 + IIR) & 0xc0, 0xc0);
}

static void acpi_mode_is_on_and_switching_off_is_noticed(void** state) {
  const uint8_t sleep_s1[2] = {0, 1 << 2 | 0x20}, type_only[2] = {0, 5 << 2};
  const uint8_t off[2] = {1, 5 << 2 | 0x20};
  uint8_t word[2];

  (void) state;
  ports_read(&ports, 0x604, word, 2);
  assert_int_equal(word[0], 1);
  assert_int_equal(word[1], 0);
  assert_int_equal(ports_write(&ports, 0x604, sleep_s1, 2), PORTS_GO_ON);
  assert_int_equal(ports_write(&ports, 0x604, type_only, 2), PORTS_GO_ON);
  assert_int_equal(ports_write(&ports, 0x604, off, 2), PORTS_POWER_OFF);
  assert_int_equal(ports_write(&ports, 0x602, off, 2), PORTS_GO_ON);
  ports_read(&ports, 0x602, word, 2);
  assert_memory_equal(word, off, 2);
}

static void the_keyboard_controller_resets(void** state) {
  const uint8_t reset = 0xfe, other = 0xd1;

  (void) state;
  assert_int_equal(ports_write(&ports, 0x64, &other, 1), PORTS_GO_ON);
  assert_int_equal(ports_write(&ports, 0x64, &reset, 1), PORTS_RESET);
}

static void other_ports_read_as_ones(void** state) {
  uint8_t value[4] = {0};

  (void) state;
  ports_read(&ports, 0xcfc, value, 4);
  assert_memory_equal(value, "\377\377\377\377", 4);
  assert_int_equal(in(0x71), 0);
  assert_int_equal(in(0x400), 0xff);
  assert_int_equal(in(0x2f7), 0xff);
}

#define TEST(name) cmocka_unit_test_setup(name, up)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(bytes_go_out_and_there_is_always_room),
      TEST(room_interrupts_once_for_each_byte),
      TEST(the_divisor_lies_over_data_and_ier),
      TEST(a_driver_finds_a_16550),
      TEST(acpi_mode_is_on_and_switching_off_is_noticed),
      TEST(the_keyboard_controller_resets),
      TEST(other_ports_read_as_ones),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
