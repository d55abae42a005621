/* Several variables one by one, for systems that keep no list to go through. */
#include "base/env.h"

#include <assert.h>

void hvuv__env_get_all(hvuv__env_slot_t slots[], size_t count) {
  size_t i;

  assert(count <= HVUV__ENV_COUNT);
  for (i = 0; i < count; i++)
    slots[i].err =
        hvuv__env_get(slots[i].variable, slots[i].value, slots[i].size);
}
