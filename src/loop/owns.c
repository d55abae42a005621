/* Whose handles are whose. */
#include "base/handle.h"
#include "hvuv/loop.h"

int hvuv_owns_handle(const uv_handle_t* handle) {
  return handle != NULL && hvuv__handle_is_ours(handle);
}
