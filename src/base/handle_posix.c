/* A closed handle has no requests that may take their time. */
#include "base/handle.h"

#include <assert.h>

int hvuv__handle_lingers(uv_handle_t* handle) {
  assert(!hvuv__handle_is_open(handle));
  (void) handle;
  return 0;
}

void hvuv__handle_pause(uv_work_t* work) {
  (void) work;
}
