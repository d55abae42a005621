/*
 * The engine for sockets that accept and connect have just made: an epoll set
 * of the loop's own, which one uv_poll_t watches.
 *
 *   libuv's epoll <-- uv_poll_t <-- the nursery's set <-- young sockets, and
 *         ^                                               when one has grown up
 *         +------------------ uv_poll_t <-----------------------+
 *
 * To watch a socket here takes two system calls in its life, to add it and to
 * remove it; by a uv_poll_t of its own it takes five and an ioctl(). But each
 * turn in which something happens here takes one call more, epoll_wait(). So
 * a socket that lives longer than most, which is seen by its wake-ups, moves to
 * a uv_poll_t, in the block that it has:
 *
 *              arm                 woken GROWN_UP times
 *   UNWATCHED -----> WATCHED -----------------------------> engine_uv.c's
 *     ^  |  ^          |  |
 *     |  |  +----------+  |         arm nothing, EPOLLERR: EPOLL_CTL_DEL,
 *     |  |                |         because a set reports errors and
 *   open +---- close -----+         hang-ups of all that it holds
 *
 * A close removes the socket from the set too. The kernel would do so with the
 * socket's last descriptor, but not before, and there may be a copy of it in
 * another process: the set would report a block that is gone.
 *
 * The set reports a batch of events, and a callback may close any poller. What
 * is closed during a batch is given back when it is over, so that a later event
 * of the batch finds a closed poller and not another one in its place. A few of
 * the blocks are kept for the sockets to come.
 *
 * After a fork the set is the parent's and the child's alike. In the child its
 * number is given to something that is always readable; so the parent's set is
 * left alone, and the child's first turn comes here, makes a set of its own,
 * and adds to it what is watched. A child that does not go on with the loop
 * (uv_loop_fork()) has no such turn.
 *
 * libuv watches the set's number for as long as the nursery is there. Whoever
 * walks the loop sees that one uv_poll_t, and closing it ends the nursery: what
 * is in it hears no more, as it would without a uv_poll_t of its own.
 */
#include "poll/engine_nursery_linux.h"

#include <assert.h>

#include "base/alloc.h"
#include "base/handle.h"
#include "poll/engine_uv.h"
#include "poll/epoll_linux.h"
#include "poll/poller.h"

/* Enough for a connect, a question and the end. */
#define GROWN_UP 4

/* So many events at once; the rest is for the next turn, and the kernel reports
 * that first. */
#define BATCH 256

/* Blocks kept for the next sockets: what a batch may close, and no more. */
#define SPARES_MAX 64

typedef struct hvuv__nursery_s hvuv__nursery_t;
typedef struct young_s young_t;

struct young_s {
  hvuv__uv_poller_t grown; /* what it becomes; first, because of how it ends */
  hvuv__nursery_t* nursery;
  young_t** link; /* what points to it */
  young_t* next;
  unsigned int wakes;
  int is_watched; /* the set has it */
};

struct hvuv__nursery_s {
  uv_poll_t poll;
  hvuv__wait_t wait;
  int set;
  int is_disowned; /* the set's number is no set; see above */
  int is_waking;   /* a batch is being reported */
  young_t* young;
  young_t* closed; /* during a batch */
  young_t* spare;
  unsigned int spares;
};

static young_t* of(hvuv__poller_t* poller) {
  return (young_t*) (void*) ((char*) poller - offsetof(young_t, grown.base));
}

#ifdef NDEBUG
#define check(young) ((void) 0)
#else
static void check(const young_t* y) {
  assert(y->nursery != NULL && *y->link == y);
  assert(y->grown.base.engine == NULL ||
         y->grown.base.engine == &hvuv__engine_nursery);
  assert(y->next == NULL || y->next->link == &y->next);
}
#endif

static void put_in(young_t** list, young_t* y) {
  y->next = *list;
  y->link = list;
  if (y->next != NULL)
    y->next->link = &y->next;
  *list = y;
}

static void take_out(young_t* y) {
  *y->link = y->next;
  if (y->next != NULL)
    y->next->link = y->link;
}

/* --- Blocks --------------------------------------------------------------- */

/* Those that are closed are in no list but by `next`. */
static void give_back(hvuv__nursery_t* n, young_t* y) {
  if (n->spares == SPARES_MAX) {
    hvuv__free(y);
    return;
  }
  y->next = n->spare;
  n->spare = y;
  n->spares++;
}

