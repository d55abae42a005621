/* How a connection ends: the table of relay.h, from both sides. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "guest.h"

static guest_t guest;
static guest_channel_t channel;
static int program;
static char text[65536];

static void open_with(const bus_options_t* options) {
  guest_open(&guest, options);
  guest_connect(&guest);
  program = host_call(&guest, "CONNECT 5000\n");
  guest_take_offer(&guest, &channel);
  guest_open_channel(&channel, 7);
  assert_true(host_read(program, text, sizeof(text)) > 0);
}

static int opened(void** state) {
  (void) state;
  open_with(NULL);
  return 0;
}

static int closed(void** state) {
  (void) state;
  if (program >= 0)
    close(program);
  guest_close(&guest);
  return 0;
}

static void reopen_with(const bus_options_t* options) {
  close(program);
  guest_close(&guest);
  open_with(options);
}

static void hang_up(void) {
  close(program);
  program = -1;
}

/* Linux' end of it; nothing is left here afterwards. */
static void expect_over(void) {
  guest_until(&guest, guest_is_rescinded(&guest, channel.relid));
  guest_settle(&guest);
  assert_null(guest.core.hvsock.conns.first);
  guest_close_channel(&channel);
  guest_release(&channel);
  assert_int_equal(guest.core.channels.highest, 0);
  assert_int_equal(guest_count(&guest, 2), 1);
}

static void the_guests_fin_is_the_end_of_the_socket(void** state) {
  (void) state;
  assert_int_equal(guest_send(&channel, "bye", 3), 3);
  guest_send_fin(&channel);
  guest_until(&guest, host_read(program, text, 8) == 3);
  guest_until(&guest, host_is_at_end(program));
  assert_false(guest_is_rescinded(&guest, channel.relid));
  assert_int_equal(host_write(program, "still", 5), 5); /* a half-close */
  guest_until(&guest, guest_recv(&channel, text, 8) == 5);
  hang_up();
  guest_until(&guest, guest_recv(&channel, text, 8) == 0);
  expect_over();
}

static void the_sockets_end_is_a_fin_of_32_bytes(void** state) {
  uint32_t before;

  (void) state;
  assert_int_equal(host_write(program, "bye", 3), 3);
  shutdown(program, SHUT_WR);
  guest_until(&guest, guest_recv(&channel, text, 8) == 3);
  before = channel.down.index;
  guest_until(&guest, guest_recv(&channel, text, 8) == 0);
  assert_int_equal(channel.down.index - before, 32);
  assert_int_equal(guest_recv(&channel, text, 8), -1);
  assert_false(guest_is_rescinded(&guest, channel.relid));
  assert_int_equal(guest_send(&channel, "still", 5), 5);
  guest_until(&guest, host_read(program, text, 8) == 5);
  guest_send_fin(&channel);
  expect_over();
  assert_true(host_is_at_end(program));
}

static void a_program_that_ends_gives_a_fin_and_waits_for_the_guests(
    void** state) {
  (void) state;
  hang_up();
  guest_until(&guest, guest_recv(&channel, text, 8) == 0);
  guest_settle(&guest);
  assert_false(guest_is_rescinded(&guest, channel.relid));
  guest_send_fin(&channel);
  expect_over();
}

static void all_that_the_guest_sent_before_its_fin_arrives(void** state) {
  size_t got = 0;
  int n;

  (void) state;
  assert_int_equal(guest_send(&channel, text, 24000), 24000);
  guest_send_fin(&channel);
  shutdown(program, SHUT_WR);
  expect_over();
  while ((n = host_read(program, text, sizeof(text))) > 0)
    got += (size_t) n;
  assert_int_equal(n, 0);
  assert_int_equal(got, 24000);
}

/* What the guest sends to who is gone is dropped, and it learns of it. */
static void writing_to_a_program_that_is_gone_ends_it(void** state) {
  (void) state;
  hang_up();
  guest_until(&guest, guest_recv(&channel, text, 8) == 0);
  assert_int_equal(guest_send(&channel, "anybody?", 8), 8);
  expect_over();
}

static void a_program_that_leaves_bytes_unread_is_gone_at_once(void** state) {
  (void) state;
  assert_int_equal(guest_send(&channel, "unread", 6), 6);
  guest_until(&guest, host_read(program, text, 1) == 1);
  hang_up();
  expect_over();
}

static void what_a_program_wrote_before_it_went_still_arrives(void** state) {
  (void) state;
  bus__core_command(&guest.core, BUS_STALL);
  assert_int_equal(guest_send(&channel, "question", 8), 8);
  assert_int_equal(host_write(program, "no!", 3), 3);
  hang_up();
  bus__core_command(&guest.core, BUS_RESUME);
  guest_until(&guest, guest_is_rescinded(&guest, channel.relid));
  assert_int_equal(guest_recv(&channel, text, 8), 3);
  assert_memory_equal(text, "no!", 3);
}

