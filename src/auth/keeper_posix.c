/* A bit for group or others lets somebody else read the file, or put a secret
 * of their own there. */
#include "auth/keeper.h"

#include <sys/stat.h>
#include <unistd.h>

int hvuv__keeper_check(const uv_stat_t* stat) {
  if ((stat->st_mode & S_IFMT) != S_IFREG)
    return UV_EINVAL;
  if ((stat->st_mode & (S_IRWXG | S_IRWXO)) != 0)
    return UV_EPERM;
  return stat->st_uid == geteuid() || stat->st_uid == 0 ? 0 : UV_EPERM;
}
