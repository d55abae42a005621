/*
 * One hub for each loop that has streams.
 *
 *   uv_check  runs after polling, so a write made in a read callback completes
 *             in the same turn, and before libuv's closing handles, so a
 *             stream's poller (closed in hvuv_close()) and the hub's own
 *             handles end in the same turn as the last close callback: when
 *             uv_run() has called that, uv_loop_close() succeeds. On Windows
 *             libuv may need turns more and holds the loop for them. It is
 *             active always and holds the loop while any stream does, so a
 *             listener that pauses holds it as one that polls.
 *   uv_idle   is active only while the list is not empty; it keeps the loop
 *             alive and from blocking. Neither makes a system call.
 *
 * A turn's end serves the streams that were on the list when it began. Those
 * that are put there by a callback wait for the next turn, so a callback that
 * always asks for more does not keep the loop from its other work.
 *
 * Hubs are found by their loop through a global list, because uv_loop_t has no
 * room for libraries. The lock guards that list alone: a hub is used by the
 * thread of its loop only.
 */
#include "loop/hub.h"

#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "stream/state.h"

struct hvuv__hub_s {
  uv_check_t check;
  uv_idle_t idle;
  uv_loop_t* loop;
  hvuv__poll_shared_t poll;
  hvuv__hub_t* next;
  hvuv_stream_t* head;
  hvuv_stream_t* tail;
  size_t streams;
  size_t holding;       /* streams that keep the loop alive */
  unsigned int handles; /* not yet given back by libuv */
  char* buffer;
};

static uv_once_t once = UV_ONCE_INIT;
static uv_mutex_t lock;
static hvuv__hub_t* hubs;

static void init_lock(void) {
  if (uv_mutex_init(&lock) != 0)
    abort();
}

static hvuv__hub_t* find(const uv_loop_t* loop) {
  hvuv__hub_t* hub;

  for (hub = hubs; hub != NULL; hub = hub->next)
    if (hub->loop == loop)
      break;

  return hub;
}

static void forget(hvuv__hub_t* hub) {
  hvuv__hub_t** link;

  uv_mutex_lock(&lock);
  for (link = &hubs; *link != hub; link = &(*link)->next)
    assert(*link != NULL);
  *link = hub->next;
  uv_mutex_unlock(&lock);
}

static void on_handle_closed(uv_handle_t* handle) {
  hvuv__hub_t* hub = handle->data;

  if (--hub->handles > 0)
    return;
  hvuv__free(hub->buffer);
  hvuv__free(hub);
}

static void end(hvuv__hub_t* hub) {
  forget(hub);
  hvuv__poll_leave(&hub->poll);
  uv_close((uv_handle_t*) &hub->check, on_handle_closed);
  uv_close((uv_handle_t*) &hub->idle, on_handle_closed);
}

static void on_idle(uv_idle_t* idle) {
  /* Being active is all that it is for. */
  (void) idle;
}

static void on_check(uv_check_t* check) {
  hvuv__hub_t* hub = check->data;
  hvuv_stream_t* stream;
  hvuv_stream_t* last;
  int more;

  if (hub->head == NULL)
    return;

  last = hub->tail;
  do {
    stream = hub->head;
    assert(stream != NULL);
    more = stream != last;
    hub->head = stream->turn_next;
    if (hub->head == NULL)
      hub->tail = NULL;
    stream->turn_next = NULL;
    hvuv__clear_flags(stream, HVUV__DEFERRED);
    hvuv__stream_turn_end(stream);
  } while (more);

  if (hub->head == NULL)
    uv_idle_stop(&hub->idle);
  if (hub->streams == 0)
    end(hub);
}

static hvuv__hub_t* create(uv_loop_t* loop) {
  hvuv__hub_t* hub;

  hub = hvuv__calloc(1, sizeof(*hub));
  if (hub == NULL)
    return NULL;

  hub->loop = loop;
  hvuv__poll_enter(&hub->poll, loop);
  hub->handles = 2;

  /* None of these four can fail (libuv, src/unix/loop-watcher.c and
   * src/win/loop-watcher.c). */
  uv_check_init(loop, &hub->check);
  uv_idle_init(loop, &hub->idle);
  hub->check.data = hub;
  hub->idle.data = hub;
  uv_check_start(&hub->check, on_check);
  uv_unref((uv_handle_t*) &hub->check);
  return hub;
}

int hvuv__hub_enter(uv_loop_t* loop, hvuv__hub_t** out) {
  hvuv__hub_t* hub;

  uv_once(&once, init_lock);
  uv_mutex_lock(&lock);
  hub = find(loop);
  if (hub == NULL) {
    hub = create(loop);
    if (hub != NULL) {
      hub->next = hubs;
      hubs = hub;
    }
  }
  uv_mutex_unlock(&lock);

  if (hub == NULL)
    return UV_ENOMEM;

  hub->streams++;
  *out = hub;
  return 0;
}

void hvuv__hub_leave(hvuv__hub_t* hub) {
  assert(hub->streams > 0);
  hub->streams--;
}

void hvuv__hub_hold(hvuv__hub_t* hub, int change) {
  if (change > 0) {
    if (hub->holding++ == 0)
      uv_ref((uv_handle_t*) &hub->check);
  } else {
    assert(hub->holding > 0);
    if (--hub->holding == 0)
      uv_unref((uv_handle_t*) &hub->check);
  }
}

hvuv__poll_shared_t* hvuv__hub_poll(hvuv__hub_t* hub) {
  return &hub->poll;
}

char* hvuv__hub_buffer(hvuv__hub_t* hub) {
  if (hub->buffer == NULL)
    hub->buffer = hvuv__malloc(HVUV__HUB_BUFFER_BYTES);
  return hub->buffer;
}

void hvuv__hub_defer(hvuv__hub_t* hub, hvuv_stream_t* stream) {
  if (stream->flags & HVUV__DEFERRED)
    return;

  stream->flags |= HVUV__DEFERRED;
  stream->turn_next = NULL;
  if (hub->head == NULL) {
    hub->head = stream;
    uv_idle_start(&hub->idle, on_idle);
  } else {
    hub->tail->turn_next = stream;
  }
  hub->tail = stream;
}
