/* A closed handle is the loop's until its last request has come back: the slow
 * path of uv_poll_t may take minutes for that (libuv, src/win/poll.c). The loop
 * has done with what it does not list any more. */
#include "base/handle.h"

#include <assert.h>

/* Most have come back by the first time. */
#define QUICK_ASKINGS 4
#define PAUSE_MS      10

typedef struct search_s {
  const uv_handle_t* handle;
  int is_found;
} search_t;

static void compare(uv_handle_t* handle, void* arg) {
  search_t* search = arg;

  if (handle == search->handle)
    search->is_found = 1;
}

int hvuv__handle_lingers(uv_handle_t* handle) {
  search_t search;

  assert(!hvuv__handle_is_open(handle));
  search.handle = handle;
  search.is_found = 0;
  uv_walk(handle->loop, compare, &search);
  return search.is_found;
}

/* libuv has four threads for this, which others need too. */
void hvuv__handle_pause(uv_work_t* work) {
  const hvuv__wait_t* wait = (const hvuv__wait_t*) work;

  if (wait->turns > QUICK_ASKINGS)
    uv_sleep(PAUSE_MS);
}
