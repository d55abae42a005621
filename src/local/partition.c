/* Who this process is among the partitions, whom it reaches, and by which
 * paths. */
#include "local/partition.h"

#include <stdio.h>
#include <string.h>

static void format_hex(const hvuv_guid_t* guid, char hex[HVUV__HEX_ROOM]) {
  char text[HVUV_GUID_STRLEN];
  const char* from;

  hvuv_guid_format(guid, text);
  for (from = text; *from != '\0'; from++)
    if (*from != '-')
      *hex++ = *from;
  *hex = '\0';
}

static int parse_hex(const char* hex, size_t len, hvuv_guid_t* guid) {
  static const size_t groups[] = {8, 4, 4, 4, 12};
  char text[HVUV_GUID_STRLEN];
  size_t i;
  char* to;

  if (len != HVUV__HEX_ROOM - 1)
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
  return hvuv_guid_parse(text, guid);
}

static void format_partition(const hvuv__partition_t* p,
                             char name[HVUV__HEX_ROOM]) {
  if (p->is_host)
    memcpy(name, "host", sizeof("host"));
  else
    format_hex(&p->vm_id, name);
}

static void format_service(const hvuv_guid_t* service_id,
                           char name[HVUV__HEX_ROOM]) {
  uint32_t port;

  if (hvuv_service_to_port(service_id, &port) == 0)
    snprintf(name, HVUV__HEX_ROOM, "%lu", (unsigned long) port);
  else
    format_hex(service_id, name);
}

int hvuv__partition_equal(const hvuv__partition_t* a,
                          const hvuv__partition_t* b) {
  if (a->is_host || b->is_host)
    return a->is_host && b->is_host;
  return hvuv_guid_equal(&a->vm_id, &b->vm_id);
}

static int is_well_known(const hvuv_guid_t* vm_id) {
  return hvuv_guid_equal(vm_id, &HVUV_VM_ANY) ||
         hvuv_guid_equal(vm_id, &HVUV_VM_PARENT) ||
         hvuv_guid_equal(vm_id, &HVUV_VM_LOOPBACK) ||
         hvuv_guid_equal(vm_id, &HVUV_VM_CHILDREN) ||
         hvuv_guid_equal(vm_id, &HVUV_VM_SILOHOST);
}

int hvuv__partition_env(const char* name, char* value, size_t size) {
  int err;

  err = uv_os_getenv(name, value, &size);
  if (err == UV_ENOBUFS)
    return UV_ENAMETOOLONG;
  if (err == 0 && value[0] == '\0')
    return UV_ENOENT;
  return err;
}

static int find_self(hvuv__partition_t* self) {
  char text[64];
  int err;

  memset(self, 0, sizeof(*self));
  err = hvuv__partition_env("HVUV_LOCAL_VM", text, sizeof(text));
  if (err == UV_ENOENT) {
    self->is_host = 1;
    return 0;
  }

  if (err == 0)
    err = hvuv_guid_parse(text, &self->vm_id);
  return err != 0 || is_well_known(&self->vm_id) ? UV_EINVAL : 0;
}

int hvuv__partition_root(char folder[]) {
  int err;

  /* Absolute, because a listener removes its socket when it closes, wherever
   * the process has moved to by then. */
  err = hvuv__partition_env("HVUV_LOCAL_DIR", folder, HVUV__PATH_ROOM);
  if (err == 0)
    return hvuv__path_absolute(folder);
  return err == UV_ENOENT ? hvuv__folder_default(folder) : err;
}

int hvuv__partition_folder(const char* root,
                           const hvuv__partition_t* p,
                           char path[]) {
  char name[HVUV__HEX_ROOM];

  format_partition(p, name);
  return hvuv__path_join(root, name, path);
}

int hvuv__partition_socket(const char* folder,
                           const hvuv_guid_t* service_id,
                           const char* whom,
                           char path[]) {
  char service[HVUV__HEX_ROOM];
  char name[2 * HVUV__HEX_ROOM + 2];
  int err;

  format_service(service_id, service);
  snprintf(name, sizeof(name), "%s.%s", service, whom);
  err = hvuv__path_join(folder, name, path);
  if (err == 0 && strlen(path) >= hvuv__unix_path_limit())
    err = UV_ENAMETOOLONG;
  return err;
}

