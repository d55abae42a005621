/* The headers of unix/ without files. */
#include "fake_unix.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "support/net.h"
#include "sys/sys.h"
#include "unix/claim.h"
#include "unix/folder.h"
#include "unix/held.h"
#include "unix/listen.h"
#include "unix/look.h"
#include "unix/names.h"
#include "unix/path.h"
#include "unix/runtime_dir.h"
#include "unix/sock.h"

struct hvuv__claim_s {
  size_t len;
  char path[HVUV__PATH_ROOM];
};

static int claimed;
static int claim_error;
static int folder_error;
static int folder_looks; /* that still go well */
static int folders_looked_at;
static hvuv__user_t user;

void fake_unix_reset(void) {
  claimed = 0;
  claim_error = 0;
  folder_error = 0;
  folder_looks = 0;
  folders_looked_at = 0;
  user.is_known = 1;
  user.id = 1000;
}

void fake_unix_check(void) {
  if (claimed != 0)
    fail_msg("%d paths are still claimed", claimed);
}

void fake_claim_fails(int err) {
  claim_error = err;
}

void fake_folder_fails(int looks, int err) {
  folder_looks = looks;
  folder_error = err;
}

int fake_folder_looks(void) {
  return folders_looked_at;
}

void fake_user(int is_known, unsigned long id) {
  user.is_known = is_known;
  user.id = id;
}

/* --- claim.h ------------------------------------------------------------- */

int hvuv__claim_take(const char* path, hvuv__claim_t** claim) {
  hvuv__claim_t* c;
  int err;

  err = claim_error;
  claim_error = 0;
  if (err != 0)
    return err;
  c = hvuv__calloc(1, sizeof(*c));
  if (c == NULL)
    return UV_ENOMEM;

  c->len = strlen(path);
  memcpy(c->path, path, c->len);
  claimed++;
  *claim = c;
  return 0;
}

const char* hvuv__claim_path(const hvuv__claim_t* claim, size_t* len) {
  *len = claim->len;
  return claim->path;
}

int hvuv__claim_chmod(const hvuv__claim_t* claim, int flags) {
  (void) claim;
  (void) flags;
  return 0;
}

int hvuv__claim_is_bound(const hvuv__claim_t* claim) {
  (void) claim;
  return 1;
}

void hvuv__claim_bound(hvuv__claim_t* claim) {
  (void) claim;
}

void hvuv__claim_release(hvuv__claim_t* claim) {
  claimed--;
  hvuv__free(claim);
}

void hvuv__claim_abandon(hvuv__claim_t* claim) {
  hvuv__claim_release(claim);
}

/* --- held.h, look.h, names.h: nothing is there ---------------------------- */

int hvuv__claim_is_held(const char* path) {
  (void) path;
  return 0;
}

enum hvuv__at_path hvuv__unix_look(const char* path) {
  (void) path;
  return HVUV__AT_NOTHING;
}

int hvuv__folder_each(const char* path, hvuv__name_cb cb, void* arg) {
  (void) path;
  (void) cb;
  (void) arg;
  return UV_ENOENT;
}

/* --- sock.h, listen.h ---------------------------------------------------- */

size_t hvuv__unix_path_limit(void) {
  return sizeof(((struct sockaddr_un*) 0)->sun_path);
}

int hvuv__unix_supported(void) {
  return 0;
}

int hvuv__unix_socket(uv_os_sock_t* sock) {
  return hvuv__sys_socket(AF_UNIX, 0, sock);
}

static int to_name(const char* path, struct sockaddr_un* name) {
  if (strlen(path) >= sizeof(name->sun_path))
    return UV_ENAMETOOLONG;
  memset(name, 0, sizeof(*name));
  name->sun_family = AF_UNIX;
  memcpy(name->sun_path, path, strlen(path));
  return 0;
}

int hvuv__unix_sign(uv_os_sock_t sock, const char* path) {
  struct sockaddr_un name;
  int err;

  err = to_name(path, &name);
  if (err != 0)
    return err;
  return hvuv__sys_bind(sock, (struct sockaddr*) &name, sizeof(name));
}

int hvuv__unix_listen_at(const char* path,
                         uv_os_sock_t* sock,
                         hvuv__claim_t** claim) {
  int err;

  err = hvuv__claim_take(path, claim);
  if (err != 0)
    return err;

  err = hvuv__unix_socket(sock);
  if (err == 0) {
    err = hvuv__unix_sign(*sock, path);
    if (err != 0)
      hvuv__sys_close(*sock);
  }
  if (err != 0)
    hvuv__claim_abandon(*claim);
  return err;
}

int hvuv__unix_connect(uv_os_sock_t sock, const char* path) {
  struct sockaddr_un name;
  int err;

  err = to_name(path, &name);
  if (err != 0)
    return err;
  return hvuv__sys_connect(sock, (struct sockaddr*) &name, sizeof(name));
}

int hvuv__unix_path_of(const struct sockaddr* name, size_t len, char room[]) {
  const struct sockaddr_un* un = (const struct sockaddr_un*) name;

  if (name->sa_family != AF_UNIX)
    return UV_EINVAL;
  room[0] = '\0';
  if (len > offsetof(struct sockaddr_un, sun_path))
    strcpy(room, un->sun_path);
  return 0;
}

/* --- folder.h, runtime_dir.h, path.h --------------------------------------- */

int hvuv__folder_check(const char* path, int create) {
  (void) path;
  (void) create;
  folders_looked_at++;
  return folder_looks-- > 0 ? 0 : folder_error;
}

hvuv__user_t hvuv__folder_user(void) {
  return user;
}

int hvuv__folder_check_both(const hvuv__user_t* whose,
                            const char* outer,
                            const char* inner,
                            int create) {
  int err;

  assert_int_equal(whose->id, user.id);
  err = hvuv__folder_check(outer, create);
  return err == 0 ? hvuv__folder_check(inner, create) : err;
}

int hvuv__runtime_dir(char path[]) {
  strcpy(path, "/default");
  return 0;
}

/* Paths are POSIX's on every system, and absolute. */
int hvuv__path_is_separator(char byte) {
  return byte == '/';
}

size_t hvuv__path_last_name(const char* path, size_t len) {
  while (len > 0 && path[len - 1] != '/')
    len--;
  return len;
}

int hvuv__path_absolute(char path[]) {
  (void) path;
  return 0;
}

int hvuv__path_add(char path[],
                   size_t* len,
                   const char* name,
                   size_t name_len) {
  if (*len + 1 + name_len >= HVUV__PATH_ROOM)
    return UV_ENAMETOOLONG;
  path[*len] = '/';
  memcpy(path + *len + 1, name, name_len);
  *len += 1 + name_len;
  path[*len] = '\0';
  return 0;
}

int hvuv__path_join(const char* folder, const char* name, char path[]) {
  size_t len = strlen(folder);

  if (len >= HVUV__PATH_ROOM)
    return UV_ENAMETOOLONG;
  strcpy(path, folder);
  return hvuv__path_add(path, &len, name, strlen(name));
}
