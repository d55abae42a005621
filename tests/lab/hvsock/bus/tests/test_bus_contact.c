/* How a guest comes, which versions it may speak, and how it begins anew. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>

#include "guest.h"

static guest_t guest;

static void each_version_from_4_0_to_5_3_is_spoken(void** state) {
  static const uint32_t good[] = {
      0x40000, 0x40001, 0x50000, 0x50001, 0x50002, 0x50003};
  size_t i;

  (void) state;
  guest_open(&guest, NULL);
  for (i = 0; i < 6; i++) {
    assert_true(guest_contact(&guest, good[i]));
    assert_int_equal(guest.core.host.version, good[i]);
  }
  guest_close(&guest);
}

static void other_versions_get_a_no(void** state) {
  static const uint32_t bad[] = {
      0x60000, 0x50004, 0x40002, 0x30000, 0x20004, 0xd, 0, UINT32_MAX};
  size_t i;

  (void) state;
  guest_open(&guest, NULL);
  for (i = 0; i < 8; i++)
    assert_false(guest_contact(&guest, bad[i]));
  assert_int_equal(guest_refused(&guest, BUS__REFUSED_VERSION), 8);
  assert_int_equal(guest.core.host.version, 0);
  guest_close(&guest);
}

static void a_newest_version_can_be_set(void** state) {
  bus_options_t options = {.version_max = 0x40000};

  (void) state;
  guest_open(&guest, &options);
  assert_false(guest_contact(&guest, 0x50003));
  assert_false(guest_contact(&guest, 0x40001));
  assert_true(guest_contact(&guest, 0x40000));
  guest_close(&guest);
}

static void since_5_0_the_answer_names_where_messages_go(void** state) {
  (void) state;
  guest_open(&guest, NULL);
  assert_true(guest_contact(&guest, 0x50000));
  assert_int_equal(guest_word(&guest.messages[0], 12), 4);
  assert_true(guest_contact(&guest, 0x40001));
  assert_int_equal(guest_word(&guest.messages[1], 12), 0);
  guest_close(&guest);
}

static void another_interrupt_is_refused(void** state) {
  uint32_t words[10] = {14, 0, 0x50003, 0, 3};

  (void) state;
  guest_open(&guest, NULL);
  guest_post(&guest, words, sizeof(words));
  assert_int_equal(guest.messages[0].bytes[8], 0);
  guest_close(&guest);
}

static void offers_are_all_delivered_at_once(void** state) {
  (void) state;
  guest_open(&guest, NULL);
  guest_connect(&guest);
  assert_int_equal(guest_count(&guest, 1), 0);
  assert_int_equal(guest_count(&guest, 4), 1);
  guest_close(&guest);
}

static void before_contact_nothing_else_is_taken(void** state) {
  (void) state;
  guest_open(&guest, NULL);
  guest_post_words(&guest, 3, 0, 0, 8);
  guest_call(&guest, 5000, 1024);
  assert_true(guest_contact(&guest, 0x50003));
  guest_call(&guest, 5000, 1024);
  assert_int_equal(guest_refused(&guest, BUS__REFUSED_CONTACT), 3);
  assert_int_equal(guest.count, 1);
  guest_close(&guest);
}

static void unload_is_answered_and_may_be_followed_by_contact(void** state) {
  guest_channel_t channel;
  char text[32];
  int fd;

  (void) state;
  guest_open(&guest, NULL);
  guest_connect(&guest);
  fd = host_call(&guest, "CONNECT 1\n");
  guest_take_offer(&guest, &channel);
  guest_open_channel(&channel, 7);
  guest_post_words(&guest, 16, 0, 0, 8);
  assert_non_null(guest_next(&guest, 17));
  assert_int_equal(guest_count(&guest, 2), 0); /* nobody is there for it */
  assert_int_equal(guest.core.channels.highest, 0);
  guest_settle(&guest);
  assert_null(guest.core.hvsock.conns.first);
  assert_true(host_read(fd, text, sizeof(text)) > 0); /* its OK */
  assert_true(host_is_at_end(fd));
  close(fd);
  guest_connect(&guest);
  guest_close(&guest);
}

