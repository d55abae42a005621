/*
 * One service in the registry of a Windows host: its key, and what is in it.
 *
 *   HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Virtualization\
 *     GuestCommunicationServices\
 *       00001388-facb-11e6-bd58-64006a7986d3     the service id, no braces
 *         ElementName  REG_SZ  "Echo"            its name for people
 *
 * The key is the registration. Nothing here trusts what others have written
 * there: the registry keeps any bytes under any type.
 */
#include "registry/key_win.h"

#include <assert.h>

#include "sys/sys_win.h"

#define ELEMENT_NAME L"ElementName"

/* A GUID without braces and without the NUL. */
#define GUID_LEN (HVUV_GUID_STRLEN - 1)

/* No key has a longer name, the NUL included
 * (learn.microsoft.com, "Registry element size limits"). */
#define KEY_NAME_ROOM 256

/* Windows may make 16 of it. */
#define WAIT_MS 2

/* In the 64-bit view, whatever this program is. */
#define VIEW KEY_WOW64_64KEY

_Static_assert(sizeof(wchar_t) == sizeof(uint16_t), "both are UTF-16");

/* Functions of our own, for the address of a DLL's is no constant to MSVC. */
static LSTATUS enum_key(HKEY list, DWORD index, wchar_t* name, DWORD* len) {
  return RegEnumKeyExW(list, index, name, len, NULL, NULL, NULL, NULL);
}

static LSTATUS create_key(HKEY list,
                          const wchar_t* name,
                          HKEY* key,
                          DWORD* disposition) {
  return RegCreateKeyExW(list,
                         name,
                         0,
                         NULL,
                         REG_OPTION_NON_VOLATILE,
                         KEY_SET_VALUE | VIEW,
                         NULL,
                         key,
                         disposition);
}

static LSTATUS set_name(HKEY key, const void* units, DWORD bytes) {
  return RegSetValueExW(key, ELEMENT_NAME, 0, REG_SZ, units, bytes);
}

static LSTATUS delete_key(HKEY list, const wchar_t* name) {
  return RegDeleteKeyExW(list, name, VIEW, 0);
}

static void wait_a_little(void) {
  Sleep(WAIT_MS);
}

hvuv__registry_t hvuv__registry = {
    .root = HKEY_LOCAL_MACHINE,
    .path = L"SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion"
            L"\\Virtualization\\GuestCommunicationServices",
    .enum_key = enum_key,
    .create_key = create_key,
    .set_name = set_name,
    .delete_key = delete_key,
    .wait = wait_a_little,
};

int hvuv__registry_error(LSTATUS status) {
  if (status == ERROR_SUCCESS)
    return 0;
  if (status == ERROR_KEY_DELETED) /* while we had it open */
    return UV_ENOENT;
  return hvuv__sys_error((unsigned long) status);
}

int hvuv__list_open(REGSAM access, HKEY* list) {
  return hvuv__registry_error(RegOpenKeyExW(
      hvuv__registry.root, hvuv__registry.path, 0, access | VIEW, list));
}

/* 1 if a key of this name is a service. Only the form that Hyper-V reads is. */
static int scan_id(const wchar_t* name, size_t len, hvuv_guid_t* id) {
  char text[HVUV_GUID_STRLEN];
  size_t i;

  if (len != GUID_LEN)
    return 0;
  for (i = 0; i < len; i++) {
    if (name[i] > 0x7f)
      return 0;
    text[i] = (char) name[i];
  }
  text[len] = '\0';
  return hvuv_guid_parse(text, id) == 0;
}

static void print_id(const hvuv_guid_t* id, wchar_t name[HVUV_GUID_STRLEN]) {
  char text[HVUV_GUID_STRLEN];
  size_t i;

  hvuv_guid_format(id, text);
  for (i = 0; i < HVUV_GUID_STRLEN; i++)
    name[i] = (wchar_t) text[i];
}

