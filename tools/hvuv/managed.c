#include "managed.h"

#include <string.h>

#include "hvuv.h"

typedef struct asked_s {
  int status;
  int is_for_people;
  int is_one; /* and not all */
  int has_heading;
} asked_t;

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
