#include "report.h"

#include "program.h"
#include "vm.h"

int report_meaning(const tool_t* tool,
                   const char* step,
                   const char* where,
                   int err,
                   const char* meaning) {
  if (err != 0)
    fprintf(stderr,
            "%s: %s failed on %s: %s (%s). %s\n",
            tool->name,
            step,
            where,
            uv_strerror(err),
            uv_err_name(err),
            meaning);
  return err;
}

int report(const tool_t* tool,
           hvuv_step_t step,
           const hvuv_addr_t* addr,
           int err) {
  char meaning[HVUV_EXPLAIN_STRLEN] = "";
  char text[HVUV_ADDR_STRLEN] = "(no address)";
  size_t size = sizeof(text);

  if (err == 0)
    return 0;
  hvuv_addr_format(addr, text, &size);
  hvuv_explain_step(addr, step, err, meaning, sizeof(meaning));
  return report_meaning(tool, hvuv_step_name(step), text, err, meaning);
}

/* --- Addresses */

typedef struct found_s {
  int status;
  hvuv_guid_t id;
} found_t;

static void on_vm(hvuv_vm_req_t* req, int status) {
  found_t* found = req->data;

  found->status = status;
  if (status == 0)
    found->id = req->vms[0].id;
}

static int find_vm(const tool_t* tool,
                   const char* text,
                   const vm_name_t* vm,
                   hvuv_addr_t* addr) {
  hvuv_vm_req_t req;
  found_t found;
  int err;

  req.data = &found;
  err = hvuv_vm_find(program_loop(), &req, vm->name, on_vm);
  if (err == 0) {
    uv_run(program_loop(), UV_RUN_DEFAULT);
    err = found.status;
  }
  if (err != 0) {
    report_meaning(tool, "lookup", text, err, vm_meaning(err));
    return 1;
  }
  *addr = vm->addr;
  addr->u.hyperv.vm_id = found.id;
  return 0;
}

int read_address(const tool_t* tool,
                 const char* argument,
                 const char* text,
                 hvuv_addr_t* addr) {
  char why[HVUV_ADDR_WHY_STRLEN];
  vm_name_t vm;

  if (vm_is_name(text)) {
    if (vm_parse(text, &vm, why, sizeof(why)) == 0)
      return find_vm(tool, text, &vm, addr);
  } else if (hvuv_addr_parse_why(text, addr, why, sizeof(why)) == 0) {
    return 0;
  }
  return usage_error(tool, "%s: %s", argument, why);
}
