/* The handler that proves, when all is well. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "auth/mac.h"
#include "support/trace.h"

#include "auth_rig.h"

static hvuv_auth_stats_t stats_of(const side_t* side) {
  hvuv_auth_stats_t stats;

  hvuv_auth_stats(&side->auth, &stats);
  return stats;
}

static hvuv_conn_phase_t phase_of(const side_t* side) {
  hvuv_conn_info_t info;

  assert_int_equal(hvuv_conn_info(hvuv_test_conn(side->test, NULL), &info), 0);
  return info.phase;
}

static void both_handlers_open_after_the_proofs(void** state) {
  rig_t* rig = *state;

  rig_open(rig);
  assert_int_equal(phase_of(&rig->server), HVUV_CONN_PROVING);
  assert_story("");
  rig_carry_one(&rig->server, &rig->client);
  assert_story("");
  rig_carry_one(&rig->client, &rig->server);
  assert_story("s:open");
  assert_int_equal(phase_of(&rig->server), HVUV_CONN_TALKING);
  assert_int_equal(phase_of(&rig->client), HVUV_CONN_PROVING);
  rig_carry_one(&rig->server, &rig->client);
  assert_story("c:open");
  assert_int_equal(stats_of(&rig->server).proved_current, 1);
  assert_int_equal(stats_of(&rig->client).proved_current, 1);
}

static void each_split_of_the_frames_is_the_same(void** state) {
  rig_t* rig = *state;
  size_t slice;

  rig->server.says = "hello";
  rig->client.says = "hi";
  for (slice = 1; slice < 90; slice++) {
    rig_open(rig);
    rig_carry_slices(rig, slice);
    assert_story("s:open c:open c:message:hello s:message:hi");
    rig_close_side(&rig->server);
    rig_close_side(&rig->client);
    trace_reset();
  }
}

/* What a client sends right behind its proof is its first message. */
static void nothing_behind_the_proof_is_lost(void** state) {
  rig_t* rig = *state;
  char bytes[256];
  size_t n;

  rig_open(rig);
  rig_carry_one(&rig->server, &rig->client);
  memcpy(bytes, hvuv_test_sent(rig->client.test, &n), 71);
  assert_int_equal(n, 71);
  memcpy(bytes + n, "one\ntwo\nthr", 11);
  hvuv_test_receive(rig->server.test, bytes, n + 11);
  assert_story("s:open s:message:one s:message:two");
  hvuv_test_receive(rig->server.test, "ee\n", 3);
  hvuv_test_receive_end(rig->server.test);
  assert_story("s:message:three s:end s:close:0");
}

static void a_proof_and_the_end_in_one_is_a_conversation(void** state) {
  rig_t* rig = *state;
  char bytes[128];
  size_t n;

  rig_open(rig);
  rig_carry_one(&rig->server, &rig->client);
  memcpy(bytes, hvuv_test_sent(rig->client.test, &n), 71);
  hvuv_test_receive_end(rig->server.test); /* Too early: nothing is proved. */
  assert_story("s:failed:EOF");
  rig_close_side(&rig->server);

  assert_int_equal(rig_open_side(&rig->server), 0);
  rig_close_side(&rig->client);
  assert_int_equal(rig_open_side(&rig->client), 0);
  rig_carry_one(&rig->server, &rig->client);
  rig_carry_one(&rig->client, &rig->server);
  hvuv_test_receive_end(rig->server.test);
  assert_story("s:open s:end s:close:0");
}

static void the_previous_secret_is_good_at_the_server(void** state) {
  rig_t* rig = *state;

  rig->server.previous = PREVIOUS;
  rig->client.secret = PREVIOUS;
  rig_open(rig);
  rig_carry(rig);
  assert_story("s:open c:open");
  assert_int_equal(stats_of(&rig->server).proved_previous, 1);
  assert_int_equal(stats_of(&rig->server).proved_current, 0);
}

/* The three steps that the header has. */
static void a_secret_changes_without_a_gap(void** state) {
  static const char* const steps[][3] = {/* the server's, and the client's */
                                         {PREVIOUS, NULL, PREVIOUS},
                                         {SECRET, PREVIOUS, PREVIOUS},
                                         {SECRET, PREVIOUS, SECRET},
                                         {SECRET, NULL, SECRET}};
  rig_t* rig = *state;
  size_t i;

  for (i = 0; i < 4; i++) {
    rig->server.secret = steps[i][0];
    rig->server.previous = steps[i][1];
    rig->client.secret = steps[i][2];
    rig_open(rig);
    rig_carry(rig);
    assert_story("s:open c:open");
    rig_close_side(&rig->server);
    rig_close_side(&rig->client);
    trace_reset();
  }
}

static void an_open_conversation_outlives_its_secret(void** state) {
  rig_t* rig = *state;

  rig_open(rig);
  rig_carry(rig);
  assert_int_equal(hvuv_auth_set_secrets(&rig->server.auth, OTHER, 32, NULL, 0),
                   0);
  hvuv_test_receive(rig->server.test, "hi\n", 3);
  assert_story("s:open c:open s:message:hi");
}

