/*
 * One hub for each loop that has streams.
 *
 *   hvuv__hub_enter                             hvuv__hub_leave
 *         |                                            |
 *         v            hvuv__hub_defer                 v
 *      member ---> due: woken by turn_end() ---> leaving: woken by left()
 *         ^               |
 *         +---------------+
 *
 *   uv_check  runs after polling, so a write made in a read callback completes
 *             in the same turn. It is active always and holds the loop while
 *             any member does, so a listener that pauses holds it as one that
 *             polls.
 *   uv_idle   is active only while something is due; it keeps the loop alive
 *             and from blocking. Neither makes a system call.
 *   closer    is opened only to be closed. libuv calls its close callback when
 *             all check handles of the turn have run, which is when close
 *             callbacks are expected, and calls it whatever becomes of the
 *             other handles. Any kind of handle would do.
 *
 * A turn's end begins with what the pollers have put off until then. It has a
 * few rounds, each of which serves the members that were due
 * when it began: a write made in the callback of another is called back without
 * polling in between. There are only so many of them, so a callback that always
 * asks for more does not keep the loop from its other work.
 *
 * When the last member has left, the hub ends, at the turn's end if that is
 * still to come: then its handles, and the members' pollers and alarms, end
 * with the last close callback, and uv_loop_close() succeeds as soon as the
 * uv_run() that called it has returned. On Windows libuv may need more turns
 * for a poller, and holds the loop for them.
 *
 * A hub whose handles were closed by whoever walked the loop, or whose loop was
 * forgotten, is no longer found (hubs.h); it goes on serving the members that
 * it has, which then only leave.
 */
#include "loop/hub.h"

#include <assert.h>
#include <stddef.h>

#include "base/alloc.h"
#include "base/apart.h"
#include "base/handle.h"
#include "loop/hubs.h"

/* So many rounds for one polling, as uv_run() has for what is pending (libuv,
 * src/unix/core.c). */
#define ROUNDS 8

struct hvuv__hub_s {
  uv_check_t check;
  uv_idle_t idle;
  uv_idle_t closer;
  hvuv__wait_t check_wait;
  hvuv__wait_t idle_wait;
  hvuv__listed_t listed;
  hvuv__poll_shared_t poll;
  const hvuv__wakes_t* wakes;
  hvuv__turn_t due;     /* a ring, of which this is no part to be woken */
  hvuv__turn_t leaving; /* the same */
  unsigned int turn;    /* its number */
  size_t members;       /* that have not left */
  size_t holding;       /* holds on the loop */
  unsigned int handles; /* not yet given back by libuv */
  int has_ended;
  char* buffer;
  uint64_t note[HVUV__HUB_NOTE_BYTES / sizeof(uint64_t)];
};

/* --- Rings ---------------------------------------------------------------- */

static void ring_init(hvuv__turn_t* ring) {
  ring->prev = ring;
  ring->next = ring;
}

static int ring_is_empty(const hvuv__turn_t* ring) {
  return ring->next == ring;
}

static void ring_add(hvuv__turn_t* ring, hvuv__turn_t* turn) {
  assert(turn->next == NULL);
  turn->prev = ring->prev;
  turn->next = ring;
  ring->prev->next = turn;
  ring->prev = turn;
}

static void ring_remove(hvuv__turn_t* turn) {
  assert(turn->next != NULL);
  turn->prev->next = turn->next;
  turn->next->prev = turn->prev;
  turn->prev = NULL;
  turn->next = NULL;
}

/* Moves all of one ring to another, which is new. */
static void ring_move(hvuv__turn_t* from, hvuv__turn_t* to) {
  ring_init(to);
  if (ring_is_empty(from))
    return;

  *to = *from;
  to->next->prev = to;
  to->prev->next = to;
  ring_init(from);
}

/* Wakes the first of the ring for as long as there is one. */
static void ring_wake(hvuv__turn_t* ring, void (*wake)(hvuv__turn_t*)) {
  hvuv__turn_t* turn;

  while (!ring_is_empty(ring)) {
    turn = ring->next;
    ring_remove(turn);
    wake(turn);
  }
}

/* --- Its life ------------------------------------------------------------- */

