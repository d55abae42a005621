/* Bytes between rings and Unix sockets: both ways, around the end of a ring, full
 * rings, and who signals whom. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "guest.h"

#define MUCH ((size_t) 1 << 20)

static guest_t guest;
static guest_channel_t channel;
static int program;
static uint8_t* sent;
static uint8_t* got;

static void open_with(const bus_options_t* options, uint32_t pages) {
  char text[64];
  int n;

  guest_open(&guest, options);
  guest_connect(&guest);
  program = host_call(&guest, "CONNECT 5000\n");
  guest_take_offer(&guest, &channel);
  guest_open_channel(&channel, pages);
  n = host_read(program, text, sizeof(text));
  assert_true(n > 4 && memcmp(text, "OK ", 3) == 0 && text[n - 1] == '\n');
}

static int opened(void** state) {
  size_t i;

  (void) state;
  sent = malloc(MUCH);
  got = malloc(MUCH);
  for (i = 0; i < MUCH; i++)
    sent[i] = (uint8_t) (i * 31 ^ i >> 8 ^ i >> 16);
  open_with(NULL, 7);
  return 0;
}

static int closed(void** state) {
  (void) state;
  close(program);
  guest_close(&guest);
  free(sent);
  free(got);
  return 0;
}

static void reopen_with(const bus_options_t* options, uint32_t pages) {
  close(program);
  guest_close(&guest);
  open_with(options, pages);
}

/* As the guest's program: what has come, and no more than it wants. */
static size_t receive_some(size_t done, size_t len) {
  int n;

  if (done >= len)
    return done;
  n = guest_recv(&channel, got + done, len - done);
  return n < 0 ? done : done + (size_t) n;
}

static size_t read_some(size_t done, size_t len) {
  int n = host_read(program, got + done, len - done);

  return n > 0 ? done + (size_t) n : done;
}

static size_t write_some(size_t done, size_t len, size_t piece) {
  int n;

  if (done == len)
    return done;
  if (piece > len - done)
    piece = len - done;
  n = host_write(program, sent + done, piece);
  assert_true(n > 0 || errno == EAGAIN);
  return n > 0 ? done + (size_t) n : done;
}

static void send_up(size_t len) {
  size_t out = 0;
  size_t in = 0;

  guest.ticks = 0;
  while (in < len && guest.ticks < 2000) {
    out += guest_send(&channel, sent + out, len - out);
    uv_run(&guest.loop, UV_RUN_NOWAIT);
    in = read_some(in, len);
  }
  assert_int_equal(in, len);
  assert_memory_equal(got, sent, len);
}

static void send_down(size_t len, size_t piece) {
  size_t out = 0;
  size_t in = 0;

  guest.ticks = 0;
  while (in < len && guest.ticks < 2000) {
    out = write_some(out, len, piece);
    uv_run(&guest.loop, UV_RUN_NOWAIT);
    in = receive_some(in, len);
  }
  assert_int_equal(in, len);
  assert_memory_equal(got, sent, len);
}

static void a_line_goes_up_and_comes_down(void** state) {
  char text[8];

  (void) state;
  assert_int_equal(guest_send(&channel, "hello", 5), 5);
  guest_until(&guest, host_read(program, text, 8) == 5);
  assert_memory_equal(text, "hello", 5);
  assert_int_equal(host_write(program, "world!", 6), 6);
  guest_until(&guest, guest_recv(&channel, text, 8) == 6);
  assert_memory_equal(text, "world!", 6);
  assert_int_equal(guest_counted(&guest, BUS__BYTES_UP), 5);
  assert_int_equal(guest_counted(&guest, BUS__BYTES_DOWN), 6);
  assert_int_equal(guest_counted(&guest, BUS__PACKETS_UP), 1);
  assert_int_equal(guest_counted(&guest, BUS__PACKETS_DOWN), 1);
}

static void a_mebibyte_goes_up_around_the_ring(void** state) {
  (void) state;
  send_up(MUCH);
  assert_int_equal(guest_counted(&guest, BUS__BYTES_UP), MUCH);
}

static void a_mebibyte_comes_down_around_the_ring(void** state) {
  (void) state;
  send_down(MUCH, MUCH);
  assert_int_equal(guest_counted(&guest, BUS__BYTES_DOWN), MUCH);
}

static void rings_of_all_sizes_carry_both_ways(void** state) {
  static const uint32_t pages[] = {2, 3, 6, 52, 64};
  size_t i;

  (void) state;
  for (i = 0; i < 5; i++) {
    reopen_with(NULL, pages[i]);
    send_up(300000);
    send_down(300000, 5000);
  }
}

