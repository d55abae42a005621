/* The table of channels; channels.h draws their states. */
#include "bus/channels.h"

#include <assert.h>
#include <stdlib.h>

#ifdef NDEBUG
#define check(channel) ((void) 0)
#else
static void check(const bus__channel_t* channel) {
  assert(channel->relid > 0 && channel->relid <= channel->table->highest);
  assert(channel->table->by_relid[channel->relid] == channel);
  assert(channel->state >= BUS__CHANNEL_OFFERED &&
         channel->state <= BUS__CHANNEL_RESCINDED);
  assert((channel->user == NULL) == (channel->state == BUS__CHANNEL_RESCINDED));
  assert(channel->state != BUS__CHANNEL_OPEN ||
         channel->gpadl.state == BUS__GPADL_WHOLE);
}
#endif

void bus__channels_open(bus__channels_t* channels,
                        bus__host_t* host,
                        bus__messages_t* messages,
                        bus__gate_t* gate) {
  memset(channels, 0, sizeof(*channels));
  channels->host = host;
  channels->messages = messages;
  channels->gate = gate;
}

static void set_offered(bus__channels_t* channels, uint32_t relid, int is) {
  uint32_t bit = 1u << relid % 32;

  if (is)
    atomic_fetch_or(&channels->offered[relid / 32], bit);
  else
    atomic_fetch_and(&channels->offered[relid / 32], ~bit);
}

int bus__channels_knows(const bus__channels_t* channels, uint64_t id) {
  uint64_t relid = id - BUS__SIGNAL_BASE;

  if (id <= BUS__SIGNAL_BASE || relid >= BUS__RELIDS)
    return 0;
  return atomic_load((_Atomic uint32_t*) &channels->offered[relid / 32]) >>
             relid % 32 &
         1;
}

bus__channel_t* bus__channels_find(const bus__channels_t* channels,
                                   const bus__guid_t* instance) {
  bus__channel_t* channel;
  uint32_t i;

  for (i = 1; i <= channels->highest; i++) {
    channel = channels->by_relid[i];
    if (channel != NULL && bus__guid_equal(&channel->instance, instance))
      return channel;
  }
  return NULL;
}

/* The lowest, since some kernels look through the event page up to the highest. */
static uint32_t free_relid(const bus__channels_t* channels) {
  uint32_t i;

  for (i = 1; i < BUS__RELIDS; i++)
    if (channels->by_relid[i] == NULL)
      return i;
  return 0;
}

static void send_offer(const bus__channel_t* channel,
                       const bus__guid_t* service,
                       int is_from_host) {
  uint8_t offer[BUS__OFFER_BYTES] = {0};

  bus__put_u32(offer, 0, BUS__OFFERCHANNEL);
  memcpy(offer + BUS__OFFER_SERVICE, service->bytes, 16);
  memcpy(offer + BUS__OFFER_INSTANCE, channel->instance.bytes, 16);
  bus__put_u16(offer, BUS__OFFER_FLAGS, BUS__OFFER_FLAGS_HVSOCK);
  offer[BUS__OFFER_FROM_HOST] = is_from_host != 0;
  bus__put_u32(offer, BUS__OFFER_PARAMETERS, 1);
  bus__put_u32(offer, BUS__OFFER_RELID, channel->relid);
  offer[BUS__OFFER_MONITOR] = 0xff;
  bus__put_u16(offer, BUS__OFFER_DEDICATED, 1);
  bus__put_u32(offer, BUS__OFFER_CONNECTION, BUS__SIGNAL_BASE + channel->relid);
  bus__messages_send(channel->table->messages, offer, sizeof(offer));
  bus__count(channel->table->host, BUS__OFFERS, 1);
}

