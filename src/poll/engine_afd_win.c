/*
 * The engine that asks AFD: one thread for each loop, whatever the sockets, and
 * one handle for each group of them (afd_thread_win.h, afd_groups_win.h).
 *
 *      loop's thread                          the loop's AFD thread
 *   arm -> hvuv__afd_ask ....> AFD ....> completion port
 *                                             | takes answers, many at once
 *   on_async <---- uv_async_send ------------ | those that arrived
 *      | each answer: hvuv__poller_fire()
 *      v
 *   ask again for what is armed by then
 *
 * A question is answered once, so asking again after each answer is what makes
 * events last as long as their cause. A poller has one question out at most:
 *
 *               ask                      cancel
 *   nothing ---------> asked (events) ------------> asked, cancelling
 *      ^                   | answer                     | answer, of any kind
 *      +-------------------+----------------------------+
 *
 * What is armed while a question is out and not part of it cancels it; it is
 * asked anew when the answer comes. What is not wanted any more is left to
 * come: poller.c passes nothing on that is not wanted.
 *
 * A poller's block is the driver's while its question is out, so a closed one
 * is freed with the answer that its cancelling brings, also when nobody runs
 * the loop any more: hvuv__afd_leave() waits for what is left before it gives
 * the thread back.
 */
#include "poll/engine_afd_win.h"

#include <assert.h>
#include <stddef.h>

#include "base/alloc.h"
#include "base/handle.h"
#include "poll/afd_groups_win.h"
#include "poll/afd_thread_win.h"
#include "poll/afd_win.h"
#include "poll/poller.h"
#include "sys/sys_win.h"

/* A cancelled question comes back at once. A driver that keeps one keeps its
 * poller's block too, which is lost then; that is better than to hang. */
#define LEAVE_PATIENCE_MS 2000

/* Questions refused in a row for one answer, each told to the owner. */
#define REFUSALS_MAX 16

typedef struct hvuv__afd_home_s hvuv__afd_home_t;
typedef struct afd_poller_s afd_poller_t;

struct afd_poller_s {
  hvuv__poller_t base;
  hvuv__afd_home_t* home;
  hvuv__afd_group_t* group; /* by whose handle it asks */
  SOCKET sock;
  ULONG asked; /* events of the question that is out; 0 if none is */
  int cancelling;
  int telling; /* the owner is being called */
  hvuv__afd_poll_t poll;
};

/* A loop's part of the engine, which its hvuv__poll_shared_t leads to. */
struct hvuv__afd_home_s {
  hvuv__afd_thread_t* thread;
  hvuv__afd_groups_t groups;
  uv_async_t async;
  hvuv__wait_t wait; /* for its end */
  size_t questions;  /* out, or arrived and not looked at */
};

static void check(const afd_poller_t* p) {
  assert(p->home != NULL && p->group != NULL && p->group->members > 0);
  assert(!p->cancelling || p->asked != 0); /* what is cancelled is out */
  assert(p->asked == 0 || p->home->questions > 0);
  (void) p;
}

int hvuv__afd_is_there(void) {
  return hvuv__afd_load() == 0;
}

/* --- Asking -------------------------------------------------------------- */

static ULONG to_afd(int events) {
  ULONG bits;

  bits = 0;
  if (events & UV_READABLE)
    bits |= HVUV__AFD_RECEIVE | HVUV__AFD_ACCEPT | HVUV__AFD_DISCONNECT |
            HVUV__AFD_ABORT;
  if (events & UV_WRITABLE)
    bits |= HVUV__AFD_SEND | HVUV__AFD_CONNECT_FAIL | HVUV__AFD_ABORT;
  return bits;
}

static int from_afd(ULONG bits) {
  int events;

  events = 0;
  if (bits & to_afd(UV_READABLE))
    events |= UV_READABLE;
  if (bits & to_afd(UV_WRITABLE))
    events |= UV_WRITABLE;
  return events;
}

static int ask(afd_poller_t* p, int events) {
  DWORD error;

  assert(p->asked == 0 && events != 0); /* one question at a time */
  error = hvuv__afd_ask(p->group->afd, p->sock, to_afd(events), &p->poll);
  if (error != 0)
    return hvuv__sys_error(error);

  p->asked = to_afd(events);
  p->home->questions++;
  check(p);
  return 0;
}

static void cancel(afd_poller_t* p) {
  if (p->cancelling)
    return;
  p->cancelling = 1;
  hvuv__afd_cancel(p->group->afd, &p->poll);
}

static int arm_afd(hvuv__poller_t* poller, int events) {
  afd_poller_t* p = (afd_poller_t*) poller;

  check(p);
  if (p->telling)
    return 0; /* What is armed when the owner has returned is asked then. */
  if (p->asked == 0)
    return events == 0 ? 0 : ask(p, events);

  if (to_afd(events) & ~p->asked)
    cancel(p);
  return 0;
}

/* --- Telling ------------------------------------------------------------- */

static void tell_owner(afd_poller_t* p, int status, int events) {
  assert(!p->telling && p->base.cb != NULL);
  p->telling = 1;
  if (status != 0)
    hvuv__poller_fail(&p->base, status);
  else if (events != 0)
    hvuv__poller_fire(&p->base, events);
  p->telling = 0;
}

/* Asks for what is armed now. A question that is refused is told as an error,
 * and the owner may want something else then. */
static void ask_again(afd_poller_t* p) {
  int err;
  int i;

  for (i = 0; i < REFUSALS_MAX && p->base.cb != NULL; i++) {
    err = p->base.armed == 0 ? 0 : ask(p, p->base.armed);
    if (err == 0)
      return;
    tell_owner(p, err, 0);
  }
}