static void odd_pieces_wrap_at_any_byte(void** state) {
  (void) state;
  reopen_with(NULL, 2);
  send_down(100003, 1);
  send_down(60001, 7);
  send_down(60001, 1003);
}

static void both_ways_at_once(void** state) {
  size_t up_out = 0;
  size_t up_in = 0;
  size_t down_out = 0;
  size_t down_in = 0;
  uint8_t* other = malloc(MUCH);
  int n;

  (void) state;
  guest.ticks = 0;
  while ((up_in < MUCH || down_in < MUCH) && guest.ticks < 4000) {
    up_out += guest_send(&channel, sent + up_out, MUCH - up_out);
    down_out = write_some(down_out, MUCH, MUCH);
    uv_run(&guest.loop, UV_RUN_NOWAIT);
    n = host_read(program, other + up_in, MUCH - up_in);
    up_in += n > 0 ? (size_t) n : 0;
    down_in = receive_some(down_in, MUCH);
  }
  assert_int_equal(up_in, MUCH);
  assert_int_equal(down_in, MUCH);
  assert_memory_equal(other, sent, MUCH);
  assert_memory_equal(got, sent, MUCH);
  free(other);
}

/* A program that does not read: the buffer here, the socket, then the ring. */
static void a_ring_to_a_program_that_stands_still_fills_up(void** state) {
  size_t out = 0;
  size_t in = 0;
  size_t n;

  (void) state;
  do {
    n = guest_send(&channel, sent + out, MUCH - out);
    out += n;
    guest_settle(&guest);
  } while (n > 0);
  assert_true(out < MUCH);
  n = channel.guest->flags[channel.relid];
  guest.ticks = 0;
  while (in < out && guest.ticks < 1000) {
    in = read_some(in, out);
    uv_run(&guest.loop, UV_RUN_NOWAIT);
  }
  assert_int_equal(in, out);
  assert_memory_equal(got, sent, out);
  /* pending_send_sz of hv_sock: woken once the room is there again */
  assert_true(channel.guest->flags[channel.relid] > n);
}

/* 24,576 bytes of a ring of 7 pages: five packets of 4,088 and one of 3,904, as Linux
 * fills it. */
static void a_ring_from_the_guest_holds_24344_bytes(void** state) {
  (void) state;
  bus__core_command(&guest.core, BUS_STALL);
  assert_int_equal(guest_send(&channel, sent, 30000), 24344);
  bus__core_command(&guest.core, BUS_RESUME);
  guest_settle(&guest);
  assert_int_equal(guest_counted(&guest, BUS__PACKETS_UP), 6);
  assert_int_equal(guest_counted(&guest, BUS__BYTES_UP), 24344);
}

static void a_guest_that_stands_still_stops_the_program(void** state) {
  size_t out = 0;
  size_t in = 0;
  size_t last;

  (void) state;
  do {
    last = out;
    out = write_some(out, MUCH, MUCH);
    guest_settle(&guest);
  } while (out != last);
  assert_true(out < MUCH);
  assert_true(guest_counted(&guest, BUS__BYTES_DOWN) <= 24576);
  assert_int_equal(guest_counted(&guest, BUS__RING_FULL), 1);
  assert_true(*guest_control(&channel, &channel.down, 12) > 0);
  while (in < out && guest.ticks < 1000) {
    in = receive_some(in, out);
    uv_run(&guest.loop, UV_RUN_NOWAIT);
  }
  assert_int_equal(in, out);
  assert_memory_equal(got, sent, out);
  assert_int_equal(*guest_control(&channel, &channel.down, 12), 0);
}

static void packets_to_the_guest_are_as_large_as_asked(void** state) {
  static const size_t sizes[] = {1, 100, 2048, 16384};
  bus_options_t options = {0};
  size_t i;
  int n;

  (void) state;
  for (i = 0; i < 4; i++) {
    options.packet_bytes = sizes[i];
    reopen_with(&options, 52);
    assert_int_equal(host_write(program, sent, 50000), 50000);
    guest_until(&guest, (n = guest_recv(&channel, got, MUCH)) > 0);
    assert_int_equal(n, sizes[i]);
  }
}