static void no_ring_is_touched_behind_a_rescind(void** state) {
  uint8_t before[2][64];

  (void) state;
  assert_int_equal(guest_send(&channel, "unread", 6), 6);
  guest_until(&guest, host_read(program, text, 1) == 1);
  hang_up();
  guest_until(&guest, guest_is_rescinded(&guest, channel.relid));
  memcpy(before[0], guest_control(&channel, &channel.up, 0), 64);
  memcpy(before[1], guest_control(&channel, &channel.down, 0), 64);
  assert_int_equal(guest_send(&channel, "more", 4), 4);
  guest_signal(&channel); /* 0 all the same */
  guest_settle(&guest);
  assert_int_equal(*guest_control(&channel, &channel.up, 4),
                   ((uint32_t*) (void*) before[0])[1]);
  assert_memory_equal(before[1], guest_control(&channel, &channel.down, 0), 64);
}

/* The guest has closed, its ring is full, and who filled it has hung up. */
static void nobody_waits_for_a_guest_that_has_closed(void** state) {
  (void) state;
  guest_send_fin(&channel);
  guest_until(&guest, host_is_at_end(program));
  assert_int_equal(host_write(program, text, 60000), 60000);
  guest_settle(&guest);
  assert_false(guest_is_rescinded(&guest, channel.relid));
  hang_up();
  guest_settle(&guest);
  assert_false(guest_is_rescinded(&guest, channel.relid));
  guest.core.host.limits.idle_ms = 0; /* they are over */
  guest_until(&guest, guest_is_rescinded(&guest, channel.relid));
}

static void a_guest_that_closes_without_a_rescind_closes_the_socket(
    void** state) {
  (void) state;
  guest_close_channel(&channel);
  guest_until(&guest, host_is_at_end(program));
  expect_over();
}

static void a_guest_that_unloads_closes_all_sockets(void** state) {
  (void) state;
  guest_post_words(&guest, 16, 0, 0, 8);
  guest_until(&guest, host_is_at_end(program));
}

static void a_host_that_is_gone_rescinds_all(void** state) {
  (void) state;
  assert_int_equal(guest_send(&channel, "unread", 6), 6);
  bus__core_command(&guest.core, BUS_GONE);
  assert_true(guest_is_rescinded(&guest, channel.relid));
  guest_until(&guest, host_read(program, text, 8) <= 0);
  expect_over();
}

static void by_a_fault_a_fin_has_less_than_it_says(void** state) {
  bus_options_t options = {.faults = {.has_wrong_fin = 1}};
  const uint8_t* packet;

  (void) state;
  reopen_with(&options);
  shutdown(program, SHUT_WR);
  guest_until(&guest, *guest_control(&channel, &channel.down, 0) == 40);
  packet = guest.ram + channel.down.page[1] * 4096;
  assert_int_equal(packet[4], 4);   /* 32 bytes, of which 8 are payload */
  assert_int_equal(packet[20], 16); /* which says that it has 16 */
}

static void by_a_fault_a_rescind_comes_for_a_fin(void** state) {
  bus_options_t options = {.faults = {.rescinds_for_fin = 1}};
  size_t got = 0;
  int n;

  (void) state;
  reopen_with(&options);
  bus__core_command(&guest.core, BUS_STALL);
  assert_int_equal(guest_send(&channel, text, 24000), 24000);
  shutdown(program, SHUT_WR);
  bus__core_command(&guest.core, BUS_RESUME);
  expect_over();
  assert_int_equal(guest_recv(&channel, text, 8), -1); /* no FIN */
  while ((n = host_read(program, text, sizeof(text))) > 0)
    got += (size_t) n;
  assert_int_equal(got, 24000); /* drained first */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, opened, closed)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(the_guests_fin_is_the_end_of_the_socket),
      TEST(the_sockets_end_is_a_fin_of_32_bytes),
      TEST(a_program_that_ends_gives_a_fin_and_waits_for_the_guests),
      TEST(all_that_the_guest_sent_before_its_fin_arrives),
      TEST(writing_to_a_program_that_is_gone_ends_it),
      TEST(a_program_that_leaves_bytes_unread_is_gone_at_once),
      TEST(what_a_program_wrote_before_it_went_still_arrives),
      TEST(no_ring_is_touched_behind_a_rescind),
      TEST(nobody_waits_for_a_guest_that_has_closed),
      TEST(a_guest_that_closes_without_a_rescind_closes_the_socket),
      TEST(a_guest_that_unloads_closes_all_sockets),
      TEST(a_host_that_is_gone_rescinds_all),
      TEST(by_a_fault_a_fin_has_less_than_it_says),
      TEST(by_a_fault_a_rescind_comes_for_a_fin),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
