/* The names of the folder; layout.h has the drawing. */
#include "local/layout.h"

#include <assert.h>
#include <string.h>
#include <uv.h>

#include "addr/alias.h"
#include "addr/scan.h"
#include "base/env.h"
#include "unix/path.h"
#include "unix/runtime_dir.h"
#include "unix/sock.h"

/* 32 hex digits and the NUL. */
#define HEX_ROOM 33

#define HOST "host"

/* Takes the dashes out of a GUID's text, and returns its length then. */
static size_t drop_dashes(char text[HVUV_GUID_STRLEN]) {
  assert(strlen(text) == HVUV_GUID_STRLEN - 1 && text[8] == '-');
  memmove(text + 8, text + 9, 4);
  memmove(text + 12, text + 14, 4);
  memmove(text + 16, text + 19, 4);
  memmove(text + 20, text + 24, 12);
  text[HEX_ROOM - 1] = '\0';
  return HEX_ROOM - 1;
}

static void format_hex(const hvuv_guid_t* guid, char text[HVUV_GUID_STRLEN]) {
  hvuv_guid_format(guid, text);
  drop_dashes(text);
}

static int parse_hex(const char* hex, size_t len, hvuv_guid_t* guid) {
  char text[HVUV_GUID_STRLEN] = "12345678-1234-1234-1234-123456789012";

  if (len != HEX_ROOM - 1)
    return UV_EINVAL;

  memcpy(text, hex, 8);
  memcpy(text + 9, hex + 8, 4);
  memcpy(text + 14, hex + 12, 4);
  memcpy(text + 19, hex + 16, 4);
  memcpy(text + 24, hex + 20, 12);
  return hvuv_guid_parse(text, guid);
}

/* Absolute, because a listener removes its socket when it closes, wherever the
 * process has moved to by then. */
static int settle_root(char folder[], int err) {
  if (err == 0)
    return hvuv__path_absolute(folder);
  return err == UV_ENOENT ? hvuv__runtime_dir(folder) : err;
}

int hvuv__layout_root(char folder[]) {
  return settle_root(
      folder, hvuv__env_get(HVUV__ENV_LOCAL_DIR, folder, HVUV__PATH_ROOM));
}

int hvuv__layout_self(char folder[], hvuv__partition_t* self) {
  char text[HVUV__VM_TEXT_ROOM];
  hvuv__env_slot_t slots[] = {
      {HVUV__ENV_LOCAL_VM, text, sizeof(text), 0},
      {HVUV__ENV_LOCAL_DIR, folder, HVUV__PATH_ROOM, 0},
  };
  int err;

  hvuv__env_get_all(slots, 2);
  if (slots[0].err != 0 && slots[0].err != UV_ENOENT)
    return UV_EINVAL;
  err = hvuv__partition_parse(slots[0].err == 0 ? text : NULL, self);
  return err == 0 ? settle_root(folder, slots[1].err) : err;
}

int hvuv__layout_add_folder(const hvuv__partition_t* partition,
                            char path[],
                            size_t* len) {
  char hex[HVUV_GUID_STRLEN];

  if (partition->is_host)
    return hvuv__path_add(path, len, HOST, sizeof(HOST) - 1);
  format_hex(&partition->vm_id, hex);
  return hvuv__path_add(path, len, hex, HEX_ROOM - 1);
}

int hvuv__layout_add_stem(const hvuv_guid_t* service_id,
                          char path[],
                          size_t* len) {
  char name[HVUV_GUID_STRLEN];
  size_t name_len;

  name_len = hvuv__alias_service_text(service_id, name);
  if (name_len == HVUV_GUID_STRLEN - 1)
    name_len = drop_dashes(name);
  name[name_len++] = '.';
  return hvuv__path_add(path, len, name, name_len);
}

int hvuv__layout_fits(char kind, size_t stem_len) {
  size_t name_len = kind == 'v' ? HEX_ROOM : 1;

  assert(strchr("alcpv", kind) != NULL && stem_len > 0);
  return stem_len + name_len < hvuv__unix_path_limit();
}

