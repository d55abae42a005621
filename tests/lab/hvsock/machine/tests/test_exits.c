/* Exits of the processor, and the hypercalls among them, as KVM would hand them over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <uv.h>

#include <linux/kvm.h>

#include "machine/exits.h"
#include "machine/journal.h"
#include "machine/words.h"

#define RAM_BYTES 0x10000u
#define INPUT_AT  0x1f00u
#define FAST      (1ull << 16)
#define POST      0x5cull
#define SIGNAL    0x5dull

/* kvm_run, and the page of an I/O exit's data behind it. */
static union {
  struct kvm_run run;
  uint8_t bytes[8192];
} u;

static ram_t ram;
static ports_t ports;
static synic_t synic;
static guest_calls_t calls;
static exits_t exits;
static struct {
  int posts, signals, synics, frees;
  uint32_t connection, type;
  uint64_t signalled, messages;
  size_t len;
  uint8_t payload[256];
} seen;

static uint64_t on_posted(void* context,
                          uint32_t connection,
                          uint32_t type,
                          const void* payload,
                          size_t len) {
  (void) context;
  seen.posts++;
  seen.connection = connection;
  seen.type = type;
  seen.len = len;
  memcpy(seen.payload, payload, len);
  return 18;
}

static uint64_t on_signalled(void* context, uint64_t connection) {
  (void) context;
  seen.signals++;
  seen.signalled = connection;
  return 0;
}

static void on_synic(void* context,
                     uint64_t control,
                     uint64_t events,
                     uint64_t messages) {
  (void) context;
  (void) control;
  (void) events;
  seen.synics++;
  seen.messages = messages;
}

static void on_slot_free(void* context) {
  (void) context;
  seen.frees++;
}

static int raise_sint(void* context) {
  (void) context;
  return 0;
}

static const guest_host_t host = {
    NULL, on_posted, on_signalled, on_synic, on_slot_free};

static void put(void* context, uint8_t byte) {
  (void) context;
  (void) byte;
}

static void set_irq(void* context, int level) {
  (void) context;
  (void) level;
}

static int up(void** state) {
  (void) state;
  memset(&u, 0, sizeof(u));
  memset(&seen, 0, sizeof(seen));
  memset(&ports, 0, sizeof(ports));
  ports.serial[0].put = put;
  ports.serial[0].set_irq = set_irq;
  calls = (guest_calls_t){.ram = &ram, .host = &host};
  exits = (exits_t){.ports = &ports,
                    .synic = &synic,
                    .calls = &calls,
                    .run_bytes = sizeof(u)};
  return ram_open(&ram, RAM_BYTES) != 0 ||
         synic_open(&synic, &ram, raise_sint, NULL) != 0;
}

static int down(void** state) {
  (void) state;
  synic_close(&synic);
  ram_close(&ram);
  return 0;
}

static uint64_t hypercall(uint64_t input, uint64_t param) {
  u.run.exit_reason = KVM_EXIT_HYPERV;
  u.run.hyperv.type = KVM_EXIT_HYPERV_HCALL;
  u.run.hyperv.u.hcall.input = input;
  u.run.hyperv.u.hcall.params[0] = param;
  u.run.hyperv.u.hcall.result = 999;
  assert_int_equal(exits_serve(&exits, &u.run), MACHINE_RUNS);
  return u.run.hyperv.u.hcall.result;
}

static void make_input(uint64_t gpa, uint32_t size) {
  uint8_t* at = ram_at(&ram, gpa, 256);

  word_put(at, 4, 4);
  word_put(at + 8, 1, 4);
  word_put(at + 12, size, 4);
  memset(at + 16, 0x77, 240);
}

/* --- Hypercalls ------------------------------------------------------------ */

static void a_message_is_taken_apart_and_its_status_returned(void** state) {
  (void) state;
  make_input(INPUT_AT, 240);
  assert_int_equal(hypercall(POST, INPUT_AT), 18);
  assert_int_equal(seen.posts, 1);
  assert_int_equal(seen.connection, 4);
  assert_int_equal(seen.type, 1);
  assert_int_equal(seen.len, 240);
  assert_int_equal(seen.payload[239], 0x77);
  assert_int_equal(calls.refused, 1);
}

