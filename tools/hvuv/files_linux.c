#include "files_linux.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

int is_there(const char* path) {
  return access(path, F_OK) == 0;
}

int read_line(const char* path, char* line, size_t size) {
  FILE* file = fopen(path, "r");
  int ok;

  if (file == NULL)
    return 0;
  ok = fgets(line, (int) size, file) != NULL;
  fclose(file);
  if (ok)
    line[strcspn(line, "\n")] = '\0';
  return ok;
}
