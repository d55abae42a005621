/*
 * Windows only: the handles of this process, by the kind of object that they name. A
 * count of all of them is of no use: Windows and its Winsock make events, timers and
 * the like when they need them first, for each thread or for all, and Wine has objects
 * without a kind that come and go.
 */
#ifndef HVUV_TESTS_SUPPORT_HANDLES_H
#define HVUV_TESTS_SUPPORT_HANDLES_H

#include <winsock2.h>

/* Whether one of these counts; flags are those of GetHandleInformation(). */
typedef int (*handles_filter)(HANDLE handle, DWORD flags);

/* A socket, a file, a pipe, the device AFD, a registry key, a process, a thread or a
 * token: whatever hvuv opens, completion ports apart. */
int handles_is_kept(HANDLE handle, DWORD flags);

/* A completion port, of which a thread of hvuv's engine keeps one, and it lingers for
 * a second after a loop. */
int handles_is_port(HANDLE handle, DWORD flags);

int handles_is_socket(HANDLE handle, DWORD flags);
int handles_is_inheritable(HANDLE handle, DWORD flags);

int handles_count(handles_filter filter);

#endif /* HVUV_TESTS_SUPPORT_HANDLES_H */
