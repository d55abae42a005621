/* What this process has of the system's: counted, because Wine answers 0 to
 * GetProcessHandleCount(). */
#ifndef HVUV_TESTS_LAB_WINDOWS_CENSUS_H
#define HVUV_TESTS_LAB_WINDOWS_CENSUS_H

int census_threads(void);

/* Waits until there are so many, which a thread that lingers may take a while to
 * allow; returns how many there are. */
int census_await_threads(int n);

/* Handles of any kind, sockets among them. */
int census_handles(void);

#endif /* HVUV_TESTS_LAB_WINDOWS_CENSUS_H */
