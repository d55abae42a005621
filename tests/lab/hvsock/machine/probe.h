/*
 * Whether this system's KVM can be the machine. Hyper-V's interrupt controller is what
 * tells: a /dev/kvm that is made for something else than ordinary guests (kvm_pvm)
 * exists, opens, and lacks it.
 */
#ifndef HVSOCK_MACHINE_PROBE_H
#define HVSOCK_MACHINE_PROBE_H

#include <stddef.h>

/* Opens /dev/kvm and tries each step that can lack something on a machine that is
 * thrown away. Returns the descriptor; or UV_ENOTSUP, and `why` names what lacks. */
int probe_open(char* why, size_t why_bytes);

/* Whether the guest's EOM can be had as an exit; else the timer finds free slots. */
int probe_has_msr_exits(int kvm_fd);

#endif /* HVSOCK_MACHINE_PROBE_H */
