#include "managed.h"

#include <string.h>

#include "hvuv.h"

typedef struct asked_s {
  int status;
  int is_for_people;
  int is_one; /* and not all */
  int has_heading;
} asked_t;

static const struct {
  int err;
  const char* meaning;
} meanings[] = {
    {UV_ENOENT,
     "No VM of this name runs. 'hvuv vms' lists those that do; wsl needs a WSL "
     "with a distribution."},
    {UV_EMLINK,
     "Several VMs have this name: 'hvuv vms' lists them with their ids."},
    {UV_EACCES,
     "Only administrators and Hyper-V Administrators may ask for VMs: run this "
     "in a prompt that was opened with 'Run as administrator'."},
    {UV_ENOTSUP,
     "Names of VMs are known on Windows, from 10 version 1809 on with Hyper-V; "
     "'wsl' there if it is WSL 2. Elsewhere partitions of local addresses are "
     "found by their id."},
    {UV_ETIMEDOUT, "What manages the VMs did not respond in 30 seconds."},
    {UV_EINVAL, "A name is not empty."},
    {UV_ENAMETOOLONG, "A name has at most 255 bytes."},
};

const char* managed_meaning(int err) {
  size_t i;

  for (i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
    if (meanings[i].err == err)
      return meanings[i].meaning;
  return "That is the system's own answer.";
}

static const char* state_name(hvuv_vm_state_t state) {
  static const char* const names[] = {
      "unknown", "created", "running", "paused", "stopped"};
  size_t i = (size_t) state;

  return i < sizeof(names) / sizeof(names[0]) ? names[i] : names[0];
}

static void print(asked_t* asked, const hvuv_vm_t* vm) {
  char id[HVUV_GUID_STRLEN];

  if (!asked->is_one && strcmp(vm->owner, "local") == 0)
    return;
  if (asked->is_for_people && !asked->has_heading) {
    output("%-36s  %-10s  %-10s  %s\n", "VM", "OWNER", "STATE", "NAME");
    asked->has_heading = 1;
  }
  hvuv_guid_format(&vm->id, id);
  output(asked->is_for_people ? "%-36s  %-10s  %-10s  %s\n"
                              : "%s\t%s\t%s\t%s\n",
         id,
         vm->owner[0] != '\0' ? vm->owner : "-",
         state_name(vm->state),
         vm->name[0] != '\0' ? vm->name : "-");
}

static void on_vms(hvuv_vm_req_t* req, int status) {
  asked_t* asked = req->data;
  size_t i;

  asked->status = status;
  for (i = 0; i < req->count; i++)
    print(asked, &req->vms[i]);
}

int print_managed(const char* name, int is_for_people) {
  uv_loop_t* loop = program_loop();
  hvuv_vm_req_t req;
  asked_t asked;
  int err;

  memset(&asked, 0, sizeof(asked));
  asked.is_for_people = is_for_people;
  asked.is_one = name != NULL;
  memset(&req, 0, sizeof(req));
  req.data = &asked;
  err = name != NULL ? hvuv_vm_find(loop, &req, name, on_vms)
                     : hvuv_vm_list(loop, &req, on_vms);
  if (err != 0)
    return err;
  uv_run(loop, UV_RUN_DEFAULT);
  return asked.status;
}