/* A connect that has failed is reported by SO_ERROR too, which is looked at
 * first; the code here counts if nothing else explains it. */
static int connect_error(const afd_poller_t* p) {
  DWORD error = hvuv__afd_connect_error(&p->poll);

  return error == 0 ? UV_ECONNABORTED : hvuv__sys_error(error);
}

static void free_poller(afd_poller_t* p) {
  assert(p->asked == 0 && p->base.cb == NULL);
  hvuv__afd_groups_leave(&p->home->groups, p->group);
  hvuv__free(p);
}

static void on_answer(afd_poller_t* p) {
  ULONG bits;
  DWORD error;
  int status;

  assert(p->asked != 0);
  check(p);
  p->home->questions--;
  p->asked = 0;
  p->cancelling = 0;
  error = hvuv__afd_answer(&p->poll, &bits);
  status = error == 0 ? 0 : hvuv__sys_error(error);
  if (bits & HVUV__AFD_CONNECT_FAIL)
    status = connect_error(p);
  if (bits & HVUV__AFD_LOCAL_CLOSE)
    status = UV_EBADF; /* Not by us: a closed poller hears nothing. */

  if (p->base.cb != NULL) {
    tell_owner(p, status, from_afd(bits));
    ask_again(p);
  }
  if (p->base.cb == NULL)
    free_poller(p);
}

static void on_answers(hvuv__afd_poll_t* next) {
  hvuv__afd_poll_t* poll;

  while ((poll = next) != NULL) {
    next = poll->next_arrived;
    on_answer(
        (afd_poller_t*) (void*) ((char*) poll - offsetof(afd_poller_t, poll)));
  }
}

static hvuv__afd_home_t* home_of(void* async) {
  return (hvuv__afd_home_t*) (void*) ((char*) async -
                                      offsetof(hvuv__afd_home_t, async));
}

static void on_async(uv_async_t* async) {
  hvuv__afd_home_t* home = home_of(async);

  if (home->thread != NULL)
    on_answers(hvuv__afd_thread_fetch(home->thread));
}

/* In the thread. Whoever walks the loop may have closed it, and libuv asserts
 * that one that is closed is not sent to. (Whoever does so while the thread is
 * between the two lines comes to the same as one who closes a handle of their
 * own while others send to it. Answers that nobody fetches are
 * hvuv__afd_leave()'s.) */
static void wake_loop(void* owner) {
  hvuv__afd_home_t* home = owner;

  if (hvuv__handle_is_open((const uv_handle_t*) &home->async))
    uv_async_send(&home->async);
}

/* --- A loop's part -------------------------------------------------------- */

static void on_async_closed(uv_handle_t* handle) {
  hvuv__free(home_of(handle));
}

static int start(hvuv__afd_home_t* home) {
  int err;

  if (hvuv__afd_load() != 0)
    return UV_ENOTSUP;
  err = hvuv__afd_thread_take(home, wake_loop, &home->thread);
  if (err == 0)
    home->groups.port = hvuv__afd_thread_port(home->thread);
  return err;
}

static int make_home(hvuv__poll_shared_t* shared) {
  hvuv__afd_home_t* home;
  int err;

  home = hvuv__calloc(1, sizeof(*home));
  if (home == NULL)
    return UV_ENOMEM;

  err = uv_async_init(shared->loop, &home->async, on_async);
  if (err != 0) {
    hvuv__free(home);
    return err;
  }

  hvuv__handle_mark((uv_handle_t*) &home->async);
  uv_unref((uv_handle_t*) &home->async);
  err = start(home);
  if (err != 0) {
    uv_close((uv_handle_t*) &home->async, on_async_closed);
    return err;
  }
  shared->afd = home;
  return 0;
}

int hvuv__afd_enter(hvuv__poll_shared_t* shared) {
  int err;

  err = shared->afd == NULL ? make_home(shared) : 0;
  return err == 0 ? hvuv__afd_groups_make_room(&shared->afd->groups) : err;
}

void hvuv__afd_leave(hvuv__poll_shared_t* shared) {
  hvuv__afd_home_t* home = shared->afd;
  hvuv__afd_poll_t* arrived;

  if (home == NULL)
    return;
  shared->afd = NULL;
  on_answers(hvuv__afd_thread_fetch(home->thread));
  while (home->questions > 0) {
    arrived = hvuv__afd_thread_await(home->thread, LEAVE_PATIENCE_MS);
    if (arrived == NULL)
      break;
    on_answers(arrived);
  }

  hvuv__afd_groups_close(&home->groups);
  hvuv__afd_thread_give(home->thread, home->questions == 0);
  home->thread = NULL;
  hvuv__handle_close((uv_handle_t*) &home->async, &home->wait, on_async_closed);
}

/* --- The engine ----------------------------------------------------------- */

static int open_afd(hvuv__poll_shared_t* shared,
                    uv_os_sock_t sock,
                    hvuv__poller_t** poller) {
  afd_poller_t* p;
  int err;

  p = hvuv__calloc(1, sizeof(*p));
  if (p == NULL)
    return UV_ENOMEM;

  err = hvuv__afd_enter(shared);
  if (err != 0) {
    hvuv__free(p);
    return err;
  }

  p->home = shared->afd;
  p->group = hvuv__afd_groups_enter(&p->home->groups);
  p->sock = hvuv__afd_base_socket(sock);
  check(p);
  *poller = &p->base;
  return 0;
}

static void close_afd(hvuv__poller_t* poller) {
  afd_poller_t* p = (afd_poller_t*) poller;

  check(p);
  if (p->asked != 0)
    cancel(p);
  else if (!p->telling)
    free_poller(p);
}

const hvuv__engine_t hvuv__engine_afd = {
    .open = open_afd,
    .arm = arm_afd,
    .close = close_afd,
};
