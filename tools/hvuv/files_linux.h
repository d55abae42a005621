/* Files in which the kernel, or whoever made the system, says something. */
#ifndef HVUV_TOOLS_FILES_LINUX_H
#define HVUV_TOOLS_FILES_LINUX_H

#include <stddef.h>

int is_there(const char* path);

/* The first line of a file, without its end; returns 0 if there is none. */
int read_line(const char* path, char* line, size_t size);

#endif /* HVUV_TOOLS_FILES_LINUX_H */
