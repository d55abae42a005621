/* One exchange, frame by frame: known answers, and every frame at every
 * moment. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <uv.h>

#include <cmocka.h>

#include "auth/exchange.h"
#include "auth/mac.h"

#define SECRET "0123456789abcdef0123456789abcdef"

static unsigned char server_nonce[HVUV__NONCE_BYTES];
static unsigned char client_nonce[HVUV__NONCE_BYTES];
static hvuv__terms_t terms;
static hvuv__exchange_t server, client;
static hvuv__frame_t challenge, response, out, none;

static int setup(void** state) {
  int i;

  (void) state;
  for (i = 0; i < HVUV__NONCE_BYTES; i++) {
    server_nonce[i] = (unsigned char) i;
    client_nonce[i] = (unsigned char) (128 + i);
  }
  memset(&terms, 0, sizeof(terms));
  assert_int_equal(hvuv__secrets_add(&terms.secrets, SECRET, 32), 0);
  memcpy(terms.purpose, "agent", 5);
  terms.purpose_bytes = 5;
  hvuv__exchange_begin(&server, HVUV_AUTH_SERVER, server_nonce, &challenge);
  hvuv__exchange_begin(&client, HVUV_AUTH_CLIENT, client_nonce, &out);
  assert_int_equal(out.kind, 0);
  return 0;
}

static void respond(void) {
  assert_int_equal(hvuv__exchange_take(&client, &terms, &challenge, &response),
                   0);
  assert_int_equal(response.kind, HVUV__FRAME_RESPONSE);
}

static void assert_proof(const hvuv__frame_t* frame, const char* expected) {
  char text[2 * HVUV__PROOF_BYTES + 1];
  size_t i;

  for (i = 0; i < HVUV__PROOF_BYTES; i++)
    snprintf(text + 2 * i, 3, "%02x", frame->proof[i]);
  assert_string_equal(text, expected);
}

/* Worked out by another implementation (Python's hmac) from what hvuv/auth.h
 * says. */
static void the_proofs_are_what_the_header_says(void** state) {
  (void) state;
  respond();
  assert_proof(
      &response,
      "62a7627860bbf2279292717d111eb55aad9418d658735a5aeb469b0ae92ddad9");
  assert_int_equal(hvuv__exchange_take(&server, &terms, &response, &out), 0);
  assert_int_equal(out.kind, HVUV__FRAME_WELCOME);
  assert_proof(
      &out, "69be2e0711e4458044bf5feac58461bbedb0add66218879078efa9391c7d82f8");
  assert_int_equal(hvuv__exchange_take(&client, &terms, &out, &none), 0);
  assert_int_equal(client.state, HVUV__EXPECTS_NOTHING);
  assert_int_equal(server.state, HVUV__EXPECTS_NOTHING);
}

static void the_frames_are_what_the_header_says(void** state) {
  char bytes[HVUV__FRAME_MAX];
  hvuv__frame_t frame;

  (void) state;
  respond();
  assert_int_equal(hvuv__frame_write(&challenge, bytes), 38);
  assert_memory_equal(bytes, "hvau\1\1\0\1\2\3", 10);
  assert_int_equal(hvuv__frame_write(&response, bytes), 70);
  assert_memory_equal(bytes, "hvau\1\2\200\201", 8);
  assert_int_equal(hvuv__frame_read(&frame, bytes, 70), 0);
  assert_memory_equal(&frame, &response, sizeof(frame));
}

static void what_is_no_frame_is_refused(void** state) {
  char bytes[HVUV__FRAME_MAX + 1] = {0};
  hvuv__frame_t frame;
  size_t right;
  size_t n;
  int kind;
  int at;

  (void) state;
  for (kind = 0; kind < 256; kind++) {
    memcpy(bytes, "hvau\1", 5);
    bytes[5] = (char) kind;
    right = kind == 1 || kind == 3 ? 38 : kind == 2 ? 70 : kind == 4 ? 6 : 999;
    for (n = 0; n <= sizeof(bytes); n++)
      assert_int_equal(hvuv__frame_read(&frame, bytes, n),
                       n == right ? 0 : UV_EPROTO);
  }
  hvuv__frame_write(&challenge, bytes);
  for (at = 0; at < 5; at++) { /* the version too */
    bytes[at] ^= 2;
    assert_int_equal(hvuv__frame_read(&frame, bytes, 38), UV_EPROTO);
    bytes[at] ^= 2;
  }
}

static void each_bit_of_a_proof_and_a_nonce_counts(void** state) {
  hvuv__exchange_t before = server;
  hvuv__frame_t changed;
  size_t i;

  (void) state;
  respond();
  for (i = 0; i < 256; i++) {
    changed = response;
    changed.proof[i / 8] ^= (unsigned char) (1 << i % 8);
    server = before;
    assert_int_equal(hvuv__exchange_take(&server, &terms, &changed, &out),
                     UV_EACCES);
    assert_int_equal(out.kind, HVUV__FRAME_REFUSAL);
    changed = response;
    changed.nonce[i / 8] ^= (unsigned char) (1 << i % 8);
    server = before;
    assert_int_equal(hvuv__exchange_take(&server, &terms, &changed, &out),
                     UV_EACCES);
  }
}

