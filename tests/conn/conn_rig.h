/*
 * A connection of the framework under a handler that writes down what it is
 * told (support/trace.h) and does what the test sets:
 *
 *   rig_open(&rig);     after changing rig.protocol, rig.limits, rig.at
 *   hvuv_test_receive(rig.test, "a\n", 2);
 *   assert_story("open message:a");
 *
 * Its messages are lines unless the test says otherwise.
 */
#ifndef HVUV_TESTS_CONN_CONN_RIG_H
#define HVUV_TESTS_CONN_CONN_RIG_H

#include "hvuv/testing.h"

typedef enum place_e {
  AT_OPEN,
  AT_MESSAGE,
  AT_WRITABLE,
  AT_END,
  AT_SENT,
  AT_CLOSE,
  NPLACES
} place_t;

typedef struct rig_s {
  hvuv_test_t* test;
  hvuv_conn_t* conn; /* as on_open saw it; it may be gone */
  hvuv_protocol_t protocol;
  hvuv_limits_t limits;
  void (*at[NPLACES])(hvuv_conn_t* conn); /* NULL: nothing */
  int result;                             /* of on_open and on_message ... */
  place_t fails_at;                       /* ... in this one */
  int is_quiet;                           /* messages are not written down */
  unsigned int nmessages;
} rig_t;

/* cmocka's fixture: *state is a rig_t, not opened. */
int rig_up(void** state);
int rig_down(void** state);

#define RIG(test) cmocka_unit_test_setup_teardown(test, rig_up, rig_down)

/* Asserts that it opens. */
void rig_open(rig_t* rig);

/* The peer sends this text; returns what hvuv_test_receive() does. */
size_t rig_receive(rig_t* rig, const char* text);

/* Asserts that the peer has got this, and forgets it. */
void assert_sent(rig_t* rig, const char* text);

/* For rig.at, and to call by hand. */
void rig_pause(hvuv_conn_t* conn);
void rig_resume(hvuv_conn_t* conn);
void rig_end(hvuv_conn_t* conn);
void rig_abort(hvuv_conn_t* conn); /* with UV_ENOTSUP */

/* Writes down "sent:<status>" and does what is AT_SENT. */
void rig_on_sent(hvuv_send_t* req, int status);

#endif /* HVUV_TESTS_CONN_CONN_RIG_H */
