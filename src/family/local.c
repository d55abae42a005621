/*
 * `local`: partitions played on one machine, over Unix sockets in a folder.
 * local/layout.h draws the folder, local/reach.h says who reaches whom.
 *
 * A caller that is a VM says so by the path that its socket is bound to,
 * FOLDER/<own id>/.<pid>-..., whose file is gone before it connects; one
 * without a name is the host. That is a claim, not a proof: whoever may open
 * the folder may say anything. This is a transport for development and tests.
 */
#include "family/family.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "local/layout.h"
#include "unix/folder.h"
#include "unix/listen.h"
#include "unix/path.h"
#include "unix/sock.h"

/* Names to sign with; see sign(). */
#define SIGN_ATTEMPTS 16

/* Callers have no service id of their own. */
static const hvuv_guid_t no_service = {0, 0, 0, {0}};

static int bind_local(hvuv_addr_t* addr,
                      uv_os_sock_t* sock,
                      hvuv__claim_t** claim) {
  char root[HVUV__PATH_ROOM];
  char folder[HVUV__PATH_ROOM];
  char path[HVUV__PATH_ROOM];
  hvuv__partition_t self;
  hvuv__reach_t reach;
  hvuv__user_t user;
  int err;

  err = hvuv__layout_self(root, &self);
  if (err == 0)
    err = hvuv__reach_to_bind(&self, &addr->u.hyperv.vm_id, &reach);
  if (err == 0)
    err = hvuv__layout_folder(root, &reach.target, folder);
  if (err == 0)
    err = hvuv__layout_socket(
        folder, &addr->u.hyperv.service_id, &reach.audiences[0], path);
  /* No folder is made where no socket can lie in it. */
  if (err == 0)
    err = hvuv__unix_supported();
  if (err != 0)
    return err;

  user = hvuv__folder_user();
  err = hvuv__folder_check_both(&user, root, folder, 1);
  return err == 0 ? hvuv__unix_listen_at(path, sock, claim) : err;
}

/* Names the socket so that the listener sees who calls. No two sockets alive
 * have the same process and descriptor; a file of that name can only be left
 * from a process that was killed just then, so the next name will do. */
static int sign(uv_os_sock_t sock, const char* folder) {
  char path[HVUV__PATH_ROOM];
  char name[64];
  int err;
  int i;

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

/* Whoever is a VM has a folder of its own, for its name. */
static int introduce(uv_os_sock_t sock,
                     const hvuv__user_t* user,
                     const hvuv__partition_t* self,
                     const hvuv__target_t* target) {
  char root[HVUV_PATH_SIZE];
  char folder[HVUV_PATH_SIZE];
  char own[HVUV__PATH_ROOM];
  int err;

  assert(!self->is_host); /* who needs no name */
  hvuv__target_folders(target, root, folder);
  err = hvuv__layout_folder(root, self, own);
  if (err == 0)
    err = hvuv__folder_check_both(user, root, own, 1);
  return err == 0 ? sign(sock, own) : err;
}

/* A partition without a folder has no sockets. */
static int check_folders(const hvuv__user_t* user, hvuv__target_t* target) {
  char root[HVUV_PATH_SIZE];
  char folder[HVUV_PATH_SIZE];
  int err;

  hvuv__target_folders(target, root, folder);
  err = hvuv__folder_check_both(user, root, folder, 0);
  if (err != 0 && err != UV_ENOENT)
    return err;
  if (err == UV_ENOENT)
    target->count = 0;
  target->is_checked = 1;
  return 0;
}

/* The same, unless they were just now looked at for another call. */
static int trust_folders(const hvuv__user_t* user,
                         hvuv__target_t* target,
                         hvuv__trust_t* trust) {
  int err;

  if (user->is_known && hvuv__trust_has(trust, target, user->id)) {
    target->is_checked = 1;
    return 0;
  }
  err = check_folders(user, target);
  if (err == 0 && target->count > 0 && user->is_known)
    hvuv__trust_keep(trust, target, user->id);
  return err;
}

static int dial(const hvuv_addr_t* addr,
                uint64_t timeout_ms,
                uv_os_sock_t* sock,
                hvuv_addr_t* local,
                hvuv__target_t* target,
                hvuv__trust_t* trust) {
  hvuv__partition_t self;
  hvuv__user_t user;
  int err;

  (void) timeout_ms;
  err = hvuv__target_find(addr, &self, target);
  if (err == 0)
    err = hvuv__unix_socket(sock);
  if (err != 0)
    return err;

  user = hvuv__folder_user();
  err = trust_folders(&user, target, trust);
  if (err == 0 && !self.is_host)
    err = introduce(*sock, &user, &self, target);
  if (err != 0) {
    hvuv__sys_close(*sock);
    *sock = HVUV__NO_SOCK;
    return err;
  }
  return hvuv_addr_local(
      local, self.is_host ? &HVUV_VM_LOOPBACK : &self.vm_id, &no_service);
}

/* The first attempt comes right behind dial(), which has looked at the folders;
 * much may have happened to them before a later one. One that comes because a
 * connect under way was refused goes on behind it; any other begins anew. */
static int connect_local(uv_os_sock_t sock,
                         const hvuv_addr_t* addr,
                         hvuv__target_t* target) {
  hvuv__user_t user;
  int r = 0;
  int i;

  (void) addr;
  if (!target->is_checked) {
    user = hvuv__folder_user();
    r = check_folders(&user, target);
  }
  if (r != 0)
    return r;

  i = target->next;
  target->is_checked = 0;
  target->next = 0;
  for (; i < target->count; i++) {
    r = hvuv__unix_connect(sock, hvuv__target_socket(target, i));
    if (r == HVUV__IN_PROGRESS)
      target->next = (unsigned char) (i + 1);
    if (r != UV_ENOENT && r != UV_ECONNREFUSED)
      return r;
  }
  return UV_ECONNREFUSED; /* none is there */
}

/* Windows may know of a refusal later than connect(). */
static int has_more(const hvuv__target_t* target) {
  return target->next > 0 && target->next < target->count;
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
    return hvuv__layout_partition_of(path, strlen(path), caller);

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
  assert(claim != NULL);
  path = hvuv__claim_path(claim, &path_len);
  err = hvuv__layout_partition_of(path, path_len, &self);
  if (err == 0)
    err = find_caller(name, len, &caller);
  if (err != 0)
    return err;

  if (hvuv__partition_equal(&self, &caller))
    vm_id = &HVUV_VM_LOOPBACK;
  else
    vm_id = caller.is_host ? &HVUV_VM_PARENT : &caller.vm_id;
  err = hvuv_addr_local(peer, vm_id, &no_service);
  if (err == 0 &&
      !hvuv__reach_admits(&self, &listener->u.hyperv.vm_id, &caller))
    err = UV_EACCES;
  return err;
}

const hvuv__family_t hvuv__family_local = {
    .supported = hvuv__unix_supported,
    .bind = bind_local,
    .dial = dial,
    .connect = connect_local,
    .has_more = has_more,
    .accepted = accepted,
    .close_ends = 1,
};
