/*
 * A handler under conn_rig.h that sends while it is handed a message, and a
 * pool of bytes that are others at each place, so that one that is lost,
 * doubled or misplaced shows.
 */
#ifndef HVUV_TESTS_CONN_ANSWER_RIG_H
#define HVUV_TESTS_CONN_ANSWER_RIG_H

#include "conn_rig.h"

#define LARGE                                                                  \
  20000 /* bytes of a message that is too long to be put together              \
         */

extern const hvuv_framing_t answer_lines;
extern const hvuv_framing_t answer_raw;
extern const hvuv_framing_t answer_sized; /* a prefix of four bytes */
extern const hvuv_framing_t answer_varint;

/* No line ends in it. */
extern char answer_pool[4 * 65536];

/* What the handler's sends came to, of up to eight. */
extern int answer_results[8];

/* The rig of the test, for the handler. */
extern rig_t* answer_stage;

/* cmocka's fixture: *state is a rig_t, not opened, which is quiet. */
int answer_up(void** state);

#define ANSWER(test) cmocka_unit_test_setup_teardown(test, answer_up, rig_down)

/* Writes down a result. */
void answer_note(int result);

/* Sends so many bytes of the pool, from this one on, and notes the result. */
void answer_send(hvuv_conn_t* conn, size_t offset, size_t nbytes);

/* The first LARGE bytes. */
void answer_send_large(hvuv_conn_t* conn);

/* Opens, unless it is, and has one message come, in which the handler does
 * this. The story begins with that message. */
void answer_ask(rig_t* rig,
                const hvuv_framing_t* framing,
                void (*act)(hvuv_conn_t* conn));

/* Asserts that the peer got this head, the first nbytes of the pool, and this
 * tail. */
void answer_got(rig_t* rig,
                const char* head,
                size_t nhead,
                size_t nbytes,
                const char* tail);

/* For the next round of a loop. */
void answer_close(rig_t* rig);

#endif /* HVUV_TESTS_CONN_ANSWER_RIG_H */
