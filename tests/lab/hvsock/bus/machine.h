/*
 * What the bus asks of the machine that it is in. All of it is called in the bus's
 * own thread, while the vcpu may be running; nothing of it calls the bus back, and
 * nothing of it waits for the vcpu.
 */
#ifndef HVSOCK_BUS_MACHINE_H
#define HVSOCK_BUS_MACHINE_H

#include <stddef.h>
#include <stdint.h>

typedef struct bus_machine_s {
  void* context;

  /* Guest memory at gpa, or NULL unless all of it lies inside RAM. It stays where it
   * is until bus_stop() has returned. */
  void* (*at)(void* context, uint64_t gpa, size_t len);

  /* Puts a message (type 1: VMBus; at most 240 bytes) into SINT 2's slot and raises
   * SINT 2. UV_EAGAIN while the slot is taken, msg_pending being set then, or while
   * the guest has no message page or has SINT 2 masked: bus_slot_free() or
   * bus_synic() comes later. */
  int (*post)(void* context, uint32_t type, const void* payload, size_t len);

  /* Sets the event flag of SINT 2 and raises SINT 2; no effect without a page. */
  void (*flag)(void* context, uint32_t relid);

  /* One line without its newline. */
  void (*log)(void* context, const char* format, ...)
      __attribute__((format(printf, 2, 3)));
} bus_machine_t;

#endif /* HVSOCK_BUS_MACHINE_H */
