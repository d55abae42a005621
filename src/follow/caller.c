/* A client that asks for its address; caller.h draws it. */
#include "follow/caller.h"

#include <assert.h>
#include <stddef.h>

#ifdef NDEBUG
#define check(c) ((void) 0)
#else
static void check(const hvuv__caller_t* c) {
  assert(c->on_change != NULL);
  assert(!c->waits || c->client != NULL);
  assert(c->client == NULL || c->client->impl->guide == &c->guide);
  assert(c->client == NULL ||
         c->waits == (c->client->impl->state == HVUV__CLIENT_ASKING));
}
#endif

static void on_ask(hvuv__guide_t* guide) {
  hvuv__caller_t* c = (hvuv__caller_t*) guide;

  assert(!c->waits);
  c->waits = 1;
  c->on_change(c);
}

static void on_client_ended(hvuv__guest_t* guest) {
  hvuv__caller_t* c = (hvuv__caller_t*) guest;

  c->client = NULL;
  c->waits = 0;
  check(c);
  c->on_change(c);
}

int hvuv__caller_take(hvuv__caller_t* c,
                      hvuv_client_t* client,
                      const hvuv_addr_t* addr,
                      const hvuv_protocol_t* protocol) {
  hvuv_client_t* before = c->client;
  int err;

  assert(before == NULL || before == client);
  c->guide.guest.on_owner_ended = on_client_ended;
  c->guide.ask = on_ask;
  c->client = client;
  err = hvuv__client_begin(client, &c->guide, addr, protocol);
  if (err != 0)
    c->client = before;
  check(c);
  return err;
}

void hvuv__caller_give(hvuv__caller_t* c, const hvuv_addr_t* addr, int status) {
  check(c);
  assert(c->waits);
  c->waits = 0;
  hvuv__client_guided(c->client, addr, status);
}

void hvuv__caller_leave(hvuv__caller_t* c) {
  hvuv_client_t* client = c->client;

  check(c);
  c->client = NULL;
  c->waits = 0;
  if (client != NULL)
    hvuv__client_unguide(client);
}
