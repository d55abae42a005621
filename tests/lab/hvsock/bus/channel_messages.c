/* What the guest's messages do to a channel; channels.h draws it. Where the guest waits
 * for an answer it gets one, also to what is refused: it waits without a limit. */
#include "bus/channels.h"

#include <assert.h>

#define VERSION_MODIFY_ANSWERED 0x50003u

enum { RELID = 8, GPADL = 12 };

enum { OPEN_ID = 12, OPEN_GPADL = 16, OPEN_PROCESSOR = 20, OPEN_OFFSET = 24 };

/* The channel of a message, or NULL and counted. */
static bus__channel_t* channel_of(bus__channels_t* channels,
                                  const uint8_t* message) {
  uint32_t relid = bus__u32(message, RELID);

  if (relid < BUS__RELIDS && channels->by_relid[relid] != NULL)
    return channels->by_relid[relid];
  bus__refuse(channels->host, BUS__REFUSED_RELID, relid);
  return NULL;
}

static void send_created(bus__channels_t* channels,
                         uint32_t relid,
                         uint32_t handle,
                         uint32_t status) {
  const uint32_t words[3] = {relid, handle, status};

  bus__messages_send_words(channels->messages, BUS__GPADL_CREATED, words, 20);
}

/* --- GPADLs --------------------------------------------------------------- */

/* The one whose pages are being gathered or are all there. */
static bus__channel_t* channel_of_gpadl(const bus__channels_t* channels,
                                        uint32_t handle) {
  bus__channel_t* channel;
  uint32_t i;

  for (i = 1; i <= channels->highest; i++) {
    channel = channels->by_relid[i];
    if (channel != NULL && channel->gpadl.state != BUS__GPADL_NONE &&
        channel->gpadl.handle == handle)
      return channel;
  }
  return NULL;
}

static void gathered(bus__channel_t* channel, uint32_t handle, int is_taken) {
  if (!is_taken)
    send_created(
        channel->table, channel->relid, handle, BUS__STATUS_UNSUCCESSFUL);
  else if (channel->gpadl.state == BUS__GPADL_WHOLE)
    send_created(channel->table, channel->relid, handle, BUS__STATUS_SUCCESS);
}

void bus__channels_on_gpadl_header(bus__channels_t* channels,
                                   const uint8_t* message,
                                   size_t len) {
  uint32_t handle = bus__u32(message, GPADL);
  bus__channel_t* channel = channel_of(channels, message);

  if (channel == NULL) {
    send_created(
        channels, bus__u32(message, RELID), handle, BUS__STATUS_UNSUCCESSFUL);
    return;
  }
  if (channel->gpadl.state != BUS__GPADL_NONE ||
      channel_of_gpadl(channels, handle) != NULL) {
    bus__refuse(channels->host, BUS__REFUSED_GPADL, channel->relid);
    send_created(channels, channel->relid, handle, BUS__STATUS_UNSUCCESSFUL);
    return;
  }
  gathered(channel,
           handle,
           bus__gpadl_header(&channel->gpadl, channels->host, message, len));
}

/* A body names its list only. */
void bus__channels_on_gpadl_body(bus__channels_t* channels,
                                 const uint8_t* message,
                                 size_t len) {
  uint32_t handle = bus__u32(message, GPADL);
  bus__channel_t* channel = channel_of_gpadl(channels, handle);

  if (channel == NULL || channel->gpadl.state != BUS__GPADL_GATHERING) {
    bus__refuse(channels->host, BUS__REFUSED_GPADL, 0);
    return;
  }
  gathered(channel,
           handle,
           bus__gpadl_body(&channel->gpadl, channels->host, message, len));
}

/* The guest frees the pages when it has the answer. */
void bus__channels_on_gpadl_teardown(bus__channels_t* channels,
                                     const uint8_t* message) {
  const uint32_t words[3] = {bus__u32(message, GPADL), 0, 0};
  bus__channel_t* channel = channel_of(channels, message);

  if (channel != NULL && channel->gpadl.state != BUS__GPADL_NONE &&
      channel->gpadl.handle == words[0]) {
    if (channel->state == BUS__CHANNEL_OPEN) {
      bus__refuse(channels->host, BUS__REFUSED_STATE, channel->relid);
      bus__channel_end(channel);
    }
    bus__gpadl_forget(&channel->gpadl);
  } else if (channel != NULL) {
    bus__refuse(channels->host, BUS__REFUSED_GPADL, channel->relid);
  }
  bus__messages_send_words(channels->messages, BUS__GPADL_TORNDOWN, words, 12);
}

