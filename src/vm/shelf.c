#include "vm/shelf.h"

#include <assert.h>
#include <string.h>

#include "base/alloc.h"

#define check(shelf)                                                           \
  do {                                                                         \
    assert((shelf)->count <= (shelf)->room);                                   \
    assert((shelf)->room <= HVUV__VMS_MAX);                                    \
    assert(((shelf)->room == 0) == ((shelf)->vms == NULL));                    \
    assert((shelf)->err <= 0);                                                 \
  } while (0)

int hvuv__shelf_init(hvuv__shelf_t* shelf, const char* name) {
  size_t len;

  memset(shelf, 0, sizeof(*shelf));
  if (name == NULL)
    return 0;
  for (len = 0; name[len] != '\0'; len++)
    if (len == HVUV_VM_NAME_SIZE - 1)
      return UV_ENAMETOOLONG;
  if (len == 0)
    return UV_EINVAL;
  memcpy(shelf->name, name, len);
  shelf->by_id = hvuv_guid_parse(name, &shelf->id) == 0;
  check(shelf);
  return 0;
}

static int is_wanted(const hvuv__shelf_t* shelf, const hvuv_vm_t* vm) {
  if (shelf->by_id)
    return hvuv_guid_equal(&shelf->id, &vm->id);
  return shelf->name[0] == '\0' || strcmp(shelf->name, vm->name) == 0;
}

/* Room for one more, doubled each time. */
static int grow(hvuv__shelf_t* shelf) {
  size_t room = shelf->room == 0 ? 8 : shelf->room * 2;
  hvuv_vm_t* vms;

  if (shelf->room == HVUV__VMS_MAX)
    return UV_EMSGSIZE;
  vms = hvuv__malloc(room * sizeof(*vms));
  if (vms == NULL)
    return UV_ENOMEM;
  if (shelf->count > 0)
    memcpy(vms, shelf->vms, shelf->count * sizeof(*vms));
  hvuv__free(shelf->vms);
  shelf->vms = vms;
  shelf->room = room;
  return 0;
}

void hvuv__shelf_add(hvuv__shelf_t* shelf, const hvuv_vm_t* vm) {
  check(shelf);
  assert(memchr(vm->name, 0, sizeof(vm->name)) != NULL);
  assert(memchr(vm->owner, 0, sizeof(vm->owner)) != NULL);
  if (shelf->err != 0 || !is_wanted(shelf, vm))
    return;
  if (shelf->count == shelf->room)
    shelf->err = grow(shelf);
  if (shelf->err == 0)
    shelf->vms[shelf->count++] = *vm;
  check(shelf);
}

int hvuv__shelf_result(const hvuv__shelf_t* shelf) {
  check(shelf);
  if (shelf->err != 0 || shelf->name[0] == '\0')
    return shelf->err;
  if (shelf->count == 1)
    return 0;
  return shelf->count == 0 ? UV_ENOENT : UV_EMLINK;
}

void hvuv__shelf_free(hvuv__shelf_t* shelf) {
  check(shelf);
  hvuv__free(shelf->vms);
  shelf->vms = NULL;
  shelf->count = 0;
  shelf->room = 0;
}
