/* Advice on addresses of VMs and their hosts: AF_HYPERV and AF_VSOCK. Of two
 * rows that fit the first wins. */
#include <uv.h>

#include "addr/alias.h"
#include "explain/advice_rows.h"

/* --- When a row fits */

/* A CID that stands for no partition of Windows. */
static int is_foreign_cid(const hvuv__question_t* q) {
  return q->addr->family == HVUV_VSOCK && q->cid != HVUV_CID_ANY &&
         q->cid != HVUV_CID_LOCAL && q->cid != HVUV_CID_HOST;
}

static int is_for_listening(const hvuv__question_t* q) {
  const hvuv_guid_t* vm_id = &q->addr->u.hyperv.vm_id;

  if (q->addr->family == HVUV_VSOCK)
    return q->cid == HVUV_CID_ANY;
  return hvuv_guid_equal(vm_id, &HVUV_VM_ANY) ||
         hvuv_guid_equal(vm_id, &HVUV_VM_CHILDREN);
}

static int has_no_transport(const hvuv__question_t* q) {
  return !q->facts->has_loopback && !q->facts->has_guest && !q->facts->has_host;
}

static int is_self_without_loopback(const hvuv__question_t* q) {
  return !q->facts->has_loopback &&
         (q->cid == HVUV_CID_LOCAL ||
          (q->cid == q->facts->own_cid && q->cid != HVUV_CID_ANY));
}

static int knows_itself(const hvuv__question_t* q) {
  return q->facts->own_cid != HVUV_CID_ANY;
}

static int is_nameless(const hvuv__question_t* q) {
  return !knows_itself(q);
}

static int is_host(const hvuv__question_t* q) {
  return q->cid == HVUV_CID_HOST;
}

/* A CID that would be a VM of this machine's, which hosts none. */
static int is_no_guest(const hvuv__question_t* q) {
  return q->cid > HVUV_CID_HOST && q->cid != HVUV_CID_ANY &&
         !q->facts->has_host;
}

static int is_guest_of_no_host(const hvuv__question_t* q) {
  return is_no_guest(q) && !q->facts->has_guest;
}

static int is_neighbour(const hvuv__question_t* q) {
  return is_no_guest(q) && q->facts->has_guest;
}

static int is_privileged_port(const hvuv__question_t* q) {
  return q->port < 1024;
}

static int has_no_port(const hvuv__question_t* q) {
  return q->addr->family == HVUV_HYPERV && q->port == HVUV_PORT_ANY;
}

static int names_a_vm(const hvuv__question_t* q) {
  return q->addr->family == HVUV_HYPERV &&
         !hvuv__alias_is_role(&q->addr->u.hyperv.vm_id);
}

/* `children` and its like, which have no CID. */
static int is_no_cid(const hvuv__question_t* q) {
  return q->addr->family == HVUV_HYPERV && q->cid == HVUV_CID_ANY &&
         !hvuv_guid_equal(&q->addr->u.hyperv.vm_id, &HVUV_VM_ANY);
}

/* --- The rows */

