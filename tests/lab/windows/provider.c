#include "provider.h"

#include "support/emulation/imported.h"

#include <string.h>
#include <winsock2.h>

typedef int(WSAAPI* getsockopt_fn)(SOCKET, int, int, char*, int*);

/* "Hyper-V RAW", as netsh winsock show catalog tells it. */
static const GUID hyperv_raw = {
    0x1234191b,
    0x4bf7,
    0x4ca7,
    {0x86, 0xe0, 0xdf, 0xd7, 0xc3, 0x2b, 0x54, 0x45}};

static volatile LONG pretends;

void provider_pretend(int is_hyperv) {
  InterlockedExchange(&pretends, is_hyperv);
}

static getsockopt_fn find_real(void) {
  FARPROC proc = GetProcAddress(GetModuleHandleA("ws2_32.dll"), "getsockopt");
  getsockopt_fn real;

  memcpy(&real, &proc, sizeof(real));
  return real;
}

static int WSAAPI
pretending(SOCKET sock, int level, int option, char* value, int* len) {
  int result;

  result = find_real()(sock, level, option, value, len);
  if (result == 0 && pretends && level == SOL_SOCKET &&
      option == SO_PROTOCOL_INFOW)
    ((WSAPROTOCOL_INFOW*) (void*) value)->ProviderId = hyperv_raw;
  return result;
}

extern getsockopt_fn __imp_getsockopt
    IMPORTED(getsockopt, (SOCKET, int, int, char*, int*) );
getsockopt_fn __imp_getsockopt = pretending;
