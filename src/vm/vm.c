/*
 * hvuv_vm_find() and hvuv_vm_list(): a question to what manages VMs, in libuv's
 * thread pool.
 *
 *    the loop's thread                          a thread of the pool
 *
 *    ask() --- uv_queue_work ------------------> on_work(): the manager blocks,
 *      |                                           fills the shelf
 *      |  hvuv_vm_cancel(): uv_cancel()              |
 *      v                                             v
 *    on_done(): the result to the request  <---------+
 *      cb, then what was found is freed
 *
 * The pool's thread sees the work alone, which is hvuv's own block, never the
 * request: a user who frees that too early spoils no other thread.
 */
#include "hvuv/vm.h"

#include <assert.h>
#include <string.h>

#include "base/alloc.h"
#include "vm/manager.h"
#include "vm/shelf.h"

typedef struct hvuv__vm_work_s {
  uv_work_t uv;
  hvuv_vm_req_t* req;
  hvuv_vm_cb cb;
  hvuv__shelf_t shelf;
  int status;
} work_t;

static void on_work(uv_work_t* uv) {
  work_t* work = uv->data;

  work->status = hvuv__manager_ask(&work->shelf);
  if (work->status == 0)
    work->status = hvuv__shelf_result(&work->shelf);
  assert(work->status <= 0);
}

static void on_done(uv_work_t* uv, int status) {
  work_t* work = uv->data;
  hvuv_vm_req_t* req = work->req;

  assert(req->work == work);
  assert(status == 0 || status == UV_ECANCELED);
  if (status == 0)
    status = work->status;
  if (status == 0) {
    req->vms = work->shelf.vms;
    req->count = work->shelf.count;
  }
  req->work = NULL;
  work->cb(req, status);
  hvuv__shelf_free(&work->shelf);
  hvuv__free(work);
}

/* name NULL: all. */
static int ask(uv_loop_t* loop,
               hvuv_vm_req_t* req,
               const char* name,
               hvuv_vm_cb cb) {
  work_t* work = hvuv__calloc(1, sizeof(*work));
  int err;

  if (work == NULL)
    return UV_ENOMEM;
  err = hvuv__shelf_init(&work->shelf, name);
  work->uv.data = work;
  work->req = req;
  work->cb = cb;
  if (err == 0)
    err = uv_queue_work(loop, &work->uv, on_work, on_done);
  if (err != 0) {
    hvuv__free(work);
    return err;
  }
  req->vms = NULL;
  req->count = 0;
  req->work = work;
  return 0;
}

int hvuv_vm_find(uv_loop_t* loop,
                 hvuv_vm_req_t* req,
                 const char* name,
                 hvuv_vm_cb cb) {
  if (loop == NULL || req == NULL || name == NULL || cb == NULL)
    return UV_EINVAL;
  return ask(loop, req, name, cb);
}

int hvuv_vm_list(uv_loop_t* loop, hvuv_vm_req_t* req, hvuv_vm_cb cb) {
  if (loop == NULL || req == NULL || cb == NULL)
    return UV_EINVAL;
  return ask(loop, req, NULL, cb);
}

int hvuv_vm_cancel(hvuv_vm_req_t* req) {
  if (req == NULL || req->work == NULL)
    return UV_EINVAL;
  return uv_cancel((uv_req_t*) &req->work->uv);
}

size_t hvuv_vm_req_size(void) {
  return sizeof(hvuv_vm_req_t);
}

void* hvuv_vm_req_get_data(const hvuv_vm_req_t* req) {
  return req->data;
}

void hvuv_vm_req_set_data(hvuv_vm_req_t* req, void* data) {
  req->data = data;
}

const hvuv_vm_t* hvuv_vm_req_get_vms(const hvuv_vm_req_t* req, size_t* count) {
  *count = req->count;
  return req->vms;
}
