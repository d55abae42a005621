/*
 * `local`: partitions played on one machine, over Unix sockets in a folder.
 *
 *   FOLDER/                        this user's alone (unix_path.h), or refused
 *     host/                        one sub-folder a partition: "host", or the
 *     0123...cdef/                 32 hex digits of a VM id
 *       5000.a                     one socket a service and whom it is for
 *       5000.a.lock                its claim, see claim.h
 *
 *   FOLDER   $HVUV_LOCAL_DIR, else $XDG_RUNTIME_DIR/hvuv, else hvuv-<uid> in
 *            the temporary folder; on Windows $HVUV_LOCAL_DIR, else
 *            %LOCALAPPDATA%\hvuv, else hvuv-<user> in the temporary folder
 *   service  a port, or the 32 hex digits of a service id
 *   whom     a (any), l (the same partition), c (children), p (the parent),
 *            v<VM id> (that VM)
 *
 * Whom a listener accepts is part of its socket's name, so that a connect from
 * elsewhere finds nobody there, as on Hyper-V, instead of being accepted and
 * dropped. This process's partition is the VM id in $HVUV_LOCAL_VM, or the
 * host. Who reaches whom, and by which names, the first that is there winning:
 *
 *   from    to an address of         looks in       for
 *   any     loopback, own VM id      own folder     l, a
 *   VM      parent                   host/          v<own id>, c, a
 *   host    a VM id                  that VM's      p, a
 *
 * All else cannot be reached: UV_EADDRNOTAVAIL. A caller that is a VM says so
 * by the path that its socket is bound to, FOLDER/<own id>/.<pid>-..., whose
 * file is gone before it connects; one without a name is the host. That is a
 * claim, not a proof: whoever may open the folder may say anything. This is a
 * transport for development and tests.
 */
#include "family/family.h"

#include <stdio.h>
#include <string.h>

#include "local/partition.h"
#include "unix/unix_path.h"

/* Names to sign with; see sign(). */
#define SIGN_ATTEMPTS 16

/* The sockets that a connect tries, in order, and the folders they are in. */
typedef struct targets_s {
  char root[HVUV__PATH_ROOM];
  char folder[HVUV__PATH_ROOM];
  char path[HVUV__CANDIDATES_MAX][HVUV__PATH_ROOM];
  int count;
} targets_t;

/* Callers have no service id of their own. */
static const hvuv_guid_t no_service = {0, 0, 0, {0}};

/* Checks a partition's folder and the one above it, or makes them. */
static int check_folders(const char* root, const char* folder, int create) {
  int err;

  err = hvuv__folder_check(root, create);
  return err == 0 ? hvuv__folder_check(folder, create) : err;
}

static int bind_local(hvuv_addr_t* addr,
                      uv_os_sock_t* sock,
                      hvuv__claim_t** claim) {
  char root[HVUV__PATH_ROOM];
  char folder[HVUV__PATH_ROOM];
  char path[HVUV__PATH_ROOM];
  hvuv__route_t route;
  int err;

  err = hvuv__route_to_bind(&addr->u.hyperv.vm_id, &route);
  if (err == 0)
    err = hvuv__partition_root(root);
  if (err == 0)
    err = hvuv__partition_folder(root, &route.target, folder);
  if (err == 0)
    err = hvuv__partition_socket(
        folder, &addr->u.hyperv.service_id, route.whom[0], path);
  /* No folder is made where no socket can lie in it. */
  if (err == 0)
    err = hvuv__unix_supported();
  if (err == 0)
    err = check_folders(root, folder, 1);
  return err == 0 ? hvuv__unix_listen_at(path, sock, claim) : err;
}

/* Names the socket so that the listener sees who calls. No two sockets alive
 * have the same process and descriptor; a file of that name can only be left
 * from a process that was killed just then, so the next name will do. */
static int sign(uv_os_sock_t sock, const hvuv__partition_t* self) {
  char root[HVUV__PATH_ROOM];
  char folder[HVUV__PATH_ROOM];
  char path[HVUV__PATH_ROOM];
  char name[64];
  int err;
  int i;

  err = hvuv__partition_root(root);
  if (err == 0)
    err = hvuv__partition_folder(root, self, folder);
  if (err == 0)
    err = check_folders(root, folder, 1);
  if (err != 0)
    return err;

  err = UV_EADDRINUSE;
  for (i = 0; i < SIGN_ATTEMPTS && err == UV_EADDRINUSE; i++) {
    snprintf(name,
             sizeof(name),
             ".%ld-%ld-%d",
             (long) uv_os_getpid(),
             (long) sock,
             i);
    err = hvuv__path_join(folder, name, path);
    if (err == 0)
      err = hvuv__unix_sign(sock, path);
  }
  return err;
}

