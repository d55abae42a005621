/* Peers without the secret, and what they can do: nothing, and not for long. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/alloc.h"
#include "support/between.h"
#include "support/trace.h"

#include "auth_rig.h"

static void assert_counted(const side_t* side,
                           uint64_t refused,
                           uint64_t broken) {
  hvuv_auth_stats_t stats;

  hvuv_auth_stats(&side->auth, &stats);
  assert_int_equal(stats.refused, refused);
  assert_int_equal(stats.broken, broken);
  assert_int_equal(stats.proved_current + stats.proved_previous, 0);
}

static void a_wrong_secret_is_refused_on_both_sides(void** state) {
  rig_t* rig = *state;

  rig->client.secret = OTHER;
  rig->server.previous = PREVIOUS;
  rig_open(rig);
  rig_carry(rig);
  assert_story("s:failed:EACCES c:failed:EACCES");
  assert_counted(&rig->server, 1, 0);
  assert_counted(&rig->client, 1, 0);
  assert_true(hvuv_test_was_reset(rig->server.test));
}

/* A program that only claims to be the server. */
static void a_server_without_the_secret_is_found_out(void** state) {
  static const char welcome[] = "\x26hvau\1\3"
                                "0123456789abcdef0123456789abcdef";
  rig_t* rig = *state;

  rig_open(rig);
  rig_carry_one(&rig->server, &rig->client);
  hvuv_test_receive(rig->client.test, welcome, 39);
  assert_story("c:failed:EACCES");
  assert_counted(&rig->client, 1, 0);
}

static void a_response_heard_before_is_of_no_use(void** state) {
  rig_t* rig = *state;
  char heard[71];
  size_t n;

  rig_open(rig);
  rig_carry_one(&rig->server, &rig->client);
  memcpy(heard, hvuv_test_sent(rig->client.test, &n), 71);
  assert_int_equal(n, 71);
  hvuv_test_receive(rig->server.test, heard, 71);
  assert_story("s:open");
  rig_close_side(&rig->server);
  trace_reset();

  assert_int_equal(rig_open_side(&rig->server), 0);
  hvuv_test_receive(rig->server.test, heard, 71);
  assert_story("s:failed:EACCES");
}

static void a_welcome_heard_before_is_of_no_use(void** state) {
  rig_t* rig = *state;
  char heard[39];

  rig_open(rig);
  rig_carry_one(&rig->server, &rig->client);
  rig_carry_one(&rig->client, &rig->server);
  memcpy(heard, hvuv_test_sent(rig->server.test, NULL), 39);
  rig_close_side(&rig->client);
  trace_reset();

  assert_int_equal(rig_open_side(&rig->client), 0);
  hvuv_test_receive(rig->client.test, "\x26hvau\1\1", 7);
  hvuv_test_receive(rig->client.test, heard + 7, 32); /* as a challenge */
  hvuv_test_receive(rig->client.test, heard, 39);
  assert_story("c:failed:EACCES");
}

/* One who is called by a client, and calls it back if it is a server too. */
static void what_a_side_has_sent_is_no_proof_to_it(void** state) {
  rig_t* rig = *state;
  char bytes[71];
  size_t n;

  rig_open(rig);
  memcpy(bytes, hvuv_test_sent(rig->server.test, &n), 39);
  hvuv_test_receive(rig->server.test, bytes, n);
  assert_story("s:failed:EPROTO");

  rig_carry_one(&rig->server, &rig->client);
  memcpy(bytes, hvuv_test_sent(rig->client.test, &n), 71);
  bytes[0] = 38;
  bytes[6] = 3;
  memmove(bytes + 7, bytes + 39, 32); /* the client's proof as the server's */
  hvuv_test_receive(rig->client.test, bytes, 39);
  assert_story("c:failed:EACCES");
}

/* A client's proof is asked for with the nonce of another exchange, in which it
 * would have to be the server's. */
static void a_client_answers_no_question_of_a_client(void** state) {
  rig_t* rig = *state;
  char bytes[71] = "\x46hvau\1\2";

  assert_int_equal(rig_open_side(&rig->client), 0);
  hvuv_test_receive(rig->client.test, bytes, 71);
  assert_story("c:failed:EPROTO");
  assert_counted(&rig->client, 0, 1);
}

static void other_bytes_are_no_exchange(void** state) {
  static const char* const rows[] = {"\5hello", "\6hvau\1\4", "\6hvau\2\2"};
  rig_t* rig = *state;
  size_t i;

  for (i = 0; i < 3; i++) {
    assert_int_equal(rig_open_side(&rig->server), 0);
    hvuv_test_receive(rig->server.test, rows[i], strlen(rows[i]));
    assert_story("s:failed:EPROTO");
    assert_counted(&rig->server, 0, 1);
    rig_close_side(&rig->server);
  }
}

static void a_frame_above_the_size_is_refused_at_its_first_byte(void** state) {
  rig_t* rig = *state;
  unsigned char size;

  for (size = 71; size != 0; size++) {
    assert_int_equal(rig_open_side(&rig->server), 0);
    hvuv_test_receive(rig->server.test, &size, 1);
    assert_story("s:failed:EMSGSIZE");
    rig_close_side(&rig->server);
  }
}

