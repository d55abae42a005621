/*
 * Why the processor has stopped, and what is to be done before it goes on.
 *
 *   I/O ports               ports.h
 *   memory that is not      reads as ones, forgets
 *   hypercalls              guest_calls.h
 *   SynIC's registers       synic.h, and the host side
 *   EOM                     a message's slot may be free: the host side
 *   shutdown, reset, crash  an end (a crash is noted: the guest then resets itself)
 *
 * All else is an end, too: this machine does not know it.
 */
#ifndef HVSOCK_MACHINE_EXITS_H
#define HVSOCK_MACHINE_EXITS_H

#include <stddef.h>
#include <stdint.h>

#include <linux/kvm.h>

#include "machine/guest_calls.h"
#include "machine/ports.h"
#include "machine/synic.h"

typedef enum machine_end_e {
  MACHINE_RUNS,
  MACHINE_POWERED_OFF,
  MACHINE_RESET,   /* by the keyboard controller, or a triple fault */
  MACHINE_STOPPED, /* by machine_stop() */
  MACHINE_BROKEN   /* KVM's fault or ours; the journal has it */
} machine_end_t;

typedef struct exits_s {
  ports_t* ports;
  synic_t* synic;
  guest_calls_t* calls;
  size_t run_bytes; /* of kvm_run and what is behind it */

  int has_crashed; /* the guest's kernel panicked */
  uint64_t io;
  uint64_t mmio;
  uint64_t synic_writes;
  uint64_t eoms;
} exits_t;

/* Serves the exit in *run. */
machine_end_t exits_serve(exits_t* exits, struct kvm_run* run);

#endif /* HVSOCK_MACHINE_EXITS_H */