static int is_whole(const hvuv__hub_t* hub) {
  return hvuv__handle_is_open((const uv_handle_t*) &hub->check) &&
         hvuv__handle_is_open((const uv_handle_t*) &hub->idle);
}

static int is_due(const hvuv__hub_t* hub) {
  return !ring_is_empty(&hub->due) || hvuv__poll_is_due(&hub->poll);
}

#ifdef NDEBUG
#define check_hub(hub) ((void) 0)
#else
static void check_hub(const hvuv__hub_t* hub) {
  assert(!hub->has_ended || hub->members == 0);
  assert(hub->members > 0 || ring_is_empty(&hub->due));
  assert(!is_due(hub) || !is_whole(hub) ||
         uv_is_active((const uv_handle_t*) &hub->idle));
}
#endif

static hvuv__hub_t* of_check(void* check) {
  return (hvuv__hub_t*) ((char*) check - offsetof(hvuv__hub_t, check));
}

static hvuv__hub_t* of_idle(void* idle) {
  return (hvuv__hub_t*) ((char*) idle - offsetof(hvuv__hub_t, idle));
}

static hvuv__hub_t* of_listed(void* listed) {
  return (hvuv__hub_t*) ((char*) listed - offsetof(hvuv__hub_t, listed));
}

static hvuv__hub_t* of_poll(void* poll) {
  return (hvuv__hub_t*) ((char*) poll - offsetof(hvuv__hub_t, poll));
}

static hvuv__hub_t* of_closer(void* closer) {
  return (hvuv__hub_t*) ((char*) closer - offsetof(hvuv__hub_t, closer));
}

static void give_back_handle(hvuv__hub_t* hub) {
  assert(hub->handles > 0);
  if (--hub->handles > 0)
    return;
  assert(hub->has_ended && ring_is_empty(&hub->leaving));
  hvuv__free(hub->buffer);
  hvuv__free(hub);
}

static void on_check_closed(uv_handle_t* handle) {
  give_back_handle(of_check(handle));
}

static void on_idle_closed(uv_handle_t* handle) {
  give_back_handle(of_idle(handle));
}

static void end(hvuv__hub_t* hub) {
  assert(!hub->has_ended);
  hub->has_ended = 1;
  hvuv__hubs_remove(&hub->listed);
  hvuv__poll_leave(&hub->poll);
  hvuv__handle_close(
      (uv_handle_t*) &hub->check, &hub->check_wait, on_check_closed);
  hvuv__handle_close(
      (uv_handle_t*) &hub->idle, &hub->idle_wait, on_idle_closed);
}

/* --- The turn's end ------------------------------------------------------- */

static void on_idle(uv_idle_t* idle) {
  /* Being active is all that it is for. */
  (void) idle;
}

static int keep_awake(hvuv__hub_t* hub) {
  if (!is_whole(hub))
    return 0;
  uv_idle_start(&hub->idle, on_idle);
  return 1;
}

static void let_rest(hvuv__hub_t* hub) {
  if (!is_due(hub))
    uv_idle_stop(&hub->idle);
}

static int on_poll_defer(hvuv__poll_shared_t* poll) {
  return keep_awake(of_poll(poll));
}

HVUV__APART static void end_turn(hvuv__hub_t* hub) {
  hvuv__turn_t now;
  int round;

  if (hvuv__poll_is_due(&hub->poll))
    hvuv__poll_turn_end(&hub->poll);
  for (round = 0; round < ROUNDS && !ring_is_empty(&hub->due); round++) {
    ring_move(&hub->due, &now);
    ring_wake(&now, hub->wakes->turn_end);
  }
  let_rest(hub);
}

static void on_check(uv_check_t* check) {
  hvuv__hub_t* hub = of_check(check);

  hub->turn++;
  if (is_due(hub))
    end_turn(hub);
  check_hub(hub);
  if (hub->members == 0)
    end(hub);
}

/* The closer may be opened again by what is woken here. */
static void on_closer_closed(uv_handle_t* handle) {
  hvuv__hub_t* hub = of_closer(handle);
  hvuv__turn_t now;

  ring_move(&hub->leaving, &now);
  ring_wake(&now, hub->wakes->left);

  /* Whoever left after the hub's own check had run in this turn. */
  if (hub->members == 0 && !hub->has_ended)
    end(hub);
  give_back_handle(hub);
}

