/* Which message goes where, and what is refused before anybody looks at it; and the
 * beginning and the end of all. */
#include "bus/core.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "bus/contact.h"
#include "bus/dial.h"

/* --- Messages ------------------------------------------------------------- */

static void forget_all(bus__core_t* core) {
  bus__contact_lose(&core->host, &core->messages);
  bus__channels_forget(&core->channels);
  bus__hvsock_forget(&core->hvsock);
}

static void on_initiate(bus__core_t* core, const uint8_t* message, size_t len) {
  (void) len;
  forget_all(core);
  bus__contact_on_initiate(&core->host, &core->messages, message);
}

static void on_unload(bus__core_t* core, const uint8_t* message, size_t len) {
  (void) message;
  (void) len;
  forget_all(core);
  bus__contact_on_unload(&core->host, &core->messages);
}

static void on_request_offers(bus__core_t* core,
                              const uint8_t* message,
                              size_t len) {
  (void) message;
  (void) len;
  bus__contact_on_request_offers(&core->host, &core->messages);
}

static void on_open(bus__core_t* core, const uint8_t* message, size_t len) {
  (void) len;
  bus__channels_on_open(&core->channels, message);
}

static void on_close(bus__core_t* core, const uint8_t* message, size_t len) {
  (void) len;
  bus__channels_on_close(&core->channels, message);
}

static void on_gpadl_header(bus__core_t* core,
                            const uint8_t* message,
                            size_t len) {
  bus__channels_on_gpadl_header(&core->channels, message, len);
}

static void on_gpadl_body(bus__core_t* core,
                          const uint8_t* message,
                          size_t len) {
  bus__channels_on_gpadl_body(&core->channels, message, len);
}

static void on_gpadl_teardown(bus__core_t* core,
                              const uint8_t* message,
                              size_t len) {
  (void) len;
  bus__channels_on_gpadl_teardown(&core->channels, message);
}

static void on_released(bus__core_t* core, const uint8_t* message, size_t len) {
  (void) len;
  bus__channels_on_released(&core->channels, message);
}

static void on_call(bus__core_t* core, const uint8_t* message, size_t len) {
  (void) len;
  bus__hvsock_on_call(&core->hvsock, message);
}

static void on_modify(bus__core_t* core, const uint8_t* message, size_t len) {
  (void) len;
  bus__channels_on_modify(&core->channels, message);
}

enum { ANYTIME = 0, AGREED, READY };

/* The guest's messages: sizes, and when they may come. */
static const struct {
  void (*take)(bus__core_t* core, const uint8_t* message, size_t len);
  uint8_t min;
  uint8_t max;
  uint8_t when;
} kinds[BUS__TYPE_END] = {
    [BUS__INITIATE_CONTACT] = {on_initiate, 40, 56, ANYTIME},
    [BUS__UNLOAD] = {on_unload, 8, 8, ANYTIME},
    [BUS__REQUESTOFFERS] = {on_request_offers, 8, 8, AGREED},
    [BUS__OPENCHANNEL] = {on_open, 148, 148, READY},
    [BUS__CLOSECHANNEL] = {on_close, 12, 12, READY},
    [BUS__GPADL_HEADER] = {on_gpadl_header, 36, 236, READY},
    [BUS__GPADL_BODY] = {on_gpadl_body, 24, 240, READY},
    [BUS__GPADL_TEARDOWN] = {on_gpadl_teardown, 16, 16, READY},
    [BUS__RELID_RELEASED] = {on_released, 12, 12, READY},
    [BUS__TL_CONNECT_REQUEST] = {on_call, 40, 56, READY},
    [BUS__MODIFYCHANNEL] = {on_modify, 16, 16, READY}};

static int when(const bus__core_t* core) {
  if (core->host.is_ready)
    return READY;
  return core->host.version != 0 ? AGREED : ANYTIME;
}

static void take(bus__core_t* core, const uint8_t* message, size_t len) {
  uint32_t type = bus__u32(message, 0);

  bus__count(&core->host, BUS__MESSAGES_UP, 1);
  if (core->host.options.is_verbose)
    bus__log(&core->host,
             "from the guest: type %" PRIu32 ", %zu bytes, word %" PRIu32,
             type,
             len,
             len >= 12 ? bus__u32(message, 8) : 0);
  if (type >= BUS__TYPE_END || kinds[type].take == NULL)
    bus__refuse(&core->host, BUS__REFUSED_TYPE, 0);
  else if (len < kinds[type].min || len > kinds[type].max)
    bus__refuse(&core->host, BUS__REFUSED_SIZE, 0);
  else if (when(core) < kinds[type].when)
    bus__refuse(&core->host, BUS__REFUSED_CONTACT, 0);
  else
    kinds[type].take(core, message, len);
}

