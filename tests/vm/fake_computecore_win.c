/* A computecore.dll whose list is the variable FAKE_HCS: a JSON text, or
 *
 *   hr:XXXXXXXX   the failure of that number, when the list is waited for
 *   late          nothing, until the time limit
 */
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include <windows.h>

#define OPERATION ((HANDLE) 0x48435331)
#define TIMED_OUT ((HRESULT) 0x80370118)

__declspec(dllexport) HANDLE WINAPI
    HcsCreateOperation(const void* context, void* callback);
__declspec(dllexport) HRESULT WINAPI
    HcsEnumerateComputeSystems(const wchar_t* query, HANDLE operation);
__declspec(dllexport) HRESULT WINAPI
    HcsWaitForOperationResult(HANDLE operation,
                              DWORD timeout_ms,
                              wchar_t** result);
__declspec(dllexport) void WINAPI HcsCloseOperation(HANDLE operation);

HANDLE WINAPI HcsCreateOperation(const void* context, void* callback) {
  return context == NULL && callback == NULL ? OPERATION : NULL;
}

HRESULT WINAPI HcsEnumerateComputeSystems(const wchar_t* query,
                                          HANDLE operation) {
  return query == NULL && operation == OPERATION ? S_OK : E_INVALIDARG;
}

HRESULT WINAPI HcsWaitForOperationResult(HANDLE operation,
                                         DWORD timeout_ms,
                                         wchar_t** result) {
  DWORD room = GetEnvironmentVariableW(L"FAKE_HCS", NULL, 0);
  wchar_t* text;

  if (operation != OPERATION || room == 0)
    return E_INVALIDARG;
  text = LocalAlloc(LMEM_FIXED, room * sizeof(*text));
  if (text == NULL)
    return E_OUTOFMEMORY;
  GetEnvironmentVariableW(L"FAKE_HCS", text, room);
  *result = text;
  if (wcsncmp(text, L"hr:", 3) == 0)
    return (HRESULT) wcstoul(text + 3, NULL, 16);
  if (wcscmp(text, L"late") != 0)
    return S_OK;
  Sleep(timeout_ms);
  return TIMED_OUT;
}

void WINAPI HcsCloseOperation(HANDLE operation) {
  if (operation != OPERATION)
    abort();
}
