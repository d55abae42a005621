/* The names of the folder; layout.h has the drawing. */
#include "local/layout.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <uv.h>

#include "addr/alias.h"
#include "base/env.h"
#include "unix/path.h"
#include "unix/runtime_dir.h"
#include "unix/sock.h"

/* 32 hex digits and the NUL. */
#define HEX_ROOM 33

/* The longest of a socket's names: two GUIDs, ".v" and the NUL. */
#define NAME_ROOM (2 * HEX_ROOM + 2)

#define HOST "host"

/* A GUID without its dashes; a number has none. */
static void drop_dashes(const char* text, char name[HEX_ROOM]) {
  size_t len = 0;

  for (; *text != '\0'; text++)
    if (*text != '-')
      name[len++] = *text;
  assert(len < HEX_ROOM);
  name[len] = '\0';
}

static void format_hex(const hvuv_guid_t* guid, char hex[HEX_ROOM]) {
  char text[HVUV_GUID_STRLEN];

  hvuv_guid_format(guid, text);
  drop_dashes(text, hex);
}

static int parse_hex(const char* hex, size_t len, hvuv_guid_t* guid) {
  static const size_t groups[] = {8, 4, 4, 4, 12};
  char text[HVUV_GUID_STRLEN];
  size_t i;
  char* to;

  if (len != HEX_ROOM - 1)
    return UV_EINVAL;

  to = text;
  for (i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
    if (i > 0)
      *to++ = '-';
    memcpy(to, hex, groups[i]);
    to += groups[i];
    hex += groups[i];
  }
  *to = '\0';
  assert(to == text + HVUV_GUID_STRLEN - 1);
  return hvuv_guid_parse(text, guid);
}

static void format_service(const hvuv_guid_t* service_id, char name[HEX_ROOM]) {
  char text[HVUV_GUID_STRLEN];

  hvuv__alias_service_text(service_id, text);
  drop_dashes(text, name);
}

/* Absolute, because a listener removes its socket when it closes, wherever the
 * process has moved to by then. */
int hvuv__layout_root(char folder[]) {
  int err;

  err = hvuv__env_get(HVUV__ENV_LOCAL_DIR, folder, HVUV__PATH_ROOM);
  if (err == 0)
    return hvuv__path_absolute(folder);
  return err == UV_ENOENT ? hvuv__runtime_dir(folder) : err;
}

int hvuv__layout_folder(const char* root,
                        const hvuv__partition_t* partition,
                        char path[]) {
  char name[HEX_ROOM] = HOST;

  if (!partition->is_host)
    format_hex(&partition->vm_id, name);
  return hvuv__path_join(root, name, path);
}

int hvuv__layout_socket(const char* folder,
                        const hvuv_guid_t* service_id,
                        const hvuv__audience_t* audience,
                        char path[]) {
  char service[HEX_ROOM];
  char vm_id[HEX_ROOM] = "";
  char name[NAME_ROOM];
  int len;
  int err;

  assert(strchr("alcpv", audience->kind) != NULL);
  format_service(service_id, service);
  if (audience->kind == 'v')
    format_hex(&audience->vm_id, vm_id);
  len = snprintf(name, sizeof(name), "%s.%c%s", service, audience->kind, vm_id);
  assert(len > 0 && (size_t) len < sizeof(name));
  (void) len;

  err = hvuv__path_join(folder, name, path);
  if (err == 0 && strlen(path) >= hvuv__unix_path_limit())
    err = UV_ENAMETOOLONG;
  return err;
}

/* The last name but one of a path: where it begins, and its length; 0 if there
 * is none. */
static size_t find_folder_name(const char* path, size_t len, size_t* start) {
  size_t end = len;

  while (end > 0 && !hvuv__path_is_separator(path[end - 1]))
    end--;
  if (end == 0)
    return 0;

  *start = --end;
  while (*start > 0 && !hvuv__path_is_separator(path[*start - 1]))
    --*start;
  assert(*start <= end && end < len);
  return end - *start;
}

int hvuv__layout_partition_of(const char* path,
                              size_t len,
                              hvuv__partition_t* partition) {
  size_t start = 0;
  size_t name_len;

  memset(partition, 0, sizeof(*partition));
  name_len = find_folder_name(path, len, &start);
  if (name_len == strlen(HOST) && memcmp(path + start, HOST, name_len) == 0) {
    partition->is_host = 1;
    return 0;
  }
  return parse_hex(path + start, name_len, &partition->vm_id) != 0 ||
                 hvuv__alias_is_role(&partition->vm_id)
             ? UV_EINVAL
             : 0;
}
