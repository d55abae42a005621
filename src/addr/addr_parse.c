/*
 * Addresses from text; addr.h has the grammar. Knows nothing of sockets,
 * locales and allocation. parse_ reads all that is left of the text and returns
 * 0 or UV_EINVAL.
 */
#include "hvuv/addr.h"

#include <assert.h>
#include <string.h>
#include <uv.h>

#include "addr/scan.h"
#include "addr/text.h"

static int parse_hyperv(const char* text,
                        hvuv_family_t family,
                        hvuv_addr_t* addr) {
  hvuv_guid_t vm_id;
  hvuv_guid_t service_id;

  if (!hvuv__scan_vm_id(&text, &vm_id) || !hvuv__text_skip(&text, '/'))
    return UV_EINVAL;
  if (hvuv__parse_service(text, &service_id) != 0)
    return UV_EINVAL;

  if (family == HVUV_LOCAL)
    return hvuv_addr_local(addr, &vm_id, &service_id);
  return hvuv_addr_hyperv(addr, &vm_id, &service_id);
}

static int parse_vsock(const char* text, hvuv_addr_t* addr) {
  uint32_t cid;
  uint32_t port;

  if (!hvuv__scan_cid(&text, &cid) || !hvuv__text_skip(&text, ':'))
    return UV_EINVAL;
  if (!hvuv__scan_port(&text, &port) || *text != '\0')
    return UV_EINVAL;
  return hvuv_addr_vsock(addr, cid, port);
}

/* Reads up to `end`. In text a path that is too long is as wrong as any
 * other. */
static int scan_path(const char* text,
                     const char* end,
                     char path[HVUV_PATH_SIZE]) {
  size_t len = 0;

  while (text < end) {
    if (len == HVUV_PATH_SIZE - 1 || !hvuv__scan_path_byte(&text, &path[len]))
      return 0;
    len++;
  }
  assert(text == end); /* no escape holds the colon that is there */
  path[len] = '\0';
  return 1;
}

static int parse_hybrid(const char* text, hvuv_addr_t* addr) {
  char path[HVUV_PATH_SIZE];
  hvuv_guid_t service_id;
  const char* colon;

  colon = strrchr(text, ':');
  if (colon == NULL || hvuv__parse_service(colon + 1, &service_id) != 0)
    return UV_EINVAL;
  if (!scan_path(text, colon, path))
    return UV_EINVAL;
  return hvuv_addr_hybrid(addr, path, &service_id);
}

int hvuv_addr_parse(const char* text, hvuv_addr_t* addr) {
  hvuv_family_t family;

  if (text == NULL || addr == NULL)
    return UV_EINVAL;

  family = hvuv__scan_scheme(&text);
  assert(family == 0 || text[-1] == '/');
  switch (family) {
    case HVUV_HYPERV:
    case HVUV_LOCAL:
      return parse_hyperv(text, family, addr);
    case HVUV_VSOCK:
      return parse_vsock(text, addr);
    case HVUV_HYBRID:
      return parse_hybrid(text, addr);
  }
  return UV_EINVAL;
}
