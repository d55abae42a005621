/* What this process has of the system's: counted, because Wine answers 0 to
 * GetProcessHandleCount(). */
#ifndef HVUV_TESTS_LAB_WINDOWS_CENSUS_H
#define HVUV_TESTS_LAB_WINDOWS_CENSUS_H

int census_threads(void);

/* Handles of any kind, sockets among them. */
int census_handles(void);

#endif /* HVUV_TESTS_LAB_WINDOWS_CENSUS_H */
