/* clang-format off */
/*
 * Channels, each of which carries one connection and is then gone, by their relids.
 *
 *             OFFERCHANNEL            GPADL, OPENCHANNEL
 *    (none) ----------------> OFFERED ------------------> OPEN
 *       ^                      |  |                       |  |
 *       |       the user's end |  | what it may not do    |  | CLOSECHANNEL, broken rings
 *       |                      v  v                       v  v
 *       +------------------- RESCINDED <-------------------- +
 *         RELID_RELEASED       RESCIND_CHANNELOFFER has been sent: rings are not
 *                              touched, and the user has forgotten the channel
 *
 * Linux lets a channel go only when it was rescinded, so each end goes there, however
 * it came; a guest that skips a step (RELID_RELEASED of an OPEN one, UNLOAD) is
 * believed, and only costs itself.
 *
 * A relid and an instance GUID are used again only when the guest has released them:
 * Linux takes a second offer of a live GUID for the first.
 *
 * The user of a channel is a connection. It is called back while it has the channel:
 * from the offer until it rescinds or on_gone is called.
 */
/* clang-format on */
#ifndef HVSOCK_BUS_CHANNELS_H
#define HVSOCK_BUS_CHANNELS_H

#include <stdatomic.h>

#include "bus/gate.h"
#include "bus/gpadl.h"
#include "bus/guid.h"
#include "bus/messages.h"
#include "bus/ring.h"

typedef struct bus__channels_s bus__channels_t;

typedef enum bus__channel_state_e {
  BUS__CHANNEL_OFFERED = 1,
  BUS__CHANNEL_OPEN,
  BUS__CHANNEL_RESCINDED
} bus__channel_state_t;

typedef struct bus__channel_user_s {
  void (*on_open)(void* user);
  void (*on_signal)(void* user); /* only while it is open */
  void (*on_gone)(void* user);   /* the guest has ended it, or broke a rule */
} bus__channel_user_t;

typedef struct bus__channel_s {
  bus__channels_t* table;
  bus__channel_state_t state;
  uint32_t relid;
  bus__guid_t instance;
  bus__gpadl_t gpadl;
  bus__ring_t in;  /* from the guest */
  bus__ring_t out; /* to the guest */
  void* user;
  const bus__channel_user_t* calls;
} bus__channel_t;

struct bus__channels_s {
  bus__host_t* host;
  bus__messages_t* messages;
  bus__gate_t* gate;
  bus__channel_t* by_relid[BUS__RELIDS];
  uint32_t highest;                           /* no relid above is in use */
  _Atomic uint32_t offered[BUS__RELIDS / 32]; /* also for other threads */
  uint64_t signals; /* to the guest, dropped ones too */
  void* owner;
  void (*on_released)(void* owner, const bus__guid_t* instance);
};

void bus__channels_open(bus__channels_t* channels,
                        bus__host_t* host,
                        bus__messages_t* messages,
                        bus__gate_t* gate);

/* The guest has no channels any more; each user is called back. */
void bus__channels_forget(bus__channels_t* channels);

/* NULL when there is no memory, no relid, or no room for messages. The instance must
 * not be one that lives. */
bus__channel_t* bus__channels_offer(bus__channels_t* channels,
                                    const bus__guid_t* service,
                                    const bus__guid_t* instance,
                                    int is_from_host,
                                    const bus__channel_user_t* calls,
                                    void* user);

bus__channel_t* bus__channels_find(const bus__channels_t* channels,
                                   const bus__guid_t* instance);

/* The user's end of it. The rings are not touched any more. */
void bus__channel_rescind(bus__channel_t* channel);

/* Signals the guest. */
void bus__channel_signal(bus__channel_t* channel);

/* Around each use of the rings; 0 where they must not be touched. */
int bus__channel_enter(bus__channel_t* channel);
void bus__channel_leave(bus__channel_t* channel);

/* The guest has signalled it. */
void bus__channels_signalled(bus__channels_t* channels, uint32_t relid);

/* In any thread: whether the number is that of an offered channel, or of one that was
 * rescinded and not released. */
int bus__channels_knows(const bus__channels_t* channels,
                        uint64_t connection_id);

/* --- Messages of the guest, of the right size (channel_messages.c) -------- */

void bus__channels_on_gpadl_header(bus__channels_t* channels,
                                   const uint8_t* message,
                                   size_t len);
void bus__channels_on_gpadl_body(bus__channels_t* channels,
                                 const uint8_t* message,
                                 size_t len);
void bus__channels_on_gpadl_teardown(bus__channels_t* channels,
                                     const uint8_t* message);
void bus__channels_on_open(bus__channels_t* channels, const uint8_t* message);
void bus__channels_on_close(bus__channels_t* channels, const uint8_t* message);
void bus__channels_on_released(bus__channels_t* channels,
                               const uint8_t* message);
void bus__channels_on_modify(bus__channels_t* channels, const uint8_t* message);

/* --- What the two files share --------------------------------------------- */

/* Ends it from the guest's side: on_gone, and a rescind. */
void bus__channel_end(bus__channel_t* channel);

/* The guest knows it no more. */
void bus__channel_free(bus__channel_t* channel);

#endif /* HVSOCK_BUS_CHANNELS_H */
