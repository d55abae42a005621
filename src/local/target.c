/* The paths of a connect; target.h draws them. */
#include "local/target.h"

#include <assert.h>
#include <limits.h>
#include <string.h>
#include <uv.h>

#include "local/layout.h"
#include "unix/path.h"
#include "unix/sock.h"

_Static_assert(HVUV_PATH_SIZE <= UCHAR_MAX, "lengths are bytes");

/* Puts the letter of a kind, and what it needs besides, behind the stem. */
static int put_whom(hvuv__target_t* target, char kind) {
  hvuv__audience_t whom;

  whom.kind = kind;
  memcpy(&whom.vm_id, target->caller, sizeof(whom.vm_id));
  return hvuv__layout_whom(
      &whom, target->path, target->stem_len, sizeof(target->path));
}

/* A name that does not fit is nobody's, because nobody could bind it; when none
 * fits the folder's path is too long. */
static int keep_kinds(const hvuv__reach_t* reach, hvuv__target_t* target) {
  int err;
  int i;

  assert(reach->count > 0);
  err = 0;
  target->count = 0;
  for (i = 0; i < reach->count; i++) {
    err = put_whom(target, reach->audiences[i].kind);
    if (err == 0)
      target->kinds[target->count++] = reach->audiences[i].kind;
  }
  assert(target->count > 0 || err != 0);
  return target->count > 0 ? 0 : err;
}

static int keep_path(const char* root,
                     const char* folder,
                     const char* stem,
                     hvuv__target_t* target) {
  size_t len;

  len = strlen(stem);
  if (len >= sizeof(target->path))
    return UV_ENAMETOOLONG;

  memcpy(target->path, stem, len + 1);
  target->root_len = (unsigned char) strlen(root);
  target->folder_len = (unsigned char) strlen(folder);
  target->stem_len = (unsigned char) len;
  assert(target->root_len < target->folder_len);
  assert(target->folder_len < target->stem_len);
  return 0;
}

static int compose(const hvuv_addr_t* addr,
                   const hvuv__reach_t* reach,
                   hvuv__target_t* target) {
  char root[HVUV__PATH_ROOM];
  char folder[HVUV__PATH_ROOM];
  char stem[HVUV__PATH_ROOM];
  int err;

  err = hvuv__layout_root(root);
  if (err == 0)
    err = hvuv__layout_folder(root, &reach->target, folder);
  if (err == 0)
    err = hvuv__layout_stem(folder, &addr->u.hyperv.service_id, stem);
  return err == 0 ? keep_path(root, folder, stem, target) : err;
}

int hvuv__target_find(const hvuv_addr_t* addr,
                      hvuv__partition_t* self,
                      hvuv__target_t* target) {
  hvuv__reach_t reach;
  int err;

  assert(addr->family == HVUV_LOCAL);
  err = hvuv__reach_to_connect(&addr->u.hyperv.vm_id, &reach);
  if (err == 0)
    err = compose(addr, &reach, target);
  if (err != 0)
    return err;

  *self = reach.self;
  memcpy(target->caller, &self->vm_id, sizeof(target->caller));
  target->is_checked = 0;
  return keep_kinds(&reach, target);
}

static void copy_start(const hvuv__target_t* target,
                       size_t len,
                       char path[HVUV_PATH_SIZE]) {
  assert(len > 0 && len < HVUV_PATH_SIZE);
  memcpy(path, target->path, len);
  path[len] = '\0';
}

void hvuv__target_folders(const hvuv__target_t* target,
                          char root[HVUV_PATH_SIZE],
                          char folder[HVUV_PATH_SIZE]) {
  copy_start(target, target->root_len, root);
  copy_start(target, target->folder_len, folder);
}

const char* hvuv__target_socket(hvuv__target_t* target, int n) {
  int err;

  assert(n >= 0 && n < target->count);
  err = put_whom(target, target->kinds[n]);
  assert(err == 0); /* as it was when it was found */
  (void) err;
  return target->path;
}