static void another_purpose_is_another_proof(void** state) {
  hvuv__terms_t other = terms;

  (void) state;
  respond();
  other.purpose_bytes = 4;
  assert_int_equal(hvuv__exchange_take(&server, &other, &response, &out),
                   UV_EACCES);
}

static void a_proof_is_good_for_one_challenge(void** state) {
  static const unsigned char other[HVUV__NONCE_BYTES] = {9};

  (void) state;
  respond();
  hvuv__exchange_begin(&server, HVUV_AUTH_SERVER, other, &challenge);
  assert_int_equal(hvuv__exchange_take(&server, &terms, &response, &out),
                   UV_EACCES);
}

/* Whoever has no secret sends back what it got. */
static void a_proof_sent_back_is_no_proof(void** state) {
  hvuv__frame_t welcome = {.kind = HVUV__FRAME_WELCOME};

  (void) state;
  respond();
  memcpy(welcome.proof, response.proof, HVUV__PROOF_BYTES);
  assert_int_equal(hvuv__exchange_take(&client, &terms, &welcome, &out),
                   UV_EACCES);
  assert_int_equal(out.kind, 0);
}

static void a_server_finds_either_secret(void** state) {
  hvuv__terms_t both = {.secrets = {.count = 0}};

  (void) state;
  assert_int_equal(
      hvuv__secrets_add(&both.secrets, "the new one, 32 bytes or longer.", 32),
      0);
  assert_int_equal(hvuv__secrets_add(&both.secrets, SECRET, 32), 0);
  memcpy(both.purpose, "agent", 5);
  both.purpose_bytes = 5;
  respond();
  assert_int_equal(hvuv__exchange_take(&server, &both, &response, &out), 0);
  assert_int_equal(server.secret, 1);
  assert_int_equal(hvuv__exchange_take(&client, &terms, &out, &none), 0);
}

static void a_client_goes_by_the_secret_it_began_with(void** state) {
  hvuv__terms_t other = {.secrets = {.count = 0}};

  (void) state;
  hvuv__secrets_add(&other.secrets, "another, while it is under way!!", 32);
  respond();
  assert_int_equal(hvuv__exchange_take(&server, &terms, &response, &out), 0);
  assert_int_equal(hvuv__exchange_take(&client, &other, &out, &none), 0);
}

static void without_a_secret_nobody_gets_in(void** state) {
  hvuv__terms_t empty = {.secrets = {.count = 0}};

  (void) state;
  respond();
  assert_int_equal(hvuv__exchange_take(&server, &empty, &response, &out),
                   UV_EACCES);
  hvuv__exchange_begin(&client, HVUV_AUTH_CLIENT, client_nonce, &out);
  assert_int_equal(hvuv__exchange_take(&client, &empty, &challenge, &out),
                   UV_EACCES);
  assert_int_equal(out.kind, 0);
}

/* Each kind in each state: only the next one is taken, and after a wrong one
 * none is. */
static void every_other_frame_is_refused(void** state) {
  hvuv__exchange_t x;
  hvuv__frame_t in;
  int expects;
  int kind;
  int err;

  (void) state;
  respond();
  for (expects = HVUV__EXPECTS_CHALLENGE; expects <= HVUV__EXPECTS_NOTHING;
       expects++) {
    for (kind = HVUV__FRAME_CHALLENGE; kind <= HVUV__FRAME_REFUSAL; kind++) {
      x = expects == HVUV__EXPECTS_RESPONSE ? server : client;
      x.state = (enum hvuv__exchange_state) expects;
      in = response;
      in.kind = (enum hvuv__frame_kind) kind;
      err = hvuv__exchange_take(&x, &terms, &in, &out);
      if (expects == kind && expects != HVUV__EXPECTS_NOTHING) {
        assert_true(err == 0 || err == UV_EACCES);
        continue;
      }
      assert_int_equal(err,
                       expects == HVUV__EXPECTS_WELCOME &&
                               kind == HVUV__FRAME_REFUSAL
                           ? UV_EACCES
                           : UV_EPROTO);
      assert_int_equal(out.kind, 0);
      assert_int_equal(x.state, HVUV__EXPECTS_NOTHING);
    }
  }
}

#define TEST(function) cmocka_unit_test_setup(function, setup)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(the_proofs_are_what_the_header_says),
      TEST(the_frames_are_what_the_header_says),
      TEST(what_is_no_frame_is_refused),
      TEST(each_bit_of_a_proof_and_a_nonce_counts),
      TEST(another_purpose_is_another_proof),
      TEST(a_proof_is_good_for_one_challenge),
      TEST(a_proof_sent_back_is_no_proof),
      TEST(a_server_finds_either_secret),
      TEST(a_client_goes_by_the_secret_it_began_with),
      TEST(without_a_secret_nobody_gets_in),
      TEST(every_other_frame_is_refused),
  };

  if (hvuv__mac_supported() != 0) {
    printf("Skipped: built without libsodium\n");
    return 77;
  }
  return cmocka_run_group_tests_name("exchange", tests, NULL, NULL);
}
