/* Where this user's sockets lie when nobody says otherwise. */
#ifndef HVUV_SRC_UNIX_RUNTIME_DIR_H
#define HVUV_SRC_UNIX_RUNTIME_DIR_H

/* The folder's absolute path, of HVUV__PATH_ROOM bytes; runtime_dir_posix.c and
 * runtime_dir_win.c have the order in which places are tried. Makes nothing.
 * UV_ENAMETOOLONG if it does not fit. */
int hvuv__runtime_dir(char path[]);

#endif /* HVUV_SRC_UNIX_RUNTIME_DIR_H */
