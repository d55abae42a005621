/* The bus in its thread, with a vcpu's thread that posts and signals, and rings that
 * both use at the same time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "guest.h"

#define NUMBERS 40000u

/* Turns of waiting for another thread; each is a millisecond at least. */
#define TURNS 10000

static guest_t guest;
static uv_mutex_t slot;
static bus_machine_t inner;
static bus_t* bus;

/* The fake guest counts messages and flags without locks, so both take one here. */
static int post(void* context, uint32_t type, const void* payload, size_t len) {
  int err;

  uv_mutex_lock(&slot);
  err = inner.post(context, type, payload, len);
  uv_mutex_unlock(&slot);
  return err;
}

static void flag(void* context, uint32_t relid) {
  uv_mutex_lock(&slot);
  inner.flag(context, relid);
  uv_mutex_unlock(&slot);
}

static int opened(void** state) {
  bus_options_t options = {0};
  bus_machine_t machine;

  (void) state;
  guest_open_memory(&guest, &inner);
  machine = inner;
  machine.post = post;
  machine.flag = flag;
  options.path = guest.path;
  assert_int_equal(uv_mutex_init(&slot), 0);
  assert_int_equal(bus_start(&bus, &machine, &options), 0);
  return 0;
}

static int closed(void** state) {
  (void) state;
  bus_stop(bus);
  uv_mutex_destroy(&slot);
  guest_close_memory(&guest);
  return 0;
}

static uint64_t posted(const void* message, size_t len) {
  return bus_posted(bus, 4, 1, message, len);
}

/* Waits for the next message of the type. */
static void wait_for(uint32_t type, guest_message_t* message) {
  const guest_message_t* found = NULL;
  int i;

  for (i = 0; i < TURNS; i++) {
    uv_mutex_lock(&slot);
    found = guest_next(&guest, type);
    if (found != NULL)
      *message = *found;
    uv_mutex_unlock(&slot);
    if (found != NULL)
      return;
    uv_sleep(1);
  }
  fail();
}

static void connect_guest(void) {
  uint32_t contact[10] = {14, 0, 0x50003, 0, 2};
  uint32_t request[2] = {3, 0};
  guest_message_t message;

  assert_int_equal(posted(contact, sizeof(contact)), BUS_HV_SUCCESS);
  wait_for(15, &message);
  assert_int_equal(message.bytes[8], 1);
  assert_int_equal(posted(request, sizeof(request)), BUS_HV_SUCCESS);
  wait_for(4, &message);
}

/* Two rings of a control page and one of data, from page 1 on; opens the channel. */
static void open_channel(uint32_t relid) {
  uint8_t header[28 + 4 * 8] = {8};
  uint16_t range[2] = {8 + 4 * 8, 1};
  uint32_t bytes = 4 * 4096;
  uint64_t page[4] = {1, 2, 3, 4};
  uint32_t open[37] = {5, 0, relid, relid, 7, 0, 2};
  guest_message_t message;

  memset(guest.ram, 0, 5 * 4096);
  header[12] = 7;
  memcpy(header + 8, &relid, 4);
  memcpy(header + 16, range, 4);
  memcpy(header + 20, &bytes, 4);
  memcpy(header + 28, page, 32);
  assert_int_equal(posted(header, sizeof(header)), BUS_HV_SUCCESS);
  wait_for(10, &message);
  assert_int_equal(guest_word(&message, 16), 0);
  assert_int_equal(posted(open, sizeof(open)), BUS_HV_SUCCESS);
  wait_for(6, &message);
  assert_int_equal(guest_word(&message, 16), 0);
}

static int call_guest(uint32_t* relid, uint32_t* connection) {
  guest_message_t message;
  int fd = host_call(&guest, "CONNECT 5\n");

  wait_for(1, &message);
  *relid = guest_word(&message, 184);
  *connection = guest_word(&message, 192);
  return fd;
}

static uint32_t* control(uint32_t page, uint32_t at) {
  return (uint32_t*) (void*) (guest.ram + page * 4096 + at);
}

