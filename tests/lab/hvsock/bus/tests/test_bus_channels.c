/* GPADLs, opening, closing, relids: what is taken, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "guest.h"

static guest_t guest;
static guest_channel_t channel;
static int program;

static int offered(void** state) {
  (void) state;
  guest_open(&guest, NULL);
  guest_connect(&guest);
  program = host_call(&guest, "CONNECT 5000\n");
  guest_take_offer(&guest, &channel);
  return 0;
}

static int closed(void** state) {
  (void) state;
  close(program);
  guest_close(&guest);
  return 0;
}

/* The status of the last GPADL_CREATED or OPENCHANNEL_RESULT; each is answered. */
static uint32_t status_of(uint32_t type) {
  const guest_message_t* answer = guest_next(&guest, type);

  assert_non_null(answer);
  return guest_word(answer, 16);
}

static void an_offer_has_what_linux_looks_for(void** state) {
  static const uint8_t service[16] = {0x88,
                                      0x13,
                                      0,
                                      0,
                                      0xcb,
                                      0xfa,
                                      0xe6,
                                      0x11,
                                      0xbd,
                                      0x58,
                                      0x64,
                                      0,
                                      0x6a,
                                      0x79,
                                      0x86,
                                      0xd3};

  (void) state;
  assert_memory_equal(channel.service, service, 16);
  assert_int_equal(channel.is_from_host, 1);
  assert_int_equal(channel.relid, 1);
  assert_true(channel.connection < 1u << 24);
}

static void lists_of_all_sizes_are_taken(void** state) {
  static const uint32_t pages[] = {2, 6, 7, 13, 14, 27, 28, 41, 52, 64};
  size_t i;

  (void) state;
  for (i = 0; i < 10; i++) {
    guest_make_rings(&channel, pages[i], pages[i]);
    guest_send_gpadl(&channel);
    assert_int_equal(status_of(10), 0);
    guest_post_words(&guest, 11, channel.relid, channel.gpadl, 16);
    assert_int_equal(guest_word(guest_next(&guest, 12), 8), channel.gpadl);
    guest.next_page = 1;
  }
}

static void a_list_is_created_once_when_all_pages_are_there(void** state) {
  uint8_t body[16 + 8] = {9};
  uint64_t page = 4;

  (void) state;
  guest_make_rings(&channel, 14, 13);
  guest_send_gpadl(&channel); /* 26 in the header, one behind it */
  assert_int_equal(guest_count(&guest, 10), 1);
  memcpy(body + 12, &channel.gpadl, 4);
  memcpy(body + 16, &page, 8);
  guest_post(&guest, body, sizeof(body));
  assert_int_equal(guest_count(&guest, 10), 1);
  assert_int_equal(guest_refused(&guest, BUS__REFUSED_GPADL), 1);
}

/* A header of two pages with one field changed. */
static uint32_t header(size_t field, size_t bytes, uint64_t value) {
  uint8_t message[28 + 16] = {8};
  uint16_t range[2] = {24, 1};
  uint32_t count = 8192;
  uint64_t page[2] = {4, 5};

  memcpy(message + 8, &channel.relid, 4);
  message[12] = 77;
  memcpy(message + 16, range, 4);
  memcpy(message + 20, &count, 4);
  memcpy(message + 28, page, 16);
  memcpy(message + field, &value, bytes);
  guest_post(&guest, message, sizeof(message));
  return status_of(10);
}

