/* Who this process is. */
#include "local/partition.h"

#include <assert.h>
#include <string.h>
#include <uv.h>

#include "addr/alias.h"
#include "base/env.h"

int hvuv__partition_parse(const char* text, hvuv__partition_t* self) {
  memset(self, 0, sizeof(*self));
  if (text == NULL) {
    self->is_host = 1;
    return 0;
  }
  return hvuv_guid_parse(text, &self->vm_id) != 0 ||
                 hvuv__alias_is_role(&self->vm_id)
             ? UV_EINVAL
             : 0;
}

int hvuv__partition_self(hvuv__partition_t* self) {
  char text[HVUV__VM_TEXT_ROOM];
  int err;

  err = hvuv__env_get(HVUV__ENV_LOCAL_VM, text, sizeof(text));
  if (err != 0 && err != UV_ENOENT)
    return UV_EINVAL;
  return hvuv__partition_parse(err == 0 ? text : NULL, self);
}

int hvuv__partition_equal(const hvuv__partition_t* a,
                          const hvuv__partition_t* b) {
  assert(a != NULL && b != NULL);
  if (a->is_host || b->is_host)
    return a->is_host && b->is_host;
  return hvuv_guid_equal(&a->vm_id, &b->vm_id);
}
