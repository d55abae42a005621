/*
 * An allocator for hvuv that gives no block out twice. What is freed is
 * overwritten and looked at in the end: AFD answers into blocks of the
 * engine's, which no sanitizer sees.
 */
#ifndef HVUV_TESTS_LAB_WINDOWS_QUARANTINE_H
#define HVUV_TESTS_LAB_WINDOWS_QUARANTINE_H

/* Takes the place of hvuv's allocator and starts from zero. */
void quarantine_install(void);

/* Fails the test if a block is not freed, or was written to after that. */
void quarantine_check(void);

#endif /* HVUV_TESTS_LAB_WINDOWS_QUARANTINE_H */
