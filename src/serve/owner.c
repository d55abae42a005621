/* Owners of connections: one way up, one way down. owner.h has the states. */
#include "serve/owner.h"

#include <assert.h>

#include "loop/hub.h"

static void check(const hvuv__owner_t* owner) {
  assert(owner->events != NULL);
  assert((owner->alarm == NULL) == (owner->state == HVUV__OWNER_CLOSING));
  assert(owner->group.stats.connections_now <= owner->blocks);
  assert(owner->witness == NULL || owner->state == HVUV__OWNER_EMPTYING);
  assert(owner->guests == NULL || owner->state == HVUV__OWNER_OPEN);
  switch (owner->state) {
    case HVUV__OWNER_OPEN:
      assert(!hvuv_is_closing(&owner->anchor));
      break;
    case HVUV__OWNER_EMPTYING:
      assert(!hvuv_is_closing(&owner->anchor) && owner->blocks > 0);
      break;
    case HVUV__OWNER_CLOSING:
      assert(hvuv_is_closing(&owner->anchor));
      assert(owner->blocks == 0 && !owner->waits);
      break;
  }
  (void) owner;
}

/* --- The alarm ------------------------------------------------------------ */

int hvuv__owner_can_wait(const hvuv__owner_t* owner) {
  return owner->alarm != NULL && hvuv__alarm_rings(owner->alarm);
}

void hvuv__owner_set_alarm(hvuv__owner_t* owner, uint64_t delay_ms) {
  assert(owner->state != HVUV__OWNER_CLOSING);
  if (!owner->waits)
    hvuv__hub_hold(owner->anchor.hub, 1);
  owner->waits = 1;
  hvuv__alarm_set(owner->alarm, delay_ms);
}

void hvuv__owner_stop_alarm(hvuv__owner_t* owner) {
  if (!owner->waits)
    return;
  owner->waits = 0;
  hvuv__hub_hold(owner->anchor.hub, -1);
  hvuv__alarm_stop(owner->alarm);
}

static void on_alarm(void* arg) {
  hvuv__owner_t* owner = arg;

  assert(owner->waits && owner->state != HVUV__OWNER_CLOSING);
  hvuv__owner_stop_alarm(owner);
  owner->events->on_alarm(owner);
  check(owner);
}

/* --- Blocks --------------------------------------------------------------- */

static void on_anchor_closed(hvuv_stream_t* anchor) {
  hvuv__owner_t* owner = anchor->data;

  check(owner);
  owner->events->on_closed(owner);
}

static void close_if_empty(hvuv__owner_t* owner) {
  if (owner->state != HVUV__OWNER_EMPTYING || owner->blocks > 0)
    return;
  owner->state = HVUV__OWNER_CLOSING;
  hvuv__owner_stop_alarm(owner);
  if (owner->events->on_closing != NULL)
    owner->events->on_closing(owner);

  /* Now, so that they have ended when the anchor's close callback runs. */
  hvuv__alarm_close(owner->alarm);
  owner->alarm = NULL;
  if (owner->witness != NULL)
    hvuv__witness_close(owner->witness);
  owner->witness = NULL;
  hvuv__group_close(&owner->group);
  hvuv_close(&owner->anchor, on_anchor_closed);
}

void hvuv__owner_add_block(hvuv__owner_t* owner) {
  assert(owner->state == HVUV__OWNER_OPEN);
  owner->blocks++;
}

void hvuv__owner_remove_block(hvuv__owner_t* owner) {
  assert(owner->blocks > 0);
  owner->blocks--;
  close_if_empty(owner);
  check(owner);
}

/* Only then is the owner closed, because what on_gone calls may still count on
 * it. */
static void on_gone(hvuv__group_t* group, hvuv_conn_t* conn, int reason) {
  hvuv__owner_t* owner = (hvuv__owner_t*) group;

  assert(owner->blocks > 0);
  owner->blocks--;
  owner->events->on_gone(owner, conn, reason);
  close_if_empty(owner);
  check(owner);
}

hvuv_conn_t* hvuv__owner_new_conn(hvuv__owner_t* owner,
                                  const hvuv_protocol_t* protocol) {
  hvuv_conn_t* conn;

  conn = hvuv__conn_new_stream(&owner->group, protocol);
  if (conn != NULL)
    hvuv__owner_add_block(owner);
  return conn;
}

/* --- Life ----------------------------------------------------------------- */

/* The anchor last, because it could not be undone at once. */
int hvuv__owner_init(hvuv__owner_t* owner,
                     uv_loop_t* loop,
                     const hvuv_limits_t* limits,
                     void** data,
                     const hvuv__owner_events_t* events) {
  int err;

  assert(owner->events == NULL && owner->blocks == 0);
  err = hvuv__group_init(&owner->group, loop, limits, data);
  if (err != 0)
    return err;
  err = hvuv__alarm_open(loop, owner, on_alarm, &owner->alarm);
  if (err != 0)
    goto close_group;
  err = hvuv_init(loop, &owner->anchor);
  if (err != 0)
    goto close_alarm;

  owner->group.on_gone = on_gone;
  owner->events = events;
  owner->anchor.data = owner;
  check(owner);
  return 0;

close_alarm:
  hvuv__alarm_close(owner->alarm);
close_group:
  hvuv__group_close(&owner->group);
  return err;
}

static void on_walked(void* arg) {
  hvuv__owner_t* owner = arg;

  check(owner);
  if (!hvuv__owner_can_wait(owner))
    owner->events->on_walked(owner);
}

void hvuv__owner_watch_walks(hvuv__owner_t* owner) {
  assert(owner->events->on_walked != NULL);
  if (owner->state == HVUV__OWNER_EMPTYING && owner->witness == NULL &&
      owner->group.conns != NULL)
    hvuv__witness_open(owner->anchor.loop, owner, on_walked, &owner->witness);
  check(owner);
}

void hvuv__owner_add_guest(hvuv__owner_t* owner, hvuv__guest_t* guest) {
  assert(owner->state == HVUV__OWNER_OPEN && guest->on_owner_ended != NULL);
  guest->next = owner->guests;
  owner->guests = guest;
}

void hvuv__owner_remove_guest(hvuv__owner_t* owner, hvuv__guest_t* guest) {
  hvuv__guest_t** link;

  for (link = &owner->guests; *link != guest; link = &(*link)->next)
    assert(*link != NULL);
  *link = guest->next;
}

static void dismiss_guests(hvuv__owner_t* owner) {
  hvuv__guest_t* guest;

  while ((guest = owner->guests) != NULL) {
    owner->guests = guest->next;
    guest->on_owner_ended(guest);
  }
}

void hvuv__owner_end(hvuv__owner_t* owner) {
  assert(owner->state == HVUV__OWNER_OPEN);
  dismiss_guests(owner);
  owner->state = HVUV__OWNER_EMPTYING;
  close_if_empty(owner);
  check(owner);
}
