/*
 * A VM by its name (vm.h). As FROM its listener follows it (follower.c). As TO
 * its id is looked up for each attempt, once for all that wait, and at most
 * once a second:
 *
 *   KNOWN, younger than a second --> call
 *   else  ASKS --hvuv_vm_find--> all that wait call, or have failed
 */
#include "kind_vm.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "dial.h"
#include "hvforward.h"

#define FRESH_MS 1000

struct vm_s {
  vm_name_t what;
  hvuv_addr_t addr; /* as found last */
  hvuv_vm_req_t req;
  int is_asking;
  int status; /* of the last lookup; UV_EAGAIN: there was none */
  uint64_t found_ms;
  dial_t* waiting;
};

#ifdef NDEBUG
#define check(vm) ((void) 0)
#else
static void check(const vm_t* vm) {
  const dial_t* dial;

  assert(vm->status <= 0);
  assert(vm->waiting == NULL || vm->is_asking);
  for (dial = vm->waiting; dial != NULL; dial = dial->waits_before)
    assert(dial->is_looking_up && dial->to->u.vm == vm);
}
#endif

const vm_name_t* vm_of_place(const place_t* place) {
  return &place->u.vm->what;
}

void vm_move_place(const place_t* place, const hvuv_addr_t* addr) {
  place->u.vm->addr = *addr;
}

/* A place lasts as long as the program. */
static int vm_place_parse(place_t* place, char* why, size_t size) {
  vm_t* vm = calloc(1, sizeof(*vm));

  if (vm == NULL)
    abort(); /* Out of memory. */
  place->u.vm = vm;
  vm->status = UV_EAGAIN;
  vm->req.data = vm;
  if (vm_parse(place->text, &vm->what, why, size) == 0) {
    vm->addr = vm->what.addr;
    return 0;
  }
  place->u.vm = NULL;
  free(vm);
  return UV_EINVAL;
}

static int vm_bind(const place_t* place, int index, leg_t* server) {
  return kind_hvuv_bind(&place->u.vm->addr, index, server);
}

/* --- Calls */

static int call(dial_t* dial, const vm_t* vm) {
  return vm->status == 0 ? kind_hvuv_connect(dial, &vm->addr) : vm->status;
}

static void on_vm(hvuv_vm_req_t* req, int status) {
  vm_t* vm = req->data;
  dial_t* dial;
  int err;

  check(vm);
  vm->is_asking = 0;
  vm->status = status;
  if (status == 0)
    vm->addr.u.hyperv.vm_id = req->vms[0].id;
  while ((dial = vm->waiting) != NULL) {
    vm->waiting = dial->waits_before;
    dial->is_looking_up = 0;
    vm->found_ms = uv_now(dial->timer.loop);
    err = call(dial, vm);
    if (err != 0)
      dial_attempted(dial, err);
  }
}

static int vm_connect(dial_t* dial) {
  vm_t* vm = dial->to->u.vm;
  uv_loop_t* loop = dial->timer.loop;
  int err;

  check(vm);
  if (!vm->is_asking && vm->status == 0 &&
      uv_now(loop) - vm->found_ms < FRESH_MS)
    return call(dial, vm);
  if (!vm->is_asking) {
    err = hvuv_vm_find(loop, &vm->req, vm->what.name, on_vm);
    if (err != 0)
      return err;
    vm->is_asking = 1;
  }
  dial->waits_before = vm->waiting;
  vm->waiting = dial;
  dial->is_looking_up = 1;
  return 0;
}

static void give_up(dial_t* dial) {
  vm_t* vm = dial->to->u.vm;
  dial_t** link = &vm->waiting;

  while (*link != dial)
    link = &(*link)->waits_before;
  *link = dial->waits_before;
  dial->is_looking_up = 0;
  dial_attempted(dial, dial->is_cancelled ? UV_ECANCELED : UV_ETIMEDOUT);
}

/* --- Words */

static void print(const place_t* place,
                  const leg_t* server,
                  char* text,
                  size_t size) {
  kind_hvuv.print(place, server, text, size);
}

static void explain(
    const place_t* place, hvuv_step_t step, int err, char* text, size_t size) {
  const vm_t* vm = place->u.vm;

  if (vm->status == err)
    snprintf(text, size, "%s", vm_meaning(err));
  else
    hvuv_explain_step(&vm->addr, step, err, text, size);
}

static int may_pass(const place_t* place, int err) {
  return err == UV_ENOENT || err == UV_ETIMEDOUT ||
         hvuv_error_class(&place->u.vm->addr, err) != HVUV_ERROR_PERMANENT;
}

const kind_t kind_vm = {.scheme = VM_SCHEME,
                        .form = "vm:NAME/SERVICE",
                        .listens_as = LEG_HVUV,
                        .connects_as = LEG_HVUV,
                        .moves = 1,
                        .parse = vm_place_parse,
                        .bind = vm_bind,
                        .connect = vm_connect,
                        .give_up = give_up,
                        .print = print,
                        .explain = explain,
                        .may_pass = may_pass};
