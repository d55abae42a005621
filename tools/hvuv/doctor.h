/* The parts of hvuv doctor: each prints its findings. */
#ifndef HVUV_TOOLS_DOCTOR_H
#define HVUV_TOOLS_DOCTOR_H

#include <hvuv.h>

#include "finding.h"

/* The system, and the sockets of hypervisors on it: doctor_linux.c and
 * doctor_vsock_linux.c, doctor_win.c, doctor_posix.c. */
void look_at_system(void);
void look_at_vm_sockets(void);

/* Unix sockets and the folder of `local`. */
void look_at_local(void);

/* Whether one can listen at an address, or a call to it is taken in time. */
void look_at_listening(const hvuv_addr_t* addr);
void look_at_calling(const hvuv_addr_t* addr, uint64_t timeout_ms);

/* Binds to an address and lets it go at once. Returns 0, or why that is not
 * possible. */
int try_bind(const hvuv_addr_t* addr);

#endif /* HVUV_TOOLS_DOCTOR_H */
