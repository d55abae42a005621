/*
 * AF_HYPERV on Windows, and what vsock:// addresses mean there.
 *
 * An address of the one kind is an address of the other where both can say it
 * (addr/alias.h). Whoever is bound by the one kind sees its peers by that kind,
 * as far as it can say them.
 *
 * What the system answers for the local end of a connection is of little use:
 * that of one that called is {children, a random service}, that of an accepted
 * one arbitrary (go-winio, hvsock_test.go), so an accepted stream has its
 * listener's.
 */
#include "family/family.h"
#include "family/hyperv_name.h"

#include <assert.h>
#include <string.h>

#include "addr/alias.h"

_Static_assert(sizeof(hvuv__hyperv_name_t) == 36,
               "SOCKADDR_HV has 36 bytes and no gaps");

static int new_socket(uv_os_sock_t* sock) {
  return hvuv__sys_socket(HVUV__AF_HYPERV, HVUV__HV_PROTOCOL_RAW, sock);
}

static int supported(void) {
  uv_os_sock_t sock;
  int err;

  err = new_socket(&sock);
  if (err == 0)
    hvuv__sys_close(sock);
  return err;
}

static int to_name(const hvuv_addr_t* addr, hvuv__hyperv_name_t* name) {
  int err;

  assert(addr->family == HVUV_HYPERV || addr->family == HVUV_VSOCK);
  memset(name, 0, sizeof(*name));
  name->family = HVUV__AF_HYPERV;
  if (addr->family == HVUV_HYPERV) {
    name->vm_id = addr->u.hyperv.vm_id;
    name->service_id = addr->u.hyperv.service_id;
    return 0;
  }

  err = hvuv__alias_cid_to_vm(addr->u.vsock.cid, &name->vm_id);
  if (err == 0)
    err = hvuv_service_from_port(addr->u.vsock.port, &name->service_id);
  return err;
}

