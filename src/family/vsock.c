/*
 * AF_VSOCK on Linux, and what hyperv:// addresses mean there.
 *
 * A Hyper-V guest's kernel carries vsock over Hyper-V sockets, and an address
 * of the one is an address of the other where both can say it (addr/alias.h).
 */
#include "family/family.h"

#include <assert.h>
#include <limits.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <linux/vm_sockets.h>

#include "addr/alias.h"
#include "sys/vsock.h"

/* Older kernel headers have only the first name, with the same number. */
#ifndef SO_VM_SOCKETS_CONNECT_TIMEOUT
#define SO_VM_SOCKETS_CONNECT_TIMEOUT 6
#endif

_Static_assert(HVUV_CID_ANY == VMADDR_CID_ANY, "a CID is the kernel's");
_Static_assert(HVUV_CID_HOST == VMADDR_CID_HOST, "a CID is the kernel's");
_Static_assert(HVUV_PORT_ANY == VMADDR_PORT_ANY, "a port is the kernel's");

/* Longer than any connect, and far from what the kernel's clock can hold. */
#define TIMEOUT_MAX_MS ((uint64_t) 24 * 60 * 60 * 1000)

static int supported(void) {
  uv_os_sock_t sock;
  int err;

  err = hvuv__sys_socket(AF_VSOCK, 0, &sock);
  if (err == 0)
    hvuv__sys_close(sock);
  return err;
}

static int to_name(const hvuv_addr_t* addr, struct sockaddr_vm* name) {
  uint32_t port;
  int err;

  assert(addr->family == HVUV_HYPERV || addr->family == HVUV_VSOCK);
  memset(name, 0, sizeof(*name));
  name->svm_family = AF_VSOCK;
  if (addr->family == HVUV_VSOCK) {
    name->svm_cid = addr->u.vsock.cid;
    name->svm_port = addr->u.vsock.port;
    return 0;
  }

  err = hvuv__alias_vm_to_cid(&addr->u.hyperv.vm_id, &name->svm_cid);
  if (err == 0)
    err = hvuv_service_to_port(&addr->u.hyperv.service_id, &port);
  if (err == 0)
    name->svm_port = port;
  return err;
}

int hvuv__vm_from_name(const struct sockaddr* name,
                       size_t len,
                       hvuv_addr_t* addr) {
  struct sockaddr_vm vm;

  if (len < sizeof(vm) || name->sa_family != AF_VSOCK)
    return UV_EAFNOSUPPORT;

  memcpy(&vm, name, sizeof(vm));
  return hvuv_addr_vsock(addr, vm.svm_cid, vm.svm_port);
}

static int read_own_name(uv_os_sock_t sock, hvuv_addr_t* addr) {
  struct sockaddr_storage name;
  size_t len;
  int err;

  len = sizeof(name);
  err = hvuv__sys_getsockname(sock, (struct sockaddr*) &name, &len);
  if (err != 0)
    return err;
  return hvuv__vm_from_name((struct sockaddr*) &name, len, addr);
}

static int bind_vsock(hvuv_addr_t* addr,
                      uv_os_sock_t* sock,
                      hvuv__claim_t** claim) {
  struct sockaddr_vm name;
  int err;

  (void) claim;
  err = to_name(addr, &name);
  if (err == 0)
    err = hvuv__sys_socket(AF_VSOCK, 0, sock);
  if (err != 0)
    return err;

  err = hvuv__sys_bind(*sock, (struct sockaddr*) &name, sizeof(name));
  if (err == 0 && name.svm_port == VMADDR_PORT_ANY)
    err = read_own_name(*sock, addr);
  if (err != 0)
    hvuv__sys_close(*sock);
  return err;
}

/* The kernel's own limit is two seconds, also for a non-blocking connect, so a
 * longer one needs its option (af_vsock.c). Kernels without the option keep
 * theirs; that is no reason not to connect. */
static void set_timeout(uv_os_sock_t sock, uint64_t timeout_ms) {
  struct timeval tv;

  assert(timeout_ms > 0);
  if (timeout_ms > TIMEOUT_MAX_MS)
    timeout_ms = TIMEOUT_MAX_MS;
  tv.tv_sec = (time_t) (timeout_ms / 1000);
  tv.tv_usec = (suseconds_t) (timeout_ms % 1000 * 1000);
  hvuv__sys_setsockopt(
      sock, AF_VSOCK, SO_VM_SOCKETS_CONNECT_TIMEOUT, &tv, sizeof(tv));
}

