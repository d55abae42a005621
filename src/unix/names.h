/* The names in a folder. */
#ifndef HVUV_SRC_UNIX_NAMES_H
#define HVUV_SRC_UNIX_NAMES_H

typedef void (*hvuv__name_cb)(const char* name, void* arg);

/* Calls cb with each name, in no order, without "." and ".."; it may remove
 * what is there. Returns 0, or a UV_E* code without having called it. */
int hvuv__folder_each(const char* path, hvuv__name_cb cb, void* arg);

#endif /* HVUV_SRC_UNIX_NAMES_H */
