/* A server's listener at an address that changes; post.h draws it. */
#include "follow/post.h"

#include <assert.h>
#include <stddef.h>

#include "serve/server_state.h"

#ifdef NDEBUG
#define check(p) ((void) 0)
#else
static void check(const hvuv__post_t* p) {
  assert((p->server == NULL) == (p->protocol == NULL));
  assert(p->server == NULL || p->server->impl != NULL);
  assert(!p->is_listening || p->server != NULL);
  assert(!p->is_listening || hvuv_addr_family(&p->bound) != 0);
}
#endif

static void forget(hvuv__post_t* p) {
  p->server = NULL;
  p->protocol = NULL;
  p->is_listening = 0;
  check(p);
}

static void on_server_ended(hvuv__guest_t* guest) {
  forget((hvuv__post_t*) guest);
}

int hvuv__post_take(hvuv__post_t* p,
                    hvuv_server_t* server,
                    const hvuv_protocol_t* protocol) {
  int err = hvuv__server_check_listen(server, protocol);

  assert(p->server == NULL);
  if (err != 0)
    return err;
  p->guest.on_owner_ended = on_server_ended;
  p->server = server;
  p->protocol = protocol;
  hvuv__owner_add_guest(&server->impl->owner, &p->guest);
  check(p);
  return 0;
}

void hvuv__post_leave(hvuv__post_t* p) {
  check(p);
  if (p->server == NULL)
    return;
  hvuv__owner_remove_guest(&p->server->impl->owner, &p->guest);
  forget(p);
}

static void close_listener(hvuv__post_t* p) {
  assert(p->is_listening);
  p->is_listening = 0;
  hvuv_server_unlisten(p->server, &p->bound); /* unless the user has, before */
}

/* The newest of its listeners, as it is bound. */
static void read_newest(const hvuv_server_t* server, hvuv_addr_t* addr) {
  unsigned int i = 0;

  while (hvuv_server_address(server, i, addr) == 0)
    i++;
  assert(i > 0);
}

/* The old listener stays until there is a new one, except where it is out of
 * reach: there its lock may be what keeps a new one away (unix/claim.h). */
int hvuv__post_tend(hvuv__post_t* p, const hvuv_addr_t* addr, int* is_new) {
  hvuv_addr_t old;
  int had_old;
  int err;

  check(p);
  *is_new = 0;
  if (p->server == NULL)
    return 0;
  if (p->is_listening && hvuv_addr_equal(&p->wanted, addr)) {
    if (hvuv__listeners_reach(&p->server->impl->listeners, &p->bound))
      return 0;
    close_listener(p);
  }

  err = hvuv_server_listen(p->server, addr, p->protocol);
  if (err != 0)
    return err;
  had_old = p->is_listening;
  old = p->bound;
  p->is_listening = 1;
  p->wanted = *addr;
  read_newest(p->server, &p->bound);
  if (had_old)
    hvuv_server_unlisten(p->server, &old);
  *is_new = 1;
  check(p);
  return 0;
}
