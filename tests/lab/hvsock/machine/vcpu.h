/*
 * The one virtual processor: made, given its registers, run until it exits, stopped
 * from another thread.
 *
 * The order matters to KVM: the in-kernel interrupt controllers exist before the
 * processor; SynIC is enabled before interrupts are routed to it (machine.c).
 *
 * To be stopped the thread needs a signal that ends KVM_RUN, and a flag in the shared
 * page that makes the next KVM_RUN return at once, if the signal came in between.
 */
#ifndef HVSOCK_MACHINE_VCPU_H
#define HVSOCK_MACHINE_VCPU_H

#include <stddef.h>

#include <uv.h>

#include "machine/boot.h"
#include "machine/kvm.h"

typedef struct vcpu_s {
  int fd;
  struct kvm_run* run; /* KVM's page, which exits are read from */
  size_t run_bytes;
} vcpu_t;

/* All return 0 or a negative code that is in the journal. vcpu_close() undoes
 * vcpu_open(), in part too: fd is -1 and run NULL for what there is not. */
int vcpu_open(vcpu_t* vcpu, int kvm_fd, int vm_fd);
void vcpu_close(vcpu_t* vcpu);
int vcpu_enable_synic(vcpu_t* vcpu);
int vcpu_set_cpuid(vcpu_t* vcpu, int kvm_fd);
int vcpu_set_registers(vcpu_t* vcpu, const boot_t* boot);

/* Runs the guest until there is an exit to serve. UV_EINTR: vcpu_stop(). */
int vcpu_run(vcpu_t* vcpu);

/* In any thread: has vcpu_run(), which `thread` is in or will call, return. */
void vcpu_stop(vcpu_t* vcpu, uv_thread_t* thread);

/* Where it stands, into the journal. In its own thread, or when that has ended. */
void vcpu_report(const vcpu_t* vcpu);

#endif /* HVSOCK_MACHINE_VCPU_H */
