/* Windows has no CIDs and nothing of Linux' vsock to find out about. */
#include <uv.h>

#include "explain/probe.h"
#include "hvuv/explain.h"

void hvuv__probe_vsock(hvuv__facts_t* facts) {
  facts->is_windows = 1;
}

int hvuv_local_cid(uint32_t* cid) {
  return cid == NULL ? UV_EINVAL : UV_ENOTSUP;
}
