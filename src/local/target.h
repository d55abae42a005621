/*
 * Where a connect to a `local` address leads, composed once: the sockets that
 * it tries differ in their last name's end only, and their folders are its
 * start.
 *
 *   /run/user/1000/hvuv/host/5000.a
 *   |----- root ------|         |
 *   |------- folder --------|   |   the next: .c, .v and the caller's VM id
 *   |----------- stem ----------|
 *
 * A value that looks at no file. It lies in the connect request, so it has
 * members of one byte only, and the folder is that of the beginning, whatever
 * becomes of the environment until the connect ends.
 */
#ifndef HVUV_SRC_LOCAL_TARGET_H
#define HVUV_SRC_LOCAL_TARGET_H

#include "hvuv/addr.h"
#include "local/reach.h"

typedef struct hvuv__target_s {
  char path[HVUV_PATH_SIZE];
  unsigned char root_len;
  unsigned char folder_len;
  unsigned char stem_len;
  unsigned char is_checked; /* its folders, by whoever composed it just now */
  unsigned char count;      /* sockets to try: 0 if nobody can be there */
  unsigned char next;       /* the first that the next attempt tries */
  char kinds[HVUV__AUDIENCES_MAX];           /* for whom they are, in order */
  unsigned char caller[sizeof(hvuv_guid_t)]; /* whose id stands behind a v */
} hvuv__target_t;

/* Where `local` address addr leads from this process, which is *self. UV_EINVAL
 * if $HVUV_LOCAL_VM is no VM id, UV_EADDRNOTAVAIL if it leads nowhere,
 * UV_ENAMETOOLONG if no socket's path fits in a socket address. */
int hvuv__target_find(const hvuv_addr_t* addr,
                      hvuv__partition_t* self,
                      hvuv__target_t* target);

/* The folder of all partitions, and that of the sockets. */
void hvuv__target_folders(const hvuv__target_t* target,
                          char root[HVUV_PATH_SIZE],
                          char folder[HVUV_PATH_SIZE]);

/* The path of the n-th socket to try, until the next call. */
const char* hvuv__target_socket(hvuv__target_t* target, int n);

#endif /* HVUV_SRC_LOCAL_TARGET_H */
