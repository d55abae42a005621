/*
 * The file that stands for a socket in the AF_UNIX EMULATION: what is as long
 * as a record and begins with the magic word. The file API is called by its
 * real addresses, because the pointers that one would call it through are the
 * overlay's.
 */
#include "unix_emulation_inside.h"

#include <string.h>

#define EVERYBODY (FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE)

typedef struct record_s {
  char magic[16];
  ULONGLONG id;
  ULONG port;
  ULONG reserved;
} record_t;

static const char magic[16] = "hvuv's AF_UNIX\n";

static un_kernel_t kernel;
static INIT_ONCE found = INIT_ONCE_STATIC_INIT;

/* By their bytes, as in hyperv_emulation_real.c. */
static BOOL CALLBACK find(PINIT_ONCE once, PVOID parameter, PVOID* context) {
  HMODULE dll = GetModuleHandleA("kernel32.dll");
  FARPROC proc;

  (void) once;
  (void) parameter;
  (void) context;
  if (dll == NULL)
    return FALSE;
  proc = GetProcAddress(dll, "CreateFileW");
  memcpy(&kernel.create, &proc, sizeof(proc));
  proc = GetProcAddress(dll, "GetFileAttributesW");
  memcpy(&kernel.attributes, &proc, sizeof(proc));
  proc = GetProcAddress(dll, "FindFirstFileW");
  memcpy(&kernel.find, &proc, sizeof(proc));
  return TRUE;
}

const un_kernel_t* un_kernel(void) {
  InitOnceExecuteOnce(&found, find, NULL, NULL);
  return &kernel;
}

int un_file_wide(const char* path, WCHAR wide[UN_WIDE_ROOM]) {
  return MultiByteToWideChar(
             CP_UTF8, MB_ERR_INVALID_CHARS, path, -1, wide, UN_WIDE_ROOM) > 0
             ? 0
             : WSAENETDOWN;
}

static int code_of(DWORD error) {
  switch (error) {
    case ERROR_FILE_EXISTS:
    case ERROR_ALREADY_EXISTS:
      return WSAEADDRINUSE;
    case ERROR_ACCESS_DENIED:
      return WSAEACCES;
    case ERROR_TOO_MANY_OPEN_FILES:
      return WSAEMFILE;
    default:
      return WSAENETDOWN;
  }
}

int un_file_make(const char* path, const un_file_t* content) {
  WCHAR wide[UN_WIDE_ROOM];
  record_t record;
  DWORD written;
  HANDLE file;
  int code = un_file_wide(path, wide);

  if (code != 0)
    return code;
  memset(&record, 0, sizeof(record));
  memcpy(record.magic, magic, sizeof(magic));
  record.id = content->id;
  record.port = content->port;
  file = un_kernel()->create(wide,
                             GENERIC_WRITE,
                             EVERYBODY,
                             NULL,
                             CREATE_NEW,
                             FILE_ATTRIBUTE_NORMAL,
                             NULL);
  if (file == INVALID_HANDLE_VALUE)
    return code_of(GetLastError());
  if (!WriteFile(file, &record, sizeof(record), &written, NULL))
    code = WSAENETDOWN;
  CloseHandle(file);
  return code;
}

/* Whether it is worth opening: whoever wants a file for himself alone is not to
 * find it open here. */
static int has_the_size(const WCHAR* path) {
  WIN32_FILE_ATTRIBUTE_DATA info;

  return GetFileAttributesExW(path, GetFileExInfoStandard, &info) &&
         (info.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) == 0 &&
         info.nFileSizeHigh == 0 && info.nFileSizeLow == sizeof(record_t);
}

int un_file_read(const WCHAR* path, un_file_t* content) {
  record_t record;
  HANDLE file;
  DWORD n = 0;
  int is_ours;

  if (!has_the_size(path))
    return 0;
  file = un_kernel()->create(
      path, GENERIC_READ, EVERYBODY, NULL, OPEN_EXISTING, 0, NULL);
  if (file == INVALID_HANDLE_VALUE)
    return 0;
  is_ours = ReadFile(file, &record, sizeof(record), &n, NULL) &&
            n == sizeof(record) &&
            memcmp(record.magic, magic, sizeof(magic)) == 0;
  CloseHandle(file);
  if (is_ours && content != NULL) {
    content->id = record.id;
    content->port = record.port;
  }
  return is_ours;
}
