/*
 * computecore.dll is in Windows from 10 version 1809 on, and in no import
 * library that every compiler has, so it is loaded when it is needed, from the
 * system's folder alone. It stays loaded: after a time limit its own threads
 * may still be at work.
 *
 * An operation is made, given to HcsEnumerateComputeSystems(), waited for, and
 * closed; its result is a text that LocalFree() frees, and there may be one
 * with a failure too, which describes it.
 */
#include "vm/systems_win.h"

#include <assert.h>

#include "base/alloc.h"
#include "vm/manager.h"
#include "vm/systems.h"

/* As newer SDKs define them. */
#define NOT_INSTALLED     0x80370102u /* HCS_E_HYPERV_NOT_INSTALLED */
#define NOT_AVAILABLE     0x80370114u /* HCS_E_SERVICE_NOT_AVAILABLE */
#define OPERATION_TIMEOUT 0x80370118u /* HCS_E_OPERATION_TIMEOUT */
#define NO_ACCESS         0x8037011bu /* HCS_E_ACCESS_DENIED */

hvuv__systems_source_t hvuv__systems_source = {L"computecore.dll",
                                               HVUV__MANAGER_TIMEOUT_MS};

typedef HANDLE operation_t;

typedef struct hcs_s {
  operation_t(WINAPI* create)(const void* context, void* callback);
  HRESULT(WINAPI* enumerate)(const wchar_t* query, operation_t operation);
  HRESULT(WINAPI* wait)
  (operation_t operation, DWORD timeout_ms, wchar_t** result);
  void(WINAPI* close)(operation_t operation);
} hcs_t;

static int error_of(HRESULT result) {
  int err;

  switch ((uint32_t) result) {
    case NO_ACCESS:
    case 0x80070005u: /* E_ACCESSDENIED */
      return UV_EACCES;
    case NOT_INSTALLED:
    case NOT_AVAILABLE:
      return UV_ENOTSUP;
    case OPERATION_TIMEOUT:
      return UV_ETIMEDOUT;
    default:
      break;
  }
  if (HRESULT_FACILITY(result) != FACILITY_WIN32)
    return UV_UNKNOWN;
  err = uv_translate_sys_error(HRESULT_CODE(result));
  return err < 0 ? err : UV_UNKNOWN;
}

/* As any function, by way of one type that compilers let pass. */
static int find(HMODULE dll, const char* name, void (**function)(void)) {
  *function = (void (*)(void)) GetProcAddress(dll, name);
  return *function != NULL;
}

static int load(hcs_t* hcs) {
  HMODULE dll = LoadLibraryExW(
      hvuv__systems_source.dll, NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);

  assert(sizeof(hcs->create) == sizeof(void (*)(void)));
  if (dll == NULL || !find(dll, "HcsCreateOperation", (void*) &hcs->create) ||
      !find(dll, "HcsEnumerateComputeSystems", (void*) &hcs->enumerate) ||
      !find(dll, "HcsWaitForOperationResult", (void*) &hcs->wait) ||
      !find(dll, "HcsCloseOperation", (void*) &hcs->close))
    return UV_ENOTSUP;
  return 0;
}

/* From UTF-16, where halves of pairs become U+FFFD. */
static int read_result(const wchar_t* text, hvuv__shelf_t* shelf) {
  size_t units = 0;
  char* utf8;
  int bytes;
  int err;

  while (text[units] != 0)
    if (++units > HVUV__SYSTEMS_MAX_BYTES)
      return UV_EMSGSIZE;
  if (units == 0)
    return UV_EPROTO;
  bytes =
      WideCharToMultiByte(CP_UTF8, 0, text, (int) units, NULL, 0, NULL, NULL);
  if (bytes <= 0)
    return UV_EPROTO;
  utf8 = hvuv__malloc((size_t) bytes);
  if (utf8 == NULL)
    return UV_ENOMEM;
  WideCharToMultiByte(CP_UTF8, 0, text, (int) units, utf8, bytes, NULL, NULL);
  err = hvuv__systems_parse(utf8, (size_t) bytes, shelf);
  hvuv__free(utf8);
  return err;
}

int hvuv__systems_ask(hvuv__shelf_t* shelf) {
  wchar_t* text = NULL;
  operation_t operation;
  HRESULT result;
  hcs_t hcs;
  int err = load(&hcs);

  if (err != 0)
    return err;
  operation = hcs.create(NULL, NULL);
  if (operation == NULL)
    return UV_ENOMEM;
  result = hcs.enumerate(NULL, operation);
  if (SUCCEEDED(result))
    result = hcs.wait(operation, hvuv__systems_source.timeout_ms, &text);
  hcs.close(operation);
  if (FAILED(result))
    err = error_of(result);
  else
    err = text == NULL ? UV_EPROTO : read_result(text, shelf);
  if (text != NULL)
    LocalFree(text);
  assert(err <= 0);
  return err;
}