static void odd_headers_are_refused_and_answered(void** state) {
  (void) state;
  assert_int_not_equal(header(8, 4, 2), 0);            /* no such relid */
  assert_int_not_equal(header(8, 4, 4000), 0);         /* nor can it be */
  assert_int_not_equal(header(16, 2, 16), 0);          /* range too short */
  assert_int_not_equal(header(18, 2, 2), 0);           /* two ranges */
  assert_int_not_equal(header(20, 4, 8191), 0);        /* half a page */
  assert_int_not_equal(header(20, 4, 0), 0);           /* none */
  assert_int_not_equal(header(20, 4, 4096), 0);        /* fewer than named */
  assert_int_not_equal(header(20, 4, 1024 * 4096), 0); /* too many */
  assert_int_not_equal(header(24, 4, 8), 0);           /* an offset */
  assert_int_not_equal(header(28, 8, GUEST_PAGES), 0); /* outside of RAM */
  assert_int_not_equal(header(36, 8, UINT64_MAX), 0);  /* wraps */
  assert_int_not_equal(header(36, 8, 1ull << 52), 0);  /* wraps to 0 */
  assert_int_equal(guest_refused(&guest, BUS__REFUSED_MEMORY), 3);
  assert_int_equal(guest_refused(&guest, BUS__REFUSED_RELID), 2);
  assert_int_equal(guest_refused(&guest, BUS__REFUSED_GPADL), 7);
  assert_int_equal(header(28, 8, 4),
                   0); /* and a good one is taken behind them */
}

static void a_second_list_of_a_channel_is_refused(void** state) {
  (void) state;
  assert_int_equal(header(28, 8, 4), 0);
  assert_int_not_equal(header(28, 8, 4), 0);
  assert_int_equal(guest_refused(&guest, BUS__REFUSED_GPADL), 1);
}

static void a_handle_that_lives_is_refused_for_another_channel(void** state) {
  int other = host_call(&guest, "CONNECT 5001\n");

  (void) state;
  assert_int_equal(header(28, 8, 4), 0);
  guest_take_offer(&guest, &channel);
  assert_int_not_equal(header(28, 8, 4), 0);
  close(other);
}

static void bodies_without_a_header_are_dropped(void** state) {
  uint8_t body[24] = {9};

  (void) state;
  guest_post(&guest, body, sizeof(body));
  assert_int_equal(guest_refused(&guest, BUS__REFUSED_GPADL), 1);
  assert_int_equal(guest_count(&guest, 10), 0);
}

static void a_body_with_bytes_left_over_ends_the_list(void** state) {
  uint8_t body[25] = {9};
  uint8_t message[36] = {8};
  uint16_t range[2] = {8 + 8 * 4, 1};
  uint32_t count = 4 * 4096;

  (void) state;
  memcpy(message + 8, &channel.relid, 4);
  message[12] = body[12] = 77;
  memcpy(message + 16, range, 4);
  memcpy(message + 20, &count, 4);
  guest_post(&guest, message, sizeof(message));
  assert_int_equal(guest_count(&guest, 10), 0);
  guest_post(&guest, body, sizeof(body));
  assert_int_not_equal(status_of(10), 0);
}

static void a_body_with_more_than_is_missing_ends_the_list(void** state) {
  uint8_t body[16 + 16] = {9};
  uint64_t page = 4;

  (void) state;
  guest_make_rings(&channel, 14, 13); /* one page behind the header's 26 */
  memcpy(body + 12, &channel.gpadl, 4);
  memcpy(body + 16, &page, 8);
  memcpy(body + 24, &page, 8);
  guest_send_gpadl_header(&channel);
  guest_post(&guest, body, sizeof(body));
  assert_int_not_equal(status_of(10), 0);
}

static uint32_t try_open(uint32_t relid,
                         uint32_t gpadl,
                         uint32_t vp,
                         uint32_t at) {
  uint32_t words[37] = {5, 0};

  words[2] = relid;
  words[3] = relid;
  words[4] = gpadl;
  words[5] = vp;
  words[6] = at;
  guest_post(&guest, words, sizeof(words));
  return status_of(6);
}

static void rings_that_cannot_be_are_not_opened(void** state) {
  static const uint32_t offsets[] = {0, 1, 13, 14, 15, UINT32_MAX};
  size_t i;
  int other;

  (void) state;
  for (i = 0; i < 6; i++) {
    guest_make_rings(&channel, 7, 7);
    guest_send_gpadl(&channel);
    assert_int_not_equal(try_open(channel.relid, channel.gpadl, 0, offsets[i]),
                         0);
    guest_post_words(&guest, 11, channel.relid, channel.gpadl, 16);
    assert_true(guest_is_rescinded(&guest, channel.relid));
    guest_release(&channel);
    other = host_call(&guest, "CONNECT 5000\n");
    guest_take_offer(&guest, &channel);
    assert_int_equal(channel.relid, 1);
    close(other);
  }
  assert_int_equal(guest_refused(&guest, BUS__REFUSED_RINGS), 6);
}

