/* What Linux says of this machine: the kernel, whether it is a VM's or a
 * container's, and this user's rights. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "doctor.h"
#include "files_linux.h"
#include "os.h"

/* The namespaces that the kernel begins with (linux/proc_ns.h). */
#define INIT_PID_NS  "pid:[4026531836]"
#define INIT_USER_NS "user:[4026531837]"

/* CAP_NET_BIND_SERVICE in the set of a process (linux/capability.h). */
#define LOW_PORTS_BIT 10

static int is_namespace(const char* path, const char* expected) {
  char name[64];
  ssize_t n = readlink(path, name, sizeof(name) - 1);

  if (n < 0)
    return 1; /* an old kernel, or no /proc */
  name[n] = '\0';
  return strcmp(name, expected) == 0;
}

/* --- This machine */

static void look_at_hypervisor(void) {
  char vendor[64] = "";
  int is_root;
  const char* hypervisor = find_hypervisor(&is_root);

  read_line("/sys/class/dmi/id/sys_vendor", vendor, sizeof(vendor));
  if (is_root)
    finding(NOTE, "VM", "No: the host of Hyper-V's VMs.");
  else if (hypervisor != NULL)
    finding(NOTE,
            "VM",
            "Yes: under %s%s%s%s.",
            hypervisor,
            vendor[0] != '\0' ? " (" : "",
            vendor,
            vendor[0] != '\0' ? ")" : "");
  else
    finding(NOTE, "VM", "No, as far as the processor shows.");
}

static void look_at_container(void) {
  char manager[64] = "";

  if (read_line("/run/systemd/container", manager, sizeof(manager)) ||
      is_there("/.dockerenv") || is_there("/run/.containerenv") ||
      !is_namespace("/proc/self/ns/pid", INIT_PID_NS)) {
    finding(NOTE,
            "container",
            "Yes%s%s: modules are loaded by its host, which also has to let in "
            "AF_VSOCK and /dev/vsock.",
            manager[0] != '\0' ? ", of " : "",
            manager);
  } else {
    finding(NOTE, "container", "No.");
  }
}

/* af_vsock.c asks for the capability in the first user namespace. */
static int may_have_low_ports(void) {
  char line[128];
  unsigned long long set = 0;
  FILE* file = fopen("/proc/self/status", "r");

  if (file == NULL)
    return geteuid() == 0;
  while (fgets(line, sizeof(line), file) != NULL)
    if (strncmp(line, "CapEff:", 7) == 0)
      set = strtoull(line + 7, NULL, 16);
  fclose(file);
  return ((set >> LOW_PORTS_BIT) & 1) != 0 &&
         is_namespace("/proc/self/ns/user", INIT_USER_NS);
}

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
  look_at_hypervisor();
  look_at_container();
  if (may_have_low_ports()) {
    finding(GOOD, "ports", "This user may listen below 1024 on vsock.");
  } else {
    finding(lacking(NEED_LOW_PORTS),
            "ports",
            "This user may not listen below 1024 on vsock, which needs "
            "CAP_NET_BIND_SERVICE.");
    advise("Take a port from 1024 up; or setcap cap_net_bind_service=ep "
           "PROGRAM.");
  }
}