static void the_guest_is_signalled_into_an_empty_ring_only(void** state) {
  bus_options_t options = {.signals_always = 1};

  (void) state;
  assert_int_equal(host_write(program, "a", 1), 1);
  guest_settle(&guest);
  assert_int_equal(guest.flags[channel.relid], 1);
  assert_int_equal(host_write(program, "b", 1), 1);
  guest_settle(&guest);
  assert_int_equal(guest.flags[channel.relid], 1);
  assert_int_equal(guest_counted(&guest, BUS__PACKETS_DOWN), 2);

  reopen_with(&options, 7);
  assert_int_equal(host_write(program, "a", 1), 1);
  guest_settle(&guest);
  assert_int_equal(host_write(program, "b", 1), 1);
  guest_settle(&guest);
  assert_int_equal(guest.flags[channel.relid], 2);
}

static void a_guest_that_masks_signals_gets_none(void** state) {
  (void) state;
  *guest_control(&channel, &channel.down, 8) = 1;
  assert_int_equal(host_write(program, "a", 1), 1);
  guest_settle(&guest);
  assert_int_equal(guest.flags[channel.relid], 0);
  assert_int_equal(guest_counted(&guest, BUS__PACKETS_DOWN), 1);
}

/* The room crosses 4,120 once, though the ring is emptied in one go. */
static void room_is_signalled_when_it_crosses_what_is_pending(void** state) {
  (void) state;
  assert_int_equal(guest_send(&channel, sent, 4088), 4088);
  guest_settle(&guest);
  assert_int_equal(guest.flags[channel.relid],
                   0); /* there was room all the time */
  bus__core_command(&guest.core, BUS_STALL);
  assert_int_equal(guest_send(&channel, sent, 30000), 24344);
  bus__core_command(&guest.core, BUS_RESUME);
  assert_int_equal(guest.flags[channel.relid], 1);
}

static void bytes_behind_the_request_line_are_the_guests(void** state) {
  guest_channel_t other;
  char text[16];
  int fd = host_call(&guest, "connect 7\nat once");

  (void) state;
  guest_take_offer(&guest, &other);
  guest_open_channel(&other, 7);
  guest_until(&guest, guest_recv(&other, text, 16) == 7);
  assert_memory_equal(text, "at once", 7);
  close(fd);
}

static void dropped_signals_are_not_sent(void** state) {
  bus_options_t options = {.faults = {.drops_signal = 2}, .signals_always = 1};
  int i;

  (void) state;
  reopen_with(&options, 7);
  for (i = 0; i < 10; i++) {
    assert_int_equal(host_write(program, "a", 1), 1);
    guest_settle(&guest);
  }
  assert_int_equal(guest.flags[channel.relid], 5);
  assert_int_equal(guest_counted(&guest, BUS__SIGNALS_LOST), 5);
}

static void missed_signals_are_not_noticed(void** state) {
  bus_options_t options = {.faults = {.misses_signal = 1}};
  char text[8];

  (void) state;
  reopen_with(&options, 7);
  assert_int_equal(guest_send(&channel, "hello", 5), 5);
  guest_settle(&guest);
  assert_int_equal(host_read(program, text, 8), -1);
  assert_int_equal(guest_counted(&guest, BUS__SIGNALS_LOST), 1);
}

static void a_host_that_stands_still_goes_on_where_it_was(void** state) {
  char text[8];

  (void) state;
  bus__core_command(&guest.core, BUS_STALL);
  assert_int_equal(guest_send(&channel, "hello", 5), 5);
  assert_int_equal(host_write(program, "world", 5), 5);
  guest_settle(&guest);
  assert_int_equal(host_read(program, text, 8), -1);
  assert_int_equal(guest_recv(&channel, text, 8), -1);
  bus__core_command(&guest.core, BUS_RESUME);
  guest_until(&guest, host_read(program, text, 8) == 5);
  guest_until(&guest, guest_recv(&channel, text, 8) == 5);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, opened, closed)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_line_goes_up_and_comes_down),
      TEST(a_mebibyte_goes_up_around_the_ring),
      TEST(a_mebibyte_comes_down_around_the_ring),
      TEST(rings_of_all_sizes_carry_both_ways),
      TEST(odd_pieces_wrap_at_any_byte),
      TEST(both_ways_at_once),
      TEST(a_ring_to_a_program_that_stands_still_fills_up),
      TEST(a_ring_from_the_guest_holds_24344_bytes),
      TEST(a_guest_that_stands_still_stops_the_program),
      TEST(packets_to_the_guest_are_as_large_as_asked),
      TEST(the_guest_is_signalled_into_an_empty_ring_only),
      TEST(a_guest_that_masks_signals_gets_none),
      TEST(room_is_signalled_when_it_crosses_what_is_pending),
      TEST(bytes_behind_the_request_line_are_the_guests),
      TEST(dropped_signals_are_not_sent),
      TEST(missed_signals_are_not_noticed),
      TEST(a_host_that_stands_still_goes_on_where_it_was),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
