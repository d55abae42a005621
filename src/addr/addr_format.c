/*
 * Addresses as text, in their canonical form. put_ writes at `out` and returns
 * where the next byte goes.
 */
#include <assert.h>
#include <string.h>
#include <uv.h>

#include "addr/alias.h"
#include "addr/scan.h"
#include "addr/text.h"
#include "hvuv/addr.h"

/* The longest address there is: a full path of escapes and a GUID. */
_Static_assert(HVUV_ADDR_STRLEN >= sizeof("hybrid://:") +
                                       HVUV__ESCAPE_LEN * (HVUV_PATH_SIZE - 1) +
                                       HVUV_GUID_STRLEN - 1,
               "HVUV_ADDR_STRLEN holds any address");

static char* put_text(char* out, const char* text) {
  size_t len = strlen(text);

  memcpy(out, text, len);
  return out + len;
}

static char* put_number(char* out, uint32_t number) {
  char digits[sizeof("4294967295")];
  char* first = digits + sizeof(digits) - 1;

  *first = '\0';
  do {
    *--first = (char) ('0' + number % 10);
    number /= 10;
  } while (number != 0);
  assert(first >= digits);
  return put_text(out, first);
}

static char* put_guid(char* out, const hvuv_guid_t* guid) {
  hvuv_guid_format(guid, out);
  return out + HVUV_GUID_STRLEN - 1;
}

static char* put_vm_id(char* out, const hvuv_guid_t* vm_id) {
  const char* name = hvuv__vm_name(vm_id);

  return name != NULL ? put_text(out, name) : put_guid(out, vm_id);
}

static char* put_service(char* out, const hvuv_guid_t* service_id) {
  char text[HVUV_GUID_STRLEN];

  hvuv__alias_service_text(service_id, text);
  return put_text(out, text);
}

static char* put_cid(char* out, uint32_t cid) {
  const char* name = hvuv__cid_name(cid);

  return name != NULL ? put_text(out, name) : put_number(out, cid);
}

static char* put_port(char* out, uint32_t port) {
  if (port == HVUV_PORT_ANY)
    return put_text(out, "any");
  return put_number(out, port);
}

static char* put_hyperv(char* out, const hvuv_addr_t* addr) {
  assert(addr->family == HVUV_HYPERV || addr->family == HVUV_LOCAL);
  out = put_text(out, hvuv__schemes[addr->family]);
  out = put_vm_id(out, &addr->u.hyperv.vm_id);
  *out++ = '/';
  return put_service(out, &addr->u.hyperv.service_id);
}

static char* put_vsock(char* out, const hvuv_addr_t* addr) {
  assert(addr->family == HVUV_VSOCK);
  out = put_text(out, hvuv__schemes[addr->family]);
  out = put_cid(out, addr->u.vsock.cid);
  *out++ = ':';
  return put_port(out, addr->u.vsock.port);
}

static char* put_escape(char* out, char c) {
  static const char digits[] = "0123456789abcdef";
  unsigned char byte = (unsigned char) c;

  *out++ = '%';
  *out++ = digits[byte >> 4];
  *out++ = digits[byte & 0xf];
  return out;
}

/* Also control characters of two bytes, which may stand for themselves in what
 * is read, but are not to reach a terminal. */
static char* put_path(char* out, const char* path) {
  for (; *path != '\0'; path++) {
    if (hvuv__text_control(path) == 2)
      out = put_escape(out, *path++);
    else if (!hvuv__is_escaped(*path)) {
      *out++ = *path;
      continue;
    }
    out = put_escape(out, *path);
  }
  return out;
}

/* The fields are public, so the path may be anything; making the address anew
 * is the check. */
static char* put_hybrid(char* out, const hvuv_addr_t* addr) {
  hvuv_addr_t made;

  if (hvuv_addr_hybrid(
          &made, addr->u.hybrid.path, &addr->u.hybrid.service_id) != 0)
    return NULL;

  out = put_text(out, hvuv__schemes[made.family]);
  out = put_path(out, made.u.hybrid.path);
  *out++ = ':';
  return put_service(out, &made.u.hybrid.service_id);
}

/* NULL if *addr is not an address. */
static char* put_addr(char* out, const hvuv_addr_t* addr) {
  switch (hvuv_addr_family(addr)) {
    case HVUV_HYPERV:
    case HVUV_LOCAL:
      return put_hyperv(out, addr);
    case HVUV_VSOCK:
      return put_vsock(out, addr);
    case HVUV_HYBRID:
      return put_hybrid(out, addr);
  }
  return NULL;
}

int hvuv_addr_format(const hvuv_addr_t* addr, char* buf, size_t* size) {
  char text[HVUV_ADDR_STRLEN];
  char* end;
  size_t needed;

  if (buf == NULL || size == NULL)
    return UV_EINVAL;
  end = put_addr(text, addr);
  if (end == NULL)
    return UV_EINVAL;

  *end++ = '\0';
  needed = (size_t) (end - text);
  assert(needed <= sizeof(text) && strlen(text) == needed - 1);
  if (*size < needed) {
    *size = needed;
    return UV_ENOBUFS;
  }

  memcpy(buf, text, needed);
  *size = needed - 1;
  return 0;
}
