/* What has come to several sockets by now, in one system call. */
#ifndef HVUV_SRC_SYS_READY_H
#define HVUV_SRC_SYS_READY_H

#include "sys/sys.h"

/* The most sockets that one call looks at, on any system. */
#define HVUV__READY_MAX 32

/* So many on this one; 0 where there is no such call. */
extern const unsigned int hvuv__ready_max;

/* Sets events[i] to those of them (UV_READABLE, UV_WRITABLE) that socks[i] is
 * ready for, and returns how many sockets are ready for something. One that has
 * an error is not: whoever watches it reports that. Where socks[i] is
 * HVUV__NO_SOCK there is nothing to look at. */
unsigned int hvuv__ready_now(const uv_os_sock_t socks[],
                             unsigned char events[],
                             unsigned int n);

#endif /* HVUV_SRC_SYS_READY_H */
