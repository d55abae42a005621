/* hvuv vms [NAME]: the VMs that hvuv/vm.h knows here, which are Windows', and
 * the partitions of `local` that somebody listens in; or the one of a name. VMs
 * of other hypervisors have their names from those. */
#include <stdlib.h>
#include <string.h>

#include "hvuv.h"
#include "listeners.h"
#include "managed.h"
#include "os.h"
#include "vm.h"

#define FOLDER_ROOM 1024

static const tool_t tool = {
    .name = "hvuv vms",
    .synopsis = "[NAME]",
    .about =
        "Lists the VMs of Windows, and who listens at local addresses, of all\n"
        "partitions; or finds the VM of a name.",
    .after =
        "Each VM is a line: its id, its owner, its state, its name. NAME is a\n"
        "name, or an id, or wsl for the VM of WSL 2, which it starts. Names "
        "are\n"
        "known on Windows only, where an administrator may ask; wsl needs no\n"
        "rights.\n"
        "Each listener is a line: \"host\" or the VM's id, the service, for\n"
        "whom it is, and live, or stale if it was killed. The host reaches a\n"
        "VM's listener at local://ID/SERVICE, a VM the host's at\n"
        "local://parent/SERVICE, each its own at local://loopback/SERVICE.\n"
        "VMs of other hypervisors are not listed: ask those. On a\n"
        "terminal the columns have a heading."};

/* On a terminal there are columns with a heading, and a word about what is not
 * listed. */
static int is_for_people;

static void print(const hvuv_local_listener_t* listener) {
  char partition[HVUV_GUID_STRLEN] = "host";
  char addr[HVUV_ADDR_STRLEN] = "";
  size_t size = sizeof(addr);
  char* whom;
  char* service;

  if (!hvuv_guid_equal(&listener->partition, &HVUV_VM_PARENT))
    hvuv_guid_format(&listener->partition, partition);
  hvuv_addr_format(&listener->addr, addr, &size);
  whom = strstr(addr, "://") + 3;
  service = strchr(whom, '/');
  *service++ = '\0';
  output(is_for_people ? "%-36s  %-10s  %-10s  %s\n" : "%s\t%s\t%s\t%s\n",
         partition,
         service,
         whom,
         listener->is_live ? "live" : "stale");
}

/* The host first, then by id; services in order. */
static int compare(const void* a, const void* b) {
  const hvuv_local_listener_t* x = a;
  const hvuv_local_listener_t* y = b;
  int x_is_vm = !hvuv_guid_equal(&x->partition, &HVUV_VM_PARENT);
  int y_is_vm = !hvuv_guid_equal(&y->partition, &HVUV_VM_PARENT);
  uint32_t x_port = UINT32_MAX;
  uint32_t y_port = UINT32_MAX;
  int r;

  if (x_is_vm != y_is_vm)
    return x_is_vm - y_is_vm;
  r = memcmp(&x->partition, &y->partition, sizeof(x->partition));
  if (r != 0)
    return r;
  hvuv_service_to_port(&x->addr.u.hyperv.service_id, &x_port);
  hvuv_service_to_port(&y->addr.u.hyperv.service_id, &y_port);
  if (x_port != y_port)
    return x_port < y_port ? -1 : 1;
  return memcmp(&x->addr.u.hyperv, &y->addr.u.hyperv, sizeof(x->addr.u.hyperv));
}

static int fail(const char* folder, int err) {
  char meaning[HVUV_EXPLAIN_STRLEN] = "";
  hvuv_addr_t addr;

  hvuv_addr_parse("local://any/5000", &addr);
  hvuv_explain_step(&addr, HVUV_STEP_BIND, err, meaning, sizeof(meaning));
  report_meaning(&tool, "list", folder, err, meaning);
  return 1;
}

static int list(void) {
  char folder[FOLDER_ROOM] = "local://";
  size_t size = sizeof(folder);
  hvuv_local_listener_t* all;
  size_t count;
  size_t i;
  int managed_err = print_managed(NULL, is_for_people);
  int err = list_listeners(&all, &count);

  hvuv_local_folder(folder, &size);
  if (err != 0 && err != UV_ENOENT)
    return fail(folder, err);
  if (managed_err != 0 && managed_err != UV_ENOTSUP)
    fprintf(stderr,
            "%s: VMs are not listed (%s). %s\n",
            tool.name,
            uv_err_name(managed_err),
            vm_meaning(managed_err));
  if (count > 0) {
    qsort(all, count, sizeof(all[0]), compare);
    if (is_for_people)
      output("%-36s  %-10s  %-10s  %s\n", "PARTITION", "SERVICE", "FOR", "IS");
  }
  for (i = 0; i < count; i++)
    print(&all[i]);
  free(all);
  if (count == 0)
    fprintf(stderr, "%s: nobody listens in %s.\n", tool.name, folder);
  if (count == 0 || is_for_people)
    fprintf(stderr, "%s\n", vms_elsewhere);
  return program_end(0);
}

static int find(const char* name) {
  int err = print_managed(name, 0);

  if (err != 0)
    report_meaning(&tool, "find", name, err, vm_meaning(err));
  return program_end(err != 0);
}

int verb_vms(int argc, char** argv) {
  options_t o;
  int code;

  if (!options_read(&o, &tool, argc, argv, NULL, &code))
    return code;
  if (o.argc > 1)
    return usage_error(&tool, "%s: is one too many", o.argv[1]);
  is_for_people = uv_guess_handle(1) == UV_TTY;
  return o.argc == 1 ? find(o.argv[0]) : list();
}
