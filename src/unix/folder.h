/* Private folders: what keeps the sockets of `local` this user's alone. */
#ifndef HVUV_SRC_UNIX_FOLDER_H
#define HVUV_SRC_UNIX_FOLDER_H

/* Whether a folder belongs to this user alone and is no link; folder_posix.c
 * and folder_win.c say what that means there. UV_ENOENT if it is not there,
 * UV_EACCES if it is not so. With `create` it is made when missing. */
int hvuv__folder_check(const char* path, int create);

/* The same of a folder and of the one in it: the first that is not in order. */
int hvuv__folder_check_both(const char* outer, const char* inner, int create);

#endif /* HVUV_SRC_UNIX_FOLDER_H */
