/* struct sockaddr_un, wherever the system keeps it. */
#ifndef HVUV_SRC_UNIX_SOCKADDR_UN_H
#define HVUV_SRC_UNIX_SOCKADDR_UN_H

#include <uv.h> /* <winsock2.h>, in libuv's order, or <sys/socket.h> */

#if defined(_WIN32)
#include <afunix.h>
#else
#include <sys/un.h>
#endif

#endif /* HVUV_SRC_UNIX_SOCKADDR_UN_H */