int hvuv__list_at(HKEY list, DWORD index, hvuv_guid_t* id, int* is_service) {
  wchar_t name[KEY_NAME_ROOM];
  DWORD len = KEY_NAME_ROOM;
  LSTATUS status;

  status = hvuv__registry.enum_key(list, index, name, &len);
  if (status == ERROR_NO_MORE_ITEMS)
    return UV_EOF;
  if (status != ERROR_SUCCESS)
    return hvuv__registry_error(status);
  *is_service = scan_id(name, len, id);
  return 0;
}

/* A string may end with a NUL, several or none, and in the middle of a unit. */
static size_t string_len(const wchar_t* string, DWORD bytes) {
  size_t room = bytes / sizeof(*string);
  size_t len = 0;

  assert(room <= HVUV__ELEMENT_NAME_ROOM);
  while (len < room && string[len] != L'\0')
    len++;
  return len;
}

/* Counts before it reads: a name that appears in between is then no news yet,
 * rather than somebody else's value. */
static LSTATUS read_record(HKEY key, hvuv__record_t* record) {
  DWORD bytes = sizeof(record->name);
  DWORD type = REG_NONE;
  DWORD keys;
  DWORD values;
  LSTATUS status;
  int is_text;

  status = RegQueryInfoKeyW(key,
                            NULL,
                            NULL,
                            NULL,
                            &keys,
                            NULL,
                            NULL,
                            &values,
                            NULL,
                            NULL,
                            NULL,
                            NULL);
  if (status != ERROR_SUCCESS)
    return status;

  status = RegQueryValueExW(
      key, ELEMENT_NAME, NULL, &type, (BYTE*) record->name, &bytes);
  if (status == ERROR_KEY_DELETED)
    return status;

  is_text = status == ERROR_SUCCESS && type == REG_SZ;
  record->len = is_text ? string_len(record->name, bytes) : 0;
  record->is_empty = keys == 0 && values == 0;
  record->has_others = keys > 0 || values > (is_text ? 1u : 0u);
  assert(!record->is_empty || !record->has_others);
  return ERROR_SUCCESS;
}

int hvuv__key_read(HKEY list, const hvuv_guid_t* id, hvuv__record_t* record) {
  wchar_t name[HVUV_GUID_STRLEN];
  LSTATUS status;
  HKEY key;

  print_id(id, name);
  status = RegOpenKeyExW(list, name, 0, KEY_QUERY_VALUE | VIEW, &key);
  if (status != ERROR_SUCCESS)
    return hvuv__registry_error(status);
  status = read_record(key, record);
  RegCloseKey(key);
  return hvuv__registry_error(status);
}

/* A key without its name would let guests in all the same, so it goes again. */
static int name_created_key(HKEY list,
                            const hvuv_guid_t* id,
                            HKEY key,
                            const hvuv__service_name_t* name) {
  size_t bytes = (name->count + 1) * sizeof(name->units[0]);
  LSTATUS status;

  assert(name->count > 0 && name->units[name->count] == 0);
  status = hvuv__registry.set_name(key, name->units, (DWORD) bytes);
  if (status == ERROR_KEY_DELETED)
    return UV_EAGAIN;
  if (status != ERROR_SUCCESS)
    hvuv__key_delete(list, id);
  return hvuv__registry_error(status);
}

int hvuv__key_create(HKEY list,
                     const hvuv_guid_t* id,
                     const hvuv__service_name_t* name) {
  wchar_t key_name[HVUV_GUID_STRLEN];
  DWORD disposition;
  LSTATUS status;
  HKEY key;
  int err = UV_EAGAIN;

  print_id(id, key_name);
  status = hvuv__registry.create_key(list, key_name, &key, &disposition);
  if (status != ERROR_SUCCESS)
    return hvuv__registry_error(status);
  if (disposition == REG_CREATED_NEW_KEY)
    err = name_created_key(list, id, key, name);
  RegCloseKey(key);
  return err;
}

int hvuv__key_delete(HKEY list, const hvuv_guid_t* id) {
  wchar_t name[HVUV_GUID_STRLEN];

  print_id(id, name);
  return hvuv__registry_error(hvuv__registry.delete_key(list, name));
}
