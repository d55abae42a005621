/*
 * Addresses as text, there and back; addr.h has the grammar. Knows nothing of
 * sockets, locales and allocation.
 *
 * Here scan_ reads at a cursor, by the rule of text.h; parse_ reads all that is
 * left of the text and returns 0 or UV_EINVAL; put_ writes at `out` and returns
 * where the next byte goes.
 */
#include "hvuv/addr.h"

#include <assert.h>
#include <string.h>
#include <uv.h>

#include "addr/alias.h"
#include "addr/text.h"

static const char* const schemes[] = {
    [HVUV_HYPERV] = "hyperv://",
    [HVUV_VSOCK] = "vsock://",
    [HVUV_HYBRID] = "hybrid://",
    [HVUV_LOCAL] = "local://",
};

/* Of two names for one VM id the first is printed. */
static const struct {
  const char* name;
  const hvuv_guid_t* vm_id;
} vm_names[] = {
    {"any", &HVUV_VM_ANY},
    {"parent", &HVUV_VM_PARENT},
    {"host", &HVUV_VM_PARENT},
    {"loopback", &HVUV_VM_LOOPBACK},
    {"children", &HVUV_VM_CHILDREN},
    {"silohost", &HVUV_VM_SILOHOST},
};

static const struct {
  const char* name;
  uint32_t cid;
} cid_names[] = {
    {"any", HVUV_CID_ANY},
    {"hypervisor", HVUV_CID_HYPERVISOR},
    {"local", HVUV_CID_LOCAL},
    {"host", HVUV_CID_HOST},
};

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

/* "%20", of one byte. */
#define ESCAPE_LEN ((size_t) 3)

/* The longest address there is: a full path of escapes and a GUID. */
_Static_assert(HVUV_ADDR_STRLEN >= sizeof("hybrid://:") +
                                       ESCAPE_LEN * (HVUV_PATH_SIZE - 1) +
                                       HVUV_GUID_STRLEN - 1,
               "HVUV_ADDR_STRLEN holds any address");

static int scan_word(const char** text, const char* word) {
  size_t len = strlen(word);

  assert(len > 0);
  if (strncmp(*text, word, len) != 0)
    return 0;
  *text += len;
  return 1;
}

static int scan_digits(const char** text, uint32_t base, uint32_t* number) {
  const char* at = *text;
  uint32_t sum = 0;
  uint32_t digit;

  for (digit = hvuv__text_digit(*at); digit < base;
       digit = hvuv__text_digit(*++at)) {
    if (sum > (UINT32_MAX - digit) / base)
      return 0;
    sum = sum * base + digit;
  }
  if (at == *text)
    return 0;

  assert(hvuv__text_digit(*at) >= base);
  *text = at;
  *number = sum;
  return 1;
}

static int scan_number(const char** text, uint32_t* number) {
  const char* at = *text;

  if (!scan_word(&at, "0x"))
    return scan_digits(text, 10, number);
  if (!scan_digits(&at, 16, number))
    return 0;
  *text = at;
  return 1;
}

static int scan_vm_id(const char** text, hvuv_guid_t* vm_id) {
  size_t i;

  for (i = 0; i < ROWS(vm_names); i++) {
    if (scan_word(text, vm_names[i].name)) {
      *vm_id = *vm_names[i].vm_id;
      return 1;
    }
  }
  return hvuv__guid_scan(text, vm_id);
}

static int scan_cid(const char** text, uint32_t* cid) {
  size_t i;

  for (i = 0; i < ROWS(cid_names); i++) {
    if (scan_word(text, cid_names[i].name)) {
      *cid = cid_names[i].cid;
      return 1;
    }
  }
  return scan_digits(text, 10, cid);
}

/* The kernel knows "any" as the largest port, so both spellings are one. */
static int scan_port(const char** text, uint32_t* port) {
  if (scan_word(text, "any")) {
    *port = HVUV_PORT_ANY;
    return 1;
  }
  return scan_number(text, port);
}

static int parse_service(const char* text, hvuv_guid_t* service_id) {
  uint32_t port;

  if (hvuv_guid_parse(text, service_id) == 0)
    return 0;
  if (!scan_number(&text, &port) || *text != '\0')
    return UV_EINVAL;
  return hvuv_service_from_port(port, service_id);
}

static int parse_hyperv(const char* text,
                        hvuv_family_t family,
                        hvuv_addr_t* addr) {
  hvuv_guid_t vm_id;
  hvuv_guid_t service_id;

  if (!scan_vm_id(&text, &vm_id) || !hvuv__text_skip(&text, '/'))
    return UV_EINVAL;
  if (parse_service(text, &service_id) != 0)
    return UV_EINVAL;

  if (family == HVUV_LOCAL)
    return hvuv_addr_local(addr, &vm_id, &service_id);
  return hvuv_addr_hyperv(addr, &vm_id, &service_id);
}

