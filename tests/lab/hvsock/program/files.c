#include "program/files.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <uv.h>

static int map(file_t* file, int fd) {
  struct stat st;
  void* bytes;

  if (fstat(fd, &st) != 0)
    return uv_translate_sys_error(errno);
  if (!S_ISREG(st.st_mode) || st.st_size <= 0)
    return UV_EINVAL;
  bytes = mmap(NULL, (size_t) st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
  if (bytes == MAP_FAILED)
    return uv_translate_sys_error(errno);
  file->bytes = bytes;
  file->len = (size_t) st.st_size;
  return 0;
}

int file_open(file_t* file, const char* path) {
  int fd = open(path, O_RDONLY | O_CLOEXEC), err;

  file->bytes = NULL;
  file->len = 0;
  if (fd < 0)
    return uv_translate_sys_error(errno);
  err = map(file, fd);
  close(fd);
  return err;
}

void file_close(file_t* file) {
  if (file->bytes != NULL)
    munmap((void*) file->bytes, file->len);
  file->bytes = NULL;
}
