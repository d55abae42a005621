/*
 * Follows: lookups in a rhythm, and what follows from their results.
 *
 *             the alarm: it is time          a result
 *   RESTING ----------------------> ASKING -----------> HEARD
 *      ^                                                  | the alarm, at once
 *      +-- cb, if it is news <-- the server listens <-----+
 *
 *   any --- hvuv_follow_close ---> CLOSING --- the anchor's close callback --->
 *                                              freed, cb
 *
 * The rhythm knows when it is time (rhythm.h). A client that waits is another
 * reason; where the rhythm does not allow a lookup yet, the client gets the last
 * result.
 *
 * All that happens, happens in on_alarm(), with the user's callbacks last: so
 * nothing calls back from inside a call, and each may close the follow. The
 * anchor, a stream without a socket, keeps the loop's hub, as an owner's does
 * (serve/owner.h).
 */
#include "hvuv/follow.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "base/alloc.h"
#include "follow/caller.h"
#include "follow/lookup.h"
#include "follow/post.h"
#include "follow/rhythm.h"
#include "loop/alarm.h"
#include "loop/hub.h"

#define NEVER HVUV__RHYTHM_NEVER

/* No status of anybody's: those are 0 or below. */
#define NOTHING_YET 1

enum state { RESTING = 0, ASKING, HEARD, CLOSING };

typedef struct hvuv__follow_s {
  hvuv__asker_t asker; /* first: a follow is found by it */
  hvuv__caller_t caller;
  hvuv__post_t post;
  hvuv_follow_t* handle;
  enum state state;
  hvuv__alarm_t* alarm;
  hvuv_stream_t anchor;
  int holds; /* the loop */

  hvuv__rhythm_t rhythm;
  hvuv_addr_t addr; /* that is known, or was; family 0: never */
  int result;       /* of the last lookup */
  int status;       /* reported last, with this address: */
  hvuv_addr_t reported;
  hvuv_follow_cb cb;
  hvuv_follow_close_cb close_cb;
} follow_t;

#ifdef NDEBUG
#define check(f) ((void) 0)
#else
static void check(const follow_t* f) {
  assert(f->handle->impl == f && f->asker.follow == f->handle);
  assert((f->state == CLOSING) == (f->alarm == NULL));
  assert((f->state == CLOSING) == hvuv_is_closing(&f->anchor));
  assert((f->state == ASKING) == (f->asker.out != NULL));
  assert(f->result <= 0 || f->result == NOTHING_YET);
  assert(f->status <= 0 || f->status == NOTHING_YET);
  assert(f->result != 0 || hvuv_addr_family(&f->addr) != 0);
  assert(f->post.server == NULL || f->caller.client == NULL);
  if (f->state == CLOSING)
    assert(!f->holds && f->post.server == NULL && f->caller.client == NULL);
}
#endif

static const hvuv_addr_t* known(const follow_t* f) {
  return hvuv_addr_family(&f->addr) == 0 ? NULL : &f->addr;
}

/* --- The rhythm ----------------------------------------------------------- */

/* When the alarm has something to do. */
static uint64_t due_ms(const follow_t* f, uint64_t now_ms) {
  if (f->state == ASKING)
    return NEVER;
  if (f->state == HEARD || f->caller.waits)
    return now_ms;
  return hvuv__rhythm_due(&f->rhythm);
}

static void hold(follow_t* f, int holds) {
  if (holds != f->holds)
    hvuv__hub_hold(f->anchor.hub, holds ? 1 : -1);
  f->holds = holds;
}

static void plan(follow_t* f) {
  uint64_t now_ms = uv_now(f->handle->loop);
  uint64_t due = due_ms(f, now_ms);

  assert(f->state != CLOSING);
  if (due == NEVER)
    hvuv__alarm_stop(f->alarm);
  else
    hvuv__alarm_set(f->alarm, due > now_ms ? due - now_ms : 0);
  hold(f, due != NEVER || f->state == ASKING);
  check(f);
}

/* --- Lookups -------------------------------------------------------------- */

