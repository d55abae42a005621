/*
 * A follow whose lookups a test plays. Callbacks write words (trace.h):
 *
 *   ask                         a lookup has begun
 *   at:TEXT gone failed:CODE    what on_news got; of a path the last part
 *   closed                      the follow's last callback
 *
 *   setup     rig_up(&state); teardown: rig_down(&state);
 *   body      rig_start(); rig_results("vsock://3:5"); rig_run(2);
 */
#ifndef HVUV_TESTS_FOLLOW_RIG_H
#define HVUV_TESTS_FOLLOW_RIG_H

#include "hvuv.h"

/* The loop, and what is followed: options are the rig's defaults, with 1 ms
 * between lookups and no interval, until a test changes them. */
extern uv_loop_t* rig_loop;
extern hvuv_follow_t rig_follow;
extern hvuv_follow_options_t rig_options;

/* How many callbacks came while a function of the follow's was being called:
 * always 0. */
extern int rig_inside;

/* Called first by on_news and in the resolver, if it is not NULL. */
extern void (*rig_on_news)(void);
extern void (*rig_on_ask)(void);

/* Whether a lookup's result waits for rig_finish(); else it comes inside. */
extern int rig_is_slow;

int rig_up(void** state);
int rig_down(void** state);

void rig_start(void);

/* The result of lookups from now on: an address, or a code. */
void rig_at(const char* text);
void rig_fails(int status);

/* Ends the lookup that is out. */
void rig_finish(void);
int rig_is_out(void);

/* Asks for a lookup, and runs until n have begun since rig_up(). */
void rig_check(int n);

/* The same where the resolver is not the rig's: a lookup that takes no time. */
void rig_look(void);

/* Runs until n lookups have begun since rig_up(), and reported. */
void rig_run(int n);
int rig_asked(void);

/* When the n-th lookup began, in ms. */
uint64_t rig_began_ms(int n);

void rig_close(void);
int rig_is_closed(void);

#endif /* HVUV_TESTS_FOLLOW_RIG_H */
