/*
 * Which TCP ports stand for whom in the AF_HYPERV EMULATION: the listeners, and
 * the callers.
 *
 * A caller writes down its own TCP port before it connects, and the acceptor
 * looks up the port that it accepted from: the stream itself carries no word of
 * it. That line is never taken away, since a caller may be closed again before
 * it is accepted; the next caller from that port writes over it.
 */
#include "hyperv_emulation_share.h"

/* --- Listeners */

static int is_at(const emulation_listener_t* entry,
                 const GUID* owner,
                 const GUID* at,
                 const GUID* service) {
  return emulation_same(&entry->service, service) &&
         emulation_same(&entry->at, at) &&
         emulation_same(&entry->partition, owner);
}

/* A free entry, or NULL; *in_use tells if the address is. */
static emulation_listener_t* find_room(emulation_shared_t* table,
                                       const GUID* owner,
                                       const GUID* at,
                                       const GUID* service,
                                       int* in_use) {
  emulation_listener_t* room = NULL;
  emulation_listener_t* entry;
  int i;

  *in_use = 0;
  for (i = 0; i < EMULATION_LISTENERS; i++) {
    entry = &table->listeners[i];
    if (entry->is_bound && is_at(entry, owner, at, service)) {
      if (emulation_owner_is_alive(&entry->owner)) {
        *in_use = 1;
        return NULL;
      }
      entry->is_bound = 0;
    }
    if (!entry->is_bound && room == NULL)
      room = entry;
  }
  return room;
}

/* When all entries are taken, some may be of processes that were killed. */
static void sweep(emulation_shared_t* table) {
  int i;

  for (i = 0; i < EMULATION_LISTENERS; i++)
    if (!emulation_owner_is_alive(&table->listeners[i].owner))
      table->listeners[i].is_bound = 0;
}

int emulation_table_bind(const GUID* owner,
                         const GUID* at,
                         const GUID* service,
                         int* slot) {
  emulation_shared_t* table = emulation_share_lock();
  emulation_listener_t* room;
  int in_use;

  if (table == NULL)
    return WSAENETDOWN;
  room = find_room(table, owner, at, service, &in_use);
  if (room == NULL && !in_use) {
    sweep(table);
    room = find_room(table, owner, at, service, &in_use);
  }
  if (room != NULL) {
    room->port = 0;
    room->owner = emulation_owner_self();
    room->partition = *owner;
    room->at = *at;
    room->service = *service;
    emulation_share_take(&room->is_bound, 1);
    *slot = (int) (room - table->listeners);
  }
  emulation_share_unlock();
  if (in_use)
    return WSAEADDRINUSE;
  return room == NULL ? WSAENOBUFS : 0;
}

void emulation_table_listen(int slot, USHORT port) {
  emulation_shared_t* table = emulation_share_lock();

  if (table == NULL)
    return;
  table->listeners[slot].port = port;
  emulation_share_unlock();
}

void emulation_table_unbind(int slot) {
  emulation_shared_t* table = emulation_share_lock();

  if (table == NULL)
    return;
  table->listeners[slot].is_bound = 0;
  emulation_share_unlock();
}

USHORT emulation_table_find(const GUID* owner,
                            const GUID* service,
                            const GUID* caller,
                            int caller_kind) {
  emulation_shared_t* table = emulation_share_lock();
  emulation_listener_t* entry;
  USHORT port = 0;
  int best = 0;
  int fit, i;

  if (table == NULL)
    return 0;
  for (i = 0; i < EMULATION_LISTENERS; i++) {
    entry = &table->listeners[i];
    if (!entry->is_bound || entry->port == 0 ||
        !emulation_same(&entry->service, service) ||
        !emulation_same(&entry->partition, owner))
      continue;
    fit = emulation_hears(owner, &entry->at, caller, caller_kind);
    if (fit <= best || !emulation_owner_is_alive(&entry->owner))
      continue;
    best = fit;
    port = (USHORT) entry->port;
  }
  emulation_share_unlock();
  return port;
}

/* --- Callers */

int emulation_table_call(USHORT from_port,
                         USHORT target_port,
                         const GUID* partition,
                         const GUID* service) {
  emulation_shared_t* table = emulation_share_lock();
  emulation_caller_t* entry;

  if (table == NULL)
    return WSAENETDOWN;
  entry = &table->callers[from_port];
  entry->target_port = 0;
  entry->partition = *partition;
  entry->service = *service;
  emulation_share_take(&entry->target_port, target_port);
  emulation_share_unlock();
  return 0;
}

int emulation_table_caller(USHORT from_port,
                           USHORT target_port,
                           GUID* partition,
                           GUID* service) {
  emulation_shared_t* table = emulation_share_lock();
  emulation_caller_t* entry;
  int found;

  if (table == NULL)
    return 0;
  entry = &table->callers[from_port];
  found = entry->target_port == target_port;
  *partition = entry->partition;
  *service = entry->service;
  emulation_share_unlock();
  return found;
}
