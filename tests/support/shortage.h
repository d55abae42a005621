/*
 * A process without a descriptor to be had.
 */
#ifndef HVUV_TESTS_SUPPORT_SHORTAGE_H
#define HVUV_TESTS_SUPPORT_SHORTAGE_H

typedef struct shortage_s shortage_t;

/* NULL, or why it cannot be played here; where somebody who calls meanwhile
 * must not be lost, that may be another reason. */
const char* shortage_problem(int keeps_callers);

/* Leaves no descriptor to be had. Fails the test if it cannot. */
shortage_t* shortage_start(void);
void shortage_end(shortage_t* shortage);

#endif /* HVUV_TESTS_SUPPORT_SHORTAGE_H */
