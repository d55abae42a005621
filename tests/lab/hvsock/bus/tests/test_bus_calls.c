/* Calls both ways: requests, answers, names, time limits, endpoints. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "guest.h"

static guest_t guest;

static int opened(void** state) {
  (void) state;
  guest_open(&guest, NULL);
  guest_connect(&guest);
  return 0;
}

static int closed(void** state) {
  (void) state;
  guest_close(&guest);
  return 0;
}

/* --- The host calls ------------------------------------------------------- */

static void the_answer_names_the_peer_in_the_requests_form(void** state) {
  static const char* const requests[] = {
      "CONNECT 5000\n", "CONNECT 00001388-facb-11e6-bd58-64006A7986d3\n"};
  guest_channel_t channel;
  char expected[64];
  char text[64];
  uint32_t port;
  int i;
  int n;
  int fd;

  (void) state;
  for (i = 0; i < 2; i++) {
    fd = host_call(&guest, requests[i]);
    guest_take_offer(&guest, &channel);
    assert_int_equal(channel.service[0], 0x88);
    guest_settle(&guest);
    assert_int_equal(host_read(fd, text, sizeof(text)), -1); /* not yet */
    guest_open_channel(&channel, 7);
    n = host_read(fd, text, sizeof(text) - 1);
    assert_true(n > 0);
    text[n] = '\0';
    memcpy(&port, channel.instance, 4);
    if (i == 0)
      snprintf(expected, sizeof(expected), "OK %u\n", port);
    else
      snprintf(expected, sizeof(expected), "OK %08x-", port);
    assert_memory_equal(text, expected, strlen(expected));
    assert_true(i == 0 || n == 40);
    close(fd);
  }
}

static void each_call_has_an_instance_of_its_own(void** state) {
  guest_channel_t channel[3];
  int fd[3];
  int i;

  (void) state;
  for (i = 0; i < 3; i++) {
    fd[i] = host_call(&guest, "CONNECT 1\n");
    guest_take_offer(&guest, &channel[i]);
    assert_int_equal(channel[i].relid, i + 1);
  }
  assert_memory_not_equal(channel[0].instance, channel[1].instance, 16);
  assert_memory_not_equal(channel[1].instance, channel[2].instance, 16);
  assert_int_not_equal(channel[0].connection, channel[1].connection);
  for (i = 0; i < 3; i++)
    close(fd[i]);
}

static void what_is_no_request_is_closed_without_a_text(void** state) {
  static const char* const bad[] = {
      "\n",
      "CONNECT\n",
      "CONNECT \n",
      "CONNECT x\n",
      "CONNECT 4294967296\n",
      "CONNECT -1\n",
      "CONNECT 1 \n",
      "CONNECT 00001388-facb-11e6-bd58-64006A7986dg\n",
      "CONNECT 00001388-facb-11e6-bd58-64006A7986d3 ",
      "GET / HTTP/1.1 and what else there is in a line that is too long"};
  size_t i;
  int fd;

  (void) state;
  for (i = 0; i < 10; i++) {
    fd = host_call(&guest, bad[i]);
    guest_until(&guest, guest_refused(&guest, BUS__REFUSED_REQUEST) == i + 1);
    guest_settle(&guest);
    assert_null(guest.core.hvsock.conns.first);
    close(fd);
  }
  assert_int_equal(guest_count(&guest, 1), 0);
}

static void a_program_that_hangs_up_before_its_line_is_forgotten(void** state) {
  int fd = host_call(&guest, "CONN");

  (void) state;
  guest_settle(&guest);
  close(fd);
  guest_until(&guest, guest_refused(&guest, BUS__REFUSED_REQUEST) == 1);
}

static void a_program_that_sends_no_line_is_closed(void** state) {
  int fd;

  (void) state;
  guest.core.host.limits.request_ms = 10;
  fd = host_call(&guest, "CONNECT 1");
  guest_until(&guest, host_is_at_end(fd));
  close(fd);
}

static void a_line_may_come_in_pieces(void** state) {
  guest_channel_t channel;
  int fd = host_call(&guest, "CoNN");

  (void) state;
  guest_settle(&guest);
  assert_int_equal(host_write(fd, "ECT 7", 5), 5);
  guest_settle(&guest);
  assert_int_equal(host_write(fd, "\n", 1), 1);
  guest_take_offer(&guest, &channel);
  assert_int_equal(channel.service[0], 7);
  close(fd);
}

static void a_guest_that_is_silent_is_rescinded_and_the_program_closed(
    void** state) {
  guest_channel_t channel;
  int fd;

  (void) state;
  guest.core.host.limits.host_offer_ms = 10;
  fd = host_call(&guest, "CONNECT 1\n");
  guest_take_offer(&guest, &channel);
  guest_until(&guest, host_is_at_end(fd));
  assert_true(guest_is_rescinded(&guest, channel.relid));
  assert_int_equal(guest_refused(&guest, BUS__REFUSED_UNANSWERED), 1);
  guest_release(&channel);
  close(fd);
}

