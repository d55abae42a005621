/*
 * Names and services in the AF_HYPERV EMULATION.
 */
#include "hyperv_emulation_book.h"

#include <stdio.h>
#include <string.h>

#include "hyperv_emulation_table.h"

int emulation_name_out(const emulation_name_t* from,
                       struct sockaddr* name,
                       int* len) {
  if (name == NULL || len == NULL || *len < (int) sizeof(*from))
    return WSAEFAULT;
  memcpy(name, from, sizeof(*from));
  *len = (int) sizeof(*from);
  return 0;
}

int emulation_name_in(const struct sockaddr* name,
                      int len,
                      emulation_name_t* to) {
  if (name == NULL || len < (int) sizeof(*to))
    return WSAEFAULT;
  memcpy(to, name, sizeof(*to));
  return to->family == EMULATION_AF_HYPERV ? 0 : WSAEAFNOSUPPORT;
}

void emulation_name_set(emulation_name_t* name,
                        const GUID* vm,
                        const GUID* service) {
  name->family = EMULATION_AF_HYPERV;
  name->reserved = 0;
  name->vm = *vm;
  name->service = *service;
}

/* 64 bits that differ each time and in each process (splitmix64). */
static ULONGLONG random_bits(void) {
  static LONG volatile calls;
  LARGE_INTEGER now;
  ULONGLONG bits;

  QueryPerformanceCounter(&now);
  bits = (ULONGLONG) now.QuadPart;
  bits ^= (ULONGLONG) GetCurrentProcessId() << 40;
  bits += (ULONGLONG) InterlockedIncrement(&calls) * 0x9e3779b97f4a7c15u;
  bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9u;
  bits = (bits ^ (bits >> 27)) * 0x94d049bb133111ebu;
  return bits ^ (bits >> 31);
}

GUID emulation_random_service(void) {
  ULONGLONG bits[2];
  GUID service;

  bits[0] = random_bits();
  bits[1] = random_bits();
  memcpy(&service, bits, sizeof(service));
  service.Data3 = (unsigned short) ((service.Data3 & 0x0fff) | 0x4000);
  service.Data4[0] = (unsigned char) ((service.Data4[0] & 0x3f) | 0x80);
  return service;
}

void emulation_random_port(GUID* service) {
  /* Above those that a test would choose, below the template's last. */
  service->Data1 = 0x40000000u | (ULONG) (random_bits() & 0x3fffffffu);
}

static int is_in_registry(const GUID* service) {
  char path[160];
  HKEY key;

  snprintf(path,
           sizeof(path),
           "SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Virtualization\\"
           "GuestCommunicationServices\\"
           "%08lx-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x",
           service->Data1,
           service->Data2,
           service->Data3,
           service->Data4[0],
           service->Data4[1],
           service->Data4[2],
           service->Data4[3],
           service->Data4[4],
           service->Data4[5],
           service->Data4[6],
           service->Data4[7]);
  if (RegOpenKeyExA(HKEY_LOCAL_MACHINE, path, 0, KEY_READ, &key) != 0)
    return 0;
  RegCloseKey(key);
  return 1;
}

int emulation_is_registered(const GUID* service) {
  return emulation_table_service_has(service) || is_in_registry(service);
}
