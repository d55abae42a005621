/* clang-format off */
/*
 * How a guest comes and goes. It asks for one version after another, the newest that it
 * knows first, until one is taken, and waits for each answer without a limit.
 *
 *           a version that we speak           REQUESTOFFERS
 *    NONE ---------------------------> AGREED ------------> READY
 *     ^  ^                               |                    |
 *     |  +--- one that we do not speak --+--------------------+
 *     +------ UNLOAD --------------------+--------------------+
 *
 * INITIATE_CONTACT and UNLOAD begin anew from any state: all channels are forgotten.
 * host.version and host.is_ready are the state.
 */
/* clang-format on */
#ifndef HVSOCK_BUS_CONTACT_H
#define HVSOCK_BUS_CONTACT_H

#include "bus/messages.h"

/* The caller has forgotten all channels, of the two that begin anew. */
void bus__contact_on_initiate(bus__host_t* host,
                              bus__messages_t* messages,
                              const uint8_t* message);
void bus__contact_on_unload(bus__host_t* host, bus__messages_t* messages);

void bus__contact_on_request_offers(bus__host_t* host,
                                    bus__messages_t* messages);

/* No guest is there. */
void bus__contact_lose(bus__host_t* host, bus__messages_t* messages);

#endif /* HVSOCK_BUS_CONTACT_H */
