/* clang-format off */
/*
 * The bus's thread, and how others reach it: they note what has happened, and ring.
 *
 *   vcpu                       here                          the bus's thread: the core
 *   bus_posted     --> inbox, 256 messages -----------+
 *   bus_signalled  --> a bit for each relid ----------+--> on_ring: commands, the slot,
 *   bus_slot_free  --> a flag ------------------------+    messages, signals
 *   bus_command    --> a bit for each ----------------+
 *                                                uv_async_send
 *
 * Messages come before signals: a signal of a channel is never handled before the message
 * that opens it. While the guest does not fetch what is queued for it, nothing is taken
 * from the inbox; when that is full too, the hypercall fails with a status upon which the
 * guest tries again.
 */
/* clang-format on */
#include "bus/bus.h"

#include <assert.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "bus/core.h"
#include "bus/dial.h"

#define INBOX_MAX 256u

/* The ids that messages come by: of VMBus before 5.0, and since. */
#define CONNECTION_OLD 1u
#define CONNECTION_5_0 4u

struct bus_s {
  uv_loop_t loop;
  uv_thread_t thread;
  uv_async_t ring;
  bus__core_t core;
  char path[BUS__PATH_MAX + 1];

  uv_mutex_t mutex; /* of the inbox */
  bus__message_t inbox[INBOX_MAX];
  uint32_t first;
  uint32_t count;

  _Atomic uint32_t signals[BUS__RELIDS / 32];
  _Atomic uint32_t commands;
  _Atomic uint32_t is_slot_free;
  _Atomic uint32_t is_stopping;
};

/* --- In the bus's thread -------------------------------------------------- */

static void take_commands(bus_t* bus) {
  uint32_t commands = atomic_exchange(&bus->commands, 0);
  unsigned int i;

  for (i = BUS_STALL; i <= BUS_COUNTERS; i++)
    if (commands & 1u << i)
      bus__core_command(&bus->core, (bus_command_t) i);
}

static int next_message(bus_t* bus, bus__message_t* message) {
  int is_there;

  uv_mutex_lock(&bus->mutex);
  is_there = bus->count > 0;
  if (is_there) {
    *message = bus->inbox[bus->first];
    bus->first = (bus->first + 1) % INBOX_MAX;
    bus->count--;
  }
  uv_mutex_unlock(&bus->mutex);
  return is_there;
}

static void take_messages(bus_t* bus) {
  bus__message_t message;

  while (bus__core_has_room(&bus->core) && next_message(bus, &message))
    bus__core_message(&bus->core, message.bytes, message.len);
}

static void take_signals(bus_t* bus) {
  uint32_t bits;
  uint32_t i;
  uint32_t j;

  for (i = 0; i < BUS__RELIDS / 32; i++) {
    bits = atomic_load(&bus->signals[i]);
    if (bits == 0)
      continue;
    bits = atomic_exchange(&bus->signals[i], 0);
    for (j = 0; j < 32; j++)
      if (bits >> j & 1)
        bus__core_signalled(&bus->core, i * 32 + j);
  }
}

static void on_ring(uv_async_t* ring) {
  bus_t* bus = ring->data;

  take_commands(bus);
  if (atomic_load(&bus->is_stopping)) {
    uv_close((uv_handle_t*) ring, NULL);
    bus__core_close(&bus->core);
    return;
  }
  if (atomic_exchange(&bus->is_slot_free, 0))
    bus__core_slot_free(&bus->core);
  take_messages(bus);
  take_signals(bus);
}

/* libuv writes to sockets whose other end may be gone: that is an error of the write,
 * and no signal. */
static void block_sigpipe(void) {
  sigset_t set;

  sigemptyset(&set);
  sigaddset(&set, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &set, NULL);
}

static void run(void* arg) {
  bus_t* bus = arg;
  int left;

  block_sigpipe();
  left = uv_run(&bus->loop, UV_RUN_DEFAULT);
  assert(left == 0);
  (void) left;
}

/* --- In any thread -------------------------------------------------------- */

