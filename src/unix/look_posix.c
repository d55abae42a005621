/* What is at a path on POSIX. */
#include "unix/look.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "unix/path.h"

/* Whether the folder that a path's last name is in is there. */
static int has_folder(const char* path) {
  char folder[HVUV__PATH_ROOM];
  const char* slash;
  struct stat st;
  size_t len;

  slash = strrchr(path, '/');
  if (slash == NULL)
    return 1;
  len = slash == path ? 1 : (size_t) (slash - path);
  if (len >= sizeof(folder))
    return 0;
  memcpy(folder, path, len);
  folder[len] = '\0';
  return stat(folder, &st) == 0 && S_ISDIR(st.st_mode);
}

enum hvuv__at_path hvuv__unix_look(const char* path) {
  struct stat st;

  assert(path[0] != '\0');
  if (stat(path, &st) == 0) {
    if (S_ISDIR(st.st_mode))
      return HVUV__AT_FOLDER;
    return S_ISSOCK(st.st_mode) ? HVUV__AT_SOCKET : HVUV__AT_OTHER;
  }
  if (errno != ENOENT && errno != ENOTDIR)
    return HVUV__AT_UNKNOWN;
  return has_folder(path) ? HVUV__AT_NOTHING : HVUV__AT_NO_FOLDER;
}