static void on_result(hvuv__asker_t* asker,
                      const hvuv_addr_t* addr,
                      int status) {
  follow_t* f = (follow_t*) asker;

  assert(f->state == ASKING && status <= 0);
  hvuv__rhythm_end(
      &f->rhythm, uv_now(f->handle->loop), status != 0 && status != UV_ENOENT);
  f->state = HEARD;
  f->result = status;
  if (status == 0)
    f->addr = *addr;
  plan(f);
}

static void look_up(follow_t* f) {
  assert(f->state == RESTING);
  f->state = ASKING;
  hvuv__rhythm_begin(&f->rhythm, uv_now(f->handle->loop));
  if (hvuv__lookup_begin(&f->asker) != 0)
    on_result(&f->asker, NULL, UV_ENOMEM);
}

/* --- Results -------------------------------------------------------------- */

/* Whether cb is to be called for it; then it counts as reported. */
static int is_news(follow_t* f, int status, int is_new_listener) {
  if (status == f->status && !is_new_listener &&
      (known(f) == NULL || hvuv_addr_equal(&f->addr, &f->reported)))
    return 0;
  f->status = status;
  f->reported = f->addr;
  return 1;
}

static void report(follow_t* f) {
  int is_new_listener = 0;
  int status = f->result;

  assert(f->state == HEARD);
  f->state = RESTING;
  if (status == 0)
    status = hvuv__post_tend(&f->post, &f->addr, &is_new_listener);
  plan(f);
  if (is_news(f, status, is_new_listener) && f->cb != NULL)
    f->cb(f->handle, known(f), status);
}

/* An address that is known is worth a try; a VM that is gone is not. */
static void give(follow_t* f) {
  int is_known = known(f) != NULL && f->result != UV_ENOENT;

  assert(f->state != CLOSING && f->caller.waits);
  assert(f->result != NOTHING_YET);
  hvuv__caller_give(&f->caller, &f->addr, is_known ? 0 : f->result);
}

static void on_alarm(void* owner) {
  follow_t* f = owner;

  check(f);
  assert(f->state == RESTING || f->state == HEARD);
  if (f->state == RESTING &&
      hvuv__rhythm_allows(&f->rhythm, uv_now(f->handle->loop)))
    look_up(f);
  else if (f->state == HEARD)
    report(f);
  if (f->state == RESTING && f->caller.waits)
    give(f);
  if (f->state != CLOSING)
    plan(f);
}

static void on_caller(hvuv__caller_t* caller) {
  follow_t* f =
      (follow_t*) (void*) ((char*) caller - offsetof(follow_t, caller));

  if (f->state != CLOSING)
    plan(f);
}

/* --- Beginning ------------------------------------------------------------ */

void hvuv_follow_options_init(hvuv_follow_options_t* options) {
  memset(options, 0, sizeof(*options));
  options->interval_ms = 10000;
  options->min_interval_ms = 1000;
  options->max_interval_ms = 60000;
}

/* The anchor last, because it could not be undone at once. */
static int open_handles(follow_t* f, uv_loop_t* loop) {
  int err;

  err = hvuv__alarm_open(loop, f, on_alarm, &f->alarm);
  if (err != 0)
    return err;
  err = hvuv_init(loop, &f->anchor);
  if (err != 0)
    hvuv__alarm_close(f->alarm);
  return err;
}

static int set_up(follow_t* f,
                  uv_loop_t* loop,
                  const hvuv_follow_options_t* options,
                  hvuv_follow_cb cb) {
  int err;

  f->asker.on_result = on_result;
  f->caller.on_change = on_caller;
  f->result = NOTHING_YET;
  f->status = NOTHING_YET;
  f->cb = cb;
  err = hvuv__rhythm_init(&f->rhythm, options, uv_now(loop));
  if (err == 0)
    err = hvuv__question_set(&f->asker.question, options);
  return err == 0 ? open_handles(f, loop) : err;
}

int hvuv_follow_start(uv_loop_t* loop,
                      hvuv_follow_t* handle,
                      const hvuv_follow_options_t* options,
                      hvuv_follow_cb cb) {
  follow_t* f;
  int err;

  if (loop == NULL || handle == NULL || options == NULL)
    return UV_EINVAL;
  f = hvuv__calloc(1, sizeof(*f));
  if (f == NULL)
    return UV_ENOMEM;
  err = set_up(f, loop, options, cb);
  if (err != 0) {
    hvuv__free(f);
    return err;
  }

  f->anchor.data = f;
  f->asker.follow = handle;
  f->handle = handle;
  handle->loop = loop;
  handle->impl = f;
  plan(f);
  return 0;
}

