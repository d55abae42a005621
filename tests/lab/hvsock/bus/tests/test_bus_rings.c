/* What a guest may not do to its rings: each ends the connection, and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "guest.h"

static guest_t guest;
static guest_channel_t channel;
static int program;
static char text[65536];

static int opened(void** state) {
  (void) state;
  guest_open(&guest, NULL);
  guest_connect(&guest);
  program = host_call(&guest, "CONNECT 5000\n");
  guest_take_offer(&guest, &channel);
  guest_open_channel(&channel, 3);
  assert_true(host_read(program, text, sizeof(text)) > 0);
  return 0;
}

static int closed(void** state) {
  (void) state;
  close(program);
  guest_close(&guest);
  return 0;
}

static void expect_broken(bus__reason_t why) {
  guest_until(&guest, guest_is_rescinded(&guest, channel.relid));
  assert_int_equal(guest_refused(&guest, why), 1);
  guest_until(&guest, host_is_at_end(program));
  guest_close_channel(&channel);
  guest_release(&channel);
}

/* A packet of `bytes` with `used` of them in the ring. */
static void raw(uint16_t type,
                uint16_t offset8,
                uint16_t length8,
                uint32_t pipe_type,
                uint32_t len,
                uint32_t bytes) {
  const uint16_t head[4] = {type, offset8, length8, 0};
  const uint32_t pipe[2] = {pipe_type, len};

  guest_send_raw(&channel, head, pipe, bytes);
}

static void another_write_index_cannot_be(void** state, uint32_t value) {
  (void) state;
  *guest_control(&channel, &channel.up, 0) = value;
  guest_signal(&channel);
  expect_broken(BUS__REFUSED_INDEX);
}

static void a_write_index_off_by_four(void** state) {
  another_write_index_cannot_be(state, 4);
}

static void a_write_index_behind_the_end(void** state) {
  another_write_index_cannot_be(state, 8192);
}

static void a_write_index_far_behind_the_end(void** state) {
  another_write_index_cannot_be(state, 0xfffffff8);
}

static void a_read_index_that_cannot_be(void** state) {
  (void) state;
  *guest_control(&channel, &channel.down, 4) = 8200;
  assert_int_equal(host_write(program, "x", 1), 1);
  expect_broken(BUS__REFUSED_INDEX);
}

static void room_that_is_taken_back(void** state) {
  (void) state;
  assert_int_equal(host_write(program, text, 60000), 60000);
  guest_settle(&guest);
  assert_true(channel.guest->core.hvsock.conns.first->relay.is_asking);
  /* ahead of what was written: the ring would be almost full */
  *guest_control(&channel, &channel.down, 4) =
      *guest_control(&channel, &channel.down, 0) + 8;
  guest_settle(&guest);
  shutdown(program, SHUT_WR);
  while (guest_recv(&channel, text, sizeof(text)) > 0)
    ;
  guest_settle(&guest); /* whatever became of it, it did not crash */
}

/* The same of the first packet. */
static void expect_refused(void) {
  expect_broken(BUS__REFUSED_PACKET);
  assert_int_equal(guest_counted(&guest, BUS__PACKETS_UP), 0);
}

static void a_piece_of_a_packet(void** state) {
  (void) state;
  raw(6, 2, 3, 1, 0, 24);
  expect_refused();
}

static void another_type(void** state) {
  (void) state;
  raw(7, 2, 3, 1, 0, 32);
  expect_refused();
}

static void an_offset_inside_the_descriptor(void** state) {
  (void) state;
  bus__core_command(&guest.core, BUS_STALL);
  raw(6, 1, 3, 1, 0, 32);
  guest.ram[channel.up.page[1] * 4096 + 8] = 1; /* a pipe header right there */
  memset(guest.ram + channel.up.page[1] * 4096 + 9, 0, 7);
  bus__core_command(&guest.core, BUS_RESUME);
  expect_refused();
}

static void an_offset_behind_the_packet(void** state) {
  (void) state;
  raw(6, 4, 3, 1, 0, 32);
  expect_refused();
}