void hvuv__layout_add_whom(const hvuv__audience_t* audience,
                           char path[],
                           size_t len) {
  char hex[HVUV_GUID_STRLEN];

  assert(hvuv__layout_fits(audience->kind, len) && path[len - 1] == '.');
  path[len++] = audience->kind;
  if (audience->kind == 'v') {
    format_hex(&audience->vm_id, hex);
    memcpy(path + len, hex, HEX_ROOM - 1);
    len += HEX_ROOM - 1;
  }
  path[len] = '\0';
}

int hvuv__layout_folder(const char* root,
                        const hvuv__partition_t* partition,
                        char path[]) {
  size_t len;

  len = strlen(root);
  assert(len < HVUV__PATH_ROOM);
  memcpy(path, root, len);
  return hvuv__layout_add_folder(partition, path, &len);
}

int hvuv__layout_socket(const char* folder,
                        const hvuv_guid_t* service_id,
                        const hvuv__audience_t* audience,
                        char path[]) {
  size_t len;
  int err;

  len = strlen(folder);
  assert(len < HVUV__PATH_ROOM);
  memcpy(path, folder, len);
  err = hvuv__layout_add_stem(service_id, path, &len);
  if (err == 0 && !hvuv__layout_fits(audience->kind, len))
    err = UV_ENAMETOOLONG;
  if (err == 0)
    hvuv__layout_add_whom(audience, path, len);
  return err;
}

int hvuv__layout_parse_folder(const char* name,
                              size_t len,
                              hvuv__partition_t* partition) {
  memset(partition, 0, sizeof(*partition));
  if (len == strlen(HOST) && memcmp(name, HOST, len) == 0) {
    partition->is_host = 1;
    return 0;
  }
  return parse_hex(name, len, &partition->vm_id) != 0 ||
                 hvuv__alias_is_role(&partition->vm_id)
             ? UV_EINVAL
             : 0;
}

/* A name has no end of a lock's or of any other file behind it, so that one
 * letter is all there is. */
static int parse_whom(const char* whom, hvuv_guid_t* vm_id) {
  if (whom[0] == 'v')
    return parse_hex(whom + 1, strlen(whom + 1), vm_id);
  if (whom[0] == '\0' || whom[1] != '\0')
    return UV_EINVAL;
  switch (whom[0]) {
    case 'a':
      *vm_id = HVUV_VM_ANY;
      return 0;
    case 'l':
      *vm_id = HVUV_VM_LOOPBACK;
      return 0;
    case 'c':
      *vm_id = HVUV_VM_CHILDREN;
      return 0;
    case 'p':
      *vm_id = HVUV_VM_PARENT;
      return 0;
    default:
      return UV_EINVAL;
  }
}

int hvuv__layout_parse_socket(const char* name,
                              hvuv_guid_t* service_id,
                              hvuv_guid_t* vm_id) {
  const char* dot = strchr(name, '.');
  char text[HEX_ROOM];
  size_t len;

  len = dot == NULL ? 0 : (size_t) (dot - name);
  if (len == 0 || len >= HEX_ROOM)
    return UV_EINVAL;
  memcpy(text, name, len);
  text[len] = '\0';
  if (parse_hex(text, len, service_id) != 0 &&
      hvuv__parse_service(text, service_id) != 0)
    return UV_EINVAL;
  return parse_whom(dot + 1, vm_id);
}

/* The last name but one of a path: where it begins, and its length; 0 if there
 * is none. */
static size_t find_folder_name(const char* path, size_t len, size_t* start) {
  size_t end;

  end = hvuv__path_last_name(path, len);
  if (end == 0)
    return 0;

  end--; /* the separator behind it */
  *start = hvuv__path_last_name(path, end);
  assert(*start <= end && end < len);
  return end - *start;
}

int hvuv__layout_partition_of(const char* path,
                              size_t len,
                              hvuv__partition_t* partition) {
  size_t start = 0;
  size_t name_len;

  name_len = find_folder_name(path, len, &start);
  return hvuv__layout_parse_folder(path + start, name_len, partition);
}
