/* Handles to AFD, in a list whose front has room. */
#include "poll/afd_groups_win.h"

#include <assert.h>
#include <uv.h>

#include "base/alloc.h"
#include "poll/afd_win.h"
#include "sys/sys_win.h"

static int has_room(const hvuv__afd_group_t* g) {
  return g != NULL && g->members < HVUV__AFD_GROUP_MAX;
}

#ifdef NDEBUG
#define check(groups, g) ((void) 0)
#else
static void check(const hvuv__afd_groups_t* groups,
                  const hvuv__afd_group_t* g) {
  assert(groups->port != NULL && g->afd != NULL);
  assert(g->members <= HVUV__AFD_GROUP_MAX);
  assert((g->prev == NULL) == (groups->first == g));
  assert(!has_room(g) || g->prev == NULL || has_room(g->prev));
}
#endif

static void unlink_one(hvuv__afd_groups_t* groups, hvuv__afd_group_t* g) {
  if (g->prev == NULL)
    groups->first = g->next;
  else
    g->prev->next = g->next;
  if (g->next != NULL)
    g->next->prev = g->prev;
}

/* `after` NULL: in front. */
static void link_after(hvuv__afd_groups_t* groups,
                       hvuv__afd_group_t* after,
                       hvuv__afd_group_t* g) {
  g->prev = after;
  g->next = after == NULL ? groups->first : after->next;
  if (g->next != NULL)
    g->next->prev = g;
  if (after == NULL)
    groups->first = g;
  else
    after->next = g;
}

static void close_one(hvuv__afd_groups_t* groups, hvuv__afd_group_t* g) {
  unlink_one(groups, g);
  CloseHandle(g->afd);
  hvuv__free(g);
}

int hvuv__afd_groups_make_room(hvuv__afd_groups_t* groups) {
  hvuv__afd_group_t* g;
  DWORD error;

  if (has_room(groups->first))
    return 0;
  g = hvuv__calloc(1, sizeof(*g));
  if (g == NULL)
    return UV_ENOMEM;

  error = hvuv__afd_open(groups->port, &g->afd);
  if (error != 0) {
    hvuv__free(g);
    return hvuv__sys_error(error);
  }
  link_after(groups, NULL, g);
  check(groups, g);
  return 0;
}

/* The last of those with room, from g on, which has been one of them. */
static hvuv__afd_group_t* last_with_room(hvuv__afd_group_t* g) {
  while (has_room(g->next))
    g = g->next;
  return g;
}

hvuv__afd_group_t* hvuv__afd_groups_enter(hvuv__afd_groups_t* groups) {
  hvuv__afd_group_t* g = groups->first;
  hvuv__afd_group_t* after;

  assert(has_room(g));
  g->members++;
  after = has_room(g) ? g : last_with_room(g);
  if (after != g) {
    unlink_one(groups, g);
    link_after(groups, after, g);
  }
  check(groups, g);
  return g;
}

void hvuv__afd_groups_leave(hvuv__afd_groups_t* groups, hvuv__afd_group_t* g) {
  assert(g->members > 0);
  check(groups, g);
  if (g->members-- == HVUV__AFD_GROUP_MAX) {
    unlink_one(groups, g);
    link_after(groups, NULL, g);
  }
  check(groups, g);
  if (g->members == 0 && has_room(g->prev != NULL ? g->prev : g->next))
    close_one(groups, g);
}

void hvuv__afd_groups_close(hvuv__afd_groups_t* groups) {
  while (groups->first != NULL)
    close_one(groups, groups->first);
}