static void an_open_needs_its_own_list_and_processor_0(void** state) {
  (void) state;
  assert_int_not_equal(try_open(2, 0, 0, 2), 0);
  assert_int_not_equal(try_open(5000, 0, 0, 2), 0);
  guest_make_rings(&channel, 7, 7);
  guest_send_gpadl(&channel);
  assert_int_not_equal(try_open(1, channel.gpadl + 1, 0, 7), 0);
  assert_int_equal(guest_refused(&guest, BUS__REFUSED_GPADL), 1);
  guest_release(&channel);
  close(program);
  program = host_call(&guest, "CONNECT 5000\n");
  guest_take_offer(&guest, &channel);
  guest_make_rings(&channel, 7, 7);
  guest_send_gpadl(&channel);
  assert_int_not_equal(try_open(1, channel.gpadl, 1, 7), 0);
  assert_int_equal(guest_refused(&guest, BUS__REFUSED_PROCESSOR), 1);
}

static void indices_that_cannot_be_are_not_opened(void** state) {
  (void) state;
  guest_make_rings(&channel, 7, 7);
  *guest_control(&channel, &channel.down, 4) = 8;
  guest_send_gpadl(&channel);
  assert_int_not_equal(try_open(1, channel.gpadl, 0, 7), 0);
  assert_int_equal(guest_refused(&guest, BUS__REFUSED_INDEX), 1);
}

static void a_second_open_ends_the_channel(void** state) {
  (void) state;
  guest_open_channel(&channel, 7);
  assert_int_not_equal(try_open(1, channel.gpadl, 0, 7), 0);
  assert_true(guest_is_rescinded(&guest, 1));
}

static void an_open_that_crosses_a_rescind_is_harmless(void** state) {
  (void) state;
  guest_make_rings(&channel, 7, 7);
  guest_send_gpadl(&channel);
  bus__core_command(&guest.core, BUS_GONE);
  assert_true(guest_is_rescinded(&guest, 1));
  guest_send_open(&channel, 7);
  guest_signal(&channel); /* still known */
  guest_close_channel(&channel);
  guest_release(&channel);
  assert_int_equal(guest_refused(&guest, BUS__REFUSED_STATE), 0);
  assert_false(bus__channels_knows(&guest.core.channels, channel.connection));
}

static void tearing_down_under_an_open_channel_ends_it(void** state) {
  (void) state;
  guest_open_channel(&channel, 7);
  guest_post_words(&guest, 11, 1, channel.gpadl, 16);
  assert_true(guest_is_rescinded(&guest, 1));
  assert_int_equal(guest_count(&guest, 12), 1);
  assert_int_equal(guest_refused(&guest, BUS__REFUSED_STATE), 1);
}

static void what_is_torn_down_is_always_answered(void** state) {
  (void) state;
  guest_post_words(&guest, 11, 1, 99, 16);
  guest_post_words(&guest, 11, 99, 99, 16);
  guest_post_words(&guest, 11, 9999, 99, 16);
  assert_int_equal(guest_count(&guest, 12), 3);
}

static void a_guest_that_closes_is_rescinded(void** state) {
  (void) state;
  guest_open_channel(&channel, 7);
  guest_close_channel(&channel);
  assert_true(guest_is_rescinded(&guest, 1));
  guest_close_channel(&channel);
  assert_int_equal(guest_count(&guest, 2), 1);
  guest_release(&channel);
  guest_close_channel(&channel);
  assert_int_equal(guest_refused(&guest, BUS__REFUSED_RELID), 1);
}