bus__channel_t* bus__channels_offer(bus__channels_t* channels,
                                    const bus__guid_t* service,
                                    const bus__guid_t* instance,
                                    int is_from_host,
                                    const bus__channel_user_t* calls,
                                    void* user) {
  uint32_t relid = free_relid(channels);
  bus__channel_t* channel;

  assert(calls != NULL && user != NULL);
  assert(bus__channels_find(channels, instance) == NULL);
  if (relid == 0 || !bus__messages_has_room(channels->messages))
    return NULL;
  channel = calloc(1, sizeof(*channel));
  if (channel == NULL)
    return NULL;
  channel->table = channels;
  channel->state = BUS__CHANNEL_OFFERED;
  channel->relid = relid;
  channel->instance = *instance;
  channel->calls = calls;
  channel->user = user;
  channels->by_relid[relid] = channel;
  if (relid > channels->highest)
    channels->highest = relid;
  set_offered(channels, relid, 1);
  send_offer(channel, service, is_from_host);
  check(channel);
  return channel;
}

void bus__channel_rescind(bus__channel_t* channel) {
  const uint32_t words[3] = {channel->relid, 0, 0};

  check(channel);
  assert(channel->state != BUS__CHANNEL_RESCINDED);
  channel->state = BUS__CHANNEL_RESCINDED;
  channel->user = NULL;
  bus__messages_send_words(
      channel->table->messages, BUS__RESCIND_CHANNELOFFER, words, 12);
  bus__count(channel->table->host, BUS__RESCINDS, 1);
  check(channel);
}

void bus__channel_end(bus__channel_t* channel) {
  void* user = channel->user;

  assert(user != NULL);
  bus__channel_rescind(channel);
  channel->calls->on_gone(user);
}

void bus__channel_free(bus__channel_t* channel) {
  bus__channels_t* channels = channel->table;
  bus__guid_t instance = channel->instance;

  if (channel->user != NULL)
    channel->calls->on_gone(channel->user);
  channels->by_relid[channel->relid] = NULL;
  set_offered(channels, channel->relid, 0);
  while (channels->highest > 0 && channels->by_relid[channels->highest] == NULL)
    channels->highest--;
  free(channel);
  if (channels->on_released != NULL)
    channels->on_released(channels->owner, &instance);
}

void bus__channels_forget(bus__channels_t* channels) {
  uint32_t i;

  for (i = BUS__RELIDS - 1; i > 0; i--)
    if (channels->by_relid[i] != NULL)
      bus__channel_free(channels->by_relid[i]);
  assert(channels->highest == 0);
}

void bus__channel_signal(bus__channel_t* channel) {
  bus__channels_t* channels = channel->table;
  bus__host_t* host = channels->host;
  unsigned int nth = host->options.faults.drops_signal;

  check(channel);
  channels->signals++;
  if (nth != 0 && channels->signals % nth == 0) {
    bus__count(host, BUS__SIGNALS_LOST, 1);
    return;
  }
  bus__count(host, BUS__SIGNALS_DOWN, 1);
  host->machine.flag(host->machine.context, channel->relid);
}

int bus__channel_enter(bus__channel_t* channel) {
  check(channel);
  return channel->state == BUS__CHANNEL_OPEN &&
         bus__gate_enter(channel->table->gate, channel->relid);
}

void bus__channel_leave(bus__channel_t* channel) {
  bus__gate_leave(channel->table->gate);
}

void bus__channels_signalled(bus__channels_t* channels, uint32_t relid) {
  bus__host_t* host = channels->host;
  unsigned int nth = host->options.faults.misses_signal;
  bus__channel_t* channel;

  assert(relid < BUS__RELIDS);
  bus__count(host, BUS__SIGNALS_UP, 1);
  if (nth != 0 && host->counters.count[BUS__SIGNALS_UP] % nth == 0) {
    bus__count(host, BUS__SIGNALS_LOST, 1);
    return;
  }
  channel = channels->by_relid[relid];
  if (channel != NULL && channel->state == BUS__CHANNEL_OPEN)
    channel->calls->on_signal(channel->user);
}