static young_t* take_block(hvuv__nursery_t* n) {
  young_t* y;

  assert((n->spare != NULL) == (n->spares > 0));
  y = n->spare;
  if (y == NULL)
    return hvuv__malloc(sizeof(*y)); /* Its uv_poll_t is for later. */
  n->spare = y->next;
  n->spares--;
  return y;
}

static void bury(hvuv__nursery_t* n) {
  young_t* next;
  young_t* y;

  next = n->closed;
  n->closed = NULL;
  while ((y = next) != NULL) {
    next = y->next;
    give_back(n, y);
  }
}

/* --- Watching ------------------------------------------------------------- */

static uint32_t to_epoll(int events) {
  return (events & UV_READABLE ? EPOLLIN : 0u) |
         (events & UV_WRITABLE ? EPOLLOUT : 0u);
}

/* As libuv has it, a hang-up that comes alone counts as all that is watched for
 * (libuv, src/unix/epoll.c). */
static int from_epoll(uint32_t bits, int armed) {
  bits &= to_epoll(armed) | EPOLLHUP;
  if (bits == EPOLLHUP)
    return armed;
  return (bits & EPOLLIN ? UV_READABLE : 0) |
         (bits & EPOLLOUT ? UV_WRITABLE : 0);
}

static void unwatch(young_t* y) {
  if (!y->is_watched)
    return;
  y->is_watched = 0;

  /* It cannot fail but where somebody else has closed the socket. */
  if (!y->nursery->is_disowned)
    hvuv__epoll_change(
        y->nursery->set, EPOLL_CTL_DEL, y->grown.base.sock, 0, NULL);
}

static int watch(young_t* y, int events) {
  int err;
  int how;

  how = y->is_watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
  err =
      y->nursery->is_disowned
          ? 0 /* The set to come gets it. */
          : hvuv__epoll_change(
                y->nursery->set, how, y->grown.base.sock, to_epoll(events), y);
  if (err != 0)
    unwatch(y);
  else
    y->is_watched = 1;
  return err;
}

static int arm_young(hvuv__poller_t* poller, int events) {
  young_t* y = of(poller);

  check(y);
  if (!hvuv__handle_is_open((uv_handle_t*) &y->nursery->poll))
    return UV_ECANCELED;
  if (events != 0)
    return watch(y, events);
  unwatch(y);
  return 0;
}

/* --- Waking --------------------------------------------------------------- */

/* Where it cannot have a uv_poll_t it is well as it is, and may grow later. */
static void grow_up(young_t* y) {
  hvuv__nursery_t* n = y->nursery;

  y->wakes = 0;
  if (hvuv__engine_uv_adopt(n->poll.loop, &y->grown, y->grown.base.sock) != 0)
    return;
  unwatch(y);
  take_out(y);
  hvuv__poller_rearm(&y->grown.base);
}

static void wake(young_t* y, uint32_t bits) {
  hvuv__poller_t* poller = &y->grown.base;

  if (!y->is_watched) /* any more: an earlier event of the batch has seen to it */
    return;

  check(y);
  y->wakes++;
  if (bits & EPOLLERR) {
    unwatch(y);
    hvuv__poller_fail(poller, UV_EBADF);
  } else {
    hvuv__poller_fire(poller, from_epoll(bits, poller->armed));
  }

  if (y->wakes >= GROWN_UP && y->is_watched)
    grow_up(y);
}

static void wake_all(hvuv__nursery_t* n) {
  struct epoll_event events[BATCH];
  int count;
  int i;

  assert(!n->is_waking && n->closed == NULL);
  count = hvuv__epoll_look(n->set, events, BATCH);
  n->is_waking = 1;
  for (i = 0; i < count && hvuv__handle_is_open((uv_handle_t*) &n->poll); i++)
    wake(events[i].data.ptr, events[i].events);
  n->is_waking = 0;
  bury(n);
}

static void on_set(uv_poll_t* poll, int status, int events);