static void closing_what_is_not_open_does_nothing(void** state) {
  (void) state;
  guest_close_channel(&channel);
  assert_int_equal(guest_refused(&guest, BUS__REFUSED_STATE), 1);
  guest_open_channel(&channel, 7);
}

static void a_relid_is_free_when_it_was_released(void** state) {
  guest_channel_t other;
  int fd = host_call(&guest, "CONNECT 1\n");

  (void) state;
  guest_take_offer(&guest, &other);
  assert_int_equal(other.relid, 2);
  bus__conn_end(guest.core.hvsock.conns.first);
  close(fd);
  fd = host_call(&guest, "CONNECT 1\n");
  guest_take_offer(&guest, &other);
  assert_int_equal(other.relid, 3);
  guest_post_words(&guest, 13, 2, 0, 12);
  close(fd);
  fd = host_call(&guest, "CONNECT 1\n");
  guest_take_offer(&guest, &other);
  assert_int_equal(other.relid, 2);
  close(fd);
}

static void releasing_without_a_rescind_is_believed(void** state) {
  (void) state;
  guest_open_channel(&channel, 7);
  guest_release(&channel);
  assert_int_equal(guest_refused(&guest, BUS__REFUSED_STATE), 1);
  assert_int_equal(guest.core.channels.highest, 0);
  guest_settle(&guest);
  assert_null(guest.core.hvsock.conns.first);
}

static void a_closed_channel_is_out_of_use_before_the_message_is_read(
    void** state) {
  uint32_t words[3] = {7, 0, channel.relid};
  uint8_t before[64];
  uint8_t* control;

  (void) state;
  guest_open_channel(&channel, 7);
  guest_settle(&guest);
  bus__core_shut(&guest.core, words, sizeof(words));
  control = (uint8_t*) guest_control(&channel, &channel.down, 0);
  memcpy(before, control, 64);
  assert_int_equal(host_write(program, "late", 4), 4);
  guest_signal(&channel);
  guest_settle(&guest);
  assert_memory_equal(control, before, 64);
  bus__core_message(&guest.core, (const uint8_t*) words, sizeof(words));
  assert_true(guest_is_rescinded(&guest, 1));
}

static void moving_to_a_processor_is_answered_since_5_3(void** state) {
  (void) state;
  guest_post_words(&guest, 22, 1, 0, 16);
  assert_int_equal(guest_word(guest_next(&guest, 24), 12), 0);
  guest_post_words(&guest, 22, 1, 1, 16);
  assert_int_not_equal(guest_word(guest_next(&guest, 24), 12), 0);
  guest.core.host.version = 0x50002;
  guest_post_words(&guest, 22, 1, 0, 16);
  assert_null(guest_next(&guest, 24));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, offered, closed)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(an_offer_has_what_linux_looks_for),
      TEST(lists_of_all_sizes_are_taken),
      TEST(a_list_is_created_once_when_all_pages_are_there),
      TEST(odd_headers_are_refused_and_answered),
      TEST(a_second_list_of_a_channel_is_refused),
      TEST(a_handle_that_lives_is_refused_for_another_channel),
      TEST(bodies_without_a_header_are_dropped),
      TEST(a_body_with_bytes_left_over_ends_the_list),
      TEST(a_body_with_more_than_is_missing_ends_the_list),
      TEST(rings_that_cannot_be_are_not_opened),
      TEST(an_open_needs_its_own_list_and_processor_0),
      TEST(indices_that_cannot_be_are_not_opened),
      TEST(a_second_open_ends_the_channel),
      TEST(an_open_that_crosses_a_rescind_is_harmless),
      TEST(tearing_down_under_an_open_channel_ends_it),
      TEST(what_is_torn_down_is_always_answered),
      TEST(a_guest_that_closes_is_rescinded),
      TEST(closing_what_is_not_open_does_nothing),
      TEST(a_relid_is_free_when_it_was_released),
      TEST(releasing_without_a_rescind_is_believed),
      TEST(a_closed_channel_is_out_of_use_before_the_message_is_read),
      TEST(moving_to_a_processor_is_answered_since_5_3),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