void bus__core_message(bus__core_t* core, const uint8_t* message, size_t len) {
  assert(len >= BUS__MESSAGE_MIN && len <= BUS__MESSAGE_MAX);
  assert(bus__core_has_room(core));
  take(core, message, len);
  bus__core_reopen(core, message, len);
}

int bus__core_has_room(const bus__core_t* core) {
  return bus__messages_has_room(&core->messages);
}

/* --- The gate ------------------------------------------------------------- */

/* The relid of a CLOSECHANNEL, or 0. */
static uint32_t closes(const uint8_t* message, size_t len) {
  uint32_t relid;

  if (len != kinds[BUS__CLOSECHANNEL].min ||
      bus__u32(message, 0) != BUS__CLOSECHANNEL)
    return 0;
  relid = bus__u32(message, 8);
  return relid < BUS__RELIDS ? relid : 0;
}

void bus__core_shut(bus__core_t* core, const void* message, size_t len) {
  uint32_t relid = closes(message, len);

  if (relid != 0)
    bus__gate_shut(&core->gate, relid);
}

void bus__core_reopen(bus__core_t* core, const void* message, size_t len) {
  uint32_t relid = closes(message, len);

  if (relid != 0)
    bus__gate_open(&core->gate, relid);
}

/* --- Beginning and end ---------------------------------------------------- */

/* A host's program has OpenVMM's and Windows' 2 s to be taken by the guest; a guest
 * gives its own call up after 2 s, and a closed socket after 8 s. */
static const bus__limits_t limits = {.request_ms = 2000,
                                     .dial_ms = 2000,
                                     .wait_ms = 5000,
                                     .host_offer_ms = 2000,
                                     .guest_offer_ms = 5000,
                                     .idle_ms = 8000,
                                     .look_ms = 1000};

static int take_options(bus__host_t* host, const bus_options_t* options) {
  host->options = *options;
  if (host->options.version_min == 0)
    host->options.version_min = BUS_VERSION_MIN;
  if (host->options.version_max == 0)
    host->options.version_max = BUS_VERSION_MAX;
  if (host->options.packet_bytes == 0)
    host->options.packet_bytes = BUS_PACKET_MAX;
  if (options->path == NULL || options->path[0] == '\0')
    return UV_EINVAL;
  if (strlen(options->path) > BUS__PATH_MAX)
    return UV_ENAMETOOLONG;
  if (host->options.version_min < BUS_VERSION_MIN ||
      host->options.version_max > BUS_VERSION_MAX ||
      host->options.version_min > host->options.version_max ||
      host->options.packet_bytes > BUS_PACKET_MAX)
    return UV_EINVAL;
  return 0;
}

int bus__core_open(bus__core_t* core,
                   uv_loop_t* loop,
                   const bus_machine_t* machine,
                   const bus_options_t* options) {
  int err;

  memset(core, 0, sizeof(*core));
  core->host.loop = loop;
  core->host.machine = *machine;
  core->host.limits = limits;
  err = take_options(&core->host, options);
  if (err != 0)
    return err;
  err = bus__gate_init(&core->gate);
  if (err != 0)
    return err;
  err = bus__messages_open(&core->messages, &core->host);
  if (err != 0)
    goto destroy_gate;
  bus__channels_open(
      &core->channels, &core->host, &core->messages, &core->gate);
  err = bus__hvsock_open(
      &core->hvsock, &core->host, &core->messages, &core->channels);
  if (err == 0)
    return 0;
  bus__messages_close(&core->messages);
destroy_gate:
  bus__gate_destroy(&core->gate);
  return err;
}

void bus__core_close(bus__core_t* core) {
  forget_all(core);
  bus__hvsock_close(&core->hvsock);
  bus__messages_close(&core->messages);
}

void bus__core_free(bus__core_t* core) {
  assert(core->channels.highest == 0 && core->hvsock.conns.first == NULL);
  bus__gate_destroy(&core->gate);
}

/* --- The rest ------------------------------------------------------------- */

void bus__core_signalled(bus__core_t* core, uint32_t relid) {
  bus__channels_signalled(&core->channels, relid);
}

void bus__core_slot_free(bus__core_t* core) {
  bus__messages_pump(&core->messages);
}

void bus__core_command(bus__core_t* core, bus_command_t command) {
  switch (command) {
    case BUS_STALL:
      bus__hvsock_stall(&core->hvsock);
      break;
    case BUS_RESUME:
      bus__hvsock_resume(&core->hvsock);
      break;
    case BUS_GONE:
      bus__hvsock_go(&core->hvsock);
      break;
    case BUS_COUNTERS:
      bus__log_counters(&core->host);
      bus__hvsock_log(&core->hvsock);
      break;
    default:
      assert(0);
  }
}
