/*
 * The address that somebody probably meant: a text as people write it for other
 * programs, or with a slip, is made over part by part, and what comes out is
 * offered only if the parser takes it.
 *
 *   text --> trimmed --> scheme ---------------> VM or CID, separator, service
 *                          as another program's    each in its family's form
 *                          or none: by what follows
 *
 * Pure; nothing here is longer than an address.
 */
#include "addr/suggest.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <uv.h>

#include "addr/scan.h"
#include "addr/text.h"

/* How schemes are written elsewhere: by socat, systemd, xrdp, Docker, ncat. */
static const struct {
  const char* name;
  hvuv_family_t family;
} spellings[] = {
    {"hyperv", HVUV_HYPERV},
    {"hyper-v", HVUV_HYPERV},
    {"hvsock", HVUV_HYPERV},
    {"hyperv-connect", HVUV_HYPERV},
    {"hyperv-listen", HVUV_HYPERV},
    {"vsock", HVUV_VSOCK},
    {"vsock-connect", HVUV_VSOCK},
    {"vsock-listen", HVUV_VSOCK},
    {"hybrid", HVUV_HYBRID},
    {"vsock-mux", HVUV_HYBRID},
    {"unix", HVUV_HYBRID},
    {"local", HVUV_LOCAL},
};

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

/* The two parts of an address, in bytes of the text. */
typedef struct parts_s {
  hvuv_family_t family;
  const char* where; /* a VM, a CID or a path */
  size_t where_len;
  const char* service;
  size_t service_len;
} parts_t;

static char lower(char c) {
  static const char letters[] = "abcdefghijklmnopqrstuvwxyz";

  if (c >= 'A' && c <= 'Z')
    return letters[c - 'A'];
  return c;
}

static int is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r') || c == '"' || c == '\'';
}

/* Without what a shell or a table left around it. Returns 0 if nothing, or too
 * much, is left. */
static int trim(const char* text, char copy[HVUV_ADDR_STRLEN]) {
  size_t len;

  while (is_space(*text))
    text++;
  len = strlen(text);
  while (len > 0 && is_space(text[len - 1]))
    len--;
  if (len == 0 || len >= HVUV_ADDR_STRLEN)
    return 0;
  memcpy(copy, text, len);
  copy[len] = '\0';
  return 1;
}

/* Whether the text begins with the word, in whatever case, and a colon. */
static int begins_with(const char* text, const char* word) {
  while (*word != '\0' && lower(*text) == *word) {
    text++;
    word++;
  }
  return *word == '\0' && *text == ':';
}

/* What is no scheme is taken for the kind of address that the rest looks
 * like. */
static hvuv_family_t guess_family(const char* text) {
  hvuv_guid_t vm_id;
  uint32_t cid;

  if (*text == '/' || *text == '.')
    return HVUV_HYBRID;
  if (hvuv__guid_scan(&text, &vm_id))
    return HVUV_HYPERV;
  if (hvuv__scan_cid(&text, &cid) && *text == ':')
    return HVUV_VSOCK;
  if (strstr(text, "://") == NULL && strchr(text, '/') != NULL)
    return HVUV_LOCAL;
  return (hvuv_family_t) 0;
}

/* Moves *text behind the scheme. Of the slashes there a path keeps its
 * first. */
static hvuv_family_t take_scheme(const char** text) {
  hvuv_family_t family;
  size_t i;

  for (i = 0; i < ROWS(spellings); i++)
    if (begins_with(*text, spellings[i].name))
      break;
  if (i == ROWS(spellings))
    return guess_family(*text);

  family = spellings[i].family;
  *text += strlen(spellings[i].name) + 1;
  if (family == HVUV_HYBRID) {
    if (strncmp(*text, "//", 2) == 0)
      *text += 2;
  } else {
    *text += strspn(*text, "/");
  }
  return family;
}

/* Where the service begins: behind the last of these separators. */
static const char* find_separator(const parts_t* parts, const char* end) {
  const char* others = parts->family == HVUV_HYBRID ? "/_" : ":/,";
  const char* at;

  if (parts->family == HVUV_HYBRID)
    for (at = end; at-- > parts->where;)
      if (*at == ':')
        return at;
  for (at = end; at-- > parts->where;)
    if (strchr(others, *at) != NULL)
      return at;
  return NULL;
}

/* zbus writes vsock:cid=2,port=5. */
static void skip_key(const char** text, size_t* len, const char* key) {
  size_t n = strlen(key);

  if (*len > n && strncmp(*text, key, n) == 0) {
    *text += n;
    *len -= n;
  }
}

