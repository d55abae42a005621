/* The names of services, as Windows writes them. */
#ifndef HVUV_SRC_REGISTRY_SERVICE_NAME_H
#define HVUV_SRC_REGISTRY_SERVICE_NAME_H

#include <stdint.h>

#include "hvuv/service.h"

/* No character takes more UTF-16 units than it takes bytes of UTF-8, so every
 * name has room. */
typedef struct hvuv__service_name_s {
  uint16_t units[HVUV_SERVICE_NAME_SIZE]; /* ends with a 0 */
  size_t count;                           /* without the 0 */
} hvuv__service_name_t;

/* UV_EINVAL if the text is no name, UV_ENAMETOOLONG if it does not fit; then
 * *name is untouched. The empty text is an empty name. */
int hvuv__service_name_parse(const char* text, hvuv__service_name_t* name);

/* The way back, of a name that anybody may have written. */
void hvuv__service_name_format(const uint16_t units[],
                               size_t count,
                               char text[HVUV_SERVICE_NAME_SIZE]);

#endif /* HVUV_SRC_REGISTRY_SERVICE_NAME_H */