static void contact_again_forgets_all(void** state) {
  guest_channel_t channel;
  int listener;

  (void) state;
  guest_open(&guest, NULL);
  guest_connect(&guest);
  listener = host_listen(&guest, "5000", 4);
  guest_call(&guest, 5000, 1024);
  guest_take_offer(&guest, &channel);
  guest_connect(&guest);
  assert_int_equal(guest.core.channels.highest, 0);
  guest_call(&guest, 5000, 1024); /* the endpoint is free */
  guest_take_offer(&guest, &channel);
  assert_int_equal(channel.relid, 1);
  close(listener);
  guest_close(&guest);
}

static void messages_of_wrong_sizes_and_types_are_dropped(void** state) {
  uint8_t bytes[240] = {0};
  uint32_t type;
  size_t n;

  (void) state;
  guest_open(&guest, NULL);
  guest_connect(&guest);
  n = guest.count;
  for (type = 0; type < 30; type++) {
    bytes[0] = (uint8_t) type;
    guest_post(&guest, bytes, type == 3 || type == 16 ? 9 : 8);
  }
  bytes[3] = 0x80;
  guest_post(&guest, bytes, 240);
  assert_int_equal(guest_refused(&guest, BUS__REFUSED_SIZE), 11);
  assert_int_equal(guest_refused(&guest, BUS__REFUSED_TYPE), 20);
  assert_int_equal(guest.count, n);
  guest_close(&guest);
}

static void one_message_at_a_time_and_in_order(void** state) {
  guest_channel_t channel;
  int fd[3];
  int i;

  (void) state;
  guest_open(&guest, NULL);
  guest_connect(&guest);
  guest.holds_slot = 1;
  for (i = 0; i < 3; i++)
    fd[i] = host_call(&guest, "CONNECT 1\n");
  guest_settle(&guest);
  assert_int_equal(guest_count(&guest, 1), 1);
  guest_free_slot(&guest);
  assert_int_equal(guest_count(&guest, 1), 2);
  guest.is_slot_taken = 0; /* an end of message that nobody reports */
  guest_until(&guest, guest_count(&guest, 1) == 3);
  for (i = 1; i <= 3; i++) {
    guest_take_offer(&guest, &channel);
    assert_int_equal(channel.relid, i);
    close(fd[i - 1]);
  }
  guest_close(&guest);
}

static void a_guest_that_fetches_nothing_is_not_served_for_ever(void** state) {
  int i;

  (void) state;
  guest_open(&guest, NULL);
  guest_connect(&guest);
  guest.holds_slot = 1;
  for (i = 0; i < 10000 && bus__core_has_room(&guest.core); i++)
    guest_post_words(&guest, 11, 1, 2, 16);
  assert_true(i <= (int) BUS__MESSAGES_MAX / 2 + 1);
  guest.holds_slot = 0;
  guest_free_slot(&guest);
  assert_true(bus__core_has_room(&guest.core));
  assert_int_equal(guest_count(&guest, 12), i);
  guest_close(&guest);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_version_from_4_0_to_5_3_is_spoken),
      cmocka_unit_test(other_versions_get_a_no),
      cmocka_unit_test(a_newest_version_can_be_set),
      cmocka_unit_test(since_5_0_the_answer_names_where_messages_go),
      cmocka_unit_test(another_interrupt_is_refused),
      cmocka_unit_test(offers_are_all_delivered_at_once),
      cmocka_unit_test(before_contact_nothing_else_is_taken),
      cmocka_unit_test(unload_is_answered_and_may_be_followed_by_contact),
      cmocka_unit_test(contact_again_forgets_all),
      cmocka_unit_test(messages_of_wrong_sizes_and_types_are_dropped),
      cmocka_unit_test(one_message_at_a_time_and_in_order),
      cmocka_unit_test(a_guest_that_fetches_nothing_is_not_served_for_ever),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
