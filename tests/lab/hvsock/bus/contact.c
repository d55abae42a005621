/* Versions, and the two ways of a guest to begin anew; contact.h draws it. */
#include "bus/contact.h"

#include <assert.h>
#include <inttypes.h>

enum { VERSION = 8, SINT_OF_5_0 = 16 };

#define VERSION_5_0 0x50000u

/* Where messages go: to connection 1, and since 5.0 to the one that the answer names. */
#define CONNECTION_5_0 4u

/* Of VMBus' versions the ones that Linux' hv_sock can be met with. */
static const uint32_t versions[] = {
    0x40000, 0x40001, 0x50000, 0x50001, 0x50002, 0x50003};

static int is_spoken(const bus__host_t* host, uint32_t version) {
  size_t i;

  if (version < host->options.version_min ||
      version > host->options.version_max)
    return 0;
  for (i = 0; i < sizeof(versions) / sizeof(versions[0]); i++)
    if (versions[i] == version)
      return 1;
  return 0;
}

void bus__contact_lose(bus__host_t* host, bus__messages_t* messages) {
  host->version = 0;
  host->is_ready = 0;
  bus__messages_forget(messages);
}

/* 16 bytes with each version: Linux drops what is shorter, and waits. */
void bus__contact_on_initiate(bus__host_t* host,
                              bus__messages_t* messages,
                              const uint8_t* message) {
  uint32_t version = bus__u32(message, VERSION);
  uint32_t words[3] = {0};
  int is_good;

  assert(host->version == 0 && messages->count == 0);
  is_good = is_spoken(host, version) &&
            (version < VERSION_5_0 || message[SINT_OF_5_0] == 2);
  bus__log(host,
           "the guest asks for VMBus %" PRIu32 ".%" PRIu32 ": %s",
           version >> 16,
           version & 0xffff,
           is_good ? "yes" : "no");
  if (!is_good)
    bus__refuse(host, BUS__REFUSED_VERSION, 0);
  else
    host->version = version;
  words[0] = is_good != 0;
  words[1] = version < VERSION_5_0 ? 0 : CONNECTION_5_0;
  bus__messages_send_words(messages, BUS__VERSION_RESPONSE, words, 16);
}

void bus__contact_on_unload(bus__host_t* host, bus__messages_t* messages) {
  const uint32_t words[3] = {0};

  assert(host->version == 0 && messages->count == 0);
  bus__log(host, "the guest has unloaded VMBus");
  bus__messages_send_words(messages, BUS__UNLOAD_RESPONSE, words, 8);
}

/* There are no offers of a host that only has sockets. */
void bus__contact_on_request_offers(bus__host_t* host,
                                    bus__messages_t* messages) {
  const uint32_t words[3] = {0};

  assert(host->version != 0);
  host->is_ready = 1;
  bus__messages_send_words(messages, BUS__ALLOFFERS_DELIVERED, words, 8);
}
