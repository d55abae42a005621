/*
 * What Linux has of AF_VSOCK: the family, its device, this machine's CID,
 * namespaces, modules. What it is carried by is found out by binding to CID 1
 * and 2, which are this machine's own when it has loopback, and when it hosts
 * VMs (af_vsock.c); the modules' lines say what to load.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "doctor.h"
#include "files_linux.h"
#include "modules_linux.h"

/* --- What vsock is carried by */

static int can_bind(uint32_t cid) {
  hvuv_addr_t addr;

  hvuv_addr_vsock(&addr, cid, HVUV_PORT_ANY);
  return try_bind(&addr) == 0;
}

static int has_sockets(void) {
  int err = hvuv_supported(HVUV_VSOCK);

  if (err == 0) {
    finding(GOOD, "sockets", "This system has AF_VSOCK sockets.");
    return 1;
  }
  finding(lacking(NEED_VSOCK),
          "sockets",
          "There are no AF_VSOCK sockets here: %s (%s).",
          uv_strerror(err),
          uv_err_name(err));
  if (err == UV_EAFNOSUPPORT)
    advise("In a VM that has such a device, or on a host of VMs: modprobe "
           "vsock. Others need none.");
  else
    advise("Something does not let this process have them: a container's "
           "seccomp profile, a security module.");
  return 0;
}

static int is_at_work(const char* module, const char* release) {
  return find_module("", release, module) <= MODULE_BUILT_IN;
}

/* A VM has the CID of its host's choice, or none where the driver is Hyper-V's.
 * Where that may not be read, a driver at work counts. */
static int is_guest(const char* release) {
  uint32_t cid;

  if (hvuv_local_cid(&cid) != 0)
    return is_at_work("hv_sock", release) ||
           is_at_work("vmw_vsock_virtio_transport", release) ||
           is_at_work("vmw_vsock_vmci_transport", release);
  if (cid == HVUV_CID_ANY)
    return is_at_work("hv_sock", release);
  return cid > HVUV_CID_HOST;
}

static void look_at_cid(uint32_t cid, const char* release) {
  int is_hyperv = is_at_work("hv_sock", release);

  if (cid == HVUV_CID_ANY)
    finding(NOTE,
            "CID",
            "%s",
            is_hyperv ? "None, as in every VM of Hyper-V: its host calls it by "
                        "its VM id."
                      : "None (4294967295): nothing carries vsock, or the VM "
                        "has no device.");
  else
    finding(NOTE,
            "CID",
            "%u: %s",
            cid,
            cid == HVUV_CID_LOCAL  ? "this machine alone, by loopback."
            : cid == HVUV_CID_HOST ? "the host of VMs."
                                   : "its host calls this VM so.");
}

static void look_at_device(const char* release) {
  struct stat st;
  uint32_t cid = 0;
  int err = hvuv_local_cid(&cid);

  if (stat("/dev/vsock", &st) != 0) {
    finding(NOTE,
            "/dev/vsock",
            "It is not there, so this machine's CID is not "
            "known. Sockets do without.");
  } else if (err == UV_EACCES || err == UV_EPERM) {
    finding(NOTE,
            "/dev/vsock",
            "This user may not read it (mode %04o), so this machine's CID is "
            "not known. Sockets do without.",
            (unsigned int) st.st_mode & 07777u);
    advise("chmod 666 /dev/vsock, or a rule of udev's.");
  } else if (err != 0) {
    finding(NOTE,
            "/dev/vsock",
            "It says: %s (%s).",
            uv_strerror(err),
            uv_err_name(err));
  } else {
    finding(GOOD,
            "/dev/vsock",
            "This user may read it (mode %04o).",
            (unsigned int) st.st_mode & 07777u);
    look_at_cid(cid, release);
  }
}

