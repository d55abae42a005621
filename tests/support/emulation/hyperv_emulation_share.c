/*
 * The memory that the processes of a test share in the AF_HYPERV EMULATION: a
 * file in their folder, mapped by all of them. A file, and not a mapping that
 * has only a name, so that what one process has set up (a VM, a service) is
 * there for the next one after it has ended.
 *
 * A mutex guards it, named after the file's identity, since two processes may
 * spell the folder in two ways. The system gives it up for a process that ends
 * holding it. Such a process may leave an entry half written, but free: the
 * field that says an entry is taken is always the last to be written.
 */
#include "hyperv_emulation_share.h"

#include <stdio.h>

/* Opening and closing hold `guard`; the rest is constant in between. */
static SRWLOCK guard = SRWLOCK_INIT;
static HANDLE file;
static HANDLE mapping;
static HANDLE mutex;
static emulation_shared_t* shared;

/* The thread of this process that has the mutex, and how often. A mutex counts
 * that, too, but each time by a call of the system, which is slow. */
static LONG volatile holder;
static int depth;

/* Appends to a path that has room for MAX_PATH. */
static int append(wchar_t* path, const wchar_t* text) {
  if (lstrlenW(path) + lstrlenW(text) >= MAX_PATH)
    return WSAENETDOWN;
  lstrcatW(path, text);
  return 0;
}

int emulation_table_folder(wchar_t path[MAX_PATH]) {
  wchar_t user[128];
  DWORD len;
  int code;

  len = GetEnvironmentVariableW(L"HVUV_EMULATION_DIR", path, MAX_PATH);
  if (len > 0)
    return len < MAX_PATH ? 0 : WSAENETDOWN;

  len = GetTempPathW(MAX_PATH, path);
  if (len == 0 || len >= MAX_PATH)
    return WSAENETDOWN;
  len = GetEnvironmentVariableW(L"USERNAME", user, 128);
  if (len == 0 || len >= 128)
    lstrcpyW(user, L"user");
  code = append(path, L"hvuv-emulation-");
  if (code == 0)
    code = append(path, user);
  if (code == 0)
    CreateDirectoryW(path, NULL);
  return code;
}

static int open_file(void) {
  wchar_t path[MAX_PATH];

  if (emulation_table_folder(path) != 0 ||
      append(path, EMULATION_TABLE_NAME) != 0)
    return WSAENETDOWN;
  file = CreateFileW(path,
                     GENERIC_READ | GENERIC_WRITE,
                     FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                     NULL,
                     OPEN_ALWAYS,
                     FILE_ATTRIBUTE_NORMAL,
                     NULL);
  if (file == INVALID_HANDLE_VALUE) {
    file = NULL;
    return WSAENETDOWN;
  }
  return 0;
}

static int open_memory(void) {
  /* This also makes a file that is shorter as long, by zeros. */
  mapping = CreateFileMappingW(
      file, NULL, PAGE_READWRITE, 0, (DWORD) sizeof(*shared), NULL);
  if (mapping == NULL)
    return WSAENETDOWN;
  shared = MapViewOfFile(mapping, FILE_MAP_WRITE, 0, 0, sizeof(*shared));
  return shared == NULL ? WSAENETDOWN : 0;
}

static int open_mutex(void) {
  BY_HANDLE_FILE_INFORMATION id;
  char name[80];

  if (!GetFileInformationByHandle(file, &id))
    return WSAENETDOWN;
  snprintf(name,
           sizeof(name),
           "hvuv-emulation-%08lx-%08lx%08lx",
           id.dwVolumeSerialNumber,
           id.nFileIndexHigh,
           id.nFileIndexLow);
  mutex = CreateMutexA(NULL, FALSE, name);
  return mutex == NULL ? WSAENETDOWN : 0;
}

static void close_all(void) {
  if (shared != NULL)
    UnmapViewOfFile(shared);
  if (mapping != NULL)
    CloseHandle(mapping);
  if (file != NULL)
    CloseHandle(file);
  if (mutex != NULL)
    CloseHandle(mutex);
  shared = NULL;
  mapping = NULL;
  file = NULL;
  mutex = NULL;
}

static int open_all(void) {
  int code = open_file();

  if (code == 0)
    code = open_memory();
  if (code == 0)
    code = open_mutex();
  if (code != 0)
    close_all();
  return code;
}

/* The mutex of an open table; NULL if it cannot be had. */
static HANDLE need_mutex(void) {
  HANDLE found;

  AcquireSRWLockExclusive(&guard);
  if (mutex == NULL)
    open_all();
  found = mutex;
  ReleaseSRWLockExclusive(&guard);
  return found;
}

static emulation_shared_t* check(emulation_shared_t* table) {
  if (table->size == 0)
    table->size = (ULONG) sizeof(*table);
  return table->size == sizeof(*table) ? table : NULL; /* of another build */
}

emulation_shared_t* emulation_share_lock(void) {
  LONG self = (LONG) GetCurrentThreadId();
  HANDLE held;
  DWORD waited;

  /* Nobody but this thread ever writes its own id there. */
  if (holder == self) {
    depth++;
    return shared;
  }
  held = need_mutex();
  if (held == NULL)
    return NULL;
  waited = WaitForSingleObject(held, INFINITE);
  if (waited != WAIT_OBJECT_0 && waited != WAIT_ABANDONED)
    return NULL;
  if (check(shared) == NULL) {
    ReleaseMutex(held);
    return NULL;
  }
  InterlockedExchange(&holder, self);
  depth = 1;
  return shared;
}

void emulation_share_unlock(void) {
  if (--depth > 0)
    return;
  InterlockedExchange(&holder, 0);
  ReleaseMutex(mutex);
}

int emulation_table_hold(void) {
  return emulation_share_lock() == NULL ? WSAENETDOWN : 0;
}

void emulation_table_release(void) {
  emulation_share_unlock();
}

void emulation_share_take(LONG volatile* field, int value) {
  InterlockedExchange(field, value); /* a barrier, too */
}

int emulation_table_open(void) {
  return need_mutex() == NULL ? WSAENETDOWN : 0;
}

void emulation_table_close(void) {
  AcquireSRWLockExclusive(&guard);
  close_all();
  ReleaseSRWLockExclusive(&guard);
}
