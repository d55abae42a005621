#include "door.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "hvforward.h"
#include "program.h"

typedef struct door_s {
  const route_t* route;
  door_cb cb;
  leg_t server;
  int waiting; /* callers that were reported and not taken */
  int is_closing;
  struct door_s* next;
} door_t;

static door_t* doors;

static int is_of_calls(const door_t* door) {
  return door->cb == call_take;
}

static void take(door_t* door) {
  while (door->waiting > 0 && !door->is_closing &&
         (!is_of_calls(door) || call_has_room())) {
    door->waiting--;
    door->cb(door->route, &door->server);
  }
}

static void on_caller(leg_t* server, int status) {
  door_t* door = server->data;

  if (place_report(&door->route->from, HVUV_STEP_ACCEPT, status) != 0)
    return;
  door->waiting++;
  take(door);
}

void doors_look(void) {
  door_t* door;

  for (door = doors; door != NULL; door = door->next)
    take(door);
}

static void on_closed(leg_t* server) {
  door_t* door = server->data;
  door_t** link = &doors;

  while (*link != door)
    link = &(*link)->next;
  *link = door->next;
  free(door);
}

static void close_door(door_t* door) {
  if (door->is_closing)
    return;
  door->is_closing = 1;
  leg_close(&door->server, on_closed);
}

void doors_close(int and_others) {
  door_t* door;

  for (door = doors; door != NULL; door = door->next)
    if (and_others || is_of_calls(door))
      close_door(door);
}

static door_t* new_door(uv_loop_t* loop, const route_t* route, door_cb cb) {
  door_t* door = calloc(1, sizeof(*door));

  if (door == NULL)
    abort(); /* Out of memory. */
  door->route = route;
  door->cb = cb;
  door->server.data = door;
  leg_init(&door->server, route->from.kind->listens_as, loop);
  door->next = doors;
  doors = door;
  return door;
}

static void print_door(const door_t* door) {
  char text[PLACE_TEXT_SIZE];
  const place_t* from = &door->route->from;

  from->kind->print(from, &door->server, text, sizeof(text));
  if (is_of_calls(door))
    output("Forwarding %s to %s\n", text, door->route->to.text);
  else
    output("Status at %s\n", text);
}

/* Opens the one with this index; UV_EOF: there is none. */
static int open_door(uv_loop_t* loop,
                     const route_t* route,
                     int index,
                     door_cb cb,
                     hvuv_step_t* step) {
  door_t* door = new_door(loop, route, cb);
  int err = route->from.kind->bind(&route->from, index, &door->server);

  *step = HVUV_STEP_BIND;
  if (err == 0) {
    *step = HVUV_STEP_LISTEN;
    err = leg_listen(&door->server, on_caller);
  }
  if (err != 0)
    close_door(door);
  else
    print_door(door);
  return err;
}

/* Of a name's addresses those may be missing that this machine does not
 * have. */
int doors_open(uv_loop_t* loop, const route_t* route, door_cb cb) {
  hvuv_step_t step = HVUV_STEP_BIND;
  int missing = 0;
  int opened = 0;
  int err = 0;
  int index;

  assert(route->from.kind->bind != NULL);
  for (index = 0; err == 0; index++) {
    err = open_door(loop, route, index, cb, &step);
    opened += err == 0;
    if (err == UV_EADDRNOTAVAIL || err == UV_EAFNOSUPPORT) {
      missing = err;
      err = 0;
    }
  }
  if (err == UV_EOF)
    err = opened > 0 ? 0 : missing;
  return place_report(&route->from, step, err);
}

int doors_move(uv_loop_t* loop, const route_t* route, door_cb cb) {
  door_t* older = doors;
  door_t* door;
  hvuv_step_t step;
  int err = open_door(loop, route, 0, cb, &step);

  for (door = older; err == 0 && door != NULL; door = door->next)
    if (door->route == route)
      close_door(door);
  return place_report(&route->from, step, err);
}