static void half_a_frame_and_the_end_is_reported(void** state) {
  rig_t* rig = *state;
  char bytes[71];
  size_t n;
  size_t i;

  for (i = 0; i < 71; i++) {
    rig_open(rig);
    rig_carry_one(&rig->server, &rig->client);
    memcpy(bytes, hvuv_test_sent(rig->client.test, &n), 71);
    hvuv_test_receive(rig->server.test, bytes, i);
    hvuv_test_receive_end(rig->server.test);
    assert_story("s:failed:EOF");
    rig_close_side(&rig->server);
    rig_close_side(&rig->client);
  }
}

static void a_frame_in_drips_does_not_put_off_the_deadline(void** state) {
  rig_t* rig = *state;
  char bytes[71];
  size_t n;
  size_t i;

  rig_open(rig);
  rig_carry_one(&rig->server, &rig->client);
  memcpy(bytes, hvuv_test_sent(rig->client.test, &n), 71);
  for (i = 0; i < 60 && hvuv_test_conn(rig->server.test, NULL) != NULL; i++) {
    hvuv_test_receive(rig->server.test, bytes + i, 1);
    hvuv_test_advance(rig->server.test, 100);
  }
  assert_between(i, 49, 54); /* 5 s, and a sixteenth */
  assert_story("s:failed:ETIMEDOUT");
}

static void silence_is_ended_in_time_on_both_sides(void** state) {
  rig_t* rig = *state;

  rig->client.limits.first_message_timeout_ms = 0;
  rig->client.limits.idle_timeout_ms = 0;
  rig_open(rig);
  hvuv_test_advance(rig->server.test, 5400);
  hvuv_test_advance(rig->client.test, 5400);
  assert_story("s:failed:ETIMEDOUT c:failed:ETIMEDOUT");
  assert_counted(&rig->server, 0, 1);
}

static void one_who_takes_nothing_is_ended_in_time(void** state) {
  rig_t* rig = *state;

  assert_int_equal(rig_open_side(&rig->server), 0);
  hvuv_test_set_room(rig->server.test, 0);
  hvuv_test_advance(rig->server.test, 5400);
  assert_story("s:failed:ETIMEDOUT");
}

static void without_a_secret_nobody_gets_in(void** state) {
  rig_t* rig = *state;

  rig->server.secret = NULL;
  rig->client.secret = NULL;
  rig_open(rig);
  assert_story("s:failed:EACCES c:failed:EACCES");
  assert_counted(&rig->server, 1, 0);
}

static void a_secret_that_is_taken_away_counts_at_once(void** state) {
  rig_t* rig = *state;

  rig_open(rig);
  rig_carry_one(&rig->server, &rig->client);
  assert_int_equal(hvuv_auth_set_secrets(&rig->server.auth, OTHER, 32, NULL, 0),
                   0);
  rig_carry(rig);
  assert_story("s:failed:EACCES c:failed:EACCES");
}

static void what_this_side_ends_is_no_failure(void** state) {
  rig_t* rig = *state;

  rig_open(rig);
  hvuv_conn_end(hvuv_test_conn(rig->server.test, NULL));
  hvuv_test_receive_end(rig->server.test);
  rig_close_side(&rig->client); /* aborts it */
  assert_story("");
  assert_counted(&rig->server, 0, 0);
}

/* The block of the connection, and a part of a frame. */
static void a_stranger_costs_two_blocks_at_most(void** state) {
  rig_t* rig = *state;
  long before;
  int i;

  rig_open(rig);
  before = alloc_count();
  hvuv_test_receive(rig->server.test, "\x46hvau\1\2", 7);
  for (i = 0; i < 60; i++)
    hvuv_test_receive(rig->server.test, "x", 1);
  assert_between(alloc_count() - before, 0, 2);
  assert_story("");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      RIG(a_wrong_secret_is_refused_on_both_sides),
      RIG(a_server_without_the_secret_is_found_out),
      RIG(a_response_heard_before_is_of_no_use),
      RIG(a_welcome_heard_before_is_of_no_use),
      RIG(what_a_side_has_sent_is_no_proof_to_it),
      RIG(a_client_answers_no_question_of_a_client),
      RIG(other_bytes_are_no_exchange),
      RIG(a_frame_above_the_size_is_refused_at_its_first_byte),
      RIG(half_a_frame_and_the_end_is_reported),
      RIG(a_frame_in_drips_does_not_put_off_the_deadline),
      RIG(silence_is_ended_in_time_on_both_sides),
      RIG(one_who_takes_nothing_is_ended_in_time),
      RIG(without_a_secret_nobody_gets_in),
      RIG(a_secret_that_is_taken_away_counts_at_once),
      RIG(what_this_side_ends_is_no_failure),
      RIG(a_stranger_costs_two_blocks_at_most),
  };

  return rig_is_supported()
             ? cmocka_run_group_tests_name("auth hostile", tests, NULL, NULL)
             : 77;
}
