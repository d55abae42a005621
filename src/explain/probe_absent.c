/* Systems that have no AF_VSOCK to find anything out about. */
#include <uv.h>

#include "explain/probe.h"
#include "hvuv/explain.h"

void hvuv__probe_vsock(hvuv__facts_t* facts) {
  (void) facts;
}

int hvuv_local_cid(uint32_t* cid) {
  return cid == NULL ? UV_EINVAL : UV_ENOTSUP;
}
