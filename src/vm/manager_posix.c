/* Systems without Windows' managers: the partitions of `local` in which
 * somebody listens. A partition has an id and no name, so nothing here could be
 * of the name that is asked for. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "hvuv/local.h"
#include "vm/manager.h"

/* Listeners may come while they are counted; more often than this they do
 * not. */
#define ATTEMPTS 10

/* *all is to be freed. */
static int list_listeners(hvuv_local_listener_t** all, size_t* count) {
  int err = UV_ENOBUFS;
  int i;

  *all = NULL;
  *count = 0;
  for (i = 0; i < ATTEMPTS && err == UV_ENOBUFS; i++) {
    err = hvuv_local_list(*all, count);
    if (err != UV_ENOBUFS)
      break;
    hvuv__free(*all);
    *count += 8;
    *all = hvuv__calloc(*count, sizeof(**all));
    if (*all == NULL)
      return UV_ENOMEM;
  }
  return err;
}

static int compare(const void* a, const void* b) {
  const hvuv_local_listener_t* x = a;
  const hvuv_local_listener_t* y = b;

  return memcmp(&x->partition, &y->partition, sizeof(x->partition));
}

/* The host is no VM, and where nobody lives is none any more. */
static int is_vm(const hvuv_local_listener_t* listener) {
  return listener->is_live &&
         !hvuv_guid_equal(&listener->partition, &HVUV_VM_PARENT);
}

/* Once for each partition: listeners of one stand together. */
static void add_partitions(hvuv_local_listener_t all[],
                           size_t count,
                           hvuv__shelf_t* shelf) {
  const hvuv_guid_t* last = NULL;
  hvuv_vm_t vm;
  size_t i;

  assert(all != NULL);
  qsort(all, count, sizeof(all[0]), compare);
  for (i = 0; i < count; i++) {
    if (!is_vm(&all[i]) ||
        (last != NULL && hvuv_guid_equal(last, &all[i].partition)))
      continue;
    last = &all[i].partition;
    memset(&vm, 0, sizeof(vm));
    vm.id = *last;
    vm.state = HVUV_VM_STATE_RUNNING;
    memcpy(vm.owner, "local", sizeof("local"));
    hvuv__shelf_add(shelf, &vm);
  }
}

int hvuv__manager_ask(hvuv__shelf_t* shelf) {
  hvuv_local_listener_t* all;
  size_t count;
  int err;

  if (shelf->name[0] != '\0' && !shelf->by_id)
    return UV_ENOTSUP;
  err = list_listeners(&all, &count);
  if (err == 0 && all != NULL)
    add_partitions(all, count, shelf);
  hvuv__free(all);
  assert(err <= 0);
  return err == UV_ENOENT ? 0 : err;
}
