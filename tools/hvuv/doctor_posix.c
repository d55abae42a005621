/* What systems have that have no sockets of VMs in hvuv. */
#include <sys/utsname.h>

#include "doctor.h"

void look_at_system(void) {
  struct utsname name;

  section("This machine");
  uname(&name);
  finding(NOTE,
          "system",
          "%s %s, %s; hvuv %s, libuv %s.",
          name.sysname,
          name.release,
          name.machine,
          hvuv_version_string(),
          uv_version_string());
}

void look_at_vm_sockets(void) {
  int err = hvuv_supported(HVUV_VSOCK);

  section("Sockets of VMs: vsock://, hyperv://");
  finding(err == 0 ? GOOD : lacking(NEED_VSOCK),
          "sockets",
          "%s (%s).",
          err == 0 ? "They are there" : "hvuv has none on this system",
          err == 0 ? "0" : uv_err_name(err));
}
