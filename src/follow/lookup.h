/*
 * One lookup of an address: by the user's function, by a VM's name, or by a
 * look at a folder.
 *
 *   hvuv__lookup_begin --> resolve() --> OUT --> hvuv_lookup_done --> freed,
 *                             |           |                          on_result
 *                             | refused   | hvuv__lookup_abandon
 *                             v           v
 *                         on_result    ORPHAN --> hvuv_lookup_done --> freed
 *
 * A lookup is a block of its own, because whoever works on it cannot always be
 * stopped: it outlives an asker that goes.
 */
#ifndef HVUV_SRC_FOLLOW_LOOKUP_H
#define HVUV_SRC_FOLLOW_LOOKUP_H

#include "hvuv/follow.h"
#include "hvuv/vm.h"

/* What is asked each time. */
typedef struct hvuv__question_s {
  hvuv_resolve_cb resolve;
  hvuv_addr_t addr; /* whose VM a name's replaces, or that does not change */
  char name[HVUV_VM_NAME_SIZE]; /* "": none */
} hvuv__question_t;

typedef struct hvuv__asker_s hvuv__asker_t;

struct hvuv__asker_s {
  hvuv_follow_t* follow;
  hvuv__question_t question;
  struct hvuv__lookup_s* out; /* NULL: nothing is out */

  /* addr is an address if status is 0. May come from inside
   * hvuv__lookup_begin(). */
  void (*on_result)(hvuv__asker_t* asker, const hvuv_addr_t* addr, int status);
};

/* What the options ask for: 0, UV_EINVAL or UV_ENAMETOOLONG. */
int hvuv__question_set(hvuv__question_t* question,
                       const hvuv_follow_options_t* options);

/* Nothing is out. on_result follows, or a UV_ENOMEM is returned. */
int hvuv__lookup_begin(hvuv__asker_t* asker);

/* No on_result follows. Legal if nothing is out. */
void hvuv__lookup_abandon(hvuv__asker_t* asker);

#endif /* HVUV_SRC_FOLLOW_LOOKUP_H */
