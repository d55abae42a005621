/*
 * Two sides of an exchange without sockets: a server's and a client's
 * connection, each in front of a handler that writes down what it is called
 * with ("s:open", "c:message:hi"), and the way between them, which the test is.
 *
 *   rig_open(&rig);                       after changing what the test wants
 *   rig_carry(&rig);                      all that both send, until all is still
 *   assert_story("s:open c:open");
 *
 * The handlers' messages are lines.
 */
#ifndef HVUV_TESTS_AUTH_AUTH_RIG_H
#define HVUV_TESTS_AUTH_AUTH_RIG_H

#include "hvuv/auth.h"
#include "hvuv/testing.h"

#define SECRET   "0123456789abcdef0123456789abcdef"
#define PREVIOUS "the one before it, 32 or longer."
#define OTHER    "a stranger's, of the same length"

typedef struct side_s {
  hvuv_auth_role_t role;
  const char* name; /* "s" or "c" */
  hvuv_auth_options_t options;
  hvuv_protocol_t protocol;
  hvuv_limits_t limits;
  hvuv_auth_t auth;
  hvuv_test_t* test;
  const char* says; /* sent in on_open of the handler */
  int open_result;
  const char* secret;   /* NULL: none */
  const char* previous; /* the same */
} side_t;

typedef struct rig_s {
  side_t server;
  side_t client;
} rig_t;

/* cmocka's fixture: *state is a rig_t, not opened. */
int rig_up(void** state);
int rig_down(void** state);

#define RIG(test) cmocka_unit_test_setup_teardown(test, rig_up, rig_down)

/* Asserts that both open. */
void rig_open(rig_t* rig);

/* One side alone. Returns what hvuv_auth_init() or hvuv_test_open() did. */
int rig_open_side(side_t* side);
void rig_close_side(side_t* side);

/* Carries what both have sent, in slices of this size. */
void rig_carry_slices(rig_t* rig, size_t slice);
void rig_carry(rig_t* rig);

/* Carries what one has sent so far to the other, once. */
void rig_carry_one(side_t* from, side_t* to);

/* Whether the tests can run; else says why not. */
int rig_is_supported(void);

#endif /* HVUV_TESTS_AUTH_AUTH_RIG_H */
