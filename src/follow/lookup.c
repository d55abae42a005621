/* Lookups; lookup.h draws their life. */
#include "follow/lookup.h"

#include <assert.h>
#include <string.h>

#include "base/alloc.h"
#include "unix/look.h"

typedef struct hvuv__lookup_s {
  hvuv_lookup_t handle;  /* first: a lookup is found by it */
  hvuv__asker_t* asker;  /* NULL: an orphan */
  hvuv_vm_req_t request; /* of a name */
  hvuv_addr_t addr;      /* as asked for, then as found */
  int is_beginning;      /* its resolve() has not returned */
  int is_done;
  int status;
} lookup_t;

#ifdef NDEBUG
#define check(l) ((void) 0)
#else
static void check(const lookup_t* l) {
  assert((l->asker == NULL) == (l->handle.follow == NULL));
  assert(l->asker == NULL || l->asker->out == l);
  assert(!l->is_done || l->is_beginning);
}
#endif

static lookup_t* of_handle(hvuv_lookup_t* handle) {
  return (lookup_t*) (void*) handle;
}

/* --- Ways to resolve ------------------------------------------------------ */

static void on_vm(hvuv_vm_req_t* request, int status) {
  lookup_t* l = hvuv_vm_req_get_data(request);

  assert(status != 0 || request->count == 1);
  if (status == 0)
    l->addr.u.hyperv.vm_id = request->vms[0].id;
  hvuv_lookup_done(&l->handle, &l->addr, status);
}

static int find_vm(hvuv_lookup_t* handle) {
  lookup_t* l = of_handle(handle);

  hvuv_vm_req_set_data(&l->request, l);
  return hvuv_vm_find(
      handle->follow->loop, &l->request, l->asker->question.name, on_vm);
}

/* One stat(): a thread of the pool would cost more. */
static int look_at_folder(hvuv_lookup_t* handle) {
  lookup_t* l = of_handle(handle);
  int is_gone = hvuv_addr_family(&l->addr) == HVUV_HYBRID &&
                hvuv__unix_look(l->addr.u.hybrid.path) == HVUV__AT_NO_FOLDER;

  hvuv_lookup_done(handle, &l->addr, is_gone ? UV_ENOENT : 0);
  return 0;
}

static int has_vm_id(const hvuv_addr_t* addr) {
  hvuv_family_t family = hvuv_addr_family(addr);

  return family == HVUV_HYPERV || family == HVUV_LOCAL;
}

static int set_name(hvuv__question_t* question, const char* name) {
  size_t len;

  for (len = 0; name[len] != '\0'; len++)
    if (len == sizeof(question->name) - 1)
      return UV_ENAMETOOLONG;
  memcpy(question->name, name, len + 1);
  return len == 0 ? UV_EINVAL : 0;
}

int hvuv__question_set(hvuv__question_t* question,
                       const hvuv_follow_options_t* options) {
  memset(question, 0, sizeof(*question));
  question->addr = options->addr;
  question->resolve = options->resolve;
  if (options->resolve != NULL)
    return options->name == NULL ? 0 : UV_EINVAL;
  if (options->name == NULL) {
    question->resolve = look_at_folder;
    return hvuv_addr_family(&options->addr) == 0 ? UV_EINVAL : 0;
  }
  question->resolve = find_vm;
  return has_vm_id(&options->addr) ? set_name(question, options->name)
                                   : UV_EINVAL;
}

/* --- Life ----------------------------------------------------------------- */

static void finish(lookup_t* l) {
  hvuv__asker_t* asker = l->asker;
  hvuv_addr_t addr = l->addr;
  int status = l->status;

  l->is_beginning = 0;
  hvuv__free(l);
  if (asker == NULL)
    return;
  asker->out = NULL;
  asker->on_result(asker, &addr, status);
}

void hvuv_lookup_done(hvuv_lookup_t* handle,
                      const hvuv_addr_t* addr,
                      int status) {
  lookup_t* l = of_handle(handle);

  check(l);
  assert(!l->is_done && "hvuv_lookup_done() called twice");
  if (status > 0 || (status == 0 && hvuv_addr_family(addr) == 0))
    status = UV_EINVAL;
  if (status == 0)
    l->addr = *addr;
  l->status = status;
  if (l->is_beginning)
    l->is_done = 1;
  else
    finish(l);
}

int hvuv__lookup_begin(hvuv__asker_t* asker) {
  lookup_t* l;
  int err;

  assert(asker->out == NULL && asker->question.resolve != NULL);
  l = hvuv__calloc(1, sizeof(*l));
  if (l == NULL)
    return UV_ENOMEM;
  l->handle.follow = asker->follow;
  l->asker = asker;
  l->addr = asker->question.addr;
  asker->out = l;

  l->is_beginning = 1;
  err = asker->question.resolve(&l->handle);
  check(l);
  if (err != 0 && !l->is_done) {
    l->status = err < 0 ? err : UV_EINVAL;
    l->is_done = 1;
  }
  l->is_beginning = 0;
  if (l->is_done)
    finish(l);
  return 0;
}

/* A name's request whose turn has not come holds the loop no longer. */
void hvuv__lookup_abandon(hvuv__asker_t* asker) {
  lookup_t* l = asker->out;

  if (l == NULL)
    return;
  check(l);
  asker->out = NULL;
  l->asker = NULL;
  l->handle.follow = NULL;
  if (l->request.work != NULL)
    hvuv_vm_cancel(&l->request);
}
