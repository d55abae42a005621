/* One service's key in the registry, and what is in it. registry_win.c knows
 * what follows from that. */
#ifndef HVUV_SRC_REGISTRY_KEY_WIN_H
#define HVUV_SRC_REGISTRY_KEY_WIN_H

#include <uv.h> /* <windows.h>, in libuv's order */

#include "registry/service_name.h"

/* Units of the longest ElementName that is read, its NUL included. */
#define HVUV__ELEMENT_NAME_ROOM 2048

/* What the key of a service holds. */
typedef struct hvuv__record_s {
  wchar_t name[HVUV__ELEMENT_NAME_ROOM];
  size_t len;     /* of the name; 0 if there is none that can be read */
  int is_empty;   /* no values, no keys */
  int has_others; /* more than a name: not hvuv's work, or not alone */
} hvuv__record_t;

/* Where the list is, and the calls that others can come between: what tests
 * put in place of the machine's own, to see every result without being an
 * administrator and without touching the machine. They change it before they
 * call anything; nothing else does. */
typedef struct hvuv__registry_s {
  HKEY root;
  const wchar_t* path; /* of the key in which each service has its own */
  LSTATUS (*enum_key)(HKEY list, DWORD index, wchar_t* name, DWORD* len);
  LSTATUS(*create_key)
  (HKEY list, const wchar_t* name, HKEY* key, DWORD* disposition);
  LSTATUS (*set_name)(HKEY key, const void* units, DWORD bytes);
  LSTATUS (*delete_key)(HKEY list, const wchar_t* name);
  void (*wait)(void); /* for somebody else to go on */
} hvuv__registry_t;

extern hvuv__registry_t hvuv__registry;

/* All return 0 or a UV_E* code, UV_ENOENT for a key that
 * is not there, or no longer. */

int hvuv__registry_error(LSTATUS status);

/* The key that holds all services, to be closed with RegCloseKey(). */
int hvuv__list_open(REGSAM access, HKEY* list);

/* The name of the key at an index, if it is that of a service; else its id is
 * left alone and *is_service is 0. UV_EOF behind the last one. */
int hvuv__list_at(HKEY list, DWORD index, hvuv_guid_t* id, int* is_service);

int hvuv__key_read(HKEY list, const hvuv_guid_t* id, hvuv__record_t* record);

/* UV_EAGAIN if somebody else has made the key first, or has deleted ours. After
 * any error no key of ours is left. */
int hvuv__key_create(HKEY list,
                     const hvuv_guid_t* id,
                     const hvuv__service_name_t* name);

int hvuv__key_delete(HKEY list, const hvuv_guid_t* id);

#endif /* HVUV_SRC_REGISTRY_KEY_WIN_H */
