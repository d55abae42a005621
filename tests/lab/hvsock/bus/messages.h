/*
 * Messages on their way to the guest, in order. The SynIC has one slot for them, and
 * the guest frees it when it has copied a message, so they queue here:
 *
 *   bus__messages_send --> queue --> machine.post --> slot
 *                            ^             | UV_EAGAIN: taken
 *                            +-------------+  until bus__messages_pump(), which
 *                                             comes with EOM, or with a timer: an
 *                                             EOM that was missed costs 10 ms
 *
 * Bounded: whoever takes up new work, a message or a call, first asks
 * bus__messages_has_room(), which reserves half the queue for what is under way: of
 * each channel one offer and one rescind at most, and an answer or two.
 */
#ifndef HVSOCK_BUS_MESSAGES_H
#define HVSOCK_BUS_MESSAGES_H

#include "bus/host.h"
#include "bus/wire.h"

typedef struct bus__message_s {
  uint8_t len;
  uint8_t bytes[BUS__MESSAGE_MAX];
} bus__message_t;

#define BUS__MESSAGES_MAX 8192u

typedef struct bus__messages_s {
  bus__host_t* host;
  bus__message_t* queue; /* BUS__MESSAGES_MAX of them */
  uint32_t first;
  uint32_t count;
  uv_timer_t again;
} bus__messages_t;

/* UV_ENOMEM */
int bus__messages_open(bus__messages_t* messages, bus__host_t* host);
void bus__messages_close(bus__messages_t* messages);

void bus__messages_send(bus__messages_t* messages,
                        const uint8_t* bytes,
                        size_t len);

/* A message of `len` bytes that consists of words behind its header. */
void bus__messages_send_words(bus__messages_t* messages,
                              uint32_t type,
                              const uint32_t words[3],
                              size_t len);

void bus__messages_pump(bus__messages_t* messages);
int bus__messages_has_room(const bus__messages_t* messages);

/* The guest begins anew: what is queued is for nobody. */
void bus__messages_forget(bus__messages_t* messages);

#endif /* HVSOCK_BUS_MESSAGES_H */
