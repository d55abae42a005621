/*
 * What is wrong with a text that is no address: the first part that is, in the
 * order in which they stand, and then the nearest right form (suggest.c).
 *
 *   scheme -+-> VM  -> / -> service     hyperv, local
 *           +-> CID -> : -> port        vsock
 *           +-> : -> service, path      hybrid
 *
 * A find_ returns the sentence behind the part, or NULL if nothing is wrong up
 * to its end. What the text holds is quoted with its control characters
 * replaced and cut to some length, so that a stranger's text can be printed.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <uv.h>

#include "addr/scan.h"
#include "addr/suggest.h"
#include "addr/text.h"
#include "hvuv/addr.h"

/* The most of a text that is quoted, with the NUL. */
#define QUOTE_ROOM 81

#define A_VM                                                                   \
  "is no VM: it is a GUID, or any, parent, host, loopback, children or "       \
  "silohost"
#define A_GUID    "is no GUID: that is 8-4-4-4-12 hex digits, in braces or not"
#define A_SERVICE "is no service: it is a port, or a GUID"
#define A_SERVICE_PORT                                                         \
  "is too large for a service: its port is 0 to 2147483647 (0x7fffffff)"
#define A_CID                                                                  \
  "is no CID: it is a decimal number up to 4294967295, or any, hypervisor, "   \
  "local or host"
#define A_PORT "is no port: it is a number up to 4294967295, or any"

_Static_assert(HVUV_ADDR_WHY_STRLEN > 2 * QUOTE_ROOM + HVUV_ADDR_STRLEN + 200,
               "HVUV_ADDR_WHY_STRLEN holds any sentence");

/* A part of the text, and what is wrong with it. */
typedef struct fault_s {
  const char* part; /* NULL: it is the whole text */
  size_t len;
  const char* wrong;
} fault_t;

static int fault(fault_t* f, const char* part, size_t len, const char* wrong) {
  f->part = part;
  f->len = len;
  f->wrong = wrong;
  return UV_EINVAL;
}

/* What was meant for a GUID has its hyphens, or its first eight digits. */
static const char* vm_wrong(const char* part, size_t len) {
  size_t digits = 0;

  while (digits < len && hvuv__text_digit(part[digits]) != HVUV__NO_DIGIT)
    digits++;
  return memchr(part, '-', len) != NULL || digits >= 8 || *part == '{' ? A_GUID
                                                                       : A_VM;
}

static int find_in_service(const char* text, fault_t* f) {
  const char* at = text;
  hvuv_guid_t service_id;
  size_t len = strlen(text);

  if (hvuv__parse_service(text, &service_id) == 0)
    return 0;
  if (len == 0)
    return fault(f, NULL, 0, "has no service at its end: a port, or a GUID");
  at += strspn(at, "0123456789");
  if (*at == '\0' ||
      (strncmp(text, "0x", 2) == 0 &&
       strspn(text + 2, "0123456789abcdefABCDEF") == len - 2 && len > 2))
    return fault(f, text, len, A_SERVICE_PORT);
  if (memchr(text, '-', len) != NULL || *text == '{')
    return fault(f, text, len, A_GUID);
  return fault(f, text, len, A_SERVICE);
}

static int find_in_hyperv(const char* text, fault_t* f) {
  const char* at = text;
  hvuv_guid_t vm_id;
  size_t len = strcspn(text, "/");

  if (len == 0)
    return fault(f,
                 NULL,
                 0,
                 "has no VM: it is hyperv://VM/SERVICE, or "
                 "local://VM/SERVICE");
  if (!hvuv__scan_vm_id(&at, &vm_id) || at != text + len)
    return fault(f, text, len, vm_wrong(text, len));
  if (*at == '\0')
    return fault(f,
                 NULL,
                 0,
                 "has no service: \"/\" and a port or a GUID "
                 "follow the VM");
  return find_in_service(at + 1, f);
}

static int find_in_vsock(const char* text, fault_t* f) {
  const char* at = text;
  uint32_t number;
  size_t len = strcspn(text, ":/");

  if (len == 0)
    return fault(f, NULL, 0, "has no CID: it is vsock://CID:PORT");
  if (!hvuv__scan_cid(&at, &number) || at != text + len)
    return fault(f, text, len, A_CID);
  if (*at == '/')
    return fault(f, at, 1, "stands where \":\" and the port follow the CID");
  if (*at == '\0' || at[1] == '\0')
    return fault(f,
                 NULL,
                 0,
                 "has no port: \":\" and a number, or any, follow "
                 "the CID");
  text = ++at;
  if (!hvuv__scan_port(&at, &number) || *at != '\0')
    return fault(f, text, strlen(text), A_PORT);
  return 0;
}

