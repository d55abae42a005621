/*
 * Which engine a socket gets on Linux: a young one is watched by the loop's
 * nursery, any other by a uv_poll_t.
 *
 * The first young socket of a loop is no reason for a nursery, which has a
 * descriptor and a uv_poll_t of its own: many a program makes one connection.
 * And it is a saving, not a need: where there is no descriptor left, or whoever
 * walked the loop has closed it, a uv_poll_t does as well.
 */
#include <stdatomic.h>
#include <string.h>

#include "base/env.h"
#include "hvuv/engine.h"
#include "poll/choose.h"
#include "poll/engine_nursery_linux.h"
#include "poll/engine_uv.h"

/* An error of epoll is the socket's (libuv, src/unix/poll.c). */
const unsigned char hvuv__engine_errors_ignored = 0;

static uv_once_t once = UV_ONCE_INIT;
static atomic_int chosen = HVUV_ENGINE_AUTO;
static int from_the_first; /* the first young socket is in the nursery too */

static void read_environment(void) {
  char text[8];

  if (hvuv__env_get(HVUV__ENV_POLL, text, sizeof(text)) != 0)
    return;
  if (strcmp(text, "uv") == 0)
    chosen = HVUV_ENGINE_UV;
  from_the_first = strcmp(text, "nursery") == 0;
}

int hvuv_set_engine(hvuv_engine_t engine) {
  if (engine == HVUV_ENGINE_AFD)
    return UV_ENOTSUP;
  if (engine != HVUV_ENGINE_AUTO && engine != HVUV_ENGINE_UV)
    return UV_EINVAL;

  uv_once(&once, read_environment); /* Not after this call. */
  chosen = engine;
  return 0;
}

/* Whether it is not a loop's first one; and makes it that. */
static int is_another(hvuv__poll_shared_t* shared) {
  int had_young = shared->had_young;

  shared->had_young = 1;
  return had_young || from_the_first;
}

static int choose_for_young(hvuv__poll_shared_t* shared,
                            const hvuv__engine_t** engine) {
  int err;

  if (!is_another(shared) || chosen != HVUV_ENGINE_AUTO)
    return 0;

  err = hvuv__nursery_enter(shared);
  if (err == UV_EMFILE || err == UV_ENFILE || err == UV_ECANCELED)
    return 0;
  *engine = &hvuv__engine_nursery;
  return err;
}

int hvuv__engine_choose(hvuv__poll_shared_t* shared,
                        uv_os_sock_t sock,
                        enum hvuv__poll_age age,
                        const hvuv__engine_t** engine) {
  (void) sock;
  *engine = &hvuv__engine_uv;
  if (age == HVUV__POLL_LASTING)
    return 0;
  if (!shared->had_young)
    uv_once(&once, read_environment);
  return choose_for_young(shared, engine);
}

void hvuv__engine_leave(hvuv__poll_shared_t* shared) {
  hvuv__nursery_leave(shared);
}

void hvuv__engine_disown(hvuv__poll_shared_t* shared) {
  hvuv__nursery_disown(shared);
}
