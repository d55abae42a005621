/* The public face of services: checks the arguments, so that a mistake gets the
 * same code on every system, and leaves the rest to the registry. */
#include <assert.h>
#include <stdio.h>
#include <uv.h>

#include "hvuv/addr.h"
#include "registry/registry.h"
#include "registry/service_name.h"

/* A name that somebody asks for; only to unregister may it be empty. */
static int parse_name(const char* text, hvuv__service_name_t* name) {
  int err;

  if (text == NULL)
    return UV_EINVAL;
  err = hvuv__service_name_parse(text, name);
  if (err == 0 && name->count == 0)
    return UV_EINVAL;
  return err;
}

/* A service as it is written in an address: what an address takes is taken
 * here, and nothing else. 1 if it is one. */
static int parse_id(const char* text, hvuv_guid_t* id) {
  char address[HVUV_ADDR_STRLEN];
  hvuv_addr_t addr;
  int len;

  len = snprintf(address, sizeof(address), "hyperv://any/%s", text);
  if (len < 0 || (size_t) len >= sizeof(address))
    return 0;
  if (hvuv_addr_parse(address, &addr) != 0)
    return 0;
  assert(addr.family == HVUV_HYPERV);
  *id = addr.u.hyperv.service_id;
  return 1;
}

int hvuv_service_register(const hvuv_guid_t* id, const char* name) {
  hvuv__service_name_t parsed;
  int err;

  if (id == NULL)
    return UV_EINVAL;
  err = parse_name(name, &parsed);
  if (err != 0)
    return err;
  return hvuv__registry_add(id, &parsed);
}

int hvuv_service_unregister(const hvuv_guid_t* id, const char* name) {
  hvuv__service_name_t parsed;
  int err;

  if (id == NULL || name == NULL)
    return UV_EINVAL;
  err = hvuv__service_name_parse(name, &parsed);
  if (err != 0)
    return err;
  return hvuv__registry_remove(id, &parsed);
}

int hvuv_service_list(hvuv_service_t services[], size_t* count) {
  size_t room;
  size_t found;
  int err;

  if (count == NULL || (services == NULL && *count != 0))
    return UV_EINVAL;

  room = *count;
  err = hvuv__registry_collect(NULL, services, room, &found);
  assert(err <= 0);
  if (err != 0)
    return err;
  *count = found;
  return found > room ? UV_ENOBUFS : 0;
}

static int lookup_name(const char* text, hvuv_service_t* service) {
  hvuv__service_name_t name;
  hvuv_service_t first;
  size_t found;
  int err;

  err = parse_name(text, &name);
  if (err != 0)
    return err;
  err = hvuv__registry_collect(&name, &first, 1, &found);
  if (err != 0)
    return err;
  if (found != 1)
    return found == 0 ? UV_ENOENT : UV_EMLINK;
  *service = first;
  return 0;
}

int hvuv_service_lookup(const char* text, hvuv_service_t* service) {
  hvuv_guid_t id;

  if (text == NULL || service == NULL)
    return UV_EINVAL;
  if (parse_id(text, &id))
    return hvuv__registry_read(&id, service);
  return lookup_name(text, service);
}
