/* Whether a file may keep secrets. */
#ifndef HVUV_SRC_AUTH_KEEPER_H
#define HVUV_SRC_AUTH_KEEPER_H

#include <uv.h>

/* 0; UV_EINVAL if it is no regular file, UV_EPERM if it is not this user's, or
 * root's, alone. */
int hvuv__keeper_check(const uv_stat_t* stat);

#endif /* HVUV_SRC_AUTH_KEEPER_H */
