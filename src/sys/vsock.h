/* What vsock is carried by on this machine; Linux only. */
#ifndef HVUV_SRC_SYS_VSOCK_H
#define HVUV_SRC_SYS_VSOCK_H

#include <stdint.h>

/* The CID that vsock gives this machine, as hvuv_local_cid() has it. */
int hvuv__sys_vsock_cid(uint32_t* cid);

/* 1 if a guest of Hyper-V asks, whose way to the host is hv_sock: its CID is
 * `any` (hvs_get_local_cid() in Linux' hyperv_transport.c; systemd issue
 * 42496). 0 if not, or if /dev/vsock may not be asked. For sockets whose peer
 * is the host; where there is one, there is a transport, so the first reply
 * counts for good. */
int hvuv__sys_vsock_is_hyperv(void);

#endif /* HVUV_SRC_SYS_VSOCK_H */