int hvuv__partition_of_path(const char* path,
                            size_t len,
                            hvuv__partition_t* partition) {
  const char* name;
  size_t end;
  size_t start;

  end = len;
  while (end > 0 && !hvuv__path_is_separator(path[end - 1]))
    end--;
  if (end == 0)
    return UV_EINVAL;

  start = --end;
  while (start > 0 && !hvuv__path_is_separator(path[start - 1]))
    start--;

  memset(partition, 0, sizeof(*partition));
  name = path + start;
  if (end - start == 4 && memcmp(name, "host", 4) == 0) {
    partition->is_host = 1;
    return 0;
  }
  return parse_hex(name, end - start, &partition->vm_id) != 0 ||
                 is_well_known(&partition->vm_id)
             ? UV_EINVAL
             : 0;
}

static void add_candidate(hvuv__route_t* route,
                          char kind,
                          const hvuv_guid_t* vm_id) {
  char* whom = route->whom[route->count++];

  whom[0] = kind;
  whom[1] = '\0';
  if (vm_id != NULL)
    format_hex(vm_id, whom + 1);
}

static int is_self(const hvuv__partition_t* self, const hvuv_guid_t* vm_id) {
  return hvuv_guid_equal(vm_id, &HVUV_VM_LOOPBACK) ||
         (!self->is_host && hvuv_guid_equal(vm_id, &self->vm_id));
}

int hvuv__route_to_bind(const hvuv_guid_t* vm_id, hvuv__route_t* route) {
  const hvuv__partition_t* self = &route->self;
  int err;

  memset(route, 0, sizeof(*route));
  err = find_self(&route->self);
  if (err != 0)
    return err;

  if (is_self(self, vm_id))
    add_candidate(route, 'l', NULL);
  else if (hvuv_guid_equal(vm_id, &HVUV_VM_ANY))
    add_candidate(route, 'a', NULL);
  else if (hvuv_guid_equal(vm_id, &HVUV_VM_CHILDREN))
    add_candidate(route, 'c', NULL);
  else if (hvuv_guid_equal(vm_id, &HVUV_VM_PARENT) && !self->is_host)
    add_candidate(route, 'p', NULL);
  else if (!is_well_known(vm_id) && self->is_host)
    add_candidate(route, 'v', vm_id);
  else
    return UV_EADDRNOTAVAIL;

  route->target = *self;
  return 0;
}

int hvuv__route_to_connect(const hvuv_guid_t* vm_id, hvuv__route_t* route) {
  const hvuv__partition_t* self = &route->self;
  int err;

  memset(route, 0, sizeof(*route));
  err = find_self(&route->self);
  if (err != 0)
    return err;

  if (is_self(self, vm_id)) {
    route->target = *self;
    add_candidate(route, 'l', NULL);
  } else if (hvuv_guid_equal(vm_id, &HVUV_VM_PARENT) && !self->is_host) {
    route->target.is_host = 1;
    add_candidate(route, 'v', &self->vm_id);
    add_candidate(route, 'c', NULL);
  } else if (!is_well_known(vm_id) && self->is_host) {
    route->target.vm_id = *vm_id;
    add_candidate(route, 'p', NULL);
  } else {
    return UV_EADDRNOTAVAIL;
  }
  add_candidate(route, 'a', NULL);
  return 0;
}

int hvuv__partition_may_enter(const hvuv__partition_t* self,
                              const hvuv_guid_t* vm_id,
                              const hvuv__partition_t* caller) {
  if (hvuv__partition_equal(self, caller))
    return is_self(self, vm_id) || hvuv_guid_equal(vm_id, &HVUV_VM_ANY);
  if (!self->is_host && !caller->is_host)
    return 0;
  if (hvuv_guid_equal(vm_id, &HVUV_VM_ANY))
    return 1;
  if (caller->is_host)
    return hvuv_guid_equal(vm_id, &HVUV_VM_PARENT);
  return hvuv_guid_equal(vm_id, &HVUV_VM_CHILDREN) ||
         hvuv_guid_equal(vm_id, &caller->vm_id);
}
