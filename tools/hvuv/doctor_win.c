/*
 * What Windows has: the hypervisor's state by the services that its features
 * bring (vmms: Hyper-V; vmcompute: the Host Compute Service, of Hyper-V, the
 * Virtual Machine Platform and containers alike), the list of services in the
 * registry, and this user's rights. Any user may ask all of that; which
 * features are turned on is itself for administrators to read.
 */
#include <stdio.h>
#include <uv.h> /* <windows.h>, in libuv's order */

#include <winsvc.h>

#include "doctor.h"
#include "os.h"

/* BUILTIN\Hyper-V Administrators, S-1-5-32-578 (learn.microsoft.com, "Security
 * identifiers"). */
#define HYPERV_ADMINISTRATORS 578

/* --- This machine */

static int is_member(DWORD group) {
  SID_IDENTIFIER_AUTHORITY authority = SECURITY_NT_AUTHORITY;
  BOOL member = FALSE;
  PSID sid;

  if (!AllocateAndInitializeSid(&authority,
                                2,
                                SECURITY_BUILTIN_DOMAIN_RID,
                                group,
                                0,
                                0,
                                0,
                                0,
                                0,
                                0,
                                &sid))
    return 0;
  if (!CheckTokenMembership(NULL, sid, &member))
    member = FALSE;
  FreeSid(sid);
  return member != FALSE;
}

static void look_at_rights(void) {
  if (is_member(DOMAIN_ALIAS_RID_ADMINS))
    finding(NOTE,
            "rights",
            "Administrator: this user may register services and look up VMs.");
  else if (is_member(HYPERV_ADMINISTRATORS))
    finding(NOTE,
            "rights",
            "One of Hyper-V Administrators: this user may look up VMs, but not "
            "register services.");
  else
    finding(NOTE,
            "rights",
            "An ordinary user, or a prompt that is not elevated: to register "
            "services and to look up VMs needs more.");
}

static void look_at_hypervisor(void) {
  int is_root;
  const char* hypervisor = find_hypervisor(&is_root);

  if (is_root)
    finding(NOTE, "VM", "No: Hyper-V runs, and this is the host of its VMs.");
  else if (hypervisor != NULL)
    finding(NOTE, "VM", "Yes: under %s.", hypervisor);
  else
    finding(NOTE, "VM", "No, and no hypervisor runs here.");
}

void look_at_system(void) {
  uv_utsname_t name;

  section("This machine");
  if (uv_os_uname(&name) == 0)
    finding(NOTE,
            "system",
            "%s %s, %s; hvuv %s, libuv %s.",
            name.version,
            name.release,
            name.machine,
            hvuv_version_string(),
            uv_version_string());
  look_at_hypervisor();
  look_at_rights();
}

/* --- Hyper-V sockets */

/* 1: runs; 0: is there; -1: is not there, or may not be asked. */
static int service_state(const char* name) {
  SC_HANDLE manager = OpenSCManagerA(NULL, NULL, SC_MANAGER_CONNECT);
  SERVICE_STATUS status;
  SC_HANDLE service;
  int state = -1;

  if (manager == NULL)
    return -1;
  service = OpenServiceA(manager, name, SERVICE_QUERY_STATUS);
  if (service != NULL) {
    state = QueryServiceStatus(service, &status) &&
            status.dwCurrentState == SERVICE_RUNNING;
    CloseServiceHandle(service);
  }
  CloseServiceHandle(manager);
  return state;
}

static void look_at_feature(const char* what,
                            const char* service,
                            const char* of) {
  int state = service_state(service);

  finding(state >= 0 ? GOOD : NOTE,
          what,
          "The service %s, which %s brings, is %s.",
          service,
          of,
          state > 0    ? "there and runs"
          : state == 0 ? "there and does not run now"
                       : "not there");
}

static void look_at_registry(void) {
  size_t count = 0;
  int err = hvuv_service_list(NULL, &count);

  if (err != 0 && err != UV_ENOBUFS) {
    finding(NOTE,
            "registry",
            "This user may not read the list of services (%s).",
            uv_err_name(err));
    return;
  }
  finding(NOTE,
          "registry",
          "%u services are registered for VMs of this host.",
          (unsigned int) count);
  advise("hvuv services lists them. An ordinary VM and its host need the "
         "service registered; loopback and WSL2 need nothing.");
}

void look_at_vm_sockets(void) {
  int err = hvuv_supported(HVUV_HYPERV);

  section("AF_HYPERV: hyperv://, vsock://");
  if (err == 0) {
    finding(GOOD, "sockets", "This system has AF_HYPERV sockets.");
  } else {
    finding(lacking(NEED_VSOCK),
            "sockets",
            "There are no AF_HYPERV sockets here: %s (%s).",
            uv_strerror(err),
            uv_err_name(err));
    advise("Turn on Hyper-V or the Virtual Machine Platform (OptionalFeatures, "
           "or Enable-WindowsOptionalFeature as administrator), and restart.");
  }
  look_at_feature("Hyper-V", "vmms", "Hyper-V");
  look_at_feature(
      "VM Platform", "vmcompute", "Hyper-V or the Virtual Machine Platform");
  look_at_registry();
  finding(GOOD, "ports", "Windows asks for no rights for ports below 1024.");
}