static hvuv__hub_t* create(uv_loop_t* loop, const hvuv__wakes_t* wakes) {
  hvuv__hub_t* hub;

  hub = hvuv__calloc(1, sizeof(*hub));
  if (hub == NULL)
    return NULL;

  hvuv__poll_enter(&hub->poll, loop, on_poll_defer);
  hub->wakes = wakes;
  hub->handles = 2;
  ring_init(&hub->due);
  ring_init(&hub->leaving);

  /* None of these four can fail (libuv, src/unix/loop-watcher.c and
   * src/win/loop-watcher.c). */
  uv_check_init(loop, &hub->check);
  uv_idle_init(loop, &hub->idle);
  hvuv__handle_mark((uv_handle_t*) &hub->check);
  hvuv__handle_mark((uv_handle_t*) &hub->idle);
  uv_check_start(&hub->check, on_check);
  uv_unref((uv_handle_t*) &hub->check);
  hvuv__hubs_add(&hub->listed, loop, &hub->poll);
  return hub;
}

/* NULL if there is none that is whole. */
static hvuv__hub_t* find(const uv_loop_t* loop) {
  hvuv__listed_t* listed;
  hvuv__hub_t* hub;

  listed = hvuv__hubs_find(loop);
  if (listed == NULL)
    return NULL;
  hub = of_listed(listed);
  if (is_whole(hub))
    return hub;
  hvuv__hubs_remove(listed);
  return NULL;
}

int hvuv__hub_enter(uv_loop_t* loop,
                    const hvuv__wakes_t* wakes,
                    hvuv__hub_t** out) {
  hvuv__hub_t* hub;

  hub = find(loop);
  if (hub == NULL)
    hub = create(loop, wakes);
  if (hub == NULL)
    return UV_ENOMEM;

  assert(hub->wakes == wakes);
  check_hub(hub);
  hub->members++;
  *out = hub;
  return 0;
}

/* Opened anew each time, since a closed handle is none. */
static void close_closer(hvuv__hub_t* hub) {
  uv_idle_init(hub->listed.loop, &hub->closer);
  hvuv__handle_mark((uv_handle_t*) &hub->closer);
  hub->handles++;
  uv_close((uv_handle_t*) &hub->closer, on_closer_closed);
}

void hvuv__hub_leave(hvuv__hub_t* hub, hvuv__turn_t* turn) {
  assert(hub->members > 0);
  hub->members--;
  if (hvuv__turn_is_queued(turn)) {
    ring_remove(turn);
    let_rest(hub);
  }

  if (ring_is_empty(&hub->leaving))
    close_closer(hub);
  ring_add(&hub->leaving, turn);
  check_hub(hub);
}

const hvuv__wakes_t* hvuv__hub_wakes(const hvuv__hub_t* hub) {
  return hub->wakes;
}

void hvuv__hub_hold(hvuv__hub_t* hub, int change) {
  assert(change == 1 || change == -1);
  if (change > 0) {
    if (hub->holding++ == 0)
      uv_ref((uv_handle_t*) &hub->check);
  } else {
    assert(hub->holding > 0);
    if (--hub->holding == 0)
      uv_unref((uv_handle_t*) &hub->check);
  }
}

unsigned int hvuv__hub_turn(const hvuv__hub_t* hub) {
  return hub->turn;
}

hvuv__poll_shared_t* hvuv__hub_poll(hvuv__hub_t* hub) {
  return &hub->poll;
}

void* hvuv__hub_note(hvuv__hub_t* hub) {
  return hub->note;
}

char* hvuv__hub_buffer(hvuv__hub_t* hub) {
  if (hub->buffer == NULL)
    hub->buffer = hvuv__malloc(HVUV__HUB_BUFFER_BYTES);
  return hub->buffer;
}

void hvuv__hub_defer(hvuv__hub_t* hub, hvuv__turn_t* turn) {
  if (hvuv__turn_is_queued(turn))
    return;

  assert(hub->members > 0);
  if (ring_is_empty(&hub->due))
    keep_awake(hub);
  ring_add(&hub->due, turn);
}
