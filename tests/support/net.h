/*
 * Sockets that know nothing of hvuv, for the other end of a connection: the
 * little that POSIX and Winsock do not spell alike. net_posix.c and net_win.c
 * fulfil it; bind(), listen() and their kind are the system's own.
 *
 * New sockets are not inherited by other programs, and block. What fails
 * answers a UV_E* code.
 */
#ifndef HVUV_TESTS_SUPPORT_NET_H
#define HVUV_TESTS_SUPPORT_NET_H

#include <uv.h>

#if defined(_WIN32)
#include <afunix.h>
typedef WSAPOLLFD net_poll_t;
#else
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
typedef struct pollfd net_poll_t;
#endif

#define NET_NONE ((uv_os_sock_t) -1)

/* Has what is sent to nobody fail, and do no more. */
void net_ignore_sigpipe(void);

/* For main(), where it may come before anything that does it by itself. */
void net_start(void);

int net_socket(int domain, int type, uv_os_sock_t* sock);
int net_accept(uv_os_sock_t listener, uv_os_sock_t* sock);
void net_close(uv_os_sock_t sock);

/* Closes a TCP socket so that its connection is reset. Answers what its peer is
 * then told (wine.h). */
int net_abort(uv_os_sock_t sock);

/* Whether what came over TCP before a reset can be read after it. */
int net_reads_before_reset(void);

/* For main(): 0 where there are Unix sockets; else says so, and returns the exit code of
 * a test that is skipped. */
int net_skip_without_unix(void);

/* Two connected stream sockets: of AF_UNIX, or where there are none over TCP on
 * the loopback interface. */
int net_pair(uv_os_sock_t socks[2]);

/* The same, over TCP everywhere. */
int net_tcp_pair(uv_os_sock_t socks[2]);

/* A TCP socket that listens on the loopback interface, at a port that the
 * system picked and *name tells. */
int net_tcp_listen(uv_os_sock_t* sock, struct sockaddr_in* name);
int net_tcp_connect(uv_os_sock_t* sock, const struct sockaddr_in* name);

/* Whether sockets are POSIX's: a close that leaves bytes unread aborts the
 * connection, and a Unix socket waits for a backlog that is full. On Windows
 * hvuv ends a connection before it closes it, and what AF_UNIX does there when
 * a backlog is full this project has not seen. */
int net_is_posix(void);

/* What the last call of the system's own said. */
int net_error(void);

int net_unblock(uv_os_sock_t sock);

/* Bytes, 0 at the end of input. No signal is raised. */
ssize_t net_recv(uv_os_sock_t sock, void* base, size_t len);
ssize_t net_send(uv_os_sock_t sock, const void* base, size_t len);

/* poll(): how many are ready. */
int net_poll(net_poll_t* polls, size_t count, int timeout_ms);

/* Waits for something to read, or for room to write: 0 or UV_ETIMEDOUT. */
int net_await(uv_os_sock_t sock, int readable, int timeout_ms);

/* Whether a program started now would have it too; and makes that so. */
int net_is_inherited(uv_os_sock_t sock);
void net_share(uv_os_sock_t sock);

/* Whether it blocks; 0 where the system does not tell. */
int net_blocks(uv_os_sock_t sock);

#endif /* HVUV_TESTS_SUPPORT_NET_H */
