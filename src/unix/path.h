/* How this system writes paths. They are UTF-8 on Windows, and bytes
 * elsewhere. */
#ifndef HVUV_SRC_UNIX_PATH_H
#define HVUV_SRC_UNIX_PATH_H

#include <stddef.h>

/* Enough for any path that hvuv is given, with the NUL. */
#define HVUV__PATH_ROOM 1024

/* Whether a byte of a path stands between two names. */
int hvuv__path_is_separator(char byte);

/* Where the last name in the first `len` bytes of a path begins: behind the
 * last separator, or at 0. */
size_t hvuv__path_last_name(const char* path, size_t len);

/* Makes a path absolute and takes the separators at its end away; in place, of
 * HVUV__PATH_ROOM bytes. UV_ENAMETOOLONG if it does not fit. */
int hvuv__path_absolute(char path[]);

/* Adds a name of name_len bytes to the first *len bytes of a path of
 * HVUV__PATH_ROOM bytes, and to *len; UV_ENAMETOOLONG if it does not fit. */
int hvuv__path_add(char path[], size_t* len, const char* name, size_t name_len);

/* The same in a path of its own. */
int hvuv__path_join(const char* folder, const char* name, char path[]);

#endif /* HVUV_SRC_UNIX_PATH_H */