const hvuv__advice_t hvuv__advice_vm[] = {
    /* Hyper-V on Windows (hyperv-facts: learn.microsoft.com, go-winio, WSL) */
    {WINDOWS,
     ANY_STEP,
     {UV_EAFNOSUPPORT, UV_ENETDOWN, UV_ESOCKTNOSUPPORT, UV_EPROTONOSUPPORT},
     NULL,
     "Windows offers no Hyper-V sockets now: Hyper-V (or the Virtual Machine "
     "Platform) is off, or the VM is restarting. Turn the feature on, or try "
     "again in a moment."},
    {WINDOWS,
     SETTING_UP,
     {UV_EACCES, UV_EPERM},
     NULL,
     "The service $port is not registered on the host, or this user may not "
     "bind or reach it. Register it as administrator (hv_services register "
     "$port NAME); a WSL2 VM lets in only the user who started it."},
    {WINDOWS,
     ANY_STEP,
     {UV_EADDRNOTAVAIL},
     is_foreign_cid,
     "On Windows CID $cid names nobody: CID 1 is this partition, 2 its parent. "
     "A VM is called by its id: hyperv://VM/$port."},
    {WINDOWS,
     BINDING,
     {UV_EADDRNOTAVAIL},
     is_host,
     "This partition has no parent to be called by: it is the host itself, not "
     "a VM. Bind to 'any', 'children', 'loopback', or to the id of the VM that "
     "may call."},
    {WINDOWS,
     BINDING,
     {UV_EADDRNOTAVAIL},
     is_for_listening,
     "This partition has nobody who could call at $addr, or no Hyper-V. Bind "
     "to 'loopback', or in a VM to 'parent'."},
    {WINDOWS,
     ANY_STEP,
     {UV_EADDRNOTAVAIL},
     is_for_listening,
     "$addr is an address to listen at. Connect to a VM id, to the parent or "
     "to loopback."},
    {WINDOWS,
     BINDING,
     {UV_EADDRNOTAVAIL},
     NULL,
     "A listener here cannot be bound to $addr: bind to 'any', 'children', "
     "'loopback', 'parent', or to the id of the VM that may call."},
    {WINDOWS,
     ANY_STEP,
     {UV_EADDRNOTAVAIL, UV_ENETUNREACH},
     is_host,
     "This partition has no parent: it is the host itself, not a VM. Use "
     "loopback for this machine, or a VM's id."},
    {WINDOWS,
     ANY_STEP,
     {UV_EADDRNOTAVAIL, UV_ENETUNREACH},
     NULL,
     "No running VM has this id. Start the VM, or look its id up again: that "
     "of WSL2 changes with every start (wslinfo --vm-id)."},
    {WINDOWS,
     CONNECTING,
     {UV_ETIMEDOUT},
     is_host,
     "The host did not answer in time: nobody listens there on $port, or not "
     "for this VM, or it is busy. Start the server on the host, or allow more "
     "time."},
    {WINDOWS,
     CONNECTING,
     {UV_ETIMEDOUT},
     names_a_vm,
     "The VM did not answer in time: nobody listens on $port in it (a Linux "
     "guest does not refuse), or it is still starting. Start the server in it, "
     "or allow more time."},
    {WINDOWS,
     CONNECTING,
     {UV_ETIMEDOUT},
     NULL,
     "Nobody at $addr answered in time. See whether a server listens there, or "
     "allow more time."},
    {WINDOWS,
     UNKNOWN_STEP,
     {UV_ETIMEDOUT},
     NULL,
     "To a connect, the other side did not answer in time: nobody listens "
     "there on $port, or its VM is still starting. In an open stream, the peer "
     "was silent for too long."},
    {WINDOWS,
     ANY_STEP,
     {UV_ECONNREFUSED},
     NULL,
     "The partition is there, but nobody listens on $port. Start the server "
     "there first."},
    {WINDOWS,
     UNKNOWN_STEP | CONNECTING | OPEN,
     {UV_ECONNRESET, UV_ECONNABORTED},
     NULL,
     "The peer is gone: its program ended, or its VM was stopped, restarted or "
     "paused. Connect again when it is back."},
    {WINDOWS,
     ANY_STEP,
     {UV_EADDRINUSE},
     NULL,
     "Somebody listens on $port for the same partitions already. Stop that "
     "server or take another service."},
    {WINDOWS,
     ANY_STEP,
     {UV_ENOPROTOOPT},
     NULL,
     "This Windows does not know an option that was asked for (container "
     "passthru, high VTL). Update it, or do not ask."},
    {WINDOWS,
     SETTING_UP,
     {UV_EINVAL},
     NULL,
     "This cannot be asked for here: ports end at 0x7fffffff, 'any' is a port "
     "for binding only, and a stream is bound or connected once."},

    /* AF_VSOCK on Linux, and hyperv:// carried by it */
    {VM,
     SETTING_UP,
     {UV_EAFNOSUPPORT, UV_ENOTSUP},
     NULL,
     "This system has no AF_VSOCK sockets. On Linux load the module: modprobe "
     "vsock. local:// addresses need no hypervisor."},
    {VM,
     SETTING_UP,
     {UV_EINVAL},
     has_no_port,
     "Linux carries only services that stand for a port, 0 to 0x7fffffff, and "
     "$port does not. Use a port on both sides."},
    {VM,
     SETTING_UP,
     {UV_EINVAL},
     NULL,
     "This cannot be asked for here: port 'any' is for binding only, and a "
     "stream is bound or connected once."},
    {VM,
     OPEN,
     {UV_ENODEV, UV_ENETUNREACH},
     NULL,
     "The connection has ended: the other side closed it, or its VM is gone. "
     "Linux 7.2 says so on Hyper-V when the host has closed."},
    {VM,
     SETTING_UP,
     {UV_EADDRNOTAVAIL, UV_ENODEV, UV_ETIMEDOUT, UV_ENETUNREACH},
     is_self_without_loopback,
     "A machine reaches itself only with the vsock_loopback module: modprobe "
     "vsock_loopback (Linux 5.6 or later)."},
    {VM,
     SETTING_UP,
     {UV_ENODEV, UV_ETIMEDOUT, UV_ENETUNREACH},
     has_no_transport,
     "No hypervisor transport is present: this is not a VM, or it has no vsock "
     "device, and it hosts none. Give the VM one, or load vhost_vsock on a "
     "host."},
    {VM,
     BINDING,
     {UV_EADDRNOTAVAIL},
     names_a_vm,
     "Linux knows VMs by their CIDs, not by their ids, and lets in whoever "
     "calls: bind to vsock://any:$port, and look at a caller's CID."},
    {VM,
     BINDING,
     {UV_EADDRNOTAVAIL},
     is_no_cid,
     "Linux has no address for $addr. Bind to vsock://any:$port."},
    {VM,
     ANY_STEP,
     {UV_EADDRNOTAVAIL},
     names_a_vm,
     "Linux knows VMs by their CIDs, not by their ids: $addr leads nowhere. "
     "Use "
     "vsock://CID:$port, or hyperv://parent/$port for this VM's host."},
    {VM,
     BINDING,
     {UV_EADDRNOTAVAIL},
     knows_itself,
     "This machine is not CID $cid but $own. Bind to 'any', or to that."},
    {VM,
     BINDING,
     {UV_EADDRNOTAVAIL},
     NULL,
     "This machine is not CID $cid. Bind to 'any'."},
    {VM,
     CONNECTING,
     {UV_EADDRNOTAVAIL},
     NULL,
     "$addr leads nowhere on Linux. Connect to the CID of a VM, to the parent, "
     "or to loopback."},
    {VM,
     ANY_STEP,
     {UV_EADDRNOTAVAIL},
     is_nameless,
     "$addr means nothing on this machine. Bind to 'any' or 'local'; connect "
     "to a CID, a parent or loopback."},
    {VM,
     ANY_STEP,
     {UV_EADDRNOTAVAIL},
     NULL,
     "$addr means nothing on this machine. Bind to 'any', to 'local', or to "
     "its own CID, $own; connect to a CID, a parent or loopback."},
    {VM,
     CONNECTING,
     {UV_ETIMEDOUT},
     is_host,
     "The host did not answer in time. On Hyper-V that is also how it looks "
     "when nobody listens there on $port, or the service is not registered, or "
     "a WSL2 VM calls a server that is not bound to the id of that VM; behind "
     "vhost-device-vsock, when nobody listens at PATH_$port, or its user may "
     "not connect there (hvuv_chmod). Start the server on the host first."},
    {VM,
     UNKNOWN_STEP,
     {UV_ETIMEDOUT},
     is_host,
     "To a connect, the host did not answer in time; on Hyper-V that is also "
     "how it looks when nobody listens there on $port, or the service is not "
     "registered: start the server on the host first. In an open stream, the "
     "peer was silent for "
     "too long."},
    {VM,
     CONNECTING,
     {UV_ENODEV},
     is_neighbour,
     "No transport leads to CID $cid. A Hyper-V guest reaches only its host, "
     "CID 2 (hyperv://parent); other VMs reach each other only where their "
     "hypervisor passes that on."},
    {VM,
     CONNECTING,
     {UV_ETIMEDOUT},
     is_neighbour,
     "CID $cid did not answer. A VM reaches its host, CID 2, and other VMs "
     "only "
     "where its hypervisor passes that on. Check the CID, and that its VM "
     "runs."},
    {VM,
     SETTING_UP,
     {UV_ENODEV, UV_ENETUNREACH, UV_ETIMEDOUT},
     is_guest_of_no_host,
     "CID $cid would be a VM of this machine, but it hosts none over vsock (no "
     "vhost_vsock). Load that, and give the VM a vsock device; a VM itself "
     "calls its host, CID 2."},
    {VM,
     CONNECTING,
     {UV_ETIMEDOUT, UV_ENODEV},
     NULL,
     "CID $cid did not answer. No VM with this CID is running, or it is still "
     "starting: check its CID and start it."},
    {VM,
     UNKNOWN_STEP,
     {UV_ETIMEDOUT},
     NULL,
     "To a connect, CID $cid did not answer: no VM with this CID is running, "
     "or it is still starting; check its CID and start it. In an open stream, "
     "the peer was silent for too long."},
    {VM,
     UNKNOWN_STEP,
     {UV_ENODEV},
     NULL,
     "To a connect, CID $cid is not there: no VM with this CID is running, or "
     "it is still starting; check its CID and start it. In an open stream, the "
     "other side has closed, or its VM is gone."},
    {VM,
     ANY_STEP,
     {UV_ENETUNREACH},
     NULL,
     "The transport does not lead to CID $cid: a Hyper-V guest reaches only "
     "its host, CID 2 (hyperv://parent)."},
    {VM,
     CONNECTING,
     {UV_ECONNRESET, UV_ECONNREFUSED},
     NULL,
     "CID $cid is there, but nobody listens on port $port, or too many wait "
     "there already. Start its server, or try again."},
    {VM,
     OPEN,
     {UV_ECONNRESET, UV_ECONNREFUSED},
     NULL,
     "The peer is gone: its VM was stopped or restarted, or what carries vsock "
     "broke the connection off. (A program that ends or closes is an end of "
     "the stream here, not this.) Connect again when it is back."},
    {VM,
     UNKNOWN_STEP,
     {UV_ECONNRESET, UV_ECONNREFUSED},
     NULL,
     "To a connect, CID $cid is there, but nobody listens on port $port, or "
     "too "
     "many wait there already: start its server, or try again. In an open "
     "stream, the peer is gone."},
    {VM,
     BINDING | UNKNOWN_STEP,
     {UV_EACCES, UV_EPERM},
     is_privileged_port,
     "To listen on ports below 1024 is for root (CAP_NET_BIND_SERVICE). Take a "
     "port from 1024 up."},
    {VM,
     SETTING_UP,
     {UV_EACCES, UV_EPERM},
     NULL,
     "The system does not let this user do it. Ask what guards vsock here (a "
     "security module, a container's policy)."},
    {VM,
     ANY_STEP,
     {UV_EADDRINUSE},
     NULL,
     "Somebody listens on port $port already, or did until some seconds ago "
     "and "
     "left a peer with unread bytes; 'any' and a CID of this machine share "
     "their "
     "ports. Stop that server or take another port."},
    {VM,
     ANY_STEP,
     {UV_EIO},
     NULL,
     "The kernel's vsock driver failed. Some Linux versions say so on Hyper-V "
     "when the host has closed; update the kernel if it recurs."},
    {VM,
     CONNECTING,
     {UV_EPROTO},
     NULL,
     "The other end does not follow the protocol of vsock; connecting a socket "
     "to its own port looks like this too."},
    {VM,
     UNKNOWN_STEP,
     {UV_EPROTO},
     NULL,
     "To a connect, the other end does not follow the protocol of vsock; "
     "connecting a socket to its own port looks like this too. In an open "
     "stream, the peer sent what is no message."},
};

const size_t hvuv__advice_vm_count =
    sizeof(hvuv__advice_vm) / sizeof(hvuv__advice_vm[0]);
