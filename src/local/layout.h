/*
 * How the folder of `local` is laid out. Composes and reads names; touches no
 * socket and no file.
 *
 *   FOLDER/                        this user's alone (unix/folder.h), or refused
 *     host/                        one sub-folder a partition: "host", or the
 *     0123...cdef/                 32 hex digits of a VM id
 *       5000.a                     one socket a service and whom it is for
 *       5000.a.lock                its claim (unix/claim.h)
 *       .<pid>-<socket>-<n>        a caller's name, gone before it connects
 *
 *   FOLDER   $HVUV_LOCAL_DIR, else the user's own (unix/runtime_dir.h)
 *   service  a port, or the 32 hex digits of a service id
 *   whom     one letter of reach.h, behind v the 32 hex digits of a VM id
 */
#ifndef HVUV_SRC_LOCAL_LAYOUT_H
#define HVUV_SRC_LOCAL_LAYOUT_H

#include <stddef.h>

#include "local/reach.h"

/* Compose paths, of HVUV__PATH_ROOM bytes: the folder of all, a partition's in
 * it, a socket's in that. UV_ENAMETOOLONG if one does not fit there, or the
 * socket's not in a socket address. */
int hvuv__layout_root(char path[]);
int hvuv__layout_folder(const char* root,
                        const hvuv__partition_t* partition,
                        char path[]);
int hvuv__layout_socket(const char* folder,
                        const hvuv_guid_t* service_id,
                        const hvuv__audience_t* audience,
                        char path[]);

/* A socket's path in two steps, for who tries several: what comes before the
 * letter of whom it is for, then, behind `len` bytes of such a path, the rest.
 * UV_ENAMETOOLONG if that does not fit in a socket address or in `room`; then
 * the path is as it was. */
int hvuv__layout_stem(const char* folder,
                      const hvuv_guid_t* service_id,
                      char path[]);
int hvuv__layout_whom(const hvuv__audience_t* audience,
                      char path[],
                      size_t len,
                      size_t room);

/* The partition in whose folder a path lies. UV_EINVAL if it is none. */
int hvuv__layout_partition_of(const char* path,
                              size_t len,
                              hvuv__partition_t* partition);

#endif /* HVUV_SRC_LOCAL_LAYOUT_H */