/* The guest takes one offer after another, and time counts from the last that it took.
 * The limit passes at once by the timer alone, since a limit that short would end the
 * call on a slow machine before the guest has seen it. */
static void the_last_of_a_crowd_has_its_time(void** state) {
  guest_channel_t channel;
  bus__conn_t* conn;
  int fd;

  (void) state;
  guest.core.host.limits.host_offer_ms = 600000;
  fd = host_call(&guest, "CONNECT 1\n");
  guest_take_offer(&guest, &channel);
  guest.core.host.opened_ms = uv_now(&guest.loop); /* another one */
  conn = guest.core.hvsock.conns.first;
  assert_int_equal(uv_timer_start(&conn->timer, conn->timer.timer_cb, 0, 0), 0);
  guest_until(&guest, conn->looks == 1);
  assert_false(guest_is_rescinded(&guest, channel.relid));
  guest_open_channel(&channel, 7);
  close(fd);
}

static void nobody_is_called_before_the_guest_is_there(void** state) {
  int fd;

  (void) state;
  guest_close(&guest);
  guest_open(&guest, NULL);
  fd = host_call(&guest, "CONNECT 1\n");
  guest_until(&guest, guest_refused(&guest, BUS__REFUSED_CONTACT) == 1);
  close(fd);
}

/* --- The guest calls ------------------------------------------------------ */

static void a_call_goes_to_who_listens_at_the_port(void** state) {
  guest_channel_t channel;
  char text[8];
  int listener = host_listen(&guest, "5000", 4);
  int fd = -1;

  (void) state;
  guest_call(&guest, 5000, 1024);
  guest_take_offer(&guest, &channel);
  assert_int_equal(channel.is_from_host, 0);
  assert_int_equal(channel.service[0], 0x88);
  assert_int_equal(channel.instance[1], 4); /* 1024 */
  guest_open_channel(&channel, 7);
  guest_until(&guest, (fd = host_accept(listener)) >= 0);
  assert_int_equal(host_write(fd, "hello", 5), 5);
  guest_until(&guest, guest_recv(&channel, text, 8) == 5);
  close(fd);
  close(listener);
}

static void else_to_who_listens_at_the_guid(void** state) {
  guest_channel_t channel;
  int listener = host_listen(&guest, "00001388-facb-11e6-bd58-64006a7986d3", 4);
  int fd = -1;

  (void) state;
  guest_call(&guest, 5000, 1024);
  guest_take_offer(&guest, &channel);
  guest_until(&guest, (fd = host_accept(listener)) >= 0);
  close(fd);
  close(listener);
}

static void a_service_that_is_no_port_has_a_guid_only(void** state) {
  guest_channel_t channel;
  uint8_t message[40] = {21};
  int listener = host_listen(&guest, "04030201-0605-0807-090a-0b0c0d0e0f10", 4);
  int i;

  (void) state;
  for (i = 0; i < 16; i++)
    message[24 + i] = (uint8_t) (i + 1);
  guest_post(&guest, message, sizeof(message));
  guest_take_offer(&guest, &channel);
  assert_memory_equal(channel.service, message + 24, 16);
  close(listener);
}

static void a_call_that_nobody_takes_is_answered(void** state) {
  const guest_message_t* result;
  int listener = host_listen(&guest, "5001", 4);

  (void) state;
  guest_call(&guest, 5000, 1024);
  result = guest_next(&guest, 23);
  assert_non_null(result);
  assert_int_equal(result->len, 44);
  assert_int_equal(guest_word(result, 8), 1024);
  assert_int_equal(guest_word(result, 24), 5000);
  assert_int_equal(guest_word(result, 40), 0xC0000236);
  close(listener); /* whose socket stays */
  guest_call(&guest, 5001, 1024);
  assert_non_null(guest_next(&guest, 23));
  assert_int_equal(guest_count(&guest, 1), 0);
}

static void a_full_backlog_is_tried_again(void** state) {
  guest_channel_t channel;
  int listener = host_listen(&guest, "5000", 0);
  int fd[2];

  (void) state;
  guest_call(&guest, 5000, 1024);
  guest_take_offer(&guest, &channel);
  guest_call(&guest, 5000, 1025);
  guest_settle(&guest);
  assert_int_equal(guest_count(&guest, 1), 1);
  fd[0] = host_accept(listener);
  guest_take_offer(&guest, &channel);
  fd[1] = host_accept(listener);
  assert_true(fd[0] >= 0 && fd[1] >= 0);
  close(fd[0]);
  close(fd[1]);
  close(listener);
}

static void a_backlog_that_stays_full_is_a_refusal(void** state) {
  int listener = host_listen(&guest, "5000", 0);

  (void) state;
  guest.core.host.limits.dial_ms = 10;
  guest_call(&guest, 5000, 1024);
  guest_call(&guest, 5000, 1025);
  guest_until(&guest, guest_next(&guest, 23) != NULL);
  close(listener);
}