static int find_in_path(const char* text, const char* end, fault_t* f) {
  const char* at = text;
  const char* bad;
  size_t len = 0;
  char byte;

  if (text == end)
    return fault(f, NULL, 0, "has no path: it is hybrid://PATH:SERVICE");
  while (at < end) {
    bad = at;
    if (!hvuv__scan_path_byte(&at, &byte)) {
      if (*bad == '%')
        return fault(f,
                     bad,
                     (size_t) (end - bad) < 3 ? (size_t) (end - bad) : 3,
                     "is no escape: it is % and two hex digits, not 00, and "
                     "% itself is %25");
      return fault(f,
                   bad,
                   1,
                   *bad == ' ' ? "in a path is written %20"
                               : "in a path is written %XX, its "
                                 "two hex digits");
    }
    len++;
  }
  if (len >= HVUV_PATH_SIZE)
    return fault(f,
                 NULL,
                 0,
                 "has too long a path: a Unix socket's has at most "
                 "107 bytes");
  return 0;
}

static int find_in_hybrid(const char* text, fault_t* f) {
  const char* colon = strrchr(text, ':');

  if (colon == NULL)
    return fault(f,
                 NULL,
                 0,
                 "has no service: \":\" and a port or a GUID "
                 "follow the path");
  if (find_in_path(text, colon, f) != 0)
    return UV_EINVAL;
  return find_in_service(colon + 1, f);
}

static int find_in_scheme(const char* text, fault_t* f) {
  const char* colon = strstr(text, "://");

  if (*text == '\0')
    return fault(f,
                 NULL,
                 0,
                 "is empty: an address is such as "
                 "local://loopback/5000");
  if (colon != NULL)
    return fault(f,
                 text,
                 (size_t) (colon - text) + 3,
                 "is none of hyperv://, vsock://, hybrid:// and local://");
  return fault(f,
               NULL,
               0,
               "does not begin with hyperv://, vsock://, hybrid:// "
               "or local://");
}

static int find_fault(const char* text, fault_t* f) {
  const char* at = text;

  switch (hvuv__scan_scheme(&at)) {
    case HVUV_HYPERV:
    case HVUV_LOCAL:
      return find_in_hyperv(at, f);
    case HVUV_VSOCK:
      return find_in_vsock(at, f);
    case HVUV_HYBRID:
      return find_in_hybrid(at, f);
  }
  return find_in_scheme(text, f);
}

/* Never more than QUOTE_ROOM, and no byte that a terminal takes for more than a
 * character. */
static void quote(const char* text, size_t len, char out[QUOTE_ROOM]) {
  static const char more[] = "...";
  size_t room = QUOTE_ROOM - sizeof(more);
  size_t hidden = 0; /* bytes of a control character */
  size_t i;

  for (i = 0; i < len && i < room; i++) {
    if (hidden == 0)
      hidden = hvuv__text_control(text + i);
    out[i] = text[i];
    if (hidden > 0) {
      out[i] = '?';
      hidden--;
    }
  }
  if (i < len) {
    while (i > 0 && ((unsigned char) text[i] & 0xc0) == 0x80)
      i--; /* no character is cut in two */
    memcpy(out + i, more, sizeof(more));
  } else {
    out[i] = '\0';
  }
}

static void write_why(const char* text, const fault_t* f, char* why, size_t n) {
  char address[HVUV_ADDR_STRLEN];
  char whole[QUOTE_ROOM];
  char part[QUOTE_ROOM];
  char line[HVUV_ADDR_WHY_STRLEN];
  int len;

  quote(text, strlen(text), whole);
  if (f->part == NULL) {
    len = snprintf(line, sizeof(line), "\"%s\" %s.", whole, f->wrong);
  } else {
    quote(f->part, f->len, part);
    len = snprintf(
        line, sizeof(line), "In \"%s\", \"%s\" %s.", whole, part, f->wrong);
  }
  assert(len > 0 && (size_t) len < sizeof(line));
  if (hvuv__addr_suggest(text, address))
    len += snprintf(
        line + len, sizeof(line) - (size_t) len, " Did you mean %s?", address);
  assert((size_t) len < sizeof(line));
  snprintf(why, n, "%s", line);
}

int hvuv_addr_parse_why(const char* text,
                        hvuv_addr_t* addr,
                        char* why,
                        size_t size) {
  fault_t f;
  int err;

  if (why != NULL && size > 0)
    why[0] = '\0';
  err = hvuv_addr_parse(text, addr);
  if (err == 0 || text == NULL || addr == NULL || why == NULL || size == 0)
    return err;

  if (find_fault(text, &f) == 0) {
    assert(0 && "what is refused has a fault");
    return err;
  }
  write_why(text, &f, why, size);
  return err;
}
