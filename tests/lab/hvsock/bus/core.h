/*
 * The bus without its thread: all of it, on a loop of the caller's, in one thread, which
 * does not take SIGPIPE. What the guest does comes in by the functions at the end, in
 * order.
 *
 *   core -- contact
 *        |- hvsock -- conn -- relay -- ring
 *        |              |- dial, request
 *        |- channels -- gpadl, ring, gate
 *        +- messages
 */
#ifndef HVSOCK_BUS_CORE_H
#define HVSOCK_BUS_CORE_H

#include "bus/hvsock.h"

typedef struct bus__core_s {
  bus__host_t host;
  bus__messages_t messages;
  bus__gate_t gate;
  bus__channels_t channels;
  bus__hvsock_t hvsock;
} bus__core_t;

/* As bus_start(). options->path must live as long. When it fails, handles may be
 * closing. */
int bus__core_open(bus__core_t* core,
                   uv_loop_t* loop,
                   const bus_machine_t* machine,
                   const bus_options_t* options);

/* The guest is gone. Handles are closing afterwards; when the loop has closed them,
 * bus__core_free() frees the rest. */
void bus__core_close(bus__core_t* core);
void bus__core_free(bus__core_t* core);

void bus__core_command(bus__core_t* core, bus_command_t command);

/* In any thread, before the message is passed on to bus__core_message(): takes a
 * channel that it closes out of use. bus__core_reopen() takes that back, when the
 * message is not passed on after all. */
void bus__core_shut(bus__core_t* core, const void* message, size_t len);
void bus__core_reopen(bus__core_t* core, const void* message, size_t len);

/* BUS__MESSAGE_MIN to BUS__MESSAGE_MAX bytes of the guest's. Only while
 * bus__core_has_room(). */
void bus__core_message(bus__core_t* core, const uint8_t* message, size_t len);
int bus__core_has_room(const bus__core_t* core);

void bus__core_signalled(bus__core_t* core, uint32_t relid);
void bus__core_slot_free(bus__core_t* core);

#endif /* HVSOCK_BUS_CORE_H */
