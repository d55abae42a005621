/* Scanners of an address's parts. They know neither locale nor errno. */
#include "addr/scan.h"

#include <assert.h>
#include <string.h>
#include <uv.h>

#include "addr/text.h"

const char* const hvuv__schemes[HVUV__SCHEMES] = {
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

int hvuv__scan_word(const char** text, const char* word) {
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

int hvuv__scan_number(const char** text, uint32_t* number) {
  const char* at = *text;

  if (!hvuv__scan_word(&at, "0x"))
    return scan_digits(text, 10, number);
  if (!scan_digits(&at, 16, number))
    return 0;
  *text = at;
  return 1;
}

int hvuv__scan_vm_id(const char** text, hvuv_guid_t* vm_id) {
  size_t i;

  for (i = 0; i < ROWS(vm_names); i++) {
    if (hvuv__scan_word(text, vm_names[i].name)) {
      *vm_id = *vm_names[i].vm_id;
      return 1;
    }
  }
  return hvuv__guid_scan(text, vm_id);
}

int hvuv__scan_cid(const char** text, uint32_t* cid) {
  size_t i;

  for (i = 0; i < ROWS(cid_names); i++) {
    if (hvuv__scan_word(text, cid_names[i].name)) {
      *cid = cid_names[i].cid;
      return 1;
    }
  }
  return scan_digits(text, 10, cid);
}

/* The kernel knows "any" as the largest port, so both spellings are one. */
int hvuv__scan_port(const char** text, uint32_t* port) {
  if (hvuv__scan_word(text, "any")) {
    *port = HVUV_PORT_ANY;
    return 1;
  }
  return hvuv__scan_number(text, port);
}

int hvuv__scan_path_byte(const char** text, char* byte) {
  unsigned int high;
  unsigned int low;

  if (!hvuv__is_escaped(**text)) {
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
  *text += HVUV__ESCAPE_LEN;
  return 1;
}

hvuv_family_t hvuv__scan_scheme(const char** text) {
  size_t i;

  for (i = HVUV_HYPERV; i < HVUV__SCHEMES; i++) {
    if (hvuv__scan_word(text, hvuv__schemes[i]))
      return (hvuv_family_t) i;
  }
  return (hvuv_family_t) 0;
}

int hvuv__parse_service(const char* text, hvuv_guid_t* service_id) {
  uint32_t port;

  if (hvuv_guid_parse(text, service_id) == 0)
    return 0;
  if (!hvuv__scan_number(&text, &port) || *text != '\0')
    return UV_EINVAL;
  return hvuv_service_from_port(port, service_id);
}

const char* hvuv__vm_name(const hvuv_guid_t* vm_id) {
  size_t i;

  assert(vm_id != NULL);
  for (i = 0; i < ROWS(vm_names); i++) {
    if (hvuv_guid_equal(vm_id, vm_names[i].vm_id))
      return vm_names[i].name;
  }
  return NULL;
}

const char* hvuv__cid_name(uint32_t cid) {
  size_t i;

  for (i = 0; i < ROWS(cid_names); i++) {
    if (cid == cid_names[i].cid)
      return cid_names[i].name;
  }
  return NULL;
}
