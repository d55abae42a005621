#include "follower.h"

#include <stdlib.h>

#include "hvforward.h"
#include "kind_vm.h"
#include "report.h"

#define RETRY_MS 5000

typedef struct follower_s {
  const route_t* route;
  door_cb cb;
  hvuv_follow_t follow;
  uv_timer_t retry;
  int open_handles;
  struct follower_s* next;
} follower_t;

static follower_t* followers;

static void move(follower_t* f);

static void on_retry(uv_timer_t* retry) {
  move(retry->data);
}

static void move(follower_t* f) {
  uv_timer_stop(&f->retry);
  if (doors_move(f->follow.loop, f->route, f->cb) != 0)
    uv_timer_start(&f->retry, on_retry, RETRY_MS, 0);
}

static void on_news(hvuv_follow_t* follow,
                    const hvuv_addr_t* addr,
                    int status) {
  follower_t* f = follow->data;

  if (status == 0) {
    vm_move_place(&f->route->from, addr);
    move(f);
    return;
  }
  report_meaning(
      &hvforward, "lookup", f->route->from.text, status, vm_meaning(status));
}

static void give_back(follower_t* f) {
  if (--f->open_handles == 0)
    free(f);
}

static void on_follow_closed(hvuv_follow_t* follow) {
  give_back(follow->data);
}

static void on_retry_closed(uv_handle_t* retry) {
  give_back(retry->data);
}

int follower_start(uv_loop_t* loop, const route_t* route, door_cb cb) {
  const vm_name_t* vm = vm_of_place(&route->from);
  follower_t* f = calloc(1, sizeof(*f));
  hvuv_follow_options_t options;
  int err;

  if (f == NULL)
    abort(); /* Out of memory. */
  hvuv_follow_options_init(&options);
  options.name = vm->name;
  options.addr = vm->addr;
  options.interval_ms = settings.follow_ms;
  err = hvuv_follow_start(loop, &f->follow, &options, on_news);
  if (err != 0) {
    free(f);
    return place_report(&route->from, HVUV_STEP_BIND, err);
  }
  f->follow.data = f;
  f->route = route;
  f->cb = cb;
  uv_timer_init(loop, &f->retry); /* Always 0. */
  f->retry.data = f;
  f->open_handles = 2;
  f->next = followers;
  followers = f;
  return 0;
}

void followers_end(void) {
  follower_t* f;

  while ((f = followers) != NULL) {
    followers = f->next;
    hvuv_follow_close(&f->follow, on_follow_closed);
    uv_close((uv_handle_t*) &f->retry, on_retry_closed);
  }
}
