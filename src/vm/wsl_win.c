/*
 * `wsl -- wslinfo --vm-id` is run without a window and without input, its
 * output goes to a pipe with room for more than is read of it. So it is waited
 * for first, with a limit, and read then: nothing blocks on a pipe that a child
 * of wsl.exe keeps open. What fills the pipe runs into the limit, and is ended.
 *
 * The program inherits the two handles that it gets and no others (a list of
 * them), whatever else this process has open.
 */
#include "vm/wsl_win.h"

#include <assert.h>
#include <stdio.h>

#include "base/alloc.h"
#include "vm/manager.h"
#include "vm/wslinfo.h"

#define PIPE_BYTES (4 * HVUV__WSLINFO_MAX_BYTES)

hvuv__wsl_source_t hvuv__wsl_source = {NULL, HVUV__MANAGER_TIMEOUT_MS};

/* What the program is given; NULL where there is none. */
typedef struct child_s {
  HANDLE output;   /* our end of the pipe */
  HANDLE given[2]; /* the NUL device, and the other end */
  LPPROC_THREAD_ATTRIBUTE_LIST list;
} child_t;

static int last_error(void) {
  DWORD error = GetLastError();
  int err = uv_translate_sys_error((int) error);

  if (error == ERROR_ACCESS_DENIED)
    return UV_EACCES;
  return err < 0 ? err : UV_UNKNOWN;
}

/* --- What the program is given --- */

static int open_handles(child_t* child) {
  SECURITY_ATTRIBUTES inherited = {sizeof(inherited), NULL, TRUE};

  if (!CreatePipe(&child->output, &child->given[1], &inherited, PIPE_BYTES))
    return 0;
  child->given[0] = CreateFileW(L"NUL",
                                GENERIC_READ | GENERIC_WRITE,
                                FILE_SHARE_READ | FILE_SHARE_WRITE,
                                &inherited,
                                OPEN_EXISTING,
                                0,
                                NULL);
  if (child->given[0] == INVALID_HANDLE_VALUE) {
    child->given[0] = NULL;
    return 0;
  }
  return SetHandleInformation(child->output, HANDLE_FLAG_INHERIT, 0);
}

static int list_handles(child_t* child) {
  SIZE_T size = 0;

  InitializeProcThreadAttributeList(NULL, 1, 0, &size);
  child->list = hvuv__malloc(size);
  if (child->list == NULL)
    return 0;
  if (!InitializeProcThreadAttributeList(child->list, 1, 0, &size)) {
    hvuv__free(child->list);
    child->list = NULL;
    return 0;
  }
  return UpdateProcThreadAttribute(child->list,
                                   0,
                                   PROC_THREAD_ATTRIBUTE_HANDLE_LIST,
                                   child->given,
                                   sizeof(child->given),
                                   NULL,
                                   NULL);
}

static void close_handle(HANDLE* handle) {
  if (*handle != NULL)
    CloseHandle(*handle);
  *handle = NULL;
}

static void free_child(child_t* child) {
  if (child->list != NULL)
    DeleteProcThreadAttributeList(child->list);
  hvuv__free(child->list);
  close_handle(&child->output);
  close_handle(&child->given[0]);
  close_handle(&child->given[1]);
}

/* --- The program --- */

/* The path of the system's wsl.exe. A 32-bit program on a 64-bit Windows sees
 * the folder that has it as Sysnative. */
static int find_program(wchar_t path[MAX_PATH]) {
  BOOL is_wow64 = FALSE;
  UINT len;
  int n;

  IsWow64Process(GetCurrentProcess(), &is_wow64);
  len = is_wow64 ? GetSystemWindowsDirectoryW(path, MAX_PATH)
                 : GetSystemDirectoryW(path, MAX_PATH);
  if (len == 0 || len >= MAX_PATH)
    return 0;
  n = _snwprintf(path + len,
                 MAX_PATH - len,
                 L"%ls",
                 is_wow64 ? L"\\Sysnative\\wsl.exe" : L"\\wsl.exe");
  return n > 0 && (UINT) n < MAX_PATH - len;
}

static int start(const wchar_t* program, child_t* child, HANDLE* process) {
  wchar_t command[] = L"wsl.exe -- wslinfo --vm-id";
  PROCESS_INFORMATION info;
  STARTUPINFOEXW startup;
  BOOL started;

  memset(&startup, 0, sizeof(startup));
  startup.StartupInfo.cb = sizeof(startup);
  startup.StartupInfo.dwFlags = STARTF_USESTDHANDLES;
  startup.StartupInfo.hStdInput = child->given[0];
  startup.StartupInfo.hStdOutput = child->given[1];
  startup.StartupInfo.hStdError = child->given[0];
  startup.lpAttributeList = child->list;
  started = CreateProcessW(program,
                           command,
                           NULL,
                           NULL,
                           TRUE,
                           CREATE_NO_WINDOW | EXTENDED_STARTUPINFO_PRESENT,
                           NULL,
                           NULL,
                           &startup.StartupInfo,
                           &info);
  if (!started)
    return last_error();
  CloseHandle(info.hThread);
  *process = info.hProcess;
  close_handle(&child->given[1]);
  return 0;
}

/* 0 if it ended by itself and well. */
static int await(HANDLE process) {
  DWORD code = 1;

  if (WaitForSingleObject(process, hvuv__wsl_source.timeout_ms) !=
      WAIT_OBJECT_0) {
    TerminateProcess(process, 1);
    return UV_ETIMEDOUT;
  }
  if (!GetExitCodeProcess(process, &code))
    return last_error();
  return code == 0 ? 0 : UV_ENOENT;
}

static int read_id(HANDLE output, hvuv_guid_t* id) {
  char text[HVUV__WSLINFO_MAX_BYTES];
  DWORD waiting = 0;
  DWORD len = 0;

  if (!PeekNamedPipe(output, NULL, 0, NULL, &waiting, NULL) || waiting == 0 ||
      waiting > sizeof(text) || !ReadFile(output, text, waiting, &len, NULL))
    return UV_EPROTO;
  assert(len <= sizeof(text));
  return hvuv__wslinfo_parse(text, len, id);
}

static int run(const wchar_t* program, child_t* child, hvuv_guid_t* id) {
  HANDLE process;
  int err;

  if (!open_handles(child) || !list_handles(child))
    return last_error();
  err = start(program, child, &process);
  if (err != 0)
    return err;
  err = await(process);
  CloseHandle(process);
  return err != 0 ? err : read_id(child->output, id);
}

int hvuv__wsl_ask(hvuv_guid_t* id) {
  const wchar_t* program = hvuv__wsl_source.program;
  wchar_t path[MAX_PATH];
  child_t child;
  int err;

  if (program == NULL) {
    if (!find_program(path))
      return UV_ENAMETOOLONG;
    program = path;
  }
  memset(&child, 0, sizeof(child));
  err = run(program, &child, id);
  free_child(&child);
  return err;
}
