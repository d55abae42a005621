/*
 * A place of its own for each test: a private folder with a short path, which
 * is also where `local` addresses live meanwhile, and a look at the process's
 * descriptors.
 */
#ifndef HVUV_TESTS_SUPPORT_ENDPOINT_H
#define HVUV_TESTS_SUPPORT_ENDPOINT_H

#include <stddef.h>

#define ENDPOINT_ROOM 256

/* Makes the folder; HVUV_LOCAL_DIR becomes "l" in it (not made yet), and
 * HVUV_LOCAL_VM and XDG_RUNTIME_DIR are unset. Aborts if that cannot be. */
void endpoint_open(void);

/* Removes the folder with all that is in it. */
void endpoint_close(void);

/* "FOLDER/name", in room of ENDPOINT_ROOM bytes, which is returned. */
char* endpoint_path(const char* name, char room[]);

/* Plays a partition from here on; NULL for the host. */
void endpoint_play(const char* vm_id);

/* How many files are in a folder, "." and ".." apart; 0 if there is none. */
int endpoint_count_files(const char* folder);

/* Open descriptors of this process, or -1 where the system does not say. On Windows
 * handles of the kinds that hvuv opens (handles.h); completion ports apart, of which
 * one lingers for a second, with a thread, after a loop. */
int endpoint_count_descriptors(void);

/* How many of them are sockets, on Windows; elsewhere all count. */
int endpoint_count_sockets(void);

/* How many of them a program started now would inherit, the first three apart;
 * 0 where the system does not tell. */
int endpoint_count_inheritable(void);

/* Raises the soft limit of descriptors. Returns 0 if it is now at least n. */
int endpoint_need_descriptors(unsigned long n);

#endif /* HVUV_TESTS_SUPPORT_ENDPOINT_H */