static void the_state_of_the_handler_is_zeroed_and_its_own_size(void** state) {
  static const size_t sizes[] = {0, 1, 64, 200, 100000};
  rig_t* rig = *state;
  size_t i;

  for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
    rig->server.protocol.state_bytes = sizes[i];
    rig->client.protocol.state_bytes = sizes[i];
    rig_open(rig);
    rig_carry(rig);
    assert_story("s:open c:open");
    rig_close_side(&rig->server);
    rig_close_side(&rig->client);
    trace_reset();
  }
}

static void a_handler_that_declines_is_closed_with_its_reason(void** state) {
  rig_t* rig = *state;

  rig->server.open_result = UV_EBUSY;
  rig_open(rig);
  rig_carry_one(&rig->server, &rig->client);
  rig_carry_one(&rig->client, &rig->server);
  assert_story("s:open s:close:EBUSY");
}

static int end_and_decline(hvuv_conn_t* conn) {
  hvuv_conn_end(conn);
  return UV_EBUSY;
}

static void one_that_has_ended_it_may_decline_too(void** state) {
  rig_t* rig = *state;

  rig->server.protocol.on_open = end_and_decline;
  rig_open(rig);
  rig_carry_one(&rig->server, &rig->client);
  rig_carry_one(&rig->client, &rig->server);
  assert_story("s:close:EBUSY");
}

static void a_handler_without_on_open_will_do(void** state) {
  rig_t* rig = *state;

  rig->server.protocol.on_open = NULL;
  rig_open(rig);
  rig_carry(rig);
  hvuv_test_receive(rig->server.test, "hi\n", 3);
  assert_story("c:open s:message:hi");
}

static void the_first_message_counts_from_the_handlers_on_open(void** state) {
  rig_t* rig = *state;

  rig->server.limits.first_message_timeout_ms = 8000;
  rig->server.options.timeout_ms = 6000;
  rig_open(rig);
  hvuv_test_advance(rig->server.test, 4000);
  rig_carry(rig);
  assert_story("s:open c:open");
  hvuv_test_advance(rig->server.test, 7000);
  assert_story("");
  hvuv_test_advance(rig->server.test, 2000);
  assert_story("s:close:ETIMEDOUT");
}

static void the_deadline_of_the_exchange_ends_with_it(void** state) {
  rig_t* rig = *state;

  rig->server.limits.first_message_timeout_ms = 0;
  rig_open(rig);
  rig_carry(rig);
  hvuv_test_advance(rig->server.test, 60000);
  hvuv_test_receive(rig->server.test, "hi\n", 3);
  assert_story("s:open c:open s:message:hi");
}

static void no_two_challenges_are_the_same(void** state) {
  rig_t* rig = *state;
  char first[39];

  assert_int_equal(rig_open_side(&rig->server), 0);
  memcpy(first, hvuv_test_sent(rig->server.test, NULL), 39);
  assert_memory_equal(first, "\x26hvau\1\1", 7);
  rig_close_side(&rig->server);
  assert_int_equal(rig_open_side(&rig->server), 0);
  assert_true(memcmp(first, hvuv_test_sent(rig->server.test, NULL), 39) != 0);
}

static void the_same_purpose_is_needed_on_both_sides(void** state) {
  rig_t* rig = *state;

  rig->server.options.purpose = "agent";
  rig->client.options.purpose = "agent";
  rig_open(rig);
  rig_carry(rig);
  assert_story("s:open c:open");
  rig_close_side(&rig->server);
  rig_close_side(&rig->client);
  trace_reset();

  rig->client.options.purpose = "agents";
  rig_open(rig);
  rig_carry(rig);
  assert_story("s:failed:EACCES c:failed:EACCES");
}

#define CALLERS 2000

static int on_any_message(hvuv_conn_t* conn, const char* bytes, size_t n) {
  (void) conn;
  (void) bytes;
  (void) n;
  return 0;
}

/* As a server of a loop in a thread of its own. */
static void be_called(void* arg) {
  hvuv_auth_t* auth = arg;
  hvuv_test_t* test;
  int i;

  for (i = 0; i < CALLERS; i++) {
    if (hvuv_test_open(&test, hvuv_auth_protocol(auth), NULL, NULL) != 0)
      abort();
    hvuv_test_receive_end(test);
    hvuv_test_close(test);
  }
}