static int divide(const char* text, parts_t* parts) {
  const char* end;
  const char* at;

  parts->family = take_scheme(&text);
  if (parts->family == 0)
    return 0;
  end = text + strlen(text);
  while (end > text && end[-1] == '/')
    end--;
  parts->where = text;
  at = find_separator(parts, end);
  if (at == NULL)
    return 0;
  parts->where_len = (size_t) (at - text);
  parts->service = at + 1;
  parts->service_len = (size_t) (end - at - 1);
  while (parts->family != HVUV_HYBRID && parts->where_len > 0 &&
         strchr(":/", text[parts->where_len - 1]) != NULL)
    parts->where_len--;
  skip_key(&parts->where, &parts->where_len, "cid=");
  skip_key(&parts->service, &parts->service_len, "port=");
  return parts->where_len > 0 && parts->service_len > 0;
}

/* Returns where the next byte goes, or NULL if there is no room for it. */
static char* put(char* out, const char* end, const char* text, size_t len) {
  if (out == NULL || (size_t) (end - out) < len)
    return NULL;
  memcpy(out, text, len);
  return out + len;
}

static char* put_lower(char* out, const char* end, const char* text, size_t n) {
  size_t i;

  out = put(out, end, text, n);
  for (i = 1; out != NULL && i <= n; i++)
    out[-(ptrdiff_t) i] = lower(out[-(ptrdiff_t) i]);
  return out;
}

/* Writes the last two bytes as escapes if they are a control character. */
static char* hide_control(char* out, const char* end) {
  char escapes[sizeof("%ff%ff")];

  if (hvuv__text_control(out - 2) != 2)
    return out;
  snprintf(escapes,
           sizeof(escapes),
           "%%%02x%%%02x",
           (unsigned char) out[-2],
           (unsigned char) out[-1]);
  return put(out - 2, end, escapes, 2 * HVUV__ESCAPE_LEN);
}

static char* put_path(char* out,
                      const char* end,
                      const char* path,
                      size_t len) {
  char escape[sizeof("%ff")];
  const char* first = out;
  const char* at = path;
  char byte;

  while (out != NULL && at < path + len) {
    if (hvuv__scan_path_byte(&at, &byte)) {
      /* An escape that is right stays one. */
      if (hvuv__is_escaped(byte)) {
        snprintf(escape, sizeof(escape), "%%%02x", (unsigned char) byte);
        out = put(out, end, escape, HVUV__ESCAPE_LEN);
      } else {
        out = put(out, end, &byte, 1);
        if (out != NULL && out - first > 1)
          out = hide_control(out, end);
      }
    } else {
      snprintf(escape, sizeof(escape), "%%%02x", (unsigned char) *at++);
      out = put(out, end, escape, HVUV__ESCAPE_LEN);
    }
  }
  return out;
}

/* A number is a CID, and a GUID is a VM, whatever the scheme said. */
static hvuv_family_t family_by_where(const parts_t* parts) {
  char where[HVUV_GUID_STRLEN + sizeof("{}")];
  const char* at = where;
  hvuv_guid_t vm_id;
  uint32_t cid;

  if (parts->where_len >= sizeof(where) || parts->family == HVUV_HYBRID)
    return parts->family;
  *put(where, where + sizeof(where), parts->where, parts->where_len) = '\0';
  if (parts->family == HVUV_HYPERV && hvuv__scan_number(&at, &cid) &&
      *at == '\0')
    return HVUV_VSOCK;
  at = where;
  if (parts->family == HVUV_VSOCK && hvuv__guid_scan(&at, &vm_id) &&
      *at == '\0')
    return HVUV_HYPERV;
  return parts->family;
}

/* A CID has no hex form. */
static char* put_cid(char* out, const char* end, const parts_t* parts) {
  char text[sizeof("4294967295")];
  const char* at = parts->where;
  uint32_t cid;

  if (strncmp(at, "0x", 2) != 0 || !hvuv__scan_number(&at, &cid))
    return put_lower(out, end, parts->where, parts->where_len);
  snprintf(text, sizeof(text), "%lu", (unsigned long) cid);
  return put(out, end, text, strlen(text));
}

static char* put_where(char* out, const char* end, const parts_t* parts) {
  if (parts->family == HVUV_HYBRID)
    return put_path(out, end, parts->where, parts->where_len);
  if (parts->family == HVUV_VSOCK)
    return put_cid(out, end, parts);
  return put_lower(out, end, parts->where, parts->where_len);
}

int hvuv__addr_suggest(const char* text, char address[HVUV_ADDR_STRLEN]) {
  const char* end = address + HVUV_ADDR_STRLEN - 1;
  char copy[HVUV_ADDR_STRLEN];
  hvuv_addr_t addr;
  parts_t parts;
  char* out;

  if (!trim(text, copy) || !divide(copy, &parts))
    return 0;
  parts.family = family_by_where(&parts);

  out = put(address,
            end,
            hvuv__schemes[parts.family],
            strlen(hvuv__schemes[parts.family]));
  out = put_where(out, end, &parts);
  out =
      put(out,
          end,
          parts.family == HVUV_VSOCK || parts.family == HVUV_HYBRID ? ":" : "/",
          1);
  out = put_lower(out, end, parts.service, parts.service_len);
  if (out == NULL)
    return 0;
  assert(out <= end);
  *out = '\0';
  return hvuv_addr_parse(address, &addr) == 0;
}