static void a_packet_without_a_pipe_header(void** state) {
  (void) state;
  raw(6, 2, 2, 1, 0, 32);
  expect_refused();
}

static void a_packet_longer_than_what_is_there(void** state) {
  (void) state;
  raw(6, 2, 4, 1, 8, 32);
  expect_refused();
}

static void a_packet_as_long_as_can_be(void** state) {
  (void) state;
  raw(6, 2, 0xffff, 1, 8, 32);
  expect_refused();
}

static void another_pipe_type(void** state) {
  (void) state;
  raw(6, 2, 3, 2, 0, 32);
  expect_refused();
}

static void more_data_than_the_packet_has(void** state) {
  (void) state;
  raw(6, 2, 4, 1, 9, 40);
  expect_refused();
}

static void more_data_than_may_be(void** state) {
  (void) state;
  raw(6, 2, 3, 1, UINT32_MAX, 32);
  expect_refused();
}

static void data_behind_a_fin(void** state) {
  (void) state;
  guest_send_fin(&channel);
  guest_settle(&guest);
  assert_int_equal(guest_send(&channel, "more", 4), 4);
  expect_broken(BUS__REFUSED_FIN);
}

static void data_right_behind_a_fin(void** state) {
  (void) state;
  bus__core_command(&guest.core, BUS_STALL);
  guest_send_fin(&channel);
  assert_int_equal(guest_send(&channel, "more", 4), 4);
  bus__core_command(&guest.core, BUS_RESUME);
  expect_broken(BUS__REFUSED_FIN);
}

static void good_packets_before_a_bad_one_are_not_needed(void** state) {
  (void) state;
  bus__core_command(&guest.core, BUS_STALL);
  assert_int_equal(guest_send(&channel, "good", 4), 4);
  raw(6, 2, 3, 9, 0, 32);
  bus__core_command(&guest.core, BUS_RESUME);
  expect_broken(BUS__REFUSED_PACKET);
}

static void a_large_offset_is_taken_when_all_fits(void** state) {
  const uint16_t head[4] = {6, 4, 6, 0};
  const uint32_t none[2] = {0, 0};

  (void) state;
  bus__core_command(&guest.core, BUS_STALL);
  guest_send_raw(&channel, head, none, 56);
  memcpy(
      guest.ram + channel.up.page[1] * 4096 + 32, "\1\0\0\0\5\0\0\0hello", 13);
  bus__core_command(&guest.core, BUS_RESUME);
  guest_until(&guest, host_read(program, text, 8) == 5);
  assert_memory_equal(text, "hello", 5);
}

/* The other connections go on. */
static void a_broken_ring_is_its_own(void** state) {
  guest_channel_t other;
  int fd = host_call(&guest, "CONNECT 1\n");

  (void) state;
  guest_take_offer(&guest, &other);
  guest_open_channel(&other, 7);
  raw(7, 2, 3, 1, 0, 32);
  expect_broken(BUS__REFUSED_PACKET);
  assert_true(host_read(fd, text, sizeof(text)) > 0);
  assert_int_equal(guest_send(&other, "hello", 5), 5);
  guest_until(&guest, host_read(fd, text, 8) == 5);
  close(fd);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, opened, closed)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_write_index_off_by_four),
      TEST(a_write_index_behind_the_end),
      TEST(a_write_index_far_behind_the_end),
      TEST(a_read_index_that_cannot_be),
      TEST(room_that_is_taken_back),
      TEST(a_piece_of_a_packet),
      TEST(another_type),
      TEST(an_offset_inside_the_descriptor),
      TEST(an_offset_behind_the_packet),
      TEST(a_packet_without_a_pipe_header),
      TEST(a_packet_longer_than_what_is_there),
      TEST(a_packet_as_long_as_can_be),
      TEST(another_pipe_type),
      TEST(more_data_than_the_packet_has),
      TEST(more_data_than_may_be),
      TEST(data_behind_a_fin),
      TEST(data_right_behind_a_fin),
      TEST(good_packets_before_a_bad_one_are_not_needed),
      TEST(a_large_offset_is_taken_when_all_fits),
      TEST(a_broken_ring_is_its_own),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