/* A packet of 8 bytes of payload, when there is room; signals as Linux does. */
static int put_number(uint32_t connection, uint64_t number) {
  static const uint64_t head[3] = {6 | 2 << 16 | 4ull << 32, 0, 1 | 8ull << 32};
  uint32_t w = *control(1, 0);
  uint32_t r = __atomic_load_n(control(1, 4), __ATOMIC_SEQ_CST);
  uint32_t i;

  if ((r + 4096 - w - 8) % 4096 < 72)
    return 0;
  for (i = 0; i < 3; i++)
    memcpy(guest.ram + 2 * 4096 + (w + i * 8) % 4096, &head[i], 8);
  memcpy(guest.ram + 2 * 4096 + (w + 24) % 4096, &number, 8);
  __atomic_store_n(control(1, 0), (w + 40) % 4096, __ATOMIC_SEQ_CST);
  if (__atomic_load_n(control(1, 4), __ATOMIC_SEQ_CST) == w)
    assert_int_equal(bus_signalled(bus, connection), BUS_HV_SUCCESS);
  return 1;
}

/* Signals only when they are due, so a lost wake-up would end it. */
static void numbers_arrive_in_order_by_due_signals_alone(void** state) {
  uint32_t relid;
  uint32_t connection;
  uint64_t number;
  uint64_t sent = 0;
  uint64_t got = 0;
  char text[32];
  uint64_t before;
  int turns;
  int fd;

  (void) state;
  connect_guest();
  fd = call_guest(&relid, &connection);
  open_channel(relid);
  for (turns = 0; turns < TURNS && host_read(fd, text, sizeof(text)) < 0;
       turns++)
    uv_sleep(1);
  for (turns = 0; got < NUMBERS && turns < TURNS; turns += got == before) {
    before = got;
    while (sent < NUMBERS && put_number(connection, sent))
      sent++;
    while (host_read(fd, &number, 8) == 8)
      assert_int_equal(number, got++);
    if (got == before)
      uv_sleep(1);
  }
  assert_int_equal(got, NUMBERS);
  close(fd);
}

/* When posting has returned, the guest may give the pages to anybody. */
static void rings_are_out_of_use_when_a_close_was_posted(void** state) {
  uint32_t close_message[3] = {7, 0, 0};
  uint32_t release[3] = {13, 0, 0};
  guest_message_t message;
  uint32_t connection;
  char much[4096] = {0};
  uint8_t* copy = malloc(5 * 4096);
  uint32_t relid;
  int fd;
  int i;

  (void) state;
  connect_guest();
  for (i = 0; i < 100; i++) {
    fd = call_guest(&relid, &connection);
    open_channel(relid);
    assert_true(host_write(fd, much, sizeof(much)) > 0);
    if (i % 2 == 0)
      uv_sleep(1);
    close_message[2] = release[2] = relid;
    assert_int_equal(posted(close_message, 12), BUS_HV_SUCCESS);
    memset(guest.ram, 0xee, 5 * 4096);
    memcpy(copy, guest.ram, 5 * 4096);
    wait_for(2, &message);
    assert_memory_equal(copy, guest.ram, 5 * 4096);
    assert_int_equal(bus_signalled(bus, connection), BUS_HV_SUCCESS);
    assert_int_equal(posted(release, 12), BUS_HV_SUCCESS);
    close(fd);
  }
  free(copy);
}

