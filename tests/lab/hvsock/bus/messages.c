/* The queue before the message slot; messages.h has the design. */
#include "bus/messages.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

#define AGAIN_MS 10u

#ifdef NDEBUG
#define check(messages) ((void) 0)
#else
static void check(const bus__messages_t* messages) {
  assert(messages->queue != NULL);
  assert(messages->first < BUS__MESSAGES_MAX);
  assert(messages->count <= BUS__MESSAGES_MAX);
}
#endif

static void on_again(uv_timer_t* timer) {
  bus__messages_pump(timer->data);
}

int bus__messages_open(bus__messages_t* messages, bus__host_t* host) {
  int err;

  memset(messages, 0, sizeof(*messages));
  messages->host = host;
  messages->queue = malloc(BUS__MESSAGES_MAX * sizeof(*messages->queue));
  if (messages->queue == NULL)
    return UV_ENOMEM;
  err = uv_timer_init(host->loop, &messages->again);
  assert(err == 0); /* a timer takes nothing */
  (void) err;
  messages->again.data = messages;
  check(messages);
  return 0;
}

void bus__messages_close(bus__messages_t* messages) {
  check(messages);
  uv_close((uv_handle_t*) &messages->again, NULL);
  free(messages->queue);
  messages->queue = NULL;
}

void bus__messages_send(bus__messages_t* messages,
                        const uint8_t* bytes,
                        size_t len) {
  bus__message_t* message;

  check(messages);
  assert(len >= BUS__MESSAGE_MIN && len <= BUS__MESSAGE_MAX);
  assert(messages->count < BUS__MESSAGES_MAX);
  message =
      &messages->queue[(messages->first + messages->count) % BUS__MESSAGES_MAX];
  message->len = (uint8_t) len;
  memcpy(message->bytes, bytes, len);
  messages->count++;
  if (messages->host->options.is_verbose)
    bus__log(messages->host,
             "to the guest: type %" PRIu32 ", %zu bytes, word %" PRIu32,
             bus__u32(bytes, 0),
             len,
             len >= 12 ? bus__u32(bytes, 8) : 0);
  if (messages->count == 1)
    bus__messages_pump(messages);
}

void bus__messages_send_words(bus__messages_t* messages,
                              uint32_t type,
                              const uint32_t words[3],
                              size_t len) {
  uint8_t bytes[20] = {0};

  assert(len <= sizeof(bytes));
  bus__put_u32(bytes, 0, type);
  memcpy(bytes + 8, words, 12);
  bus__messages_send(messages, bytes, len);
}

void bus__messages_pump(bus__messages_t* messages) {
  bus_machine_t* machine = &messages->host->machine;
  const bus__message_t* message;

  check(messages);
  while (messages->count > 0) {
    message = &messages->queue[messages->first];
    if (machine->post(machine->context,
                      BUS__MESSAGE_TYPE,
                      message->bytes,
                      message->len) != 0) {
      bus__count(messages->host, BUS__SLOT_TAKEN, 1);
      uv_timer_start(&messages->again, on_again, AGAIN_MS, 0);
      return;
    }
    bus__count(messages->host, BUS__MESSAGES_DOWN, 1);
    messages->first = (messages->first + 1) % BUS__MESSAGES_MAX;
    messages->count--;
  }
  uv_timer_stop(&messages->again);
}

int bus__messages_has_room(const bus__messages_t* messages) {
  return messages->count < BUS__MESSAGES_MAX / 2;
}

void bus__messages_forget(bus__messages_t* messages) {
  check(messages);
  messages->count = 0;
  uv_timer_stop(&messages->again);
}
