/*
 * Which TCP port is whose in the AF_UNIX EMULATION: a table with a line for
 * each port, in a file that all processes of a user map. A line is written by
 * the socket that is bound to the port, of which there is one at a time, so it
 * needs no lock; the field that says what it is comes last. Lines of processes
 * that were killed stay, and count for nothing.
 */
#include "unix_emulation_inside.h"

#include <string.h>

#include "emulation_owner.h"

enum line_kind { LINE_FREE = 0, LINE_LISTENING, LINE_CALLING };

typedef struct line_s {
  LONG volatile kind;
  LONG reserved;
  emulation_owner_t owner;
  ULONGLONG id; /* of the listener, or of the one that is called */
  char own[UNIX_PATH_MAX];
  LONG padding;
} line_t;

#define LINES 65536

static line_t* lines;
static INIT_ONCE opened = INIT_ONCE_STATIC_INIT;

static int name_file(wchar_t path[MAX_PATH]) {
  wchar_t user[64];
  DWORD len = GetTempPathW(MAX_PATH, path);

  if (len == 0 || len > MAX_PATH - 128)
    return 0;
  len = GetEnvironmentVariableW(L"USERNAME", user, 64);
  if (len == 0 || len >= 64)
    lstrcpyW(user, L"user");
  lstrcatW(path, L"hvuv-unix-emulation-");
  lstrcatW(path, user);
  return 1;
}

/* Of another size, it is another build's. A view needs neither handle. */
static BOOL CALLBACK open_lines(PINIT_ONCE once, PVOID unused, PVOID* context) {
  const DWORD size = LINES * (DWORD) sizeof(line_t);
  wchar_t path[MAX_PATH];
  HANDLE mapping = NULL;
  HANDLE file;

  (void) once;
  (void) unused;
  (void) context;
  if (!name_file(path))
    return FALSE;
  file = un_kernel()->create(path,
                             GENERIC_READ | GENERIC_WRITE,
                             FILE_SHARE_READ | FILE_SHARE_WRITE,
                             NULL,
                             OPEN_ALWAYS,
                             FILE_ATTRIBUTE_NORMAL,
                             NULL);
  if (file == INVALID_HANDLE_VALUE)
    return FALSE;
  mapping = CreateFileMappingW(file, NULL, PAGE_READWRITE, 0, size, NULL);
  if (mapping != NULL) {
    lines = MapViewOfFile(mapping, FILE_MAP_WRITE, 0, 0, size);
    CloseHandle(mapping);
  }
  CloseHandle(file);
  return lines != NULL;
}

static line_t* line_of(USHORT port) {
  return InitOnceExecuteOnce(&opened, open_lines, NULL, NULL) ? &lines[port]
                                                              : NULL;
}

/* Another one each time, in all processes. */
ULONGLONG un_port_new_id(USHORT port) {
  static LONG volatile calls;
  LARGE_INTEGER now;

  QueryPerformanceCounter(&now);
  return ((ULONGLONG) now.QuadPart << 24) ^ ((ULONGLONG) port << 48) ^
         ((ULONGLONG) GetCurrentProcessId() << 8) ^
         (ULONGLONG) InterlockedIncrement(&calls);
}

static int write_line(USHORT port,
                      enum line_kind kind,
                      ULONGLONG id,
                      const char* own) {
  line_t* line = line_of(port);

  if (line == NULL)
    return WSAENETDOWN;
  InterlockedExchange(&line->kind, LINE_FREE);
  line->owner = emulation_owner_self();
  line->id = id;
  memcpy(line->own, own, UNIX_PATH_MAX);
  InterlockedExchange(&line->kind, (LONG) kind);
  return 0;
}

static const char no_name[UNIX_PATH_MAX];

int un_port_listen(USHORT port, ULONGLONG id) {
  return write_line(port, LINE_LISTENING, id, no_name);
}

/* A caller's line stays, for whoever accepts it after it has hung up. */
void un_port_forget(USHORT port, ULONGLONG id) {
  line_t* line = line_of(port);

  if (line != NULL && line->kind == LINE_LISTENING && line->id == id)
    InterlockedExchange(&line->kind, LINE_FREE);
}

int un_port_listens(USHORT port, ULONGLONG id, DWORD* pid) {
  const line_t* line = line_of(port);

  if (line == NULL || line->kind != LINE_LISTENING || line->id != id ||
      !emulation_owner_is_alive(&line->owner))
    return 0;
  *pid = line->owner.pid;
  return 1;
}

int un_port_call(USHORT port, ULONGLONG listener, const char* own) {
  return write_line(port, LINE_CALLING, listener, own);
}

int un_port_caller(USHORT port, ULONGLONG listener, char* own, DWORD* pid) {
  const line_t* line = line_of(port);

  if (line == NULL || line->kind != LINE_CALLING || line->id != listener)
    return 0;
  memcpy(own, line->own, UNIX_PATH_MAX);
  *pid = line->owner.pid;
  return 1;
}
