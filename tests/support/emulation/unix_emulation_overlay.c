/*
 * The file API as the AF_UNIX EMULATION has it, where a socket's file is a
 * reparse point: three calls, of a program that is linked statically. All else
 * (DeleteFileW(), a handle's information, the names in a folder) takes the file
 * for what it is, as it would a reparse point.
 */
#include "imported.h"
#include "unix_emulation_inside.h"

#include <wchar.h>

#ifndef IO_REPARSE_TAG_AF_UNIX
#define IO_REPARSE_TAG_AF_UNIX 0x80000023L
#endif

#define SOCKET_ATTRIBUTES                                                      \
  (FILE_ATTRIBUTE_ARCHIVE | FILE_ATTRIBUTE_REPARSE_POINT)

/* Pipes and devices have names that are no files', and asking for one is not
 * without effect. */
static int may_be_file(LPCWSTR path) {
  return path != NULL && wcsncmp(path, L"\\\\.\\", 4) != 0 &&
         wcsncmp(path, L"\\\\?\\pipe", 8) != 0;
}

/* Makes no difference to what the caller finds in GetLastError(). */
static int is_socket(LPCWSTR path) {
  DWORD before = GetLastError();
  int found = may_be_file(path) && un_file_read(path, NULL);

  SetLastError(before);
  return found;
}

static HANDLE WINAPI find_first(LPCWSTR path, LPWIN32_FIND_DATAW data) {
  HANDLE search = un_kernel()->find(path, data);

  if (search != INVALID_HANDLE_VALUE && wcspbrk(path, L"*?") == NULL &&
      is_socket(path)) {
    data->dwFileAttributes = SOCKET_ATTRIBUTES;
    data->dwReserved0 = (DWORD) IO_REPARSE_TAG_AF_UNIX;
    data->nFileSizeLow = 0;
  }
  return search;
}

static DWORD WINAPI get_attributes(LPCWSTR path) {
  DWORD attributes = un_kernel()->attributes(path);

  if (attributes == INVALID_FILE_ATTRIBUTES ||
      (attributes & FILE_ATTRIBUTE_DIRECTORY) != 0 || !is_socket(path))
    return attributes;
  return SOCKET_ATTRIBUTES;
}

static HANDLE WINAPI create_file(LPCWSTR path,
                                 DWORD access,
                                 DWORD share,
                                 LPSECURITY_ATTRIBUTES security,
                                 DWORD disposition,
                                 DWORD flags,
                                 HANDLE template) {
  if ((flags & FILE_FLAG_OPEN_REPARSE_POINT) == 0 &&
      disposition != CREATE_NEW && is_socket(path)) {
    SetLastError(ERROR_CANT_ACCESS_FILE);
    return INVALID_HANDLE_VALUE;
  }
  return un_kernel()->create(
      path, access, share, security, disposition, flags, template);
}

extern HANDLE(WINAPI* __imp_FindFirstFileW)(LPCWSTR, LPWIN32_FIND_DATAW)
    IMPORTED(FindFirstFileW, (LPCWSTR, LPWIN32_FIND_DATAW));
HANDLE(WINAPI* __imp_FindFirstFileW)(LPCWSTR, LPWIN32_FIND_DATAW) = find_first;

extern DWORD(WINAPI* __imp_GetFileAttributesW)(LPCWSTR)
    IMPORTED(GetFileAttributesW, (LPCWSTR));
DWORD(WINAPI* __imp_GetFileAttributesW)(LPCWSTR) = get_attributes;

extern HANDLE(WINAPI* __imp_CreateFileW)(
    LPCWSTR, DWORD, DWORD, LPSECURITY_ATTRIBUTES, DWORD, DWORD, HANDLE)
    IMPORTED(
        CreateFileW,
        (LPCWSTR, DWORD, DWORD, LPSECURITY_ATTRIBUTES, DWORD, DWORD, HANDLE));
HANDLE(WINAPI* __imp_CreateFileW)
(LPCWSTR, DWORD, DWORD, LPSECURITY_ATTRIBUTES, DWORD, DWORD, HANDLE) =
    create_file;
