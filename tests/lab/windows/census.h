/* What this process has of the system's, what Windows keeps for itself apart. */
#ifndef HVUV_TESTS_LAB_WINDOWS_CENSUS_H
#define HVUV_TESTS_LAB_WINDOWS_CENSUS_H

int census_threads(void);

/* Waits until there are so many, which a thread that lingers may take a while to
 * allow; returns how many there are. */
int census_await_threads(int n);

/* Handles of the kinds that hvuv opens, sockets among them, and completion ports,
 * which come and go with threads. */
int census_handles(void);
int census_ports(void);

#endif /* HVUV_TESTS_LAB_WINDOWS_CENSUS_H */
