/* KVM's ioctls, with what failed in the journal. */
#ifndef HVSOCK_MACHINE_KVM_H
#define HVSOCK_MACHINE_KVM_H

#include <linux/kvm.h>

/* Returns what the ioctl does, or a negative UV_E code, which has been reported. */
int kvm_ask(int fd, unsigned long request, void* arg, const char* name);
#define KVM_ASK(fd, request, arg) kvm_ask(fd, request, (void*) (arg), #request)

/* For those without an argument. */
#define KVM_DO(fd, request) kvm_ask(fd, request, NULL, #request)

#endif /* HVSOCK_MACHINE_KVM_H */
