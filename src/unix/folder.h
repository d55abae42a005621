/* Private folders: what keeps the sockets of `local` this user's alone. */
#ifndef HVUV_SRC_UNIX_FOLDER_H
#define HVUV_SRC_UNIX_FOLDER_H

/* Whether a folder belongs to this user alone and is no link; folder_posix.c
 * and folder_win.c say what that means there. UV_ENOENT if it is not there,
 * UV_EACCES if it is not so. With `create` it is made when missing. */
int hvuv__folder_check(const char* path, int create);

/* Whom a folder must belong to. `is_known` is 1 where that is a number, which
 * two users of a process do not share; what was found for one of them holds for
 * no other. */
typedef struct hvuv__user_s {
  int is_known;
  unsigned long id;
} hvuv__user_t;

/* Whoever this process, or this thread, acts for now. */
hvuv__user_t hvuv__folder_user(void);

/* The same as hvuv__folder_check() for that user, of a folder and of the one in
 * it: the first that is not in order. */
int hvuv__folder_check_both(const hvuv__user_t* user,
                            const char* outer,
                            const char* inner,
                            int create);

#endif /* HVUV_SRC_UNIX_FOLDER_H */
