/*
 * The list of services in the registry of a Windows host; key_win.c
 * says where it is and how it looks.
 *
 * Others keep services there too, Hyper-V itself among them, so this file
 * changes nothing that it did not make: it names only a key that its own call
 * created, and deletes a key only if that holds the expected name and nothing
 * else.
 *
 * Registering is three steps, to look, to create the key and to name it, and
 * others may come between any two:
 *
 *   - Somebody is faster: creating says that the key was there, and we look
 *     again.
 *   - We look between somebody's creating and naming: the key is empty, and is
 *     given a moment.
 *   - Our key is deleted before it has its name: we begin again.
 *
 * Unregistering is two, to look and to delete. What somebody does between them
 * is lost; to prevent that would take a transaction.
 */
#include "registry/registry.h"

#include <assert.h>
#include <string.h>

#include "registry/key_win.h"

/* How often registering looks; in between it may wait for a key's name. */
#define LOOKS_MAX 50

/* How often a list that changes under our hands is read. */
#define PASSES_MAX 8

static int is_named(const hvuv__record_t* record,
                    const hvuv__service_name_t* name) {
  return record->len == name->count &&
         memcmp(record->name, name->units, record->len * sizeof(wchar_t)) == 0;
}

static void fill(hvuv_service_t* service,
                 const hvuv_guid_t* id,
                 const hvuv__record_t* record) {
  assert(record->len <= HVUV__ELEMENT_NAME_ROOM);
  service->id = *id;
  hvuv__service_name_format(record->name, record->len, service->name);
}

static int open_and_read(const hvuv_guid_t* id, hvuv__record_t* record) {
  HKEY list;
  int err;

  err = hvuv__list_open(KEY_QUERY_VALUE, &list);
  if (err != 0)
    return err;
  err = hvuv__key_read(list, id, record);
  RegCloseKey(list);
  return err;
}

/* 0 if the service has this name, UV_EEXIST if it has another, UV_EAGAIN if it
 * has none yet, UV_ENOENT if it is not there. Needs no rights. */
static int look(const hvuv_guid_t* id, const hvuv__service_name_t* name) {
  hvuv__record_t record;
  int err;

  err = open_and_read(id, &record);
  if (err != 0)
    return err;
  if (record.is_empty)
    return UV_EAGAIN;
  return is_named(&record, name) ? 0 : UV_EEXIST;
}

static int create(const hvuv_guid_t* id, const hvuv__service_name_t* name) {
  HKEY list;
  int err;

  err = hvuv__list_open(KEY_CREATE_SUB_KEY, &list);
  if (err != 0)
    return err;
  err = hvuv__key_create(list, id, name);
  RegCloseKey(list);
  return err;
}

int hvuv__registry_add(const hvuv_guid_t* id,
                       const hvuv__service_name_t* name) {
  int is_there = 0;
  int looks;
  int err;

  for (looks = 0; looks < LOOKS_MAX; looks++) {
    err = look(id, name);
    is_there = err == UV_EAGAIN;
    if (is_there)
      hvuv__registry.wait();
    else if (err == UV_ENOENT)
      err = create(id, name);
    if (err != UV_EAGAIN)
      return err;
  }
  return is_there ? UV_EEXIST : UV_EAGAIN;
}

int hvuv__registry_remove(const hvuv_guid_t* id,
                          const hvuv__service_name_t* name) {
  hvuv__record_t record;
  HKEY list;
  int err;

  err = hvuv__list_open(KEY_QUERY_VALUE, &list);
  if (err != 0)
    return err;

  err = hvuv__key_read(list, id, &record);
  if (err == 0 && !is_named(&record, name))
    err = UV_EEXIST;
  if (err == 0 && record.has_others)
    err = UV_ENOTEMPTY;
  if (err == 0)
    err = hvuv__key_delete(list, id);
  RegCloseKey(list);
  return err;
}

int hvuv__registry_read(const hvuv_guid_t* id, hvuv_service_t* service) {
  hvuv__record_t record;
  int err;

  err = open_and_read(id, &record);
  if (err == 0)
    fill(service, id, &record);
  return err;
}

/* How many keys the list has, and when it last got or lost one, by a clock
 * that may stand still for 16 ms. */
typedef struct stamp_s {
  DWORD keys;
  FILETIME time;
} stamp_t;

static int read_stamp(HKEY list, stamp_t* stamp) {
  return hvuv__registry_error(RegQueryInfoKeyW(list,
                                               NULL,
                                               NULL,
                                               NULL,
                                               &stamp->keys,
                                               NULL,
                                               NULL,
                                               NULL,
                                               NULL,
                                               NULL,
                                               NULL,
                                               &stamp->time));
}

static int stamp_equal(const stamp_t* a, const stamp_t* b) {
  return a->keys == b->keys && CompareFileTime(&a->time, &b->time) == 0;
}

/* A key that may not be read is a service all the same. One that has gone
 * since it was named is none. */
static int read_listed(HKEY list,
                       const hvuv_guid_t* id,
                       hvuv__record_t* record) {
  int err;

  err = hvuv__key_read(list, id, record);
  if (err != 0)
    record->len = 0;
  return err != UV_ENOENT;
}

/* Reads the list once, from its first key to its last. */
static int pass(HKEY list,
                const hvuv__service_name_t* name,
                hvuv_service_t services[],
                size_t room,
                size_t* count) {
  hvuv__record_t record;
  hvuv_guid_t id;
  DWORD index;
  int is_service;
  int err;

  *count = 0;
  for (index = 0;; index++) {
    err = hvuv__list_at(list, index, &id, &is_service);
    if (err != 0)
      return err == UV_EOF ? 0 : err;
    if (!is_service || !read_listed(list, &id, &record))
      continue;
    if (name != NULL && !is_named(&record, name))
      continue;
    assert(*count <= index);
    if (*count < room)
      fill(&services[*count], &id, &record);
    *count += 1;
  }
}

/* A key that goes moves those behind it up by one, and the next of them would
 * be left out. So the list is read again when it changed meanwhile. */
static int collect(HKEY list,
                   const hvuv__service_name_t* name,
                   hvuv_service_t services[],
                   size_t room,
                   size_t* count) {
  stamp_t before;
  stamp_t after;
  int passes;
  int err;

  assert(count != NULL);
  err = read_stamp(list, &after);
  for (passes = 0; err == 0 && passes < PASSES_MAX; passes++) {
    before = after;
    err = pass(list, name, services, room, count);
    if (err == 0)
      err = read_stamp(list, &after);
    if (err == 0 && stamp_equal(&before, &after))
      return 0;
  }
  return err;
}

int hvuv__registry_collect(const hvuv__service_name_t* name,
                           hvuv_service_t services[],
                           size_t room,
                           size_t* count) {
  HKEY list;
  int err;

  err = hvuv__list_open(KEY_READ, &list);
  if (err == 0) {
    err = collect(list, name, services, room, count);
    RegCloseKey(list);
  }
  if (err == UV_ENOENT) { /* No list is a list of none. */
    *count = 0;
    return 0;
  }
  return err;
}
