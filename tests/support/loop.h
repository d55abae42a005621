/*
 * A loop of its own for each test, and runs of it that always end.
 *
 *   setup     uv_loop_t* loop = loop_open();
 *   body      ... loop_run_until(loop, &done); assert ...
 *   teardown  loop_close(loop);
 *
 * Callbacks record, test bodies assert: a cmocka assertion that fails inside a
 * libuv callback jumps out of uv_run(). These functions assert too, so call
 * none of them from a callback.
 */
#ifndef HVUV_TESTS_SUPPORT_LOOP_H
#define HVUV_TESTS_SUPPORT_LOOP_H

#include <uv.h>

uv_loop_t* loop_open(void);

/* Closes the loop, and fails the test if a handle is left on it, naming it. No
 * turn is made for what is left. */
void loop_close(uv_loop_t* loop);

/* Turns the loop until *flag is not 0. Fails the test if the loop runs out of
 * things to do before, or after 50 seconds (longer where all is slower) or a million turns; then it names
 * the handles that are there. */
void loop_run_until(uv_loop_t* loop, const int* flag);

/* Turns the loop until nothing keeps it alive, within the same bounds. */
void loop_run_out(uv_loop_t* loop);

/* Turns the loop n times without blocking. */
void loop_run_turns(uv_loop_t* loop, int n);

#endif /* HVUV_TESTS_SUPPORT_LOOP_H */
