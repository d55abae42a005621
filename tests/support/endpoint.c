/* A test's own place: what is the same on all systems. Files are looked at
 * through libuv, whose allocations end before the function does. */
#include "endpoint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

/* A Unix socket's path has about 100 bytes in all. */
#define TMPDIR_MAX 24

static char folder[ENDPOINT_ROOM / 2];

static void die(const char* what, int err) {
  fprintf(stderr, "endpoint: %s: %s\n", what, uv_strerror(err));
  abort();
}

/* Where there is no /tmp, the system's own folder, however long. */
static void find_base(char base[ENDPOINT_ROOM]) {
  size_t size;
  uv_fs_t req;
  int err;

  size = ENDPOINT_ROOM;
  err = uv_os_tmpdir(base, &size);
  if (err == 0 && size <= TMPDIR_MAX)
    return;
  if (uv_fs_access(NULL, &req, "/tmp", 0, NULL) == 0)
    strcpy(base, "/tmp");
  else if (err != 0)
    die("uv_os_tmpdir", err);
  uv_fs_req_cleanup(&req);
}

void endpoint_open(void) {
  char base[ENDPOINT_ROOM];
  char path[ENDPOINT_ROOM];
  uv_fs_t req;
  int err;

  find_base(base);
  snprintf(path, sizeof(path), "%.100s/hvuv-XXXXXX", base);
  err = uv_fs_mkdtemp(NULL, &req, path, NULL);
  if (err != 0)
    die("uv_fs_mkdtemp", err);
  snprintf(folder, sizeof(folder), "%s", req.path);
  uv_fs_req_cleanup(&req);

  uv_os_setenv("HVUV_LOCAL_DIR", endpoint_path("l", path));
  uv_os_unsetenv("HVUV_LOCAL_VM");
  uv_os_unsetenv("XDG_RUNTIME_DIR");
}

static void remove_tree(const char* path);

static void remove_entry(const char* parent, const uv_dirent_t* entry) {
  char path[ENDPOINT_ROOM * 2];
  uv_fs_t req;

  snprintf(path, sizeof(path), "%s/%s", parent, entry->name);
  if (entry->type == UV_DIRENT_DIR) {
    remove_tree(path);
    return;
  }
  uv_fs_unlink(NULL, &req, path, NULL);
  uv_fs_req_cleanup(&req);
}

static void remove_tree(const char* path) {
  uv_dirent_t entry;
  uv_fs_t req;

  if (uv_fs_scandir(NULL, &req, path, 0, NULL) >= 0)
    while (uv_fs_scandir_next(&req, &entry) == 0)
      remove_entry(path, &entry);
  uv_fs_req_cleanup(&req);
  uv_fs_rmdir(NULL, &req, path, NULL);
  uv_fs_req_cleanup(&req);
}

void endpoint_close(void) {
  if (folder[0] != '\0')
    remove_tree(folder);
  folder[0] = '\0';
}

char* endpoint_path(const char* name, char room[]) {
  snprintf(room, ENDPOINT_ROOM, "%s/%s", folder, name);
  return room;
}

void endpoint_play(const char* vm_id) {
  if (vm_id == NULL)
    uv_os_unsetenv("HVUV_LOCAL_VM");
  else
    uv_os_setenv("HVUV_LOCAL_VM", vm_id);
}

int endpoint_count_files(const char* path) {
  uv_fs_t req;
  int n;

  n = uv_fs_scandir(NULL, &req, path, 0, NULL);
  uv_fs_req_cleanup(&req);
  return n < 0 ? 0 : n;
}
