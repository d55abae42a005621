/*
 * What the guest asks of its host by hypercalls, and who serves it. The machine takes
 * the calls apart and hands them on; of VMBus it knows nothing.
 *
 *   POST_MESSAGE 0x5c   always slow: the input is 256 bytes in the guest's memory,
 *                       8-aligned and within a page, and copied before it is looked at:
 *                       connection u32, 0 u32, type u32, payload size u32, payload
 *   SIGNAL_EVENT 0x5d   fast or slow, the 8 bytes are the parameter: KVM has read them
 */
#ifndef HVSOCK_MACHINE_GUEST_CALLS_H
#define HVSOCK_MACHINE_GUEST_CALLS_H

#include <stddef.h>
#include <stdint.h>

#include "machine/ram.h"

/* What hypercalls return (HV_STATUS_...). */
enum {
  CALL_SUCCESS = 0,
  CALL_INVALID_CODE = 2,
  CALL_INVALID_INPUT = 3,
  CALL_INVALID_ALIGNMENT = 4,
  CALL_INVALID_PARAMETER = 5
};

/* The host side. All is called in the vcpu's thread, but slot_free in any, and none of
 * it may wait for the guest. */
typedef struct guest_host_s {
  void* context;
  uint64_t (*posted)(void* context,
                     uint32_t connection,
                     uint32_t type,
                     const void* payload,
                     size_t len);
  uint64_t (*signalled)(void* context, uint64_t connection);
  void (*synic)(void* context,
                uint64_t control,
                uint64_t events,
                uint64_t messages);
  void (*slot_free)(void* context);
} guest_host_t;

typedef struct guest_calls_s {
  const ram_t* ram;
  const guest_host_t* host;
  uint64_t posts;
  uint64_t signals;
  uint64_t refused; /* all but CALL_SUCCESS */
} guest_calls_t;

/* One hypercall, as KVM hands it over. Returns the status for the guest. */
uint64_t guest_calls_take(guest_calls_t* calls,
                          uint64_t input,
                          const uint64_t params[2]);

#endif /* HVSOCK_MACHINE_GUEST_CALLS_H */