/* Adds what is watched to the set, which is new. */
static void add_all(hvuv__nursery_t* n) {
  young_t* rest;
  young_t* y;
  int err;

  rest = n->young;
  n->young = NULL;
  if (rest != NULL)
    rest->link = &rest;
  n->is_waking = 1;
  while ((y = rest) != NULL) {
    take_out(y);
    put_in(&n->young, y);
    err = 0;
    if (y->is_watched) {
      y->is_watched = 0;
      err = watch(y, y->grown.base.armed);
    }
    if (err != 0)
      hvuv__poller_fail(&y->grown.base, err);
  }
  n->is_waking = 0;
  bury(n);
}

/* Until there is a descriptor for it, each turn tries. */
static void make_anew(hvuv__nursery_t* n) {
  uv_poll_stop(&n->poll);
  if (hvuv__epoll_renew(n->set) == 0)
    n->is_disowned = 0;
  uv_poll_start(&n->poll, UV_READABLE, on_set);
  if (!n->is_disowned)
    add_all(n);
}

static void on_set(uv_poll_t* poll, int status, int events) {
  hvuv__nursery_t* n = (hvuv__nursery_t*) poll;

  assert(status == 0); /* A set has no errors (Linux, fs/eventpoll.c). */
  (void) status;
  (void) events;
  if (n->is_disowned)
    make_anew(n);
  else
    wake_all(n);
}

/* --- A loop's part -------------------------------------------------------- */

static int start(hvuv__nursery_t* n, uv_loop_t* loop) {
  int err;

  err = hvuv__epoll_open(&n->set);
  if (err != 0)
    return err;

  err = uv_poll_init(loop, &n->poll, n->set);
  if (err == 0) {
    hvuv__handle_mark((uv_handle_t*) &n->poll);
    uv_unref((uv_handle_t*) &n->poll);
    uv_poll_start(&n->poll, UV_READABLE, on_set); /* No error: all is new. */
    return 0;
  }

  hvuv__epoll_close(n->set);
  return err;
}

int hvuv__nursery_enter(hvuv__poll_shared_t* shared) {
  hvuv__nursery_t* n = shared->nursery;
  int err;

  if (n != NULL)
    return hvuv__handle_is_open((uv_handle_t*) &n->poll) ? 0 : UV_ECANCELED;

  n = hvuv__calloc(1, sizeof(*n));
  if (n == NULL)
    return UV_ENOMEM;
  err = start(n, shared->loop);
  if (err != 0) {
    hvuv__free(n);
    return err;
  }
  shared->nursery = n;
  return 0;
}

static void on_closed(uv_handle_t* handle) {
  hvuv__free(handle); /* It begins with it. */
}

/* What a fork at this moment leaves to a child is a nursery with a set, or no
 * nursery. */
void hvuv__nursery_leave(hvuv__poll_shared_t* shared) {
  hvuv__nursery_t* n = shared->nursery;

  if (n == NULL)
    return;
  assert(n->young == NULL && n->closed == NULL && !n->is_waking);
  shared->nursery = NULL;
  while (n->spare != NULL)
    hvuv__free(take_block(n));
  hvuv__handle_close((uv_handle_t*) &n->poll, &n->wait, on_closed);
  hvuv__epoll_close(n->set);
}

void hvuv__nursery_disown(hvuv__poll_shared_t* shared) {
  hvuv__nursery_t* n = shared->nursery;

  if (n == NULL)
    return;
  n->is_disowned = 1;
  hvuv__epoll_disown(n->set);
}

/* --- The engine ----------------------------------------------------------- */

static int open_young(hvuv__poll_shared_t* shared,
                      uv_os_sock_t sock,
                      hvuv__poller_t** poller) {
  static const hvuv__poller_t none;
  young_t* y;

  assert(shared->nursery != NULL && sock >= 0);
  (void) sock;
  y = take_block(shared->nursery);
  if (y == NULL)
    return UV_ENOMEM;

  y->grown.base = none;
  y->nursery = shared->nursery;
  y->wakes = 0;
  y->is_watched = 0;
  put_in(&y->nursery->young, y);
  check(y);
  *poller = &y->grown.base;
  return 0;
}

static void close_young(hvuv__poller_t* poller) {
  young_t* y = of(poller);
  hvuv__nursery_t* n = y->nursery;

  check(y);
  unwatch(y);
  take_out(y);
  if (!n->is_waking) {
    give_back(n, y);
    return;
  }
  y->next = n->closed;
  n->closed = y;
}

const hvuv__engine_t hvuv__engine_nursery = {
    .open = open_young,
    .arm = arm_young,
    .close = close_young,
};