static void a_guest_that_does_not_open_its_own_call_is_rescinded(void** state) {
  guest_channel_t channel;
  int listener = host_listen(&guest, "5000", 4);
  int fd;

  (void) state;
  guest.core.host.limits.guest_offer_ms = 10;
  guest_call(&guest, 5000, 1024);
  guest_take_offer(&guest, &channel);
  fd = host_accept(listener);
  guest_until(&guest, guest_is_rescinded(&guest, channel.relid));
  guest_until(&guest, host_is_at_end(fd));
  close(fd);
  close(listener);
}

static void an_endpoint_is_offered_again_when_it_was_released(void** state) {
  guest_channel_t older;
  guest_channel_t newer;
  int listener = host_listen(&guest, "5000", 8);

  (void) state;
  guest_call(&guest, 5000, 1024);
  guest_take_offer(&guest, &older);
  guest_call(&guest, 5000, 1024);
  assert_true(guest_is_rescinded(&guest, older.relid));
  guest_settle(&guest);
  assert_int_equal(guest_count(&guest, 1), 1);
  guest_call(&guest, 5000, 1024); /* takes the place of the one that waits */
  guest_release(&older);
  guest_take_offer(&guest, &newer);
  assert_int_equal(newer.relid, older.relid);
  assert_int_equal(guest_count(&guest, 1), 2);
  close(listener);
}

static void an_endpoint_that_is_not_released_is_refused(void** state) {
  guest_channel_t older;
  int listener = host_listen(&guest, "5000", 8);

  (void) state;
  guest.core.host.limits.wait_ms = 10;
  guest_call(&guest, 5000, 1024);
  guest_take_offer(&guest, &older);
  guest_call(&guest, 5000, 1024);
  guest_until(&guest, guest_next(&guest, 23) != NULL);
  close(listener);
}

static void an_open_connection_gives_way_to_its_endpoints_next_call(
    void** state) {
  guest_channel_t older;
  guest_channel_t newer;
  int listener = host_listen(&guest, "5000", 8);

  (void) state;
  guest_call(&guest, 5000, 1024);
  guest_take_offer(&guest, &older);
  guest_open_channel(&older, 7);
  guest_call(&guest, 5000, 1024);
  assert_true(guest_is_rescinded(&guest, older.relid));
  guest_close_channel(&older);
  guest_release(&older);
  guest_take_offer(&guest, &newer);
  close(listener);
}

static void a_host_that_is_gone_takes_no_calls(void** state) {
  int listener = host_listen(&guest, "5000", 8);

  (void) state;
  bus__core_command(&guest.core, BUS_GONE);
  bus__core_command(&guest.core, BUS_GONE);
  guest_call(&guest, 5000, 1024);
  guest_settle(&guest);
  assert_int_equal(guest_count(&guest, 1), 0);
  assert_int_equal(guest_refused(&guest, BUS__REFUSED_NOBODY), 1);
  close(listener);
}

static void a_thousand_calls_one_after_another(void** state) {
  guest_channel_t channel;
  int listener = host_listen(&guest, "5000", 8);
  uint32_t i;
  int fd;

  (void) state;
  for (i = 0; i < 1000; i++) {
    guest_call(&guest, 5000, 1024 + i % 3);
    guest_take_offer(&guest, &channel);
    assert_int_equal(channel.relid, 1);
    guest_open_channel(&channel, 6);
    fd = host_accept(listener);
    assert_true(fd >= 0);
    close(fd);
    guest_send_fin(&channel);
    guest_until(&guest, guest_is_rescinded(&guest, 1));
    guest_close_channel(&channel);
    guest_release(&channel);
    guest.next_page = 1;
  }
  guest_settle(&guest);
  assert_null(guest.core.hvsock.conns.first);
  close(listener);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, opened, closed)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(the_answer_names_the_peer_in_the_requests_form),
      TEST(each_call_has_an_instance_of_its_own),
      TEST(what_is_no_request_is_closed_without_a_text),
      TEST(a_program_that_hangs_up_before_its_line_is_forgotten),
      TEST(a_program_that_sends_no_line_is_closed),
      TEST(a_line_may_come_in_pieces),
      TEST(a_guest_that_is_silent_is_rescinded_and_the_program_closed),
      TEST(the_last_of_a_crowd_has_its_time),
      TEST(nobody_is_called_before_the_guest_is_there),
      TEST(a_call_goes_to_who_listens_at_the_port),
      TEST(else_to_who_listens_at_the_guid),
      TEST(a_service_that_is_no_port_has_a_guid_only),
      TEST(a_call_that_nobody_takes_is_answered),
      TEST(a_full_backlog_is_tried_again),
      TEST(a_backlog_that_stays_full_is_a_refusal),
      TEST(a_guest_that_does_not_open_its_own_call_is_rescinded),
      TEST(an_endpoint_is_offered_again_when_it_was_released),
      TEST(an_endpoint_that_is_not_released_is_refused),
      TEST(an_open_connection_gives_way_to_its_endpoints_next_call),
      TEST(a_host_that_is_gone_takes_no_calls),
      TEST(a_thousand_calls_one_after_another),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
