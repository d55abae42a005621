/* A whole file, mapped for reading. */
#ifndef HVSOCK_PROGRAM_FILES_H
#define HVSOCK_PROGRAM_FILES_H

#include <stddef.h>
#include <stdint.h>

typedef struct file_s {
  const uint8_t* bytes;
  size_t len;
} file_t;

/* Returns 0, or a negative code; an empty file is UV_EINVAL. */
int file_open(file_t* file, const char* path);
void file_close(file_t* file);

#endif /* HVSOCK_PROGRAM_FILES_H */