/* --- Opening and closing -------------------------------------------------- */

/* Each ring has its control page and at least one of data. */
static bus__reason_t map_rings(bus__channel_t* channel, uint32_t offset) {
  const bus__gpadl_t* gpadl = &channel->gpadl;

  if (offset < 2 || offset > gpadl->count || gpadl->count - offset < 2)
    return BUS__REFUSED_RINGS;
  if (bus__ring_map(&channel->in, gpadl->page, offset) != 0 ||
      bus__ring_map(
          &channel->out, gpadl->page + offset, gpadl->count - offset) != 0)
    return BUS__REFUSED_INDEX;
  return BUS__REASON_END;
}

static bus__reason_t try_open(bus__channel_t* channel, const uint8_t* message) {
  if (channel->state != BUS__CHANNEL_OFFERED)
    return BUS__REFUSED_STATE;
  if (channel->gpadl.state != BUS__GPADL_WHOLE ||
      channel->gpadl.handle != bus__u32(message, OPEN_GPADL))
    return BUS__REFUSED_GPADL;
  if (bus__u32(message, OPEN_PROCESSOR) != 0)
    return BUS__REFUSED_PROCESSOR;
  return map_rings(channel, bus__u32(message, OPEN_OFFSET));
}

/* An open that crosses a rescind is no one's fault, and needs no answer. */
void bus__channels_on_open(bus__channels_t* channels, const uint8_t* message) {
  uint32_t words[3] = {bus__u32(message, RELID), bus__u32(message, OPEN_ID), 0};
  bus__channel_t* channel = channel_of(channels, message);
  bus__reason_t why = BUS__REFUSED_RELID;

  if (channel != NULL && channel->state == BUS__CHANNEL_RESCINDED)
    return;
  if (channel != NULL) {
    why = try_open(channel, message);
    if (why != BUS__REASON_END)
      bus__refuse(channels->host, why, channel->relid);
  }
  if (why != BUS__REASON_END)
    words[2] = BUS__STATUS_UNSUCCESSFUL;
  bus__messages_send_words(
      channels->messages, BUS__OPENCHANNEL_RESULT, words, 20);

  if (why == BUS__REASON_END) {
    channel->state = BUS__CHANNEL_OPEN;
    bus__count(channels->host, BUS__OPENS, 1);
    channels->host->opened_ms = uv_now(channels->host->loop);
    channel->calls->on_open(channel->user);
  } else if (channel != NULL) {
    bus__channel_end(channel);
  }
}

void bus__channels_on_close(bus__channels_t* channels, const uint8_t* message) {
  bus__channel_t* channel = channel_of(channels, message);

  if (channel == NULL)
    return;
  if (channel->state == BUS__CHANNEL_OFFERED)
    bus__refuse(channels->host, BUS__REFUSED_STATE, channel->relid);
  else if (channel->state == BUS__CHANNEL_OPEN)
    bus__channel_end(channel);
}

void bus__channels_on_released(bus__channels_t* channels,
                               const uint8_t* message) {
  bus__channel_t* channel = channel_of(channels, message);

  if (channel == NULL)
    return;
  if (channel->state != BUS__CHANNEL_RESCINDED)
    bus__refuse(channels->host, BUS__REFUSED_STATE, channel->relid);
  bus__count(channels->host, BUS__RELEASES, 1);
  bus__channel_free(channel);
}

/* --- Processors ----------------------------------------------------------- */

void bus__channels_on_modify(bus__channels_t* channels,
                             const uint8_t* message) {
  uint32_t words[3] = {bus__u32(message, RELID), 0, 0};

  if (channel_of(channels, message) == NULL) {
    words[1] = BUS__STATUS_UNSUCCESSFUL;
  } else if (bus__u32(message, 12) != 0) {
    bus__refuse(channels->host, BUS__REFUSED_PROCESSOR, words[0]);
    words[1] = BUS__STATUS_UNSUCCESSFUL;
  }
  if (channels->host->version >= VERSION_MODIFY_ANSWERED)
    bus__messages_send_words(
        channels->messages, BUS__MODIFYCHANNEL_RESPONSE, words, 16);
}
