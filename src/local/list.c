/*
 * hvuv_local_folder() and hvuv_local_list(): who listens, read from the folder.
 * layout.h draws it. What is no name that a listener makes is passed over:
 * locks, callers' names, files of somebody else.
 */
#include "hvuv/local.h"

#include <assert.h>
#include <string.h>
#include <uv.h>

#include "local/layout.h"
#include "unix/folder.h"
#include "unix/held.h"
#include "unix/look.h"
#include "unix/names.h"
#include "unix/path.h"

typedef struct list_s {
  hvuv_local_listener_t* out;
  size_t room;
  size_t found;
  const char* root;
  hvuv__partition_t partition; /* whose folder is being read, and the folder */
  char folder[HVUV__PATH_ROOM];
} list_t;

static void add(const list_t* list,
                const hvuv_guid_t* service_id,
                const hvuv_guid_t* vm_id,
                const char* path) {
  hvuv_local_listener_t* listener = &list->out[list->found];

  assert(list->found < list->room);
  memset(listener, 0, sizeof(*listener));
  listener->partition =
      list->partition.is_host ? HVUV_VM_PARENT : list->partition.vm_id;
  listener->is_live = hvuv__claim_is_held(path);
  hvuv_addr_local(&listener->addr, vm_id, service_id);
}

/* What cannot be looked at may be one. */
static int may_be_socket(const char* path) {
  enum hvuv__at_path found = hvuv__unix_look(path);

  return found == HVUV__AT_SOCKET || found == HVUV__AT_UNKNOWN;
}

static void on_socket(const char* name, void* arg) {
  char path[HVUV__PATH_ROOM];
  list_t* list = arg;
  hvuv_guid_t service_id;
  hvuv_guid_t vm_id;

  if (hvuv__layout_parse_socket(name, &service_id, &vm_id) != 0 ||
      hvuv__path_join(list->folder, name, path) != 0 || !may_be_socket(path))
    return;
  if (list->found < list->room)
    add(list, &service_id, &vm_id, path);
  list->found++;
}

static void on_folder(const char* name, void* arg) {
  list_t* list = arg;

  if (hvuv__layout_parse_folder(name, strlen(name), &list->partition) != 0 ||
      hvuv__path_join(list->root, name, list->folder) != 0 ||
      hvuv__folder_check(list->folder, 0) != 0)
    return;
  hvuv__folder_each(list->folder, on_socket, list);
}

int hvuv_local_list(hvuv_local_listener_t listeners[], size_t* count) {
  char root[HVUV__PATH_ROOM];
  list_t list;
  int err;

  if (count == NULL || (listeners == NULL && *count != 0))
    return UV_EINVAL;
  err = hvuv__layout_root(root);
  if (err == 0)
    err = hvuv__folder_check(root, 0);
  if (err != 0)
    return err;

  memset(&list, 0, sizeof(list));
  list.out = listeners;
  list.room = *count;
  list.root = root;
  err = hvuv__folder_each(root, on_folder, &list);
  if (err != 0)
    return err;
  *count = list.found;
  return list.found > list.room ? UV_ENOBUFS : 0;
}

int hvuv_local_folder(char* buf, size_t* size) {
  char root[HVUV__PATH_ROOM];
  size_t len;
  int err;

  if (buf == NULL || size == NULL)
    return UV_EINVAL;
  err = hvuv__layout_root(root);
  if (err != 0)
    return err;

  len = strlen(root);
  assert(len > 0 && len < sizeof(root));
  if (*size <= len) {
    *size = len + 1;
    return UV_ENOBUFS;
  }
  memcpy(buf, root, len + 1);
  *size = len;
  return 0;
}
