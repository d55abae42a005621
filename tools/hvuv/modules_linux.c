/* Modules by the files that depmod(8) makes, and by what the kernel shows in
 * /proc/modules and /sys/module, where one that is built in is listed only if
 * it has parameters. */
#include "modules_linux.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATH_ROOM 512

/* A module's file is written with - or _, its name with _. */
static int is_name(const char* text, size_t len, const char* name) {
  size_t i;

  if (strlen(name) != len)
    return 0;
  for (i = 0; i < len; i++)
    if (text[i] != name[i] && !(text[i] == '-' && name[i] == '_'))
      return 0;
  return 1;
}

/* "kernel/net/vmw_vsock/vsock.ko.xz: ...", of modules.dep and
 * modules.builtin */
static int is_file_of(const char* line, const char* name) {
  const char* end = strstr(line, ".ko");
  const char* start = end;

  if (end == NULL)
    return 0;
  while (start > line && start[-1] != '/')
    start--;
  return is_name(start, (size_t) (end - start), name);
}

/* "vsock 57344 3 vsock_loopback, Live 0x0", of /proc/modules */
static int is_line_of(const char* line, const char* name) {
  return is_name(line, strcspn(line, " "), name);
}

/* 1 if a line of the file is of that name, 0 if none is, -1 without the
 * file. */
static int search(const char* path,
                  const char* name,
                  int (*is_of)(const char* line, const char* name)) {
  FILE* file = fopen(path, "r");
  char* line = NULL;
  size_t room = 0;
  int found = 0;

  if (file == NULL)
    return -1;
  while (!found && getline(&line, &room, file) != -1)
    found = is_of(line, name);
  free(line);
  fclose(file);
  return found;
}

module_state_t find_module(const char* root,
                           const char* release,
                           const char* name) {
  char path[PATH_ROOM];
  int found;

  snprintf(path, sizeof(path), "%s/proc/modules", root);
  if (search(path, name, is_line_of) == 1)
    return MODULE_LOADED;
  snprintf(path, sizeof(path), "%s/sys/module/%s", root, name);
  if (access(path, F_OK) == 0)
    return MODULE_BUILT_IN;
  snprintf(
      path, sizeof(path), "%s/lib/modules/%s/modules.builtin", root, release);
  if (search(path, name, is_file_of) == 1)
    return MODULE_BUILT_IN;
  snprintf(path, sizeof(path), "%s/lib/modules/%s/modules.dep", root, release);
  found = search(path, name, is_file_of);
  if (found == -1)
    return MODULE_UNKNOWN;
  return found ? MODULE_THERE : MODULE_ABSENT;
}
