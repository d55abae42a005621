/*
 * Services in three parts: service.c checks what the caller gave,
 * service_name.c knows how names are written, and service_win.c keeps the
 * registry, for which service_absent.c stands on other systems.
 */
#ifndef HVUV_SRC_REGISTRY_SERVICE_H
#define HVUV_SRC_REGISTRY_SERVICE_H

#include "hvuv/service.h"
#include "registry/service_name.h"

/* service_win.c, service_absent.c; hvuv/service.h has the codes. */

int hvuv__registry_add(const hvuv_guid_t* id, const hvuv__service_name_t* name);
int hvuv__registry_remove(const hvuv_guid_t* id,
                          const hvuv__service_name_t* name);
int hvuv__registry_read(const hvuv_guid_t* id, hvuv_service_t* service);

/* Counts the services, or those of one name if name is not NULL, and writes the
 * first of them for which there is room. 0, or why they cannot be read. */
int hvuv__registry_collect(const hvuv__service_name_t* name,
                           hvuv_service_t services[],
                           size_t room,
                           size_t* count);

#endif /* HVUV_SRC_REGISTRY_SERVICE_H */
