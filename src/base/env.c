/* The environment. Nothing is kept: a program may change it between calls. */
#include "base/env.h"

#include <assert.h>
#include <uv.h>

static const char* const names[] = {
    [HVUV__ENV_LOCAL_DIR] = "HVUV_LOCAL_DIR",
    [HVUV__ENV_LOCAL_VM] = "HVUV_LOCAL_VM",
    [HVUV__ENV_POLL] = "HVUV_POLL",
    [HVUV__ENV_XDG_RUNTIME_DIR] = "XDG_RUNTIME_DIR",
    [HVUV__ENV_LOCALAPPDATA] = "LOCALAPPDATA",
};

const char* hvuv__env_name(enum hvuv__env variable) {
  assert((size_t) variable < sizeof(names) / sizeof(names[0]));
  return names[variable];
}

int hvuv__env_get(enum hvuv__env variable, char* value, size_t size) {
  int err;

  assert(size > 0);
  err = uv_os_getenv(hvuv__env_name(variable), value, &size);
  if (err == UV_ENOBUFS)
    return UV_ENAMETOOLONG;
  if (err == 0 && value[0] == '\0')
    return UV_ENOENT;
  return err;
}
