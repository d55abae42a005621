/* How the examples tell a person that something failed: what was tried, on
 * which address, what it means there, and what to do next. */
#ifndef HVUV_EXAMPLES_REPORT_H
#define HVUV_EXAMPLES_REPORT_H

#include <hvuv.h>
#include <stdio.h>

/* Where the pair meets when no address is given. */
#define DEFAULT_ADDRESS "local://loopback/8ba03980-174a-43e7-852a-e5ec79a671c7"

static inline const char* next_step(hvuv_family_t family, int err) {
  switch (err) {
    case UV_EINVAL:
      return "This system cannot carry such an address. On Linux a service "
             "must be a port, 0 to 0x7fffffff. Is HVUV_LOCAL_VM a VM id?";
    case UV_ECONNREFUSED:
      return "Nobody listens there. Start the server first, with the same "
             "address and, for local://, the same HVUV_LOCAL_DIR.";
    case UV_ECONNRESET:
      return family == HVUV_VSOCK || family == HVUV_HYPERV
                 ? "The other side is there but nobody listens on this port, "
                   "or too many wait there, or it closed in mid-stream. Is its "
                   "server running?"
                 : "The other side closed in mid-stream. See what it says.";
    case UV_ETIMEDOUT:
    case UV_ENODEV:
    case UV_ENETUNREACH:
      return "Nobody answers there. Is the VM running, and its server? CID 1 "
             "needs the module vsock_loopback (modprobe vsock_loopback).";
    case UV_EADDRINUSE:
      return "Another server listens there. Stop it or choose another port.";
    case UV_EADDRNOTAVAIL:
      return "This id means nothing here: a host has no parent, a VM reaches "
             "only its parent and itself, and CID 1 needs vsock_loopback.";
    case UV_EACCES:
      return family == HVUV_LOCAL
                 ? "The folder (HVUV_LOCAL_DIR) must be yours, mode 0700."
                 : "Vsock ports below 1024 need root; on Windows the service "
                   "must be registered and open to this user.";
    case UV_EAFNOSUPPORT:
    case UV_ENOTSUP:
      return "This system has no such sockets. local:// works everywhere; on "
             "Linux try 'modprobe vsock', on Windows turn Hyper-V on.";
    case UV_ENAMETOOLONG:
      return "The socket's path is too long. Set HVUV_LOCAL_DIR to a shorter "
             "one.";
    case UV_ENOENT:
      return "There is no such file or folder. For hybrid://, is the "
             "hypervisor running? For local://, is the folder that "
             "HVUV_LOCAL_DIR, or else XDG_RUNTIME_DIR, should be in there?";
    default:
      return "This is the system's own answer; its manual says more.";
  }
}

/* Says what failed, if anything did; returns err. */
static inline int report(const char* step, const hvuv_addr_t* addr, int err) {
  char text[HVUV_ADDR_STRLEN] = "(no address)";
  size_t size = sizeof(text);

  if (err == 0)
    return 0;
  hvuv_addr_format(addr, text, &size);
  fprintf(stderr,
          "%s failed on %s: %s (%s). %s\n",
          step,
          text,
          uv_strerror(err),
          uv_err_name(err),
          next_step(hvuv_addr_family(addr), err));
  return err;
}

#endif /* HVUV_EXAMPLES_REPORT_H */
