/* The names in a folder, which libuv reads whole before the first is given. */
#include "unix/names.h"

#include <assert.h>
#include <uv.h>

int hvuv__folder_each(const char* path, hvuv__name_cb cb, void* arg) {
  uv_dirent_t entry;
  uv_fs_t req;
  int r;

  assert(path[0] != '\0' && cb != NULL);
  r = uv_fs_scandir(NULL, &req, path, 0, NULL);
  while (r >= 0 && uv_fs_scandir_next(&req, &entry) == 0)
    cb(entry.name, arg);
  uv_fs_req_cleanup(&req);
  return r < 0 ? r : 0;
}
