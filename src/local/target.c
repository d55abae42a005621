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

/* A name that does not fit is nobody's, because nobody could bind it; when none
 * fits the folder's path is too long. */
static int keep_kinds(const hvuv__reach_t* reach, hvuv__target_t* target) {
  int i;

  assert(reach->count > 0);
  target->count = 0;
  for (i = 0; i < reach->count; i++)
    if (hvuv__layout_fits(reach->audiences[i].kind, target->stem_len))
      target->kinds[target->count++] = reach->audiences[i].kind;
  return target->count > 0 ? 0 : UV_ENAMETOOLONG;
}

/* One path grows from step to step, of which there is the first. */
static int compose(const hvuv_addr_t* addr,
                   const hvuv__reach_t* reach,
                   char path[],
                   hvuv__target_t* target) {
  size_t folder_len;
  size_t root_len;
  size_t len;
  int err;

  len = root_len = strlen(path);
  err = hvuv__layout_add_folder(&reach->target, path, &len);
  folder_len = len;
  if (err == 0)
    err = hvuv__layout_add_stem(&addr->u.hyperv.service_id, path, &len);
  if (err != 0 || len >= sizeof(target->path))
    return UV_ENAMETOOLONG;

  memcpy(target->path, path, len + 1);
  target->root_len = (unsigned char) root_len;
  target->folder_len = (unsigned char) folder_len;
  target->stem_len = (unsigned char) len;
  assert(root_len < folder_len && folder_len < len);
  return 0;
}

int hvuv__target_find(const hvuv_addr_t* addr,
                      hvuv__partition_t* self,
                      hvuv__target_t* target) {
  char path[HVUV__PATH_ROOM];
  hvuv__reach_t reach;
  int err;

  assert(addr->family == HVUV_LOCAL);
  err = hvuv__layout_self(path, self);
  if (err == 0)
    err = hvuv__reach_to_connect(self, &addr->u.hyperv.vm_id, &reach);
  if (err == 0)
    err = compose(addr, &reach, path, target);
  if (err != 0)
    return err;

  memcpy(target->caller, &self->vm_id, sizeof(target->caller));
  target->is_checked = 0;
  target->next = 0;
  return keep_kinds(&reach, target);
}

static void copy_start(const hvuv__target_t* target,
                       size_t len,
                       char path[HVUV_PATH_SIZE]) {
  assert(len > 0 && len < HVUV_PATH_SIZE);
  memcpy(path, target->path, HVUV_PATH_SIZE); /* cheaper than len bytes */
  path[len] = '\0';
}

void hvuv__target_folders(const hvuv__target_t* target,
                          char root[HVUV_PATH_SIZE],
                          char folder[HVUV_PATH_SIZE]) {
  copy_start(target, target->root_len, root);
  copy_start(target, target->folder_len, folder);
}

const char* hvuv__target_socket(hvuv__target_t* target, int n) {
  hvuv__audience_t whom;

  assert(n >= 0 && n < target->count);
  whom.kind = target->kinds[n];
  memcpy(&whom.vm_id, target->caller, sizeof(whom.vm_id));
  hvuv__layout_add_whom(&whom, target->path, target->stem_len);
  return target->path;
}
