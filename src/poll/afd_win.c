/* Questions to AFD, by the few functions of ntdll that they need. */
#include "poll/afd_win.h"

#include <string.h>
#include <uv.h>
#include <winternl.h>

#define IOCTL_AFD_POLL   0x00012024
#define SIO_BASE_HANDLE_ 0x48000022 /* mswsock.h's SIO_BASE_HANDLE */
#define CANCELLED        ((LONG) 0xc0000120)

typedef NTSTATUS(NTAPI* create_file_fn)(HANDLE*,
                                        ACCESS_MASK,
                                        OBJECT_ATTRIBUTES*,
                                        void*,
                                        LARGE_INTEGER*,
                                        ULONG,
                                        ULONG,
                                        ULONG,
                                        ULONG,
                                        void*,
                                        ULONG);
typedef NTSTATUS(NTAPI* control_fn)(
    HANDLE, HANDLE, void*, void*, void*, ULONG, void*, ULONG, void*, ULONG);
typedef NTSTATUS(NTAPI* cancel_fn)(HANDLE, void*, void*);
typedef ULONG(NTAPI* to_error_fn)(NTSTATUS);

static uv_once_t once = UV_ONCE_INIT;
static DWORD load_error;
static create_file_fn nt_create_file;
static control_fn nt_control;
static cancel_fn nt_cancel;
static to_error_fn nt_to_error;

/* Through void (*)(void), which is what compilers let a function pointer be
 * made of another without a word. */
static void (*find(HMODULE ntdll, const char* name))(void) {
  return (void (*)(void)) GetProcAddress(ntdll, name);
}

static DWORD find_all(void) {
  HMODULE ntdll = GetModuleHandleW(L"ntdll.dll");

  if (ntdll == NULL)
    return ERROR_MOD_NOT_FOUND;
  nt_create_file = (create_file_fn) find(ntdll, "NtCreateFile");
  nt_control = (control_fn) find(ntdll, "NtDeviceIoControlFile");
  nt_cancel = (cancel_fn) find(ntdll, "NtCancelIoFileEx");
  nt_to_error = (to_error_fn) find(ntdll, "RtlNtStatusToDosError");
  return nt_create_file == NULL || nt_control == NULL || nt_cancel == NULL ||
                 nt_to_error == NULL
             ? ERROR_PROC_NOT_FOUND
             : 0;
}

static DWORD open_once(void) {
  HANDLE port;
  HANDLE afd;
  DWORD error;

  port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
  if (port == NULL)
    return GetLastError();
  error = hvuv__afd_open(port, &afd);
  if (error == 0)
    CloseHandle(afd);
  CloseHandle(port);
  return error;
}

static void load(void) {
  load_error = find_all();
  if (load_error == 0)
    load_error = open_once();
}

DWORD hvuv__afd_load(void) {
  uv_once(&once, load);
  return load_error;
}

DWORD hvuv__afd_open(HANDLE port, HANDLE* afd) {
  /* AFD minds nothing behind its own name; this one tells a debugger whose the
   * handle is. */
  static WCHAR path[] = L"\\Device\\Afd\\hvuv";
  struct {
    void* status;
    ULONG_PTR information;
  } result;
  OBJECT_ATTRIBUTES attributes;
  UNICODE_STRING name;
  NTSTATUS status;
  HANDLE handle;
  DWORD error;

  name.Buffer = path;
  name.Length = (USHORT) (sizeof(path) - sizeof(path[0]));
  name.MaximumLength = (USHORT) sizeof(path);
  memset(&attributes, 0, sizeof(attributes));
  attributes.Length = sizeof(attributes);
  attributes.ObjectName = &name;

  status = nt_create_file(&handle,
                          SYNCHRONIZE,
                          &attributes,
                          &result,
                          NULL,
                          0,
                          FILE_SHARE_READ | FILE_SHARE_WRITE,
                          1 /* FILE_OPEN */,
                          0,
                          NULL,
                          0);
  if (status != 0)
    return nt_to_error(status);

  if (CreateIoCompletionPort(handle, port, 0, 0) == NULL) {
    error = GetLastError();
    CloseHandle(handle);
    return error;
  }

  *afd = handle;
  return 0;
}

/* NT_ERROR(), which winternl.h lacks: a success, an information and a warning
 * are none. */
static int is_error(NTSTATUS status) {
  return ((ULONG) status >> 30) == 3;
}

DWORD hvuv__afd_ask(HANDLE afd,
                    SOCKET sock,
                    ULONG events,
                    hvuv__afd_poll_t* poll) {
  NTSTATUS status;

  memset(poll, 0, sizeof(*poll));
  poll->info.timeout.QuadPart = INT64_MAX;
  poll->info.handle_count = 1;
  poll->info.socket = (HANDLE) sock;
  poll->info.events = events;
  status = nt_control(afd,
                      NULL,
                      NULL,
                      poll,
                      &poll->result,
                      IOCTL_AFD_POLL,
                      &poll->info,
                      sizeof(poll->info),
                      &poll->info,
                      sizeof(poll->info));

  /* Done at once or not, the answer comes through the port. */
  return is_error(status) ? nt_to_error(status) : 0;
}

void hvuv__afd_cancel(HANDLE afd, hvuv__afd_poll_t* poll) {
  struct {
    void* status;
    ULONG_PTR information;
  } result;

  /* Not found: the answer is under way already. */
  nt_cancel(afd, &poll->result, &result);
}

DWORD hvuv__afd_answer(const hvuv__afd_poll_t* poll, ULONG* events) {
  LONG status = poll->result.u.status;

  *events = 0;
  if (status == CANCELLED)
    return 0;
  if (is_error(status))
    return nt_to_error(status);
  if (poll->info.handle_count > 0)
    *events = poll->info.events;
  return 0;
}

DWORD hvuv__afd_connect_error(const hvuv__afd_poll_t* poll) {
  return is_error(poll->info.status) ? nt_to_error(poll->info.status) : 0;
}

SOCKET hvuv__afd_base_socket(SOCKET sock) {
  SOCKET base;
  DWORD bytes;

  if (WSAIoctl(sock,
               SIO_BASE_HANDLE_,
               NULL,
               0,
               &base,
               sizeof(base),
               &bytes,
               NULL,
               NULL) != 0)
    return sock;
  return base;
}
