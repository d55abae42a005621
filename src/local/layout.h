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

/* The folder of all, and which partition this process is, in one pass over the
 * environment. */
int hvuv__layout_self(char path[], hvuv__partition_t* self);

/* The same step by step, in one path of HVUV__PATH_ROOM bytes: each adds to its
 * first *len bytes, and to *len. A socket's path is a stem and for whom it is;
 * the latter fits in a socket address or does not. */
int hvuv__layout_add_folder(const hvuv__partition_t* partition,
                            char path[],
                            size_t* len);
int hvuv__layout_add_stem(const hvuv_guid_t* service_id,
                          char path[],
                          size_t* len);
int hvuv__layout_fits(char kind, size_t stem_len);
void hvuv__layout_add_whom(const hvuv__audience_t* audience,
                           char path[],
                           size_t stem_len);

/* The partition in whose folder a path lies. UV_EINVAL if it is none. */
int hvuv__layout_partition_of(const char* path,
                              size_t len,
                              hvuv__partition_t* partition);

/* The same of the folder's name alone. */
int hvuv__layout_parse_folder(const char* name,
                              size_t len,
                              hvuv__partition_t* partition);

/* The service and for whom it is, as the VM id that a listener is bound to, by
 * a socket's name. UV_EINVAL if that is no socket's. */
int hvuv__layout_parse_socket(const char* name,
                              hvuv_guid_t* service_id,
                              hvuv_guid_t* vm_id);

#endif /* HVUV_SRC_LOCAL_LAYOUT_H */
