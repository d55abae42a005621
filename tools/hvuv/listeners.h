/* hvuv_local_list() in memory that it needs. */
#ifndef HVUV_TOOLS_LISTENERS_H
#define HVUV_TOOLS_LISTENERS_H

#include <stddef.h>

#include <hvuv.h>

/* *all is to be freed. Returns 0 or a UV_E* code, and *all is then NULL. */
int list_listeners(hvuv_local_listener_t** all, size_t* count);

#endif /* HVUV_TOOLS_LISTENERS_H */
