/* The names of the folder; layout.h has the drawing. */
#include "local/layout.h"

#include <assert.h>
#include <string.h>
#include <uv.h>

#include "addr/alias.h"
#include "base/env.h"
#include "unix/path.h"
#include "unix/runtime_dir.h"
#include "unix/sock.h"

/* 32 hex digits and the NUL. */
#define HEX_ROOM 33

#define HOST "host"

/* A GUID's text without its dashes; a number has none. Returns its length. */
static size_t drop_dashes(const char* text, char name[HEX_ROOM]) {
  const char* dash;
  size_t len = 0;

  for (; (dash = strchr(text, '-')) != NULL; text = dash + 1) {
    memcpy(name + len, text, (size_t) (dash - text));
    len += (size_t) (dash - text);
  }
  strcpy(name + len, text);
  len += strlen(text);
  assert(len < HEX_ROOM);
  return len;
}

static size_t format_hex(const hvuv_guid_t* guid, char hex[HEX_ROOM]) {
  char text[HVUV_GUID_STRLEN];

  hvuv_guid_format(guid, text);
  return drop_dashes(text, hex);
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
int hvuv__layout_root(char folder[]) {
  int err;

  err = hvuv__env_get(HVUV__ENV_LOCAL_DIR, folder, HVUV__PATH_ROOM);
  if (err == 0)
    return hvuv__path_absolute(folder);
  return err == UV_ENOENT ? hvuv__runtime_dir(folder) : err;
}

int hvuv__layout_add_folder(const hvuv__partition_t* partition,
                            char path[],
                            size_t* len) {
  char name[HEX_ROOM] = HOST;

  if (!partition->is_host)
    format_hex(&partition->vm_id, name);
  return hvuv__path_add(path, len, name);
}

int hvuv__layout_add_stem(const hvuv_guid_t* service_id,
                          char path[],
                          size_t* len) {
  char text[HVUV_GUID_STRLEN];
  char name[HEX_ROOM + 1];
  size_t name_len;

  hvuv__alias_service_text(service_id, text);
  name_len = drop_dashes(text, name);
  name[name_len] = '.';
  name[name_len + 1] = '\0';
  return hvuv__path_add(path, len, name);
}

int hvuv__layout_fits(char kind, size_t stem_len) {
  size_t name_len = kind == 'v' ? HEX_ROOM : 1;

  assert(strchr("alcpv", kind) != NULL && stem_len > 0);
  return stem_len + name_len < hvuv__unix_path_limit();
}

void hvuv__layout_add_whom(const hvuv__audience_t* audience,
                           char path[],
                           size_t len) {
  assert(hvuv__layout_fits(audience->kind, len) && path[len - 1] == '.');
  path[len++] = audience->kind;
  if (audience->kind == 'v')
    len += format_hex(&audience->vm_id, path + len);
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
