/* Relays that walk, and what is done to things of any kind. */
#include <stdlib.h>

#include "support/net.h"
#include "walkers_inside.h"

/* --- Relays --------------------------------------------------------------- */

static void on_relayed(hvuv_relay_t* relay, int status) {
  thing_t* thing = relay->data;

  (void) status;
  gone(thing);
  free(thing->joint);
  thing->joint = NULL;
  act_in_callback(thing);
}

static void open_side(int home, joint_t* joint, int i, uv_os_sock_t sock) {
  if (hvuv_init(&walk.loops[home], &joint->streams[i]) != 0 ||
      hvuv_open(&joint->streams[i], sock) != 0)
    abort();
  joint->streams[i].data = NULL;
}

static void open_tcp(int home, joint_t* joint, uv_os_sock_t sock) {
  if (uv_tcp_init(&walk.loops[home], &joint->tcp) != 0 ||
      uv_tcp_open(&joint->tcp, sock) != 0)
    abort();
  joint->tcp.data = NULL;
}

/* Two pairs, of which it joins one end each. */
void make_relay(int home) {
  thing_t* thing = record(RELAY, home);
  hvuv_relay_end_t ends[2] = {{.hvuv = NULL}, {.hvuv = NULL}};
  int is_foreign = below(2) == 0;
  uv_os_sock_t near_by[2];
  uv_os_sock_t far_off[2];
  int err;

  thing->joint = block(sizeof(*thing->joint));
  thing->is_foreign = is_foreign;
  note("relay %d at %d, foreign %d", thing->number, home, is_foreign);
  if (net_pair(near_by) != 0 ||
      (is_foreign ? net_tcp_pair(far_off) : net_pair(far_off)) != 0)
    abort();
  open_side(home, thing->joint, 0, near_by[0]);
  ends[0].hvuv = &thing->joint->streams[0];
  if (is_foreign) {
    open_tcp(home, thing->joint, far_off[0]);
    ends[1].uv = (uv_stream_t*) &thing->joint->tcp;
  } else {
    open_side(home, thing->joint, 1, far_off[0]);
    ends[1].hvuv = &thing->joint->streams[1];
  }
  thing->joint->relay.data = thing;
  CALL(err = hvuv_relay_start_ex(
           &thing->joint->relay, &ends[0], &ends[1], NULL, on_relayed));
  if (err != 0)
    abort();
  adopt(home, near_by[1]);
  adopt(home, far_off[1]);
}

/* --- Any kind ------------------------------------------------------------- */

void thing_use(thing_t* thing) {
  hvuv_relay_stats_t stats;

  if (thing->kind == STREAM)
    use_stream(thing);
  else if (thing->kind == SERVER)
    use_server(thing);
  else if (thing->kind == CLIENT)
    use_client(thing);
  else if (thing->kind == FOLLOW)
    use_follow(thing);
  else
    hvuv_relay_stats(&thing->joint->relay, &stats);
}

void thing_close(thing_t* thing) {
  thing->closes_asked++;
  if (thing->kind == STREAM) {
    close_stream(thing);
  } else if (thing->kind == SERVER) {
    stop_server(thing);
  } else if (thing->kind == CLIENT) {
    close_client(thing);
  } else if (thing->kind == FOLLOW) {
    close_follow(thing);
  } else {
    note("relay %d closes", thing->number);
    CALL(hvuv_relay_close(&thing->joint->relay));
  }
}

/* --- Inside callbacks ----------------------------------------------------- */

static void act(int home) {
  unsigned int kind = below(40);
  thing_t* thing;

  if (walk.is_ending || below(8) != 0)
    return;
  thing = any_open(home);
  if (kind < 4)
    uv_stop(&walk.loops[home]);
  else if (kind == 4 && below(3) == 0)
    close_what_a_walk_shows(home);
  else if (thing != NULL && kind < 8)
    thing_close(thing);
  else if (thing != NULL)
    thing_use(thing);
}

void act_in_callback(const thing_t* from) {
  if (!walk.is_ending && !is_here(from, from->home))
    blame(from, "called back by another loop");
  act(from->home);
}

/* --- A stopper ------------------------------------------------------------ */

static union {
  uv_handle_t any;
  uv_idle_t idle;
  uv_timer_t timer;
} * stopper;
static unsigned int turns;

static void on_turn(uv_idle_t* idle) {
  act(idle->loop == &walk.loops[1]);
  if (turns-- == 0)
    uv_stop(idle->loop);
}

static void on_time(uv_timer_t* timer) {
  act(timer->loop == &walk.loops[1]);
  uv_stop(timer->loop);
}

static void on_stopper_closed(uv_handle_t* handle) {
  free(handle);
}

void stopper_start(int home) {
  uv_loop_t* loop = &walk.loops[home];

  stopper = block(sizeof(*stopper));
  turns = below(6);
  if (below(16) == 0) {
    uv_timer_init(loop, &stopper->timer);
    uv_update_time(loop);
    uv_timer_start(&stopper->timer, on_time, 1 + below(3), 0);
  } else {
    uv_idle_init(loop, &stopper->idle);
    uv_idle_start(&stopper->idle, on_turn);
  }
  stopper->any.data = &stopper;
}

/* A walk may have closed it. */
void stopper_end(void) {
  if (stopper != NULL)
    uv_close(&stopper->any, on_stopper_closed);
  stopper = NULL;
}

/* --- The walk ------------------------------------------------------------- */

static void on_stranger_closed(uv_handle_t* handle) {
  (void) handle;
}

/* Some walks are also what closes the things of their program. */
static void close_one(int home) {
  thing_t* thing = any_open(home);

  if (thing != NULL)
    thing_close(thing);
}

static void close_it(uv_handle_t* handle, void* arg) {
  uv_close_cb cb = below(2) == 0 ? on_stranger_closed : NULL;

  (void) arg;
  if (below(16) == 0)
    close_one(handle->loop == &walk.loops[1]);
  if (uv_is_closing(handle))
    return;
  if (stopper != NULL && handle == &stopper->any) {
    stopper = NULL;
    cb = on_stopper_closed;
    uv_stop(handle->loop);
  }
  uv_close(handle, cb);
}

void close_what_a_walk_shows(int home) {
  thing_t* thing;

  note("walk at %d", home);
  uv_walk(&walk.loops[home], close_it, NULL);
  for (thing = walk.things; thing != NULL; thing = thing->next)
    thing->is_walked |= is_here(thing, home);
}