/* --- Use ------------------------------------------------------------------ */

/* NULL if it is closing. */
static follow_t* open_one(const hvuv_follow_t* handle) {
  if (handle == NULL || handle->impl == NULL || handle->impl->state == CLOSING)
    return NULL;
  check(handle->impl);
  return handle->impl;
}

int hvuv_follow_check(hvuv_follow_t* handle) {
  follow_t* f = open_one(handle);

  if (f == NULL)
    return UV_EINVAL;
  if (f->state == RESTING) {
    hvuv__rhythm_check(&f->rhythm);
    plan(f);
  }
  return 0;
}

int hvuv_follow_addr(const hvuv_follow_t* handle, hvuv_addr_t* addr) {
  const follow_t* f = open_one(handle);

  if (f == NULL || addr == NULL)
    return UV_EINVAL;
  if (known(f) != NULL)
    *addr = f->addr;
  return f->status == NOTHING_YET ? UV_EAGAIN : f->status;
}

/* 0 if a server or client on this loop may follow. */
static int may_follow(const follow_t* f, const uv_loop_t* loop) {
  if (f->handle->loop != loop)
    return UV_EINVAL;
  return f->post.server != NULL || f->caller.client != NULL ? UV_EALREADY : 0;
}

int hvuv_follow_listen(hvuv_follow_t* handle,
                       hvuv_server_t* server,
                       const hvuv_protocol_t* protocol) {
  follow_t* f = open_one(handle);
  int err;

  if (f == NULL || server == NULL)
    return UV_EINVAL;
  err = may_follow(f, server->loop);
  if (err == 0)
    err = hvuv__post_take(&f->post, server, protocol);
  if (err == 0 && f->state == RESTING && f->result != NOTHING_YET)
    f->state = HEARD; /* What is known already is a result for the server. */
  if (err == 0)
    plan(f);
  return err;
}

int hvuv_follow_connect(hvuv_follow_t* handle,
                        hvuv_client_t* client,
                        const hvuv_protocol_t* protocol) {
  follow_t* f = open_one(handle);
  int err = 0;

  if (f == NULL || client == NULL)
    return UV_EINVAL;
  if (f->caller.client != client)
    err = may_follow(f, client->loop);
  if (err != 0)
    return err;
  return hvuv__caller_take(&f->caller,
                           client,
                           known(f) != NULL ? &f->addr
                                            : &f->asker.question.addr,
                           protocol);
}

/* --- The end -------------------------------------------------------------- */

static void on_closed(hvuv_stream_t* anchor) {
  follow_t* f = anchor->data;
  hvuv_follow_t* handle = f->handle;
  hvuv_follow_close_cb cb = f->close_cb;

  check(f);
  hvuv__free(f);
  handle->impl = NULL;
  if (cb != NULL)
    cb(handle);
}

void hvuv_follow_close(hvuv_follow_t* handle, hvuv_follow_close_cb cb) {
  follow_t* f = open_one(handle);

  assert(f != NULL && "hvuv_follow_close() called twice");
  if (f == NULL)
    return;
  hvuv__lookup_abandon(&f->asker);
  hold(f, 0);
  f->state = CLOSING;
  hvuv__post_leave(&f->post);
  hvuv__caller_leave(&f->caller);
  f->close_cb = cb;
  hvuv__alarm_close(f->alarm);
  f->alarm = NULL;
  hvuv_close(&f->anchor, on_closed);
  check(f);
}

/* --- For bindings --------------------------------------------------------- */

size_t hvuv_follow_size(void) {
  return sizeof(hvuv_follow_t);
}

void* hvuv_follow_get_data(const hvuv_follow_t* handle) {
  return handle->data;
}

void hvuv_follow_set_data(hvuv_follow_t* handle, void* data) {
  handle->data = data;
}

uv_loop_t* hvuv_follow_get_loop(const hvuv_follow_t* handle) {
  return handle->loop;
}
