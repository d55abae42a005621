/*
 * The words of hvuv_explain(): the first row that fits wins. Knows the system
 * only by the facts that it is given.
 */
#include "explain/advice.h"

#include <assert.h>
#include <stddef.h>
#include <uv.h>

#define STATUSES_MAX 4

enum kind {
  VSOCK = 1 << HVUV_VSOCK,
  HYPERV = 1 << HVUV_HYPERV,
  HYBRID = 1 << HVUV_HYBRID,
  LOCAL = 1 << HVUV_LOCAL,
  VM = VSOCK | HYPERV,
  UNIX = HYBRID | LOCAL,
  WINDOWS = 1 << 8, /* VSOCK and HYPERV where AF_HYPERV carries them */
  EVERY = VM | UNIX | WINDOWS
};

typedef int (*when_fn)(const hvuv__question_t* q);

typedef struct row_s {
  unsigned int kinds;
  int statuses[STATUSES_MAX];
  when_fn when; /* NULL: always */
  const char* text;
} row_t;

/* --- When a row fits */

static int on_windows(const hvuv__question_t* q) {
  return q->facts->is_windows;
}

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

static int is_host(const hvuv__question_t* q) {
  return q->cid == HVUV_CID_HOST;
}

static int is_guest_of_no_host(const hvuv__question_t* q) {
  return q->cid > HVUV_CID_HOST && q->cid != HVUV_CID_ANY &&
         !q->facts->has_host;
}

static int is_privileged_port(const hvuv__question_t* q) {
  return q->port < 1024;
}

static int has_no_port(const hvuv__question_t* q) {
  return q->addr->family == HVUV_HYPERV && q->port == HVUV_PORT_ANY;
}

/* --- The table */