static int parse_vsock(const char* text, hvuv_addr_t* addr) {
  uint32_t cid;
  uint32_t port;

  if (!scan_cid(&text, &cid) || !hvuv__text_skip(&text, ':'))
    return UV_EINVAL;
  if (!scan_port(&text, &port) || *text != '\0')
    return UV_EINVAL;
  return hvuv_addr_vsock(addr, cid, port);
}

/* What the text writes as an escape, so that an address is one word of one line.
 * Bytes from 0x80 up are UTF-8, or whatever the file system takes, and stand for
 * themselves. */
static int is_escaped(char c) {
  unsigned char byte = (unsigned char) c;

  return byte <= 0x20 || byte == 0x7f || byte == '%';
}

/* One byte of a path, which may be an escape. No path holds a NUL. */
static int scan_path_byte(const char** text, char* byte) {
  unsigned int high;
  unsigned int low;

  if (!is_escaped(**text)) {
    *byte = **text;
    *text += 1;
    return 1;
  }

  if (**text != '%')
    return 0;
  high = hvuv__text_digit((*text)[1]);
  low = high == HVUV__NO_DIGIT ? high : hvuv__text_digit((*text)[2]);
  if (low == HVUV__NO_DIGIT || (high == 0 && low == 0))
    return 0;
  *byte = (char) (high << 4 | low);
  *text += ESCAPE_LEN;
  return 1;
}

/* Reads up to `end`. In text a path that is too long is as wrong as any other. */
static int scan_path(const char* text,
                     const char* end,
                     char path[HVUV_PATH_SIZE]) {
  size_t len = 0;

  while (text < end) {
    if (len == HVUV_PATH_SIZE - 1 || !scan_path_byte(&text, &path[len]))
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
  if (colon == NULL || parse_service(colon + 1, &service_id) != 0)
    return UV_EINVAL;
  if (!scan_path(text, colon, path))
    return UV_EINVAL;
  return hvuv_addr_hybrid(addr, path, &service_id);
}

/* 0 if there is none. */
static hvuv_family_t scan_scheme(const char** text) {
  size_t i;

  for (i = HVUV_HYPERV; i < ROWS(schemes); i++) {
    if (scan_word(text, schemes[i]))
      return (hvuv_family_t) i;
  }
  return (hvuv_family_t) 0;
}

int hvuv_addr_parse(const char* text, hvuv_addr_t* addr) {
  hvuv_family_t family;

  if (text == NULL || addr == NULL)
    return UV_EINVAL;

  family = scan_scheme(&text);
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
  size_t i;

  for (i = 0; i < ROWS(vm_names); i++) {
    if (hvuv_guid_equal(vm_id, vm_names[i].vm_id))
      return put_text(out, vm_names[i].name);
  }
  return put_guid(out, vm_id);
}

static char* put_service(char* out, const hvuv_guid_t* service_id) {
  char text[HVUV_GUID_STRLEN];

  hvuv__alias_service_text(service_id, text);
  return put_text(out, text);
}

static char* put_cid(char* out, uint32_t cid) {
  size_t i;

  for (i = 0; i < ROWS(cid_names); i++) {
    if (cid == cid_names[i].cid)
      return put_text(out, cid_names[i].name);
  }
  return put_number(out, cid);
}

static char* put_port(char* out, uint32_t port) {
  if (port == HVUV_PORT_ANY)
    return put_text(out, "any");
  return put_number(out, port);
}

static char* put_hyperv(char* out, const hvuv_addr_t* addr) {
  assert(addr->family == HVUV_HYPERV || addr->family == HVUV_LOCAL);
  out = put_text(out, schemes[addr->family]);
  out = put_vm_id(out, &addr->u.hyperv.vm_id);
  *out++ = '/';
  return put_service(out, &addr->u.hyperv.service_id);
}

static char* put_vsock(char* out, const hvuv_addr_t* addr) {
  assert(addr->family == HVUV_VSOCK);
  out = put_text(out, schemes[addr->family]);
  out = put_cid(out, addr->u.vsock.cid);
  *out++ = ':';
  return put_port(out, addr->u.vsock.port);
}

static char* put_path(char* out, const char* path) {
  static const char digits[] = "0123456789abcdef";
  unsigned char byte;

  for (; *path != '\0'; path++) {
    byte = (unsigned char) *path;
    if (is_escaped(*path)) {
      *out++ = '%';
      *out++ = digits[byte >> 4];
      *out++ = digits[byte & 0xf];
    } else {
      *out++ = *path;
    }
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

  out = put_text(out, schemes[made.family]);
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
