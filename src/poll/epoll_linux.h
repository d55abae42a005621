/* The system calls of an epoll set; engine_nursery_linux.c has one for each
 * loop. */
#ifndef HVUV_SRC_POLL_EPOLL_LINUX_H
#define HVUV_SRC_POLL_EPOLL_LINUX_H

#include <sys/epoll.h>

/* 0, UV_EMFILE, UV_ENFILE or UV_ENOMEM. */
int hvuv__epoll_open(int* set);

void hvuv__epoll_close(int set);

/* How epoll_ctl() changes the set: EPOLL_CTL_ADD, _MOD or _DEL. UV_ENOMEM, or
 * UV_ENOSPC when the user watches as much as the system lets him. */
int hvuv__epoll_change(int set, int how, int sock, uint32_t bits, void* data);

/* What has happened by now, in at most `room` events; returns how many. */
int hvuv__epoll_look(int set, struct epoll_event events[], int room);

/* In the child after a fork: puts something that is readable for good in the
 * place of the set, which the parent has too. Safe where only functions for
 * signal handlers are. */
void hvuv__epoll_disown(int set);

/* Makes the descriptor a set again, an empty one; UV_EMFILE, UV_ENFILE or
 * UV_ENOMEM leave it as it is. */
int hvuv__epoll_renew(int set);

#endif /* HVUV_SRC_POLL_EPOLL_LINUX_H */