/* A name that does not fit is nobody's, because nobody could bind it; when none
 * fits the folder's path is too long. */
static int compose_paths(const hvuv_addr_t* addr,
                         const hvuv__route_t* route,
                         targets_t* targets) {
  int err;
  int i;

  err = 0;
  targets->count = 0;
  for (i = 0; i < route->count; i++) {
    err = hvuv__partition_socket(targets->folder,
                                 &addr->u.hyperv.service_id,
                                 route->whom[i],
                                 targets->path[targets->count]);
    if (err == 0)
      targets->count++;
  }
  return targets->count > 0 ? 0 : err;
}

/* Where an address leads; looks at no file. */
static int find_targets(const hvuv_addr_t* addr,
                        hvuv__route_t* route,
                        targets_t* targets) {
  int err;

  err = hvuv__route_to_connect(&addr->u.hyperv.vm_id, route);
  if (err == 0)
    err = hvuv__partition_root(targets->root);
  if (err == 0)
    err =
        hvuv__partition_folder(targets->root, &route->target, targets->folder);
  return err == 0 ? compose_paths(addr, route, targets) : err;
}

/* A partition without a folder has no sockets. */
static int check_targets(targets_t* targets) {
  int err;

  err = check_folders(targets->root, targets->folder, 0);
  if (err != UV_ENOENT)
    return err;
  targets->count = 0;
  return 0;
}

static int dial(const hvuv_addr_t* addr,
                uint64_t timeout_ms,
                uv_os_sock_t* sock,
                hvuv_addr_t* local) {
  hvuv__route_t route;
  targets_t targets;
  int err;

  (void) timeout_ms;
  err = find_targets(addr, &route, &targets);
  if (err == 0)
    err = hvuv__unix_socket(sock);
  if (err != 0)
    return err;

  err = check_targets(&targets);
  if (err == 0 && !route.self.is_host)
    err = sign(*sock, &route.self);
  if (err != 0) {
    hvuv__sys_close(*sock);
    *sock = HVUV__NO_SOCK;
    return err;
  }
  return hvuv_addr_local(local,
                         route.self.is_host ? &HVUV_VM_LOOPBACK
                                            : &route.self.vm_id,
                         &no_service);
}

static int connect_local(uv_os_sock_t sock, const hvuv_addr_t* addr) {
  hvuv__route_t route;
  targets_t targets;
  int r;
  int i;

  r = find_targets(addr, &route, &targets);
  if (r == 0)
    r = check_targets(&targets);
  if (r != 0)
    return r;

  for (i = 0; i < targets.count; i++) {
    r = hvuv__unix_connect(sock, targets.path[i]);
    if (r != UV_ENOENT && r != UV_ECONNREFUSED)
      return r;
  }
  return UV_ECONNREFUSED;
}

static int find_caller(const struct sockaddr* name,
                       size_t len,
                       hvuv__partition_t* caller) {
  char path[HVUV__PATH_ROOM];
  int err;

  err = hvuv__unix_path_of(name, len, path);
  if (err != 0)
    return err;
  if (path[0] != '\0')
    return hvuv__partition_of_path(path, strlen(path), caller);

  memset(caller, 0, sizeof(*caller));
  caller->is_host = 1;
  return 0;
}

static int accepted(const struct sockaddr* name,
                    size_t len,
                    const hvuv_addr_t* listener,
                    const hvuv__claim_t* claim,
                    hvuv_addr_t* peer) {
  const hvuv_guid_t* vm_id;
  hvuv__partition_t caller;
  hvuv__partition_t self;
  const char* path;
  size_t path_len;
  int err;

  /* By the listener's own path, not by the environment of now. */
  path = hvuv__claim_path(claim, &path_len);
  err = hvuv__partition_of_path(path, path_len, &self);
  if (err == 0)
    err = find_caller(name, len, &caller);
  if (err != 0)
    return err;
  if (!hvuv__partition_may_enter(&self, &listener->u.hyperv.vm_id, &caller))
    return UV_EACCES;

  if (hvuv__partition_equal(&self, &caller))
    vm_id = &HVUV_VM_LOOPBACK;
  else
    vm_id = caller.is_host ? &HVUV_VM_PARENT : &caller.vm_id;
  return hvuv_addr_local(peer, vm_id, &no_service);
}

const hvuv__family_t hvuv__family_local = {
    .supported = hvuv__unix_supported,
    .bind = bind_local,
    .dial = dial,
    .connect = connect_local,
    .accepted = accepted,
};
