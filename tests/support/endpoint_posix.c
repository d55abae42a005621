/* A look at the process's descriptors. */
#include "endpoint.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>

static int count_descriptors(int inheritable) {
  struct dirent* entry;
  DIR* dir;
  int flags;
  int fd;
  int n;

  dir = opendir("/proc/self/fd");
  if (dir == NULL)
    return -1;

  n = 0;
  while ((entry = readdir(dir)) != NULL) {
    fd = atoi(entry->d_name);
    if (entry->d_name[0] == '.' || fd == dirfd(dir))
      continue;
    flags = fcntl(fd, F_GETFD);
    n += !inheritable || (fd > 2 && flags != -1 && !(flags & FD_CLOEXEC));
  }
  closedir(dir);
  return n;
}

int endpoint_count_descriptors(void) {
  return count_descriptors(0);
}

int endpoint_count_sockets(void) {
  return count_descriptors(0);
}

int endpoint_count_inheritable(void) {
  int n;

  n = count_descriptors(1);
  return n < 0 ? 0 : n;
}

int endpoint_need_descriptors(unsigned long n) {
  struct rlimit limit;

  if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
    return -1;
  if (limit.rlim_cur >= n)
    return 0;
  if (limit.rlim_max < n)
    return -1;
  limit.rlim_cur = n;
  return setrlimit(RLIMIT_NOFILE, &limit);
}