uint64_t bus_posted(bus_t* bus,
                    uint32_t connection_id,
                    uint32_t type,
                    const void* payload,
                    size_t len) {
  bus__message_t* message;
  int is_taken;

  if (connection_id != CONNECTION_OLD && connection_id != CONNECTION_5_0)
    return BUS_HV_INVALID_CONNECTION_ID;
  if (type != BUS__MESSAGE_TYPE || len < BUS__MESSAGE_MIN ||
      len > BUS__MESSAGE_MAX)
    return BUS_HV_INVALID_PARAMETER;

  /* Shut before the message can be taken, and so be handled. */
  bus__core_shut(&bus->core, payload, len);
  uv_mutex_lock(&bus->mutex);
  assert(bus->count <= INBOX_MAX);
  is_taken = bus->count < INBOX_MAX;
  if (is_taken) {
    message = &bus->inbox[(bus->first + bus->count) % INBOX_MAX];
    message->len = (uint8_t) len;
    memcpy(message->bytes, payload, len);
    bus->count++;
  }
  uv_mutex_unlock(&bus->mutex);
  if (!is_taken)
    bus__core_reopen(&bus->core, payload, len);
  uv_async_send(&bus->ring);
  return is_taken ? BUS_HV_SUCCESS : BUS_HV_INSUFFICIENT_BUFFERS;
}

uint64_t bus_signalled(bus_t* bus, uint64_t connection_id) {
  uint64_t relid = connection_id - BUS__SIGNAL_BASE;

  if (!bus__channels_knows(&bus->core.channels, connection_id))
    return BUS_HV_INVALID_CONNECTION_ID;
  assert(relid < BUS__RELIDS);
  atomic_fetch_or(&bus->signals[relid / 32], 1u << relid % 32);
  uv_async_send(&bus->ring);
  return BUS_HV_SUCCESS;
}

void bus_slot_free(bus_t* bus) {
  atomic_store(&bus->is_slot_free, 1);
  uv_async_send(&bus->ring);
}

/* With a message page there is a slot. */
void bus_synic(bus_t* bus,
               uint64_t control,
               uint64_t event_page,
               uint64_t message_page) {
  (void) control;
  (void) event_page;
  (void) message_page;
  bus_slot_free(bus);
}

void bus_command(bus_t* bus, bus_command_t command) {
  assert(command >= BUS_STALL && command <= BUS_COUNTERS);
  atomic_fetch_or(&bus->commands, 1u << command);
  uv_async_send(&bus->ring);
}

/* --- Beginning and end ---------------------------------------------------- */

static void close_loop(bus_t* bus) {
  int err;

  uv_run(&bus->loop, UV_RUN_DEFAULT);
  err = uv_loop_close(&bus->loop);
  assert(err == 0);
  (void) err;
}

static int copy_path(bus_t* bus, bus_options_t* options) {
  if (options->path == NULL)
    return UV_EINVAL;
  if (strlen(options->path) > BUS__PATH_MAX)
    return UV_ENAMETOOLONG;
  memcpy(bus->path, options->path, strlen(options->path) + 1);
  options->path = bus->path;
  return 0;
}

static int start_core(bus_t* bus,
                      const bus_machine_t* machine,
                      const bus_options_t* options) {
  int err;

  err = uv_async_init(&bus->loop, &bus->ring, on_ring);
  if (err != 0)
    return err;
  bus->ring.data = bus;
  err = bus__core_open(&bus->core, &bus->loop, machine, options);
  if (err != 0)
    goto close_ring;
  err = uv_thread_create(&bus->thread, run, bus);
  if (err == 0)
    return 0;
  bus__core_close(&bus->core);
  bus__core_free(&bus->core);
close_ring:
  uv_close((uv_handle_t*) &bus->ring, NULL);
  return err;
}

int bus_start(bus_t** out,
              const bus_machine_t* machine,
              const bus_options_t* options) {
  bus_options_t own = *options;
  bus_t* bus = calloc(1, sizeof(*bus));
  int err;

  if (bus == NULL)
    return UV_ENOMEM;
  err = copy_path(bus, &own);
  if (err != 0)
    goto free_bus;
  err = uv_mutex_init(&bus->mutex);
  if (err != 0)
    goto free_bus;
  err = uv_loop_init(&bus->loop);
  if (err != 0)
    goto destroy_mutex;
  err = start_core(bus, machine, &own);
  if (err == 0) {
    *out = bus;
    return 0;
  }
  close_loop(bus);
destroy_mutex:
  uv_mutex_destroy(&bus->mutex);
free_bus:
  free(bus);
  return err;
}

void bus_stop(bus_t* bus) {
  atomic_store(&bus->is_stopping, 1);
  uv_async_send(&bus->ring);
  uv_thread_join(&bus->thread);
  close_loop(bus);
  bus__core_free(&bus->core);
  uv_mutex_destroy(&bus->mutex);
  free(bus);
}
