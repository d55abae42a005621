/*
 * The handles by which a loop asks AFD, each for up to 32 sockets: cancelling
 * one question takes the longer the more are out on its handle (python-trio
 * #1280), and a handle for each socket would be twice as many handles. wepoll
 * and mio take 32 too.
 *
 *   first --> [room] --> [room] --> [full] --> [full] --> NULL
 *
 * Those with room stand in front. One that has become empty is closed, unless
 * no other has room: sockets that come and go at the border open nothing each
 * time.
 */
#ifndef HVUV_SRC_POLL_AFD_GROUPS_WIN_H
#define HVUV_SRC_POLL_AFD_GROUPS_WIN_H

#include <winsock2.h>

#define HVUV__AFD_GROUP_MAX 32

typedef struct hvuv__afd_group_s {
  HANDLE afd;
  unsigned int members; /* sockets that ask by it */
  struct hvuv__afd_group_s* next;
  struct hvuv__afd_group_s* prev;
} hvuv__afd_group_t;

/* Of one loop. Zeroed but for the port, to which the answers come. */
typedef struct hvuv__afd_groups_s {
  HANDLE port;
  hvuv__afd_group_t* first;
} hvuv__afd_groups_t;

/* Makes sure that there is room for one more socket: 0, or a UV_E* code. */
int hvuv__afd_groups_make_room(hvuv__afd_groups_t* groups);

/* A socket enters one that has room, which there is. */
hvuv__afd_group_t* hvuv__afd_groups_enter(hvuv__afd_groups_t* groups);

/* It has no question out. */
void hvuv__afd_groups_leave(hvuv__afd_groups_t* groups,
                            hvuv__afd_group_t* group);

/* Closes all. What is still out never comes back. */
void hvuv__afd_groups_close(hvuv__afd_groups_t* groups);

#endif /* HVUV_SRC_POLL_AFD_GROUPS_WIN_H */