static void hypercalls_that_cannot_be_are_refused(void** state) {
  uint32_t words[64] = {14};

  (void) state;
  assert_int_equal(bus_posted(bus, 2, 1, words, 40),
                   BUS_HV_INVALID_CONNECTION_ID);
  assert_int_equal(bus_posted(bus, 4, 2, words, 40), BUS_HV_INVALID_PARAMETER);
  assert_int_equal(bus_posted(bus, 1, 1, words, 7), BUS_HV_INVALID_PARAMETER);
  assert_int_equal(bus_posted(bus, 1, 1, words, 241), BUS_HV_INVALID_PARAMETER);
  assert_int_equal(bus_signalled(bus, 0), BUS_HV_INVALID_CONNECTION_ID);
  assert_int_equal(bus_signalled(bus, 0x10000), BUS_HV_INVALID_CONNECTION_ID);
  assert_int_equal(bus_signalled(bus, 0x10001), BUS_HV_INVALID_CONNECTION_ID);
  assert_int_equal(bus_signalled(bus, 0x10800), BUS_HV_INVALID_CONNECTION_ID);
  assert_int_equal(bus_signalled(bus, UINT64_MAX),
                   BUS_HV_INVALID_CONNECTION_ID);
}

/* The guest is to try again, as long as it fetches nothing. */
static void a_flood_is_pushed_back(void** state) {
  uint32_t teardown[4] = {11, 0, 1, 2};
  uint32_t n = 0;

  (void) state;
  connect_guest();
  uv_mutex_lock(&slot);
  guest.holds_slot = 1;
  uv_mutex_unlock(&slot);
  while (n < 100000 && posted(teardown, sizeof(teardown)) == BUS_HV_SUCCESS)
    if (++n % 100 == 0)
      uv_sleep(1);
  assert_true(n < 100000);
  uv_mutex_lock(&slot);
  guest.holds_slot = 0;
  guest.is_slot_taken = 0;
  uv_mutex_unlock(&slot);
  bus_slot_free(bus);
}

static void commands_reach_it(void** state) {
  uint32_t relid;
  uint32_t connection;
  guest_message_t message;
  int fd;

  (void) state;
  connect_guest();
  fd = call_guest(&relid, &connection);
  open_channel(relid);
  bus_command(bus, BUS_COUNTERS);
  bus_command(bus, BUS_STALL);
  bus_command(bus, BUS_RESUME);
  bus_command(bus, BUS_GONE);
  wait_for(2, &message);
  close(fd);
}

static void stopping_closes_what_is_open(void** state) {
  uint32_t relid;
  uint32_t connection;
  char text[64];
  int turns;
  int fd;

  (void) state;
  connect_guest();
  fd = call_guest(&relid, &connection);
  open_channel(relid);
  bus_synic(bus, 1, 1, 1);
  closed(NULL);
  for (turns = 0; turns < TURNS && host_read(fd, text, sizeof(text)) != 0;
       turns++)
    continue;
  assert_true(turns < TURNS);
  close(fd);
  opened(NULL);
}

static void options_that_cannot_be_are_refused(void** state) {
  bus_options_t options = {0};
  char path[80];
  bus_t* other;

  (void) state;
  assert_int_equal(bus_start(&other, &inner, &options), UV_EINVAL);
  options.path = "";
  assert_int_equal(bus_start(&other, &inner, &options), UV_EINVAL);
  options.path = "/nowhere/at/all";
  assert_int_equal(bus_start(&other, &inner, &options), UV_EACCES);
  memset(path, 'a', sizeof(path));
  path[0] = '/';
  path[71] = '\0';
  options.path = path;
  assert_int_equal(bus_start(&other, &inner, &options), UV_ENAMETOOLONG);
  options.path = guest.path;
  options.version_max = 0x60000;
  assert_int_equal(bus_start(&other, &inner, &options), UV_EINVAL);
  options.version_max = 0x40000;
  options.version_min = 0x50000;
  assert_int_equal(bus_start(&other, &inner, &options), UV_EINVAL);
  options.version_max = options.version_min = 0;
  options.packet_bytes = 16385;
  assert_int_equal(bus_start(&other, &inner, &options), UV_EINVAL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, opened, closed)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(numbers_arrive_in_order_by_due_signals_alone),
      TEST(rings_are_out_of_use_when_a_close_was_posted),
      TEST(hypercalls_that_cannot_be_are_refused),
      TEST(a_flood_is_pushed_back),
      TEST(commands_reach_it),
      TEST(stopping_closes_what_is_open),
      TEST(options_that_cannot_be_are_refused),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
