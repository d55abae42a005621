/* The environment. Nothing is kept: a program may change it between calls. */
#include "base/env.h"

#include <assert.h>
#include <uv.h>

#define NAME(text)                                                             \
  { text, sizeof(text) - 1 }

static const hvuv__env_name_t names[] = {
    [HVUV__ENV_LOCAL_DIR] = NAME("HVUV_LOCAL_DIR"),
    [HVUV__ENV_LOCAL_VM] = NAME("HVUV_LOCAL_VM"),
    [HVUV__ENV_POLL] = NAME("HVUV_POLL"),
    [HVUV__ENV_XDG_RUNTIME_DIR] = NAME("XDG_RUNTIME_DIR"),
    [HVUV__ENV_LOCALAPPDATA] = NAME("LOCALAPPDATA"),
};

const hvuv__env_name_t* hvuv__env_name(enum hvuv__env variable) {
  assert((size_t) variable < sizeof(names) / sizeof(names[0]));
  return &names[variable];
}

int hvuv__env_get(enum hvuv__env variable, char* value, size_t size) {
  int err;

  assert(size > 0);
  err = uv_os_getenv(hvuv__env_name(variable)->text, value, &size);
  if (err == UV_ENOBUFS)
    return UV_ENAMETOOLONG;
  if (err == 0 && value[0] == '\0')
    return UV_ENOENT;
  return err;
}
