/*
 * Services in three parts: service.c checks what the caller gave,
 * service_name.c knows how names are written, and service_win.c keeps the
 * registry, for which service_absent.c stands on other systems.
 */
#ifndef HVUV_SRC_REGISTRY_SERVICE_H
#define HVUV_SRC_REGISTRY_SERVICE_H

#include <stdint.h>

#include "hvuv/service.h"

/* A name as Windows writes it. No character takes more UTF-16 units than it
 * takes bytes of UTF-8, so every name has room. */
typedef struct hvuv__service_name_s {
  uint16_t units[HVUV_SERVICE_NAME_SIZE]; /* ends with a 0 */
  size_t count;                           /* without the 0 */
} hvuv__service_name_t;

/* --- service_name.c */

/* UV_EINVAL if the text is no name, UV_ENAMETOOLONG if it does not fit; then
 * *name is untouched. The empty text is an empty name. */
int hvuv__service_name_parse(const char* text, hvuv__service_name_t* name);

/* The way back, of a name that anybody may have written. */
void hvuv__service_name_format(const uint16_t units[],
                               size_t count,
                               char text[HVUV_SERVICE_NAME_SIZE]);

/* --- service_win.c, service_absent.c: hvuv/service.h has the codes. */

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
