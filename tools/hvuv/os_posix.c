#include "os.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int has_colours(void) {
  const char* off = getenv("NO_COLOR"); /* https://no-color.org */
  const char* term = getenv("TERM");

  if (off != NULL && off[0] != '\0')
    return 0;
  return term != NULL && strcmp(term, "dumb") != 0 && isatty(STDOUT_FILENO);
}

int is_open_to_others(const char* path) {
  struct stat st;

  return lstat(path, &st) == 0 && (st.st_mode & (S_IRWXG | S_IRWXO)) != 0;
}

const char users_folder_variable[] = "XDG_RUNTIME_DIR";

const char vms_elsewhere[] = "VMs of hypervisors are listed by those, with the "
                             "CIDs or socket paths that "
                             "they gave them.";
