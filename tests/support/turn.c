#include "turn.h"

/* After the timers, and before the wait. */
static void on_prepare(uv_prepare_t* prepare) {
  turn_t* turn = (turn_t*) prepare;

  if (uv_now(prepare->loop) >= turn->due_ms)
    uv_stop(prepare->loop);
}

void turn_open(turn_t* turn, uv_loop_t* loop) {
  uv_prepare_init(loop, &turn->prepare);
  uv_unref((uv_handle_t*) &turn->prepare);
}

int turn_once(turn_t* turn) {
  uv_loop_t* loop = turn->prepare.loop;
  int wait_ms;
  int alive;

  uv_update_time(loop);
  wait_ms = uv_backend_timeout(loop);
  turn->due_ms = wait_ms < 0 ? UINT64_MAX : uv_now(loop) + (uint64_t) wait_ms;
  uv_prepare_start(&turn->prepare, on_prepare);
  alive = uv_run(loop, UV_RUN_ONCE);
  uv_prepare_stop(&turn->prepare);
  return alive;
}

void turn_close(turn_t* turn) {
  uv_close((uv_handle_t*) &turn->prepare, NULL);
}
