/* Who may touch a channel's rings; gate.h has the design. */
#include "bus/gate.h"

#include <assert.h>

int bus__gate_init(bus__gate_t* gate) {
  memset(gate->shut, 0, sizeof(gate->shut));
  return uv_mutex_init(&gate->mutex);
}

void bus__gate_destroy(bus__gate_t* gate) {
  uv_mutex_destroy(&gate->mutex);
}

void bus__gate_shut(bus__gate_t* gate, uint32_t relid) {
  assert(relid < BUS__RELIDS);
  uv_mutex_lock(&gate->mutex);
  gate->shut[relid]++;
  uv_mutex_unlock(&gate->mutex);
}

void bus__gate_open(bus__gate_t* gate, uint32_t relid) {
  assert(relid < BUS__RELIDS);
  uv_mutex_lock(&gate->mutex);
  assert(gate->shut[relid] > 0);
  gate->shut[relid]--;
  uv_mutex_unlock(&gate->mutex);
}

int bus__gate_enter(bus__gate_t* gate, uint32_t relid) {
  assert(relid > 0 && relid < BUS__RELIDS);
  uv_mutex_lock(&gate->mutex);
  if (gate->shut[relid] == 0)
    return 1;
  uv_mutex_unlock(&gate->mutex);
  return 0;
}

void bus__gate_leave(bus__gate_t* gate) {
  uv_mutex_unlock(&gate->mutex);
}
