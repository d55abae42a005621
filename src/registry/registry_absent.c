/* Systems that have no registry: services are registered on the Windows host,
 * and there is nothing here that could know of them. */
#include "registry/registry.h"

#include <uv.h>

int hvuv__registry_add(const hvuv_guid_t* id,
                       const hvuv__service_name_t* name) {
  (void) id;
  (void) name;
  return UV_ENOTSUP;
}

int hvuv__registry_remove(const hvuv_guid_t* id,
                          const hvuv__service_name_t* name) {
  (void) id;
  (void) name;
  return UV_ENOTSUP;
}

int hvuv__registry_read(const hvuv_guid_t* id, hvuv_service_t* service) {
  (void) id;
  (void) service;
  return UV_ENOTSUP;
}

int hvuv__registry_collect(const hvuv__service_name_t* name,
                           hvuv_service_t services[],
                           size_t room,
                           size_t* count) {
  (void) name;
  (void) services;
  (void) room;
  (void) count;
  return UV_ENOTSUP;
}