static void look_at_carriers(const char* release) {
  int has_host = is_guest(release);

  if (can_bind(HVUV_CID_LOCAL)) {
    finding(GOOD, "itself", "This machine reaches itself, by CID 1.");
  } else {
    finding(lacking(NEED_ITSELF),
            "itself",
            "This machine does not reach itself by CID 1.");
    advise("modprobe vsock_loopback (Linux 5.6 or later)");
  }
  if (has_host)
    finding(GOOD, "its host", "A driver leads to this VM's host, CID 2.");
  else
    finding(lacking(NEED_PARENT),
            "its host",
            "No driver leads to a host, CID 2: this is no VM, or one without a "
            "vsock device or its driver.");
  if (can_bind(HVUV_CID_HOST))
    finding(GOOD, "its VMs", "This machine can host VMs with vsock.");
  else
    finding(lacking(has_host ? 0 : NEED_VMS),
            "its VMs",
            "This machine hosts no VMs with vsock.");
}

/* net/vmw_vsock/af_vsock.c, Linux 7.0 */
static void look_at_namespaces(void) {
  char mode[32] = "";

  if (!read_line("/proc/sys/net/vsock/ns_mode", mode, sizeof(mode)))
    return; /* older: one for all */
  if (strcmp(mode, "local") == 0)
    finding(NOTE,
            "namespace",
            "This network namespace has a vsock of its own (net.vsock.ns_mode "
            "= local): no host, VM or listener outside of it is reached.");
  else
    finding(NOTE,
            "namespace",
            "This network namespace shares vsock with others "
            "(net.vsock.ns_mode = %s).",
            mode);
}

/* --- Modules */

static const struct {
  const char* name;
  const char* purpose;
} modules[] = {
    {"vsock", "sockets"},
    {"vsock_loopback", "to itself"},
    {"hv_sock", "VM of Hyper-V"},
    {"vmw_vsock_virtio_transport", "VM of KVM"},
    {"vmw_vsock_vmci_transport", "VM of VMware"},
    {"vhost_vsock", "host of VMs"},
};

static void look_at_modules(const char* release) {
  static const char* const states[] = {
      [MODULE_LOADED] = "loaded",
      [MODULE_BUILT_IN] = "built in",
      [MODULE_THERE] = "not loaded",
      [MODULE_ABSENT] = "not there",
      [MODULE_UNKNOWN] = "unknown",
  };
  module_state_t state;
  int unknown = 0;
  size_t i;

  for (i = 0; i < sizeof(modules) / sizeof(modules[0]); i++) {
    state = find_module("", release, modules[i].name);
    unknown |= state == MODULE_UNKNOWN;
    finding(state <= MODULE_BUILT_IN ? GOOD : NOTE,
            i == 0 ? "modules" : "",
            "%-26s  %-10s  %s",
            modules[i].name,
            states[state],
            modules[i].purpose);
  }
  if (unknown)
    advise("Unknown is what is not loaded, and may be built in: this kernel's "
           "/lib/modules/%s is not here.",
           release);
}

/* A virtio device of the type vsock, 19 (virtio specification, 5.10), to which
 * no driver is bound. */
static int has_idle_device(void) {
  char path[512];
  char type[16];
  uv_dirent_t entry;
  uv_fs_t req;
  int found = 0;
  int r;

  r = uv_fs_scandir(NULL, &req, "/sys/bus/virtio/devices", 0, NULL);
  while (r >= 0 && uv_fs_scandir_next(&req, &entry) == 0) {
    snprintf(
        path, sizeof(path), "/sys/bus/virtio/devices/%s/device", entry.name);
    if (!read_line(path, type, sizeof(type)) || strtoul(type, NULL, 16) != 19)
      continue;
    snprintf(
        path, sizeof(path), "/sys/bus/virtio/devices/%s/driver", entry.name);
    found |= !is_there(path);
  }
  uv_fs_req_cleanup(&req);
  return found;
}

void look_at_vm_sockets(void) {
  struct utsname name;

  section("AF_VSOCK: vsock://, hyperv://");
  uname(&name);
  if (has_sockets()) {
    look_at_device(name.release);
    look_at_carriers(name.release);
    look_at_namespaces();
  }
  if (has_idle_device()) {
    finding(broken(NEED_VSOCK),
            "device",
            "This VM has a vsock device, which no driver has taken.");
    advise("modprobe vmw_vsock_virtio_transport");
  }
  look_at_modules(name.release);
}
