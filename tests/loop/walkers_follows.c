/* Follows that walk: lookups of all kinds, and clients that they lead. */
#include <stdlib.h>

#include "walkers_inside.h"

/* Ends the lookup that is out, as it may end. */
static void finish(thing_t* thing, hvuv_lookup_t* lookup) {
  static const int codes[] = {0, 0, 0, UV_ENOENT, UV_EIO};
  hvuv_addr_t addr;

  any_address(walk_call_at, &addr);
  note("follow %d: a lookup ends", thing->number);
  CALL(hvuv_lookup_done(lookup, &addr, codes[below(5)]));
}

static void finish_late(thing_t* thing) {
  hvuv_lookup_t* lookup = thing->lookup;

  thing->lookup = NULL;
  if (lookup != NULL)
    finish(thing, lookup);
}

static int on_lookup(hvuv_lookup_t* lookup) {
  thing_t* thing = lookup->follow->data;

  heard(thing);
  if (!is_open(thing))
    blame(thing, "looks up when it is closed");
  if (thing->lookup != NULL)
    blame(thing, "has two lookups out");
  act_in_callback(thing);
  switch (below(4)) {
    case 0:
      return UV_EPERM;
    case 1:
      thing->lookup = lookup;
      return 0;
    default:
      finish(thing, lookup);
      return 0;
  }
}

static void on_news(hvuv_follow_t* follow,
                    const hvuv_addr_t* addr,
                    int status) {
  thing_t* thing = follow->data;

  heard(thing);
  if (!is_open(thing))
    blame(thing, "has news when it is closed");
  if (status == 0 && addr == NULL)
    blame(thing, "has found no address");
  act_in_callback(thing);
}

/* What is out then has nobody to come to, and ends all the same. */
static void on_follow_closed(hvuv_follow_t* follow) {
  thing_t* thing = follow->data;

  gone(thing);
  free(thing->follow);
  thing->follow = NULL;
  finish_late(thing);
  act_in_callback(thing);
}

void make_follow(int home) {
  thing_t* thing = record(FOLLOW, home);
  hvuv_follow_options_t options;
  int err;

  hvuv_follow_options_init(&options);
  options.resolve = on_lookup;
  options.interval_ms = below(3);
  options.min_interval_ms = 1;
  options.max_interval_ms = 4;
  thing->follow = block(sizeof(*thing->follow));
  thing->follow->data = thing;
  note("follow %d at %d", thing->number, home);
  CALL(err = hvuv_follow_start(
           &walk.loops[home], thing->follow, &options, on_news));
  if (err != 0)
    abort();
}

static void lead_somebody(thing_t* thing) {
  thing_t* other = any_open(thing->home);

  if (other == NULL || other->kind != CLIENT)
    return;
  note("follow %d leads client %d", thing->number, other->number);
  CALL(hvuv_follow_connect(thing->follow, other->client, walk_protocol()));
}

void use_follow(thing_t* thing) {
  if (thing->lookup != NULL && below(2) == 0)
    finish_late(thing);
  else if (below(2) == 0)
    lead_somebody(thing);
  else
    CALL(hvuv_follow_check(thing->follow));
}

void close_follow(thing_t* thing) {
  note("follow %d closes", thing->number);
  CALL(hvuv_follow_close(thing->follow, on_follow_closed));
}
