/*
 * What the tests of the kernel's own AF_VSOCK stand on: the transport suite's
 * rig, and raw sockets for the other side of a stream of hvuv's.
 *
 * Raw sockets block, for half a minute at most; those that are still open when
 * a test ends are closed behind it, and so is its child.
 */
#ifndef HVUV_TESTS_LAB_VM_KERNEL_H
#define HVUV_TESTS_LAB_VM_KERNEL_H

#include <sys/types.h>

#include "conformance/rig.h"

/* A CID that no machine has, and the one that kernel_silent_guest() takes. */
#define KERNEL_CID_NOBODY 98u
#define KERNEL_CID_SILENT 99u

/* What may be under way if nobody changed a size: af_vsock.c's
 * VSOCK_DEFAULT_BUFFER_SIZE. */
#define KERNEL_BUFFER (256 * 1024)

/* The rig's listener is at vsock://local:any unless a test says otherwise. */
extern const transport_t kernel_transport;

#define KERNEL_TEST(function) RIG_TEST(&kernel_transport, function)

/* The parts; each returns the number of tests that failed. */
int kernel_connect(void);
int kernel_timeouts(void);
int kernel_bind(void);
int kernel_names(void);
int kernel_ends(void);
int kernel_dead(void);
int kernel_dead_conn(void);
int kernel_sizes(void);
int kernel_callers(void);

/* --- Raw sockets: they fail the test where they cannot do what is asked. */

int raw_bind(uint32_t cid, uint32_t port);
uint32_t raw_port(int fd);

/* Bound to any CID at any port; rig->to is then how to reach it. */
int raw_listen(rig_t* rig, int backlog);
int raw_accept(int listener);

/* Connects from where it is bound, or a new socket if fd is -1. */
int raw_connect(int fd, const hvuv_addr_t* to);

/* n bytes, at most 65536, of what a side checks; all of them are taken. */
void raw_write(int fd, uint64_t offset, size_t n);

/* Reads n bytes, at most 65536. */
void raw_read(int fd, size_t n);

/* The bytes read until the end, or a negative code. */
long raw_read_to_end(int fd);
void raw_shutdown(int fd, int how);
void raw_close(int fd);

/* Leaves the descriptor to somebody else. */
void raw_release(int fd);

/* --- Together */

/* A stream that called a raw socket. */
void kernel_call_raw(rig_t* rig, side_t** client, int* peer);

/* A stream that was called by a raw socket. */
void kernel_serve_raw(rig_t* rig, side_t** server, int* peer);

/* A port that nobody has and that hyperv:// can name. */
uint32_t kernel_free_port(void);

/* Makes KERNEL_CID_SILENT a guest that never answers, until the test ends;
 * skips where the module vhost_vsock is missing, and where the kernel does not
 * wait for such a guest. */
void kernel_silent_guest(void);

/* Whether that module is here; it makes this machine a host, CID 2. */
int kernel_is_host(void);

/* Whether its release is that or a later one. */
int kernel_is_from(unsigned long major, unsigned long minor);

/* Runs the loop for so long. */
void kernel_wait(rig_t* rig, uint64_t ms);

/* Lets the test's end kill this child, if it is there still. */
void kernel_adopt_child(pid_t pid);

/* Kills and awaits it now. */
void kernel_kill_child(void);

#endif /* HVUV_TESTS_LAB_VM_KERNEL_H */