static const row_t rows[] = {
    /* Hyper-V on Windows (hyperv-facts: learn.microsoft.com, go-winio, WSL) */
    {WINDOWS,
     {UV_EAFNOSUPPORT, UV_ENETDOWN, UV_ESOCKTNOSUPPORT, UV_EPROTONOSUPPORT},
     NULL,
     "Windows offers no Hyper-V sockets now: Hyper-V (or the Virtual Machine "
     "Platform) is off, or the VM is restarting. Turn the feature on, or try "
     "again in a moment."},
    {WINDOWS,
     {UV_EACCES, UV_EPERM},
     NULL,
     "The service $port is not registered on the host, or this user may not "
     "bind or reach it. Register it as administrator (hv_services register "
     "$port NAME); a WSL2 VM lets in only the user who started it."},
    {WINDOWS,
     {UV_EADDRNOTAVAIL},
     is_foreign_cid,
     "On Windows CID $cid names nobody: CID 1 is this partition, 2 its parent. "
     "A VM is called by its id: hyperv://VM/$port."},
    {WINDOWS,
     {UV_EADDRNOTAVAIL},
     is_for_listening,
     "$addr is an address to listen at. Connect to a VM id, to the parent or "
     "to loopback."},
    {WINDOWS,
     {UV_EADDRNOTAVAIL, UV_ENETUNREACH},
     is_host,
     "This partition has no parent: it is the host itself, not a VM. Use "
     "loopback for this machine, or a VM's id."},
    {WINDOWS,
     {UV_EADDRNOTAVAIL, UV_ENETUNREACH},
     NULL,
     "No running VM has this id. Start the VM, or look its id up again: that "
     "of WSL2 changes with every start (wslinfo --vm-id)."},
    {WINDOWS,
     {UV_ETIMEDOUT},
     NULL,
     "The VM did not answer. Nobody listens on $port in it, or it is still "
     "starting; a listener on 'any' or 'children' never sees a WSL2 VM."},
    {WINDOWS,
     {UV_ECONNREFUSED},
     NULL,
     "The partition is there, but nobody listens on $port. Start the server "
     "there first."},
    {WINDOWS,
     {UV_ECONNRESET, UV_ECONNABORTED},
     NULL,
     "The peer is gone: its program ended, or its VM was stopped, restarted or "
     "paused. Connect again when it is back."},
    {WINDOWS,
     {UV_EADDRINUSE},
     NULL,
     "Somebody listens on $port for the same partitions already. Stop that "
     "server or take another service."},
    {WINDOWS,
     {UV_ENOPROTOOPT},
     NULL,
     "This Windows does not know an option that was asked for (container "
     "passthru, high VTL). Update it, or do not ask."},
    {WINDOWS,
     {UV_EINVAL},
     NULL,
     "This cannot be asked for here: ports end at 0x7fffffff, 'any' is a port "
     "for binding only, and a stream is bound or connected once."},

    /* AF_VSOCK on Linux, and hyperv:// carried by it */
    {VM,
     {UV_EAFNOSUPPORT, UV_ENOTSUP},
     NULL,
     "This system has no AF_VSOCK sockets. On Linux load the module: modprobe "
     "vsock. local:// addresses need no hypervisor."},
    {VM,
     {UV_EINVAL},
     has_no_port,
     "Linux carries only services that stand for a port, 0 to 0x7fffffff, and "
     "$port does not. Use a port on both sides."},
    {VM,
     {UV_EINVAL},
     NULL,
     "This cannot be asked for here: port 'any' is for binding only, and a "
     "stream is bound or connected once."},
    {VM,
     {UV_EADDRNOTAVAIL, UV_ENODEV, UV_ETIMEDOUT, UV_ENETUNREACH},
     is_self_without_loopback,
     "A machine reaches itself only with the vsock_loopback module: modprobe "
     "vsock_loopback (Linux 5.6 or later)."},
    {VM,
     {UV_ENODEV, UV_ETIMEDOUT, UV_ENETUNREACH},
     has_no_transport,
     "No hypervisor transport is present: this is not a VM, or it has no vsock "
     "device, and it hosts none. Give the VM one, or load vhost_vsock on a "
     "host."},
    {VM,
     {UV_EADDRNOTAVAIL},
     NULL,
     "$addr means nothing on this machine. Bind to 'any', to 'local', or to "
     "its own CID, $own; connect to a CID, a parent or loopback."},
    {VM,
     {UV_ETIMEDOUT},
     is_host,
     "The host did not answer. On Hyper-V that is also how it looks when "
     "nobody listens there on $port, or the service is not registered. Start "
     "the server on the host first."},
    {VM,
     {UV_ENODEV, UV_ENETUNREACH, UV_ETIMEDOUT},
     is_guest_of_no_host,
     "CID $cid would be a VM of this machine, but it hosts none over vsock (no "
     "vhost_vsock); a VM itself reaches only its host, CID 2."},
    {VM,
     {UV_ETIMEDOUT, UV_ENODEV},
     NULL,
     "CID $cid did not answer. No VM with this CID is running, or it is still "
     "starting. Check its CID and start it."},
    {VM,
     {UV_ENETUNREACH},
     NULL,
     "The transport does not lead to CID $cid: a Hyper-V guest reaches only "
     "its host, CID 2 (hyperv://parent)."},
    {VM,
     {UV_ECONNRESET, UV_ECONNREFUSED},
     NULL,
     "CID $cid is there, but nobody listens on port $port, or too many wait "
     "there already; in a stream that was open, the peer is gone. Is its "
     "server running?"},
    {VM,
     {UV_EACCES, UV_EPERM},
     is_privileged_port,
     "Ports below 1024 are for root (CAP_NET_BIND_SERVICE). Take a port from "
     "1024 up."},
    {VM,
     {UV_EACCES, UV_EPERM},
     NULL,
     "The system does not let this user do it. Ask what guards vsock here (a "
     "security module, a container's policy)."},
    {VM,
     {UV_EADDRINUSE},
     NULL,
     "Somebody listens on port $port already; 'any' and a CID of this machine "
     "share their ports. Stop that server or take another port."},
    {VM,
     {UV_EIO},
     NULL,
     "The kernel's vsock driver failed. Some Linux versions say so on Hyper-V "
     "when the host has closed; update the kernel if it recurs."},
    {VM,
     {UV_EPROTO},
     NULL,
     "The other end does not follow the protocol of vsock; connecting a socket "
     "to its own port looks like this too."},

    /* Unix sockets on Windows, for both kinds that use them */
    {UNIX,
     {UV_EAFNOSUPPORT},
     NULL,
     "This system has no Unix sockets, which $addr goes over. Windows has them "
     "from Windows 10 version 1803 on; Wine 8 has none."},
    {LOCAL,
     {UV_EACCES, UV_EPERM},
     on_windows,
     "The folder $folder must be yours alone and no link: owned by you, and "
     "open to nobody but you, SYSTEM and Administrators. Remove it, and it is "
     "made anew, or set HVUV_LOCAL_DIR to one that is not there yet."},
    {HYBRID,
     {UV_EACCES, UV_EPERM},
     on_windows,
     "This user may not use $path. The permissions of its folder decide; run "
     "as the hypervisor's user or let this one in."},
    {UNIX,
     {UV_ECHARSET},
     on_windows,
     "The path behind $addr is not UTF-8, as paths must be on Windows."},

    /* A guest behind its hypervisor's Unix socket */
    {HYBRID,
     {UV_ENOENT},
     NULL,
     "There is no $path. Start the hypervisor first, and give it this path for "
     "its vsock device."},
    {HYBRID,
     {UV_ECONNREFUSED},
     NULL,
     "The hypervisor hung up, or is gone and left its socket behind: nobody "
     "listens on $port in the guest yet. Try again when it has started."},
    {HYBRID,
     {UV_ETIMEDOUT},
     NULL,
     "The hypervisor did not answer in time; it may, while the guest starts. "
     "Try again, or allow more time."},
    {HYBRID,
     {UV_EPROTO, UV_EPROTOTYPE},
     NULL,
     "What answers at $path is not a hypervisor's vsock socket: its answer to "
     "CONNECT is not 'OK'. Check the path."},
    {HYBRID,
     {UV_EACCES, UV_EPERM},
     NULL,
     "This user may not use $path. Its mode and its folder's decide; run as "
     "the hypervisor's user or let this one in."},
    {HYBRID,
     {UV_ENAMETOOLONG},
     NULL,
     "$path, with what is added to it for a listener, is too long for a Unix "
     "socket. Use a shorter path."},

    /* local */
    {LOCAL,
     {UV_ECONNREFUSED},
     NULL,
     "Nobody listens there for this process, which is $self, in $folder. Start "
     "the server first, with the same HVUV_LOCAL_DIR, bound to an address that "
     "accepts from here."},
    {LOCAL,
     {UV_EACCES, UV_EPERM},
     NULL,
     "The folder $folder must be yours alone and no link: chmod 700 it, or set "
     "HVUV_LOCAL_DIR to another."},
    {LOCAL,
     {UV_ENOENT, UV_ENOTDIR},
     NULL,
     "The folder $folder cannot be made: the one above it is not there. Make "
     "it, or set HVUV_LOCAL_DIR to another."},
    {LOCAL,
     {UV_EADDRNOTAVAIL},
     NULL,
     "$addr leads nowhere for this process, which is $self: the host has no "
     "parent, a VM reaches only its parent and itself, and nobody connects to "
     "'any' or 'children'."},
    {LOCAL,
     {UV_EINVAL},
     NULL,
     "This cannot be asked for here; if HVUV_LOCAL_VM is set, it must be a VM "
     "id of your own choice."},
    {LOCAL,
     {UV_ENAMETOOLONG},
     NULL,
     "The folder $folder makes a path too long for a Unix socket. Set "
     "HVUV_LOCAL_DIR to a shorter one."},

    /* Both kinds of Unix socket */
    {UNIX,
     {UV_EADDRINUSE},
     NULL,
     "A live server listens at $addr already. Stop it or take another "
     "service."},
    {UNIX,
     {UV_EEXIST},
     NULL,
     "A file that is no socket is where the socket of $addr should be. Remove "
     "it."},
    {UNIX,
     {UV_ETIMEDOUT},
     NULL,
     "A server is there but took no new connection in time. See whether it "
     "hangs, or allow more time."},
    {UNIX,
     {UV_ECONNRESET},
     NULL,
     "The peer closed the stream with bytes unread, or ended. See what it "
     "says."},

    /* The same for all */
    {EVERY, {0}, NULL, "It went well."},
    {EVERY,
     {UV_EOF},
     NULL,
     "The peer has finished sending; that is how a stream ends."},
    {EVERY,
     {UV_ECANCELED},
     NULL,
     "It was not done, because the stream was closed or something before it "
     "failed."},
    {EVERY,
     {UV_EPIPE, UV_ENOTCONN},
     NULL,
     "The stream is not open in that direction: it was shut down here, or the "
     "peer is gone."},
    {EVERY,
     {UV_ECONNABORTED},
     NULL,
     "The connection ended before it was complete. Try again."},
    {EVERY,
     {UV_EMFILE, UV_ENFILE},
     on_windows,
     "This process, or Windows, has no socket or handle left. Close some."},
    {EVERY,
     {UV_EMFILE, UV_ENFILE},
     NULL,
     "This process, or the system, has no descriptor left. Close some, or "
     "raise the limit (ulimit -n)."},
    {EVERY,
     {UV_ENOMEM, UV_ENOBUFS},
     NULL,
     "There is not enough memory for it now."},
    {EVERY,
     {UV_EAFNOSUPPORT, UV_ENOTSUP},
     NULL,
     "This system, or this build of hvuv, has no such sockets."},
    {EVERY,
     {UV_EINVAL},
     NULL,
     "This cannot be asked for of this stream or address."},
};

/* --- Choosing */

static int has_status(const row_t* row, int status) {
  int i;

  /* Zeroes fill a row up; 0 itself is a status in the first place only. */
  if (row->statuses[0] == status)
    return 1;
  for (i = 1; i < STATUSES_MAX && status != 0; i++)
    if (row->statuses[i] == status)
      return 1;
  return 0;
}

static unsigned int kind_of(const hvuv__question_t* q) {
  unsigned int kind = 1u << q->addr->family;

  return q->facts->is_windows && (kind & VM) ? WINDOWS : kind;
}

const char* hvuv__advice_find(const hvuv__question_t* q, int status) {
  unsigned int kind = kind_of(q);
  const row_t* row;
  size_t i;

  assert(kind & EVERY);
  for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    row = &rows[i];
    if ((row->kinds & kind) && has_status(row, status) &&
        (row->when == NULL || row->when(q))) {
      assert(row->text != NULL);
      return row->text;
    }
  }
  return "That is the system's own answer, and hvuv knows no more about it.";
}
