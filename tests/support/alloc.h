/*
 * The allocator of hvuv and libuv, counted; hvuv's part can be made to fail.
 *
 *   setup     alloc_install();
 *   body      alloc_fail_nth(2); ... assert_true(alloc_has_failed());
 *   teardown  alloc_check();
 *
 * Blocks of both libraries are counted together. Only hvuv's fail: libuv
 * aborts where it has no memory for its own tables.
 */
#ifndef HVUV_TESTS_SUPPORT_ALLOC_H
#define HVUV_TESTS_SUPPORT_ALLOC_H

/* Takes the place of both allocators and starts from zero; must come before
 * the test's loop_open(). */
void alloc_install(void);

/* Fails the test if a block is left; must come after loop_close(). Nothing
 * fails any more. */
void alloc_check(void);

/* Has the n-th of hvuv's allocations from now on fail, 1 being the next; 0
 * none. Each of the later ones works. */
void alloc_fail_nth(long n);

/* Whether the failure asked for has happened. */
int alloc_has_failed(void);

/* How many blocks hvuv has asked for since alloc_install(). */
long alloc_count(void);

#endif /* HVUV_TESTS_SUPPORT_ALLOC_H */