static void servers_in_several_threads_may_have_one_auth(void** state) {
  static const hvuv_protocol_t inner = {.on_message = on_any_message};
  hvuv_auth_stats_t stats;
  uv_thread_t threads[2];
  hvuv_auth_t auth;
  int i;

  (void) state;
  assert_int_equal(hvuv_auth_init(&auth, HVUV_AUTH_SERVER, &inner, NULL), 0);
  assert_int_equal(
      hvuv_auth_set_secrets(&auth, SECRET, strlen(SECRET), NULL, 0), 0);
  for (i = 0; i < 2; i++)
    assert_int_equal(uv_thread_create(&threads[i], be_called, &auth), 0);
  for (i = 0; i < 100; i++)
    assert_int_equal(hvuv_auth_set_secrets(
                         &auth, OTHER, strlen(OTHER), SECRET, strlen(SECRET)),
                     0);
  for (i = 0; i < 2; i++)
    assert_int_equal(uv_thread_join(&threads[i]), 0);
  hvuv_auth_stats(&auth, &stats);
  assert_int_equal(stats.broken, 2 * CALLERS);
  hvuv_auth_close(&auth);
}

static void mistakes_are_reported_by_a_code(void** state) {
  rig_t* rig = *state;
  side_t* side = &rig->server;
  char purpose[HVUV_AUTH_PURPOSE_MAX + 2];
  hvuv_protocol_t none = {.state_bytes = 0};

  assert_int_equal(hvuv_auth_init(NULL, side->role, &side->protocol, NULL),
                   UV_EINVAL);
  assert_int_equal(hvuv_auth_init(&side->auth, side->role, NULL, NULL),
                   UV_EINVAL);
  assert_int_equal(hvuv_auth_init(&side->auth, side->role, &none, NULL),
                   UV_EINVAL);
  assert_int_equal(
      hvuv_auth_init(&side->auth, (hvuv_auth_role_t) 0, &side->protocol, NULL),
      UV_EINVAL);
  side->options.timeout_ms = 0;
  assert_int_equal(rig_open_side(side), UV_EINVAL);
  side->options.timeout_ms = 1;
  memset(purpose, 'x', sizeof(purpose));
  purpose[sizeof(purpose) - 1] = '\0';
  side->options.purpose = purpose;
  assert_int_equal(rig_open_side(side), UV_EINVAL);
  side->options.purpose = purpose + 1;
  assert_int_equal(rig_open_side(side), 0);

  assert_int_equal(hvuv_auth_set_secrets(&side->auth, NULL, 0, NULL, 0),
                   UV_EINVAL);
  assert_int_equal(hvuv_auth_set_secrets(&side->auth, OTHER, 31, NULL, 0),
                   UV_EINVAL);
  assert_int_equal(hvuv_auth_set_secrets(&side->auth, OTHER, 32, SECRET, 31),
                   UV_EINVAL);
  assert_int_equal(hvuv_auth_load(&side->auth, NULL), UV_EINVAL);
  assert_int_equal(hvuv_auth_load(&side->auth, "/nowhere/secret"), UV_ENOENT);

  /* The secret is what it was. */
  rig->client.options.purpose = purpose + 1;
  assert_int_equal(rig_open_side(&rig->client), 0);
  rig_carry(rig);
  assert_story("s:open c:open");
}

static void bindings_find_size_and_data(void** state) {
  hvuv_auth_t auth;

  (void) state;
  assert_int_equal(hvuv_auth_size(), sizeof(auth));
  hvuv_auth_set_data(&auth, &auth);
  assert_ptr_equal(hvuv_auth_get_data(&auth), &auth);
}

static void a_build_without_libsodium_reports_it(void** state) {
  rig_t* rig = *state;

  assert_int_equal(rig_open_side(&rig->server), UV_ENOTSUP);
}

int main(void) {
  const struct CMUnitTest absent[] = {
      RIG(a_build_without_libsodium_reports_it),
  };
  const struct CMUnitTest tests[] = {
      RIG(both_handlers_open_after_the_proofs),
      RIG(each_split_of_the_frames_is_the_same),
      RIG(nothing_behind_the_proof_is_lost),
      RIG(a_proof_and_the_end_in_one_is_a_conversation),
      RIG(the_previous_secret_is_good_at_the_server),
      RIG(a_secret_changes_without_a_gap),
      RIG(an_open_conversation_outlives_its_secret),
      RIG(the_state_of_the_handler_is_zeroed_and_its_own_size),
      RIG(a_handler_that_declines_is_closed_with_its_reason),
      RIG(one_that_has_ended_it_may_decline_too),
      RIG(a_handler_without_on_open_will_do),
      RIG(the_first_message_counts_from_the_handlers_on_open),
      RIG(the_deadline_of_the_exchange_ends_with_it),
      RIG(no_two_challenges_are_the_same),
      RIG(the_same_purpose_is_needed_on_both_sides),
      RIG(servers_in_several_threads_may_have_one_auth),
      RIG(mistakes_are_reported_by_a_code),
      RIG(bindings_find_size_and_data),
  };

  if (hvuv__mac_supported() != 0)
    return cmocka_run_group_tests_name("auth", absent, NULL, NULL);
  return cmocka_run_group_tests_name("auth", tests, NULL, NULL);
}
