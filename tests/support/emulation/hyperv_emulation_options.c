/*
 * Socket options in the AF_HYPERV EMULATION: those of Hyper-V, SO_ERROR, which
 * names the failure that a refused TCP connect stands for, and the description
 * of the provider, by which libuv chooses how to poll.
 */
#include "hyperv_emulation_book.h"
#include "hyperv_emulation_real.h"

#include <string.h>

enum emulation_provider emulation_provider(void) {
  char text[8];
  DWORD len;

  len = GetEnvironmentVariableA("HVUV_EMULATION_PROVIDER", text, sizeof(text));
  if (len == 3 && strcmp(text, "tcp") == 0)
    return EMULATION_PROVIDER_TCP;
  if (len == 4 && strcmp(text, "none") == 0)
    return EMULATION_PROVIDER_NONE;
  return EMULATION_PROVIDER_HYPERV;
}

/* --- The provider */

/* As "netsh winsock show catalog" prints it on a machine with Hyper-V; the
 * ANSI and the wide structure share all fields but the name. With TCP's
 * provider the id alone stays, so that the family is still to be seen. */
#define DESCRIBE(info)                                                         \
  do {                                                                         \
    (info)->iAddressFamily = EMULATION_AF_HYPERV;                              \
    (info)->iMaxSockAddr = sizeof(emulation_name_t);                           \
    (info)->iMinSockAddr = sizeof(emulation_name_t);                           \
    (info)->iSocketType = SOCK_STREAM;                                         \
    (info)->iProtocol = EMULATION_HV_PROTOCOL;                                 \
    if (emulation_provider() == EMULATION_PROVIDER_TCP)                        \
      break;                                                                   \
    (info)->ProviderId = hyperv_raw;                                           \
    (info)->ProtocolChain.ChainLen = 1;                                        \
    (info)->dwServiceFlags1 = 0x20026;                                         \
  } while (0)

static const GUID hyperv_raw = {
    0x1234191b,
    0x4bf7,
    0x4ca7,
    {0x86, 0xe0, 0xdf, 0xd7, 0xc3, 0x2b, 0x54, 0x45}};

static void describe_wide(char* value) {
  WSAPROTOCOL_INFOW info;

  memcpy(&info, value, sizeof(info));
  DESCRIBE(&info);
  if (emulation_provider() != EMULATION_PROVIDER_TCP)
    lstrcpyW(info.szProtocol, L"Hyper-V RAW");
  memcpy(value, &info, sizeof(info));
}

static void describe_ansi(char* value) {
  WSAPROTOCOL_INFOA info;

  memcpy(&info, value, sizeof(info));
  DESCRIBE(&info);
  if (emulation_provider() != EMULATION_PROVIDER_TCP)
    lstrcpyA(info.szProtocol, "Hyper-V RAW");
  memcpy(value, &info, sizeof(info));
}

/* --- SO_ERROR */

static void translate_error(SOCKET sock, char* value, int len) {
  emulation_sock_t* entry;
  int error;

  if (len != (int) sizeof(error))
    return;
  memcpy(&error, value, sizeof(error));
  if (error == 0)
    return;
  emulation_book_lock();
  entry = emulation_book_find(sock);
  if (entry != NULL && error == WSAECONNREFUSED && entry->code != 0)
    error = entry->code;
  if (entry != NULL && entry->state == EMULATION_CONNECTING)
    entry->state = EMULATION_FAILED;
  emulation_book_unlock();
  memcpy(value, &error, sizeof(error));
}

/* --- Hyper-V's own */

/* The options are 1, 2, 4 and 8; the first is the connect timeout. */
static int index_of(int option) {
  int i;

  for (i = 0; i < EMULATION_OPTIONS; i++)
    if (option == 1 << i)
      return i;
  return -1;
}

static int get_own(SOCKET sock, int option, char* value, int* len) {
  emulation_sock_t* entry;
  int i = index_of(option);

  if (i < 0)
    return WSAENOPROTOOPT;
  if (value == NULL || len == NULL || *len < (int) sizeof(ULONG))
    return WSAEFAULT;
  emulation_book_lock();
  entry = emulation_book_find(sock);
  if (entry != NULL)
    memcpy(value, &entry->options[i], sizeof(ULONG));
  emulation_book_unlock();
  *len = (int) sizeof(ULONG);
  return entry == NULL ? WSAENOTSOCK : 0;
}

static int is_connecting(const emulation_sock_t* entry) {
  if (entry->state == EMULATION_WAITING)
    return 1;
  return entry->state == EMULATION_CONNECTING &&
         !emulation_tcp_connected(entry->sock);
}

static int set_own(SOCKET sock, int option, const char* value, int len) {
  emulation_sock_t* entry;
  ULONG number;
  int i = index_of(option);
  int code = 0;

  if (i < 0)
    return WSAENOPROTOOPT;
  if (value == NULL || len < (int) sizeof(number))
    return WSAEFAULT;
  memcpy(&number, value, sizeof(number));
  if (i == 0 && number > EMULATION_TIMEOUT_MAX_MS)
    return WSAEINVAL;
  emulation_book_lock();
  entry = emulation_book_find(sock);
  if (entry == NULL)
    code = WSAENOTSOCK;
  else if (is_connecting(entry))
    code = WSAEINVAL;
  else
    entry->options[i] = number;
  emulation_book_unlock();
  return code;
}

/* --- All */

int emulation_getsockopt(
    SOCKET sock, int level, int option, char* value, int* len) {
  if (level == EMULATION_HV_PROTOCOL)
    return get_own(sock, option, value, len);
  if (level != SOL_SOCKET)
    return WSAENOPROTOOPT;
  if (emulation_real()->getsockopt(sock, level, option, value, len) != 0)
    return WSAGetLastError();
  if (option == SO_ERROR)
    translate_error(sock, value, *len);
  else if (option == SO_PROTOCOL_INFOW)
    describe_wide(value);
  else if (option == SO_PROTOCOL_INFOA)
    describe_ansi(value);
  return 0;
}

int emulation_setsockopt(
    SOCKET sock, int level, int option, const char* value, int len) {
  if (level == EMULATION_HV_PROTOCOL)
    return set_own(sock, option, value, len);
  if (level != SOL_SOCKET)
    return WSAENOPROTOOPT;
  if (emulation_real()->setsockopt(sock, level, option, value, len) != 0)
    return WSAGetLastError();
  return 0;
}
