/*
 * The real system calls of sys_posix.c, of which one can be made to fail. The
 * call that fails is not made, so nothing happens and nothing is lost. Linked
 * in place of sys_posix.c.
 *
 * Each verb fails with errors of its own, one after the other as `variant`
 * counts up: those of a shortage, those of the peer's doing, and EAGAIN where
 * nothing has happened at all.
 */
#ifndef HVUV_TESTS_SUPPORT_FAKES_FAULT_SYS_H
#define HVUV_TESTS_SUPPORT_FAKES_FAULT_SYS_H

#include <stddef.h>

#define FAULT_VARIANTS 4

/* Has the n-th call from now on fail, 1 being the next; 0 none. */
void fault_fail_nth(long n, int variant);

/* Has the next calls of one verb ("connect") fail besides, so many times. */
void fault_fail_verb(const char* verb, int code, int times);

/* Asked before each call, unless NULL: returns 0 to have it made, or what it
 * returns instead. recv and send move at most *most bytes. Calls that cannot fail
 * are not asked for. */
typedef int (*fault_decision)(const char* verb, size_t* most);
void fault_decide_by(fault_decision decide);

/* The verb that failed, by fault_fail_nth(), or NULL if none has. */
const char* fault_failed_verb(void);

#endif /* HVUV_TESTS_SUPPORT_FAKES_FAULT_SYS_H */
