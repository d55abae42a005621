#include "endpoint.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* A Unix socket's path has about 100 bytes in all. */
#define TMPDIR_MAX 24

static char folder[ENDPOINT_ROOM / 2];

static void die(const char* what) {
  perror(what);
  abort();
}

void endpoint_open(void) {
  const char* base;
  char path[ENDPOINT_ROOM];

  base = getenv("TMPDIR");
  if (base == NULL || base[0] != '/' || strlen(base) > TMPDIR_MAX)
    base = "/tmp";
  snprintf(folder, sizeof(folder), "%s/hvuv-XXXXXX", base);
  if (mkdtemp(folder) == NULL)
    die("mkdtemp");

  setenv("HVUV_LOCAL_DIR", endpoint_path("l", path), 1);
  unsetenv("HVUV_LOCAL_VM");
  unsetenv("XDG_RUNTIME_DIR");
}

static int remove_one(const char* path,
                      const struct stat* st,
                      int kind,
                      struct FTW* ftw) {
  (void) st;
  (void) kind;
  (void) ftw;
  return remove(path);
}

void endpoint_close(void) {
  if (folder[0] != '\0')
    nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
  folder[0] = '\0';
}

char* endpoint_path(const char* name, char room[]) {
  snprintf(room, ENDPOINT_ROOM, "%s/%s", folder, name);
  return room;
}

void endpoint_play(const char* vm_id) {
  if (vm_id == NULL)
    unsetenv("HVUV_LOCAL_VM");
  else
    setenv("HVUV_LOCAL_VM", vm_id, 1);
}

int endpoint_count_files(const char* path) {
  struct dirent* entry;
  int n;
  DIR* dir;

  dir = opendir(path);
  if (dir == NULL)
    return 0;

  n = 0;
  while ((entry = readdir(dir)) != NULL)
    n += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
  closedir(dir);
  return n;
}

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
