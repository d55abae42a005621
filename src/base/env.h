/*
 * The environment, which is read here and nowhere else.
 *
 *   HVUV_LOCAL_DIR    the folder of `local` addresses      local/layout.c
 *   HVUV_LOCAL_VM     the partition that this process is   local/partition.c
 *   HVUV_POLL         the polling engine                   poll/choose_linux.c,
 *                                                          poll/choose_win.c
 *   XDG_RUNTIME_DIR   where a user's sockets lie           unix/runtime_dir_posix.c
 *   LOCALAPPDATA      the same on Windows                  unix/runtime_dir_win.c
 *
 * TMPDIR and its kin are libuv's to read (uv_os_tmpdir()).
 */
#ifndef HVUV_SRC_BASE_ENV_H
#define HVUV_SRC_BASE_ENV_H

#include <stddef.h>

enum hvuv__env {
  HVUV__ENV_LOCAL_DIR,
  HVUV__ENV_LOCAL_VM,
  HVUV__ENV_POLL,
  HVUV__ENV_XDG_RUNTIME_DIR,
  HVUV__ENV_LOCALAPPDATA,
  HVUV__ENV_COUNT
};

/* Copies a variable to value, of `size` bytes. One that is empty counts as not
 * set: UV_ENOENT. UV_ENAMETOOLONG if it does not fit. */
int hvuv__env_get(enum hvuv__env variable, char* value, size_t size);

/* The same of several HVUV_ variables in one pass, where that is cheaper: an
 * environment may be long. */
typedef struct hvuv__env_slot_s {
  enum hvuv__env variable;
  char* value;
  size_t size;
  int err; /* what hvuv__env_get() would return */
} hvuv__env_slot_t;

void hvuv__env_get_all(hvuv__env_slot_t slots[], size_t count);

/* For env_*.c: a variable's name. */
typedef struct hvuv__env_name_s {
  const char* text;
  size_t len;
} hvuv__env_name_t;

const hvuv__env_name_t* hvuv__env_name(enum hvuv__env variable);

#endif /* HVUV_SRC_BASE_ENV_H */