static void a_message_in_a_wrong_place_is_refused(void** state) {
  static const uint64_t places[] = {INPUT_AT + 4, /* neither 8-aligned... */
                                    INPUT_AT + 8, /* ... nor within a page */
                                    RAM_BYTES,
                                    RAM_BYTES - 128,
                                    UINT64_MAX - 7,
                                    UINT64_MAX - 255};
  size_t i;

  (void) state;
  for (i = 0; i < sizeof(places) / sizeof(places[0]); i++)
    assert_int_equal(hypercall(POST, places[i]), CALL_INVALID_ALIGNMENT);
  make_input(RAM_BYTES - 256, 8);
  assert_int_equal(hypercall(POST, RAM_BYTES - 256), 18);
  assert_int_equal(seen.posts, 1);
}

static void a_message_that_claims_too_much_is_refused(void** state) {
  (void) state;
  make_input(INPUT_AT, 241);
  assert_int_equal(hypercall(POST, INPUT_AT), CALL_INVALID_PARAMETER);
  make_input(INPUT_AT, 0xffffffff);
  assert_int_equal(hypercall(POST, INPUT_AT), CALL_INVALID_PARAMETER);
  assert_int_equal(seen.posts, 0);
  make_input(INPUT_AT, 0); /* the host side judges what is too short */
  assert_int_equal(hypercall(POST, INPUT_AT), 18);
}

/* KVM has read the parameter of a slow one, too. */
static void a_signal_is_handed_on_fast_or_slow(void** state) {
  (void) state;
  assert_int_equal(hypercall(SIGNAL | FAST, 0x2001), 0);
  assert_int_equal(seen.signalled, 0x2001);
  assert_int_equal(hypercall(SIGNAL, 0x100002002), 0);
  assert_int_equal(seen.signalled, 0x100002002);
  assert_int_equal(seen.signals, 2);
  assert_int_equal(calls.refused, 0);
}

static void other_hypercalls_and_odd_ones_are_refused(void** state) {
  (void) state;
  make_input(INPUT_AT, 8);
  assert_int_equal(hypercall(0x46, 0), CALL_INVALID_CODE);
  assert_int_equal(hypercall(0x8001, 0), CALL_INVALID_CODE);
  assert_int_equal(hypercall(POST | FAST, INPUT_AT), CALL_INVALID_INPUT);
  assert_int_equal(hypercall(POST | 1ull << 32, INPUT_AT), CALL_INVALID_INPUT);
  assert_int_equal(hypercall(SIGNAL | 1ull << 17, 1), CALL_INVALID_INPUT);
  assert_int_equal(hypercall(UINT64_MAX, UINT64_MAX), CALL_INVALID_INPUT);
  assert_int_equal(seen.posts + seen.signals, 0);
  assert_int_equal(calls.refused, 6);
}

/* --- SynIC ----------------------------------------------------------------- */

static void the_guests_pages_are_taken_over_and_reported(void** state) {
  (void) state;
  u.run.exit_reason = KVM_EXIT_HYPERV;
  u.run.hyperv.type = KVM_EXIT_HYPERV_SYNIC;
  u.run.hyperv.u.synic.control = 1;
  u.run.hyperv.u.synic.msg_page = 0x2001;
  assert_int_equal(exits_serve(&exits, &u.run), MACHINE_RUNS);
  assert_int_equal(seen.synics, 1);
  assert_int_equal(seen.messages, 0x2001);
  assert_int_equal(synic_post(&synic, 1, "x", 1), 0);
}

static void an_eom_is_reported_if_somebody_waits(void** state) {
  (void) state;
  synic_set(&synic, 1, 0x3001, 0x2001);
  u.run.exit_reason = KVM_EXIT_X86_WRMSR;
  u.run.msr.index = 0x40000084;
  u.run.msr.error = 7;
  assert_int_equal(exits_serve(&exits, &u.run), MACHINE_RUNS);
  assert_int_equal(u.run.msr.error, 0);
  assert_int_equal(seen.frees, 0);
  assert_int_equal(synic_post(&synic, 1, "x", 1), 0);
  assert_int_equal(synic_post(&synic, 1, "y", 1), UV_EAGAIN);
  assert_int_equal(exits_serve(&exits, &u.run), MACHINE_RUNS);
  assert_int_equal(seen.frees, 0); /* the slot is still taken */
  memset(ram.base + 0x2200, 0, 4);
  assert_int_equal(exits_serve(&exits, &u.run), MACHINE_RUNS);
  assert_int_equal(seen.frees, 1);
  assert_int_equal(exits.eoms, 3);
}

