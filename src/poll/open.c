/* A new poller gets the engine that its socket needs. */
#include <assert.h>

#include "poll/choose.h"
#include "poll/poller.h"

int hvuv__poller_open(hvuv__poll_shared_t* shared,
                      uv_os_sock_t sock,
                      enum hvuv__poll_age age,
                      void* owner,
                      hvuv__ready_cb cb,
                      hvuv__poller_t** poller) {
  const hvuv__engine_t* engine;
  hvuv__poller_t* p;
  int err;

  assert(shared->loop != NULL);
  p = NULL;
  err = hvuv__engine_choose(shared, sock, age, &engine);
  if (err == 0)
    err = engine->open(shared, sock, &p);
  if (err != 0)
    return err;

  hvuv__poller_start(p, engine, shared, sock, owner, cb);
  p->errors_ignored = hvuv__engine_errors_ignored;
  if (age == HVUV__POLL_ACCEPTED)
    p->early = HVUV__EARLY_MAY_WAIT;
  *poller = p;
  return 0;
}

void hvuv__poll_leave(hvuv__poll_shared_t* shared) {
  assert(shared->early.left == shared->early.count);
  hvuv__engine_leave(shared);
  assert(shared->afd == NULL && shared->nursery == NULL);
}

void hvuv__poll_disown(hvuv__poll_shared_t* shared) {
  hvuv__engine_disown(shared);
}
