/*
 * Partitions as folders: what `local` addresses mean on this machine. Reads the
 * environment and composes paths; touches no socket and no file. family/local.c
 * says how the folder is laid out.
 */
#ifndef HVUV_SRC_LOCAL_PARTITION_H
#define HVUV_SRC_LOCAL_PARTITION_H

#include <stddef.h>

#include "hvuv/guid.h"
#include "unix/unix_path.h"

/* 32 hex digits and the NUL. */
#define HVUV__HEX_ROOM 33

/* Names to try for one connect. */
#define HVUV__CANDIDATES_MAX 3

typedef struct hvuv__partition_s {
  int is_host;
  hvuv_guid_t vm_id; /* unless it is the host */
} hvuv__partition_t;

/* Where an address leads: the partition whose folder holds the sockets, and
 * for whom they must be, as at the end of their names. */
typedef struct hvuv__route_s {
  hvuv__partition_t self;
  hvuv__partition_t target;
  char whom[HVUV__CANDIDATES_MAX][HVUV__HEX_ROOM + 1];
  int count;
} hvuv__route_t;

/* To bind to vm_id, and to connect to it, from this process. UV_EINVAL if
 * $HVUV_LOCAL_VM is no VM id, UV_EADDRNOTAVAIL if vm_id leads nowhere. */
int hvuv__route_to_bind(const hvuv_guid_t* vm_id, hvuv__route_t* route);
int hvuv__route_to_connect(const hvuv_guid_t* vm_id, hvuv__route_t* route);

/* A variable of the environment, which counts as unset when it is empty:
 * UV_ENOENT. UV_ENAMETOOLONG if there is no room for it. */
int hvuv__partition_env(const char* name, char* value, size_t size);

/* Compose paths, of HVUV__PATH_ROOM bytes: the folder of all, a partition's in
 * it, a socket's in that. UV_ENAMETOOLONG if one does not fit there, or the
 * socket's not in a socket address. */
int hvuv__partition_root(char path[]);
int hvuv__partition_folder(const char* root,
                           const hvuv__partition_t* partition,
                           char path[]);
int hvuv__partition_socket(const char* folder,
                           const hvuv_guid_t* service_id,
                           const char* whom,
                           char path[]);

/* The partition in whose folder a path lies. UV_EINVAL if it is none. */
int hvuv__partition_of_path(const char* path,
                            size_t len,
                            hvuv__partition_t* partition);

int hvuv__partition_equal(const hvuv__partition_t* a,
                          const hvuv__partition_t* b);

/* Whether a listener in `self` bound to vm_id is for this caller: what the
 * names of the sockets arrange already, for callers that keep to them. */
int hvuv__partition_may_enter(const hvuv__partition_t* self,
                              const hvuv_guid_t* vm_id,
                              const hvuv__partition_t* caller);

#endif /* HVUV_SRC_LOCAL_PARTITION_H */