static void another_msr_is_refused(void** state) {
  (void) state;
  u.run.exit_reason = KVM_EXIT_X86_WRMSR;
  u.run.msr.index = 0x40000080;
  assert_int_equal(exits_serve(&exits, &u.run), MACHINE_RUNS);
  assert_int_equal(u.run.msr.error, 1);
  assert_int_equal(exits.eoms, 0);
}

/* --- The rest -------------------------------------------------------------- */

static void io(uint8_t direction, uint16_t port, uint8_t size, uint32_t count) {
  u.run.exit_reason = KVM_EXIT_IO;
  u.run.io.direction = direction;
  u.run.io.port = port;
  u.run.io.size = size;
  u.run.io.count = count;
  u.run.io.data_offset = 4096;
}

static void each_access_of_a_string_instruction_is_served(void** state) {
  (void) state;
  io(KVM_EXIT_IO_IN, 0x3fd, 1, 3);
  assert_int_equal(exits_serve(&exits, &u.run), MACHINE_RUNS);
  assert_memory_equal(u.bytes + 4096, "\x60\x60\x60\0", 4);
  io(KVM_EXIT_IO_IN, 0xcfc, 4, 2);
  assert_int_equal(exits_serve(&exits, &u.run), MACHINE_RUNS);
  assert_memory_equal(u.bytes + 4096, "\377\377\377\377\377\377\377\377\0", 9);
}

static void the_guest_switches_off_or_resets_by_its_ports(void** state) {
  (void) state;
  io(KVM_EXIT_IO_OUT, 0x604, 2, 1);
  u.bytes[4097] = 5 << 2 | 0x20;
  assert_int_equal(exits_serve(&exits, &u.run), MACHINE_POWERED_OFF);
  io(KVM_EXIT_IO_OUT, 0x64, 1, 1);
  u.bytes[4096] = 0xfe;
  assert_int_equal(exits_serve(&exits, &u.run), MACHINE_RESET);
}

static void memory_that_is_not_there_reads_as_ones(void** state) {
  (void) state;
  u.run.exit_reason = KVM_EXIT_MMIO;
  u.run.mmio.phys_addr = 0xd0000000;
  u.run.mmio.len = 8;
  assert_int_equal(exits_serve(&exits, &u.run), MACHINE_RUNS);
  assert_memory_equal(u.run.mmio.data, "\377\377\377\377\377\377\377\377", 8);
}

static void a_crash_is_noted_and_ends_nothing_yet(void** state) {
  (void) state;
  u.run.exit_reason = KVM_EXIT_SYSTEM_EVENT;
  u.run.system_event.type = KVM_SYSTEM_EVENT_CRASH;
  assert_int_equal(exits_serve(&exits, &u.run), MACHINE_RUNS);
  assert_true(exits.has_crashed);
  u.run.system_event.type = KVM_SYSTEM_EVENT_RESET;
  assert_int_equal(exits_serve(&exits, &u.run), MACHINE_RESET);
}

static void other_ends_are_told_apart(void** state) {
  static const struct {
    uint32_t reason;
    machine_end_t end;
  } rows[] = {{KVM_EXIT_SHUTDOWN, MACHINE_RESET},
              {KVM_EXIT_INTERNAL_ERROR, MACHINE_BROKEN},
              {KVM_EXIT_FAIL_ENTRY, MACHINE_BROKEN},
              {KVM_EXIT_DEBUG, MACHINE_BROKEN},
              {12345, MACHINE_BROKEN}};
  size_t i;

  (void) state;
  for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    u.run.exit_reason = rows[i].reason;
    assert_int_equal(exits_serve(&exits, &u.run), rows[i].end);
  }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, up, down)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_message_is_taken_apart_and_its_status_returned),
      TEST(a_message_in_a_wrong_place_is_refused),
      TEST(a_message_that_claims_too_much_is_refused),
      TEST(a_signal_is_handed_on_fast_or_slow),
      TEST(other_hypercalls_and_odd_ones_are_refused),
      TEST(the_guests_pages_are_taken_over_and_reported),
      TEST(an_eom_is_reported_if_somebody_waits),
      TEST(another_msr_is_refused),
      TEST(each_access_of_a_string_instruction_is_served),
      TEST(the_guest_switches_off_or_resets_by_its_ports),
      TEST(memory_that_is_not_there_reads_as_ones),
      TEST(a_crash_is_noted_and_ends_nothing_yet),
      TEST(other_ends_are_told_apart),
  };

  journal_open();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
