/* poll.h by hand. A closed poller's block is freed at once, so that a late
 * use is caught. */
#include "fake_poller.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "poll/poll.h"

#define POLLERS_MAX 512

struct hvuv__poller_s {
  uv_loop_t* loop;
  uv_os_sock_t sock;
  void* owner;
  hvuv__ready_cb cb;
  int wanted;
  int armed; /* 0 after an error, until watched again */
};

static hvuv__poller_t* pollers[POLLERS_MAX];
static int open_error;
static int watch_error;
static int watch_errors_left;
static int changes;

void fake_poller_reset(void) {
  int i;

  /* Those that a failed test left are the allocator's to find. */
  for (i = 0; i < POLLERS_MAX; i++)
    pollers[i] = NULL;
  open_error = 0;
  watch_error = 0;
  watch_errors_left = 0;
  changes = 0;
}

void fake_poller_check(void) {
  int i;

  for (i = 0; i < POLLERS_MAX; i++)
    if (pollers[i] != NULL)
      fail_msg("the poller of socket %ld is open", (long) pollers[i]->sock);
}

static hvuv__poller_t** find(uv_os_sock_t sock) {
  int i;

  for (i = 0; i < POLLERS_MAX; i++)
    if (pollers[i] != NULL && pollers[i]->sock == sock)
      return &pollers[i];
  return NULL;
}

static hvuv__poller_t** find_place(void) {
  int i;

  for (i = 0; i < POLLERS_MAX; i++)
    if (pollers[i] == NULL)
      return &pollers[i];
  return NULL;
}

int fake_poller_fire(uv_os_sock_t sock, int status, int events) {
  hvuv__poller_t** place;
  hvuv__poller_t* p;

  place = find(sock);
  if (place == NULL)
    return 0;
  p = *place;

  if (status != 0) {
    p->armed = 0;
    p->cb(p->owner, status, 0);
    return 1;
  }

  events &= p->armed ? p->wanted : 0;
  if (events == 0)
    return 0;
  p->cb(p->owner, 0, events);
  return 1;
}

int fake_poller_pump(void) {
  uv_os_sock_t socks[POLLERS_MAX];
  int fired;
  int n;
  int i;

  /* A callback may open and close pollers. */
  n = 0;
  for (i = 0; i < POLLERS_MAX; i++)
    if (pollers[i] != NULL)
      socks[n++] = pollers[i]->sock;

  fired = 0;
  for (i = 0; i < n; i++)
    fired += fake_poller_fire(socks[i], 0, UV_READABLE | UV_WRITABLE);
  return fired;
}

int fake_poller_wanted(uv_os_sock_t sock) {
  hvuv__poller_t** place;

  place = find(sock);
  return place == NULL ? -1 : (*place)->wanted;
}

void fake_poller_fail_open(int err) {
  open_error = err;
}

void fake_poller_fail_watch(int err, int times) {
  watch_error = err;
  watch_errors_left = times;
}

int fake_poller_changes(void) {
  return changes;
}

/* --- poll.h -------------------------------------------------------------- */

int hvuv__poller_open(hvuv__poll_shared_t* shared,
                      uv_os_sock_t sock,
                      enum hvuv__poll_age age,
                      void* owner,
                      hvuv__ready_cb cb,
                      hvuv__poller_t** poller) {
  hvuv__poller_t** place;
  hvuv__poller_t* p;
  int err;

  (void) age;
  err = open_error;
  open_error = 0;
  if (err != 0)
    return err;
  if (find(sock) != NULL)
    return UV_EEXIST;

  place = find_place();
  p = place == NULL ? NULL : hvuv__calloc(1, sizeof(*p));
  if (p == NULL)
    return UV_ENOMEM;

  p->loop = shared->loop;
  p->sock = sock;
  p->owner = owner;
  p->cb = cb;
  *place = p;
  *poller = p;
  return 0;
}

int hvuv__poller_watch(hvuv__poller_t* p, int events) {
  if (events != 0 && watch_errors_left > 0) {
    watch_errors_left--;
    p->armed = 0;
    p->wanted = events;
    return watch_error;
  }

  changes += events != p->wanted;
  p->wanted = events;
  p->armed = 1;
  return 0;
}

void hvuv__poller_close(hvuv__poller_t* p) {
  *find(p->sock) = NULL;
  hvuv__free(p);
}

void hvuv__poll_leave(hvuv__poll_shared_t* shared) {
  int i;

  for (i = 0; i < POLLERS_MAX; i++)
    if (pollers[i] != NULL && pollers[i]->loop == shared->loop)
      fail_msg("the last stream has ended, and socket %ld is watched",
               (long) pollers[i]->sock);
}

void hvuv__poll_turn_end(hvuv__poll_shared_t* shared) {
  fail_msg("nothing was put off on loop %p", (void*) shared->loop);
}

void hvuv__poll_disown(hvuv__poll_shared_t* shared) {
  (void) shared;
}