static int dial(const hvuv_addr_t* addr,
                uint64_t timeout_ms,
                uv_os_sock_t* sock,
                hvuv_addr_t* local,
                hvuv__target_t* target,
                hvuv__trust_t* trust) {
  struct sockaddr_vm name;
  int err;

  (void) local;
  (void) target;
  (void) trust;
  err = to_name(addr, &name);
  if (err != 0)
    return err;
  if (name.svm_cid == VMADDR_CID_ANY)
    return UV_EADDRNOTAVAIL;
  if (name.svm_port == VMADDR_PORT_ANY)
    return UV_EINVAL;

  if (*sock == HVUV__NO_SOCK) {
    err = hvuv__sys_socket(AF_VSOCK, 0, sock);
    if (err != 0)
      return err;
  }

  if (timeout_ms != 0)
    set_timeout(*sock, timeout_ms);
  return 0;
}

static int connect_vsock(uv_os_sock_t sock,
                         const hvuv_addr_t* addr,
                         hvuv__target_t* target) {
  struct sockaddr_vm name;
  int err;

  (void) target;
  err = to_name(addr, &name);
  if (err != 0)
    return err;
  return hvuv__sys_connect(sock, (struct sockaddr*) &name, sizeof(name));
}

static int accepted(const struct sockaddr* name,
                    size_t len,
                    const hvuv_addr_t* listener,
                    const hvuv__claim_t* claim,
                    hvuv_addr_t* peer) {
  int err;

  (void) claim;
  err = hvuv__vm_from_name(name, len, peer);
  if (err == 0 && listener->family == HVUV_HYPERV)
    hvuv__alias_as_hyperv(peer);
  return err;
}

/* Some kernels answer EIO instead of 0 where the host has shut down (a
 * regression since mended: OHCL-Linux-Kernel, pull request 124). */
static int read_error(int err) {
  return err == UV_EIO ? UV_EOF : err;
}

/* Linux 7.2 says ENODEV where the host of Hyper-V closes just then and rescinds
 * the channel (seen; 6.1 and 6.12 do not). The stream had a transport, so it is
 * no news of that. */
static int write_error(int err) {
  return err == UV_ENODEV ? UV_EPIPE : err;
}

/* hv_sock leads to the host only, and gives one packet of 16 KiB at most
 * (Linux, hyperv_transport.c); virtio, vhost and loopback give all that there
 * is. */
static int gives_packets(const hvuv_addr_t* peer) {
  hvuv_addr_t host = *peer;

  hvuv__alias_as_vsock(&host);
  return host.family == HVUV_VSOCK && host.u.vsock.cid == VMADDR_CID_HOST &&
         hvuv__sys_vsock_is_hyperv();
}

/* Never lowered: below the kernel's minimum of 128 bytes every read fails with
 * ENOMEM (seen on Linux 6.1). */
static void raise_maximum(uv_os_sock_t sock, uint64_t bytes) {
  uint64_t max;
  int err;

  err = hvuv__sys_getsockopt(
      sock, AF_VSOCK, SO_VM_SOCKETS_BUFFER_MAX_SIZE, &max, sizeof(max));
  if (err == 0 && bytes > max)
    hvuv__sys_setsockopt(
        sock, AF_VSOCK, SO_VM_SOCKETS_BUFFER_MAX_SIZE, &bytes, sizeof(bytes));
}

/* SO_VM_SOCKETS_BUFFER_SIZE is an u64, kept below a maximum of its own
 * (af_vsock.c). Hyper-V's transport takes its sizes from SO_RCVBUF instead
 * (hyperv_transport.c), so both are set and either will do. */
static int recv_buffer_size(uv_os_sock_t sock, int* value) {
  uint64_t bytes;
  int vsock_err;
  int err;

  assert(*value >= 0);
  if (*value == 0) {
    err = hvuv__sys_getsockopt(
        sock, AF_VSOCK, SO_VM_SOCKETS_BUFFER_SIZE, &bytes, sizeof(bytes));
    if (err != 0)
      return hvuv__sys_getsockopt(
          sock, SOL_SOCKET, SO_RCVBUF, value, sizeof(*value));
    *value = bytes > INT_MAX ? INT_MAX : (int) bytes;
    return 0;
  }

  bytes = (uint64_t) *value;
  raise_maximum(sock, bytes);
  vsock_err = hvuv__sys_setsockopt(
      sock, AF_VSOCK, SO_VM_SOCKETS_BUFFER_SIZE, &bytes, sizeof(bytes));
  err =
      hvuv__sys_setsockopt(sock, SOL_SOCKET, SO_RCVBUF, value, sizeof(*value));
  return vsock_err == 0 ? 0 : err;
}

const hvuv__family_t hvuv__family_vm = {
    .supported = supported,
    .bind = bind_vsock,
    .dial = dial,
    .connect = connect_vsock,
    .connected = read_own_name,
    .accepted = accepted,
    .read_error = read_error,
    .write_error = write_error,
    .gives_packets = gives_packets,
    .accept_sleeps = 1,
    .recv_buffer_size = recv_buffer_size,
};