int hvuv__vm_from_name(const struct sockaddr* name,
                       size_t len,
                       hvuv_addr_t* addr) {
  hvuv__hyperv_name_t hv;

  if (len < sizeof(hv) || name->sa_family != HVUV__AF_HYPERV)
    return UV_EAFNOSUPPORT;

  memcpy(&hv, name, sizeof(hv));
  return hvuv_addr_hyperv(addr, &hv.vm_id, &hv.service_id);
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

/* Whether a port was left to the system. Windows picks one for whoever binds to
 * port 0 and tells it by getsockname(), as WSL does it (not checked on Windows
 * by this project), so there port 0 means `any`. */
static int is_open_port(const hvuv__hyperv_name_t* name) {
  uint32_t port;

  return hvuv_service_to_port(&name->service_id, &port) == 0 && port == 0;
}

static int read_picked_port(uv_os_sock_t sock, hvuv_addr_t* addr) {
  hvuv_addr_t bound;
  uint32_t port = 0;
  int err;

  err = read_own_name(sock, &bound);
  if (err == 0)
    err = hvuv_service_to_port(&bound.u.hyperv.service_id, &port);
  if (err == 0 && port == 0)
    err = UV_EADDRNOTAVAIL;
  if (err != 0)
    return err;

  assert(bound.family == HVUV_HYPERV && port != 0);
  if (addr->family == HVUV_VSOCK)
    addr->u.vsock.port = port;
  else
    addr->u.hyperv.service_id = bound.u.hyperv.service_id;
  return 0;
}

static int bind_hyperv(hvuv_addr_t* addr,
                       uv_os_sock_t* sock,
                       hvuv__claim_t** claim) {
  hvuv__hyperv_name_t name;
  hvuv_addr_t wanted;
  int err;

  (void) claim;
  wanted = *addr;
  if (addr->family == HVUV_VSOCK && addr->u.vsock.port == HVUV_PORT_ANY)
    wanted.u.vsock.port = 0;

  err = to_name(&wanted, &name);
  if (err == 0)
    err = new_socket(sock);
  if (err != 0)
    return err;

  err = hvuv__sys_bind(*sock, (struct sockaddr*) &name, sizeof(name));
  if (err == 0 && is_open_port(&name))
    err = read_picked_port(*sock, addr);
  if (err != 0)
    hvuv__sys_close(*sock);
  return err;
}

/* The system's own limit is two seconds (openvmm, petri). An option that is
 * refused leaves it, and ours above it. */
static void set_timeout(uv_os_sock_t sock, uint64_t timeout_ms) {
  uint32_t ms;

  assert(timeout_ms > 0);
  ms = timeout_ms < HVUV__HV_CONNECT_TIMEOUT_MAX ? (uint32_t) timeout_ms
                                                 : HVUV__HV_CONNECT_TIMEOUT_MAX;
  hvuv__sys_setsockopt(
      sock, HVUV__HV_PROTOCOL_RAW, HVUV__HV_CONNECT_TIMEOUT, &ms, sizeof(ms));
}

static int dial(const hvuv_addr_t* addr,
                uint64_t timeout_ms,
                uv_os_sock_t* sock,
                hvuv_addr_t* local,
                hvuv__target_t* target,
                hvuv__trust_t* trust) {
  hvuv__hyperv_name_t name;
  int err;

  (void) local;
  (void) target;
  (void) trust;
  err = to_name(addr, &name);
  if (err != 0)
    return err;
  if (hvuv_guid_equal(&name.vm_id, &HVUV_VM_ANY) ||
      hvuv_guid_equal(&name.vm_id, &HVUV_VM_CHILDREN))
    return UV_EADDRNOTAVAIL;

  if (*sock == HVUV__NO_SOCK) {
    err = new_socket(sock);
    if (err != 0)
      return err;
  }

  if (timeout_ms != 0)
    set_timeout(*sock, timeout_ms);
  return 0;
}

static int connect_hyperv(uv_os_sock_t sock,
                          const hvuv_addr_t* addr,
                          hvuv__target_t* target) {
  hvuv__hyperv_name_t name;
  int err;

  (void) target;
  err = to_name(addr, &name);
  if (err != 0)
    return err;
  return hvuv__sys_connect(sock, (struct sockaddr*) &name, sizeof(name));
}

/* Whoever was bound stays what it was bound to. */
static int connected(uv_os_sock_t sock, hvuv_addr_t* local) {
  return local->family != 0 ? 0 : read_own_name(sock, local);
}

static int accepted(const struct sockaddr* name,
                    size_t len,
                    const hvuv_addr_t* listener,
                    const hvuv__claim_t* claim,
                    hvuv_addr_t* peer) {
  int err;

  (void) claim;
  err = hvuv__vm_from_name(name, len, peer);
  if (err == 0 && listener->family == HVUV_VSOCK)
    hvuv__alias_as_vsock(peer);
  return err;
}

static int set_option(uv_os_sock_t sock, unsigned int option, int enable) {
  uint32_t value = enable ? 1 : 0;
  int number;

  switch (option) {
    case HVUV__CONNECTED_SUSPEND:
      number = HVUV__HV_CONNECTED_SUSPEND;
      break;
    case HVUV__CONTAINER_PASSTHRU:
      number = HVUV__HV_CONTAINER_PASSTHRU;
      break;
    case HVUV__HIGH_VTL:
      number = HVUV__HV_HIGH_VTL;
      break;
    default:
      return UV_EINVAL;
  }
  return hvuv__sys_setsockopt(
      sock, HVUV__HV_PROTOCOL_RAW, number, &value, sizeof(value));
}

/* Not known of Windows, whose packets are those of Linux' hv_sock. */
static int gives_packets(const hvuv_addr_t* peer) {
  (void) peer;
  return 1;
}

const hvuv__family_t hvuv__family_vm = {
    .supported = supported,
    .bind = bind_hyperv,
    .dial = dial,
    .connect = connect_hyperv,
    .connected = connected,
    .accepted = accepted,
    .gives_packets = gives_packets,
    .set_option = set_option,
};
