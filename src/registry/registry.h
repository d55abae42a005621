/*
 * The registry of a Windows host, which holds the services; registry_win.c
 * keeps it, and registry_absent.c stands for it on other systems.
 * hvuv/service.h has the codes.
 */
#ifndef HVUV_SRC_REGISTRY_REGISTRY_H
#define HVUV_SRC_REGISTRY_REGISTRY_H

#include "registry/service_name.h"

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

#endif /* HVUV_SRC_REGISTRY_REGISTRY_H */
