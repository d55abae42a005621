/*
 * What the files that touch paths on Windows share. hvuv's paths are UTF-8, as
 * libuv's are; the file API takes UTF-16.
 */
#ifndef HVUV_SRC_UNIX_FILE_WIN_H
#define HVUV_SRC_UNIX_FILE_WIN_H

#include <uv.h>

#include "sys/sys_win.h"

#ifndef IO_REPARSE_TAG_AF_UNIX
#define IO_REPARSE_TAG_AF_UNIX 0x80000023L
#endif

/* Room for a path of HVUV__PATH_ROOM bytes as UTF-16, which never has more
 * units than UTF-8 has bytes, and for an ending such as ".lock". */
#define HVUV__WIDE_ROOM 1040

/* UV_ENAMETOOLONG if there is no room, UV_ECHARSET if path is no UTF-8. */
static inline int hvuv__file_wide(const char* path,
                                  WCHAR wide[HVUV__WIDE_ROOM]) {
  DWORD err;

  if (MultiByteToWideChar(
          CP_UTF8, MB_ERR_INVALID_CHARS, path, -1, wide, HVUV__WIDE_ROOM) > 0)
    return 0;
  err = GetLastError();
  return err == ERROR_INSUFFICIENT_BUFFER ? UV_ENAMETOOLONG
                                          : hvuv__sys_error(err);
}

/* The way back, to `size` bytes. UV_ENAMETOOLONG if there is no room. */
static inline int hvuv__file_utf8(const WCHAR* wide, char text[], int size) {
  DWORD err;

  if (WideCharToMultiByte(CP_UTF8, 0, wide, -1, text, size, NULL, NULL) > 0)
    return 0;
  err = GetLastError();
  return err == ERROR_INSUFFICIENT_BUFFER ? UV_ENAMETOOLONG
                                          : hvuv__sys_error(err);
}

static inline int hvuv__file_is_absent(DWORD err) {
  return err == ERROR_FILE_NOT_FOUND || err == ERROR_PATH_NOT_FOUND;
}

/* Whether an entry of a directory is a Unix socket. */
static inline int hvuv__file_is_socket(const WIN32_FIND_DATAW* found) {
  return (found->dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0 &&
         found->dwReserved0 == (DWORD) IO_REPARSE_TAG_AF_UNIX;
}

#endif /* HVUV_SRC_UNIX_FILE_WIN_H */
