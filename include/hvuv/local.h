/*
 * Who listens at `local` addresses on this machine (hvuv/addr.h has the rules).
 *
 * These functions read the environment and the folder, change nothing, and
 * connect to nobody. They may be called from any thread and need no loop.
 */
#ifndef HVUV_LOCAL_H
#define HVUV_LOCAL_H

#include <stddef.h>

#include "addr.h"
#include "export.h"
#include "guid.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One listener, as a plain value. */
typedef struct hvuv_local_listener_s {
  hvuv_guid_t
      partition;    /* that it is in: a VM's id; HVUV_VM_PARENT: the host */
  hvuv_addr_t addr; /* to which it is bound there */
  int is_live; /* 0: its process was killed and left the socket behind; whoever
                  binds to the address next takes it over */
} hvuv_local_listener_t;

/* Writes the absolute path of the directory that this process keeps its `local`
 * sockets in, which need not be there.
 *
 * *size is the size of buf in bytes. On success it is set to the length of the
 * path without the NUL. If buf is too small, UV_ENOBUFS is returned, *size is
 * set to the size needed including the NUL, and buf is unchanged.
 * UV_ENAMETOOLONG if the path has more than 1,023 bytes; UV_EINVAL if a pointer
 * is NULL. */
HVUV_EXTERN int hvuv_local_folder(char* buf, size_t* size);

/* Lists the listeners in that directory, of all partitions, in no order. *count
 * is the number of elements in listeners, and is set to the number of listeners
 * that there are. If those are more, UV_ENOBUFS is returned and as many as fit
 * are written. listeners may be NULL if *count is 0.
 *
 * Whether one is live is asked of the lock beside its socket, with a lock that
 * is shared and given back at once. A listener that begins in that very moment
 * at the address of a killed one may get UV_EADDRINUSE.
 *
 *   UV_ENOENT    the directory is not there: nobody has listened yet
 *   UV_EACCES    it is not this user's alone, so no bind or connect works
 *   UV_EINVAL    count is NULL, or listeners is NULL and *count is not 0
 *
 * and UV_ENAMETOOLONG as above, or another code if it cannot be read. After
 * these *count is unchanged. A partition's directory in it that is not this
 * user's alone is passed over. */
HVUV_EXTERN int hvuv_local_list(hvuv_local_listener_t listeners[],
                                size_t* count);

#ifdef __cplusplus
}
#endif

#endif /* HVUV_LOCAL_H */
