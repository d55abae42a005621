#include "loop/hubs.h"

#include <assert.h>
#include <stdlib.h>

#include "base/apart.h"
#include "base/log.h"
#include "base/mutex.h"
#include "base/threads.h"
#include "sys/sys.h"

static uv_once_t once = UV_ONCE_INIT;
static uv_mutex_t lock;
static hvuv__listed_t* hubs;
static hvuv__count_t removals; /* so many hubs were taken off the list */

/* What this thread has found last, and when. */
static HVUV__THREAD_LOCAL struct {
  hvuv__listed_t* hub;
  const uv_loop_t* loop;
  size_t removals;
} found;

static void take_lock(void) {
  uv_mutex_lock(&lock);
}

static void give_lock(void) {
  uv_mutex_unlock(&lock);
}

/* --- Forks ---------------------------------------------------------------- */

/* The log's lock first: its callback may want ours. */
static void before_fork(void) {
  hvuv__log_lock();
  take_lock();
}

static void go_on_in_parent(void) {
  give_lock();
  hvuv__log_unlock();
}

/* Only what is safe in a signal handler: other threads were anywhere. */
static void go_on_in_child(void) {
  hvuv__listed_t* hub;

  for (hub = hubs; hub != NULL; hub = hub->next)
    hvuv__poll_disown(hub->poll);
  hvuv__mutex_renew(&lock);
  hvuv__log_renew();
}

static void init_lock(void) {
  if (uv_mutex_init(&lock) != 0 ||
      hvuv__sys_watch_forks(before_fork, go_on_in_parent, go_on_in_child) != 0)
    abort();
}

/* --- The list ------------------------------------------------------------- */

/* Under the lock. */
static void unlist(hvuv__listed_t* hub) {
  hvuv__listed_t** link;

  for (link = &hubs; *link != hub; link = &(*link)->next)
    assert(*link != NULL);
  *link = hub->next;
  hub->is_listed = 0;
  removals++;
}

/* Under the lock. Whoever is of an earlier loop at that address is not found
 * any more. */
static hvuv__listed_t* find(const uv_loop_t* loop) {
  hvuv__listed_t* hub;

  for (hub = hubs; hub != NULL; hub = hub->next)
    if (hub->loop == loop)
      break;
  if (hub == NULL || hub->life == loop->internal_fields)
    return hub;
  unlist(hub);
  return NULL;
}

/* Under the lock. */
static void keep_in_mind(hvuv__listed_t* hub) {
  assert(hub->is_listed);
  found.hub = hub;
  found.loop = hub->loop;
  found.removals = removals;
}

HVUV__APART static hvuv__listed_t* find_locked(const uv_loop_t* loop) {
  hvuv__listed_t* hub;

  uv_once(&once, init_lock);
  take_lock();
  hub = find(loop);
  if (hub != NULL)
    keep_in_mind(hub);
  give_lock();
  return hub;
}

hvuv__listed_t* hvuv__hubs_find(const uv_loop_t* loop) {
  hvuv__listed_t* hub = found.hub;

  if (found.loop != loop || found.removals != removals)
    return find_locked(loop);
  assert(hub->is_listed && hub->loop == loop);
  return hub->life == loop->internal_fields ? hub : find_locked(loop);
}

void hvuv__hubs_add(hvuv__listed_t* hub,
                    uv_loop_t* loop,
                    hvuv__poll_shared_t* poll) {
  assert(!hub->is_listed);
  hub->loop = loop;
  hub->life = loop->internal_fields;
  hub->poll = poll;
  take_lock();
  hub->next = hubs;
  hub->is_listed = 1;
  hubs = hub;
  keep_in_mind(hub);
  give_lock();
}

void hvuv__hubs_remove(hvuv__listed_t* hub) {
  take_lock();
  if (hub->is_listed)
    unlist(hub);
  give_lock();
}
