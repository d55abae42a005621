/* GUIDs as values: text, equality, the well-known VM ids and the service ids
 * that stand for ports. Knows nothing of addresses and of sockets. */
#include "hvuv/guid.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>
#include <uv.h>

#include "addr/text.h"

#define GUID_BYTES 16

/* The bytes in memory are handed to Windows as they are. */
_Static_assert(sizeof(hvuv_guid_t) == GUID_BYTES, "a GUID has no padding");

/* HV_GUID_* of hvsocket.h in the Windows SDK. */
const hvuv_guid_t HVUV_VM_ANY = {0, 0, 0, {0, 0, 0, 0, 0, 0, 0, 0}};
const hvuv_guid_t HVUV_VM_PARENT = {
    0xa42e7cdau,
    0xd03f,
    0x480c,
    {0x9c, 0xc2, 0xa4, 0xde, 0x20, 0xab, 0xb8, 0x78}};
const hvuv_guid_t HVUV_VM_LOOPBACK = {
    0xe0e16197u,
    0xdd56,
    0x4a10,
    {0x91, 0x95, 0x5e, 0xe7, 0xa1, 0x55, 0xa8, 0x38}};
const hvuv_guid_t HVUV_VM_CHILDREN = {
    0x90db8b89u,
    0x0d35,
    0x4f79,
    {0x8c, 0xe9, 0x49, 0xea, 0x0a, 0xc8, 0xb7, 0xcd}};
const hvuv_guid_t HVUV_VM_SILOHOST = {
    0x36bd0c5cu,
    0x7276,
    0x4223,
    {0x88, 0xba, 0x7d, 0x03, 0xb6, 0x54, 0xc5, 0x68}};

/* HV_GUID_VSOCK_TEMPLATE of the same header: the service id of port 0. */
static const hvuv_guid_t service_of_port_0 = {
    0, 0xfacb, 0x11e6, {0xbd, 0x58, 0x64, 0x00, 0x6a, 0x79, 0x86, 0xd3}};

/* The text shows the bytes of a GUID from the most significant down, field
 * after field, which is not the order in memory on a little-endian machine. */
static void to_text_order(const hvuv_guid_t* guid, uint8_t bytes[GUID_BYTES]) {
  bytes[0] = (uint8_t) (guid->data1 >> 24);
  bytes[1] = (uint8_t) (guid->data1 >> 16);
  bytes[2] = (uint8_t) (guid->data1 >> 8);
  bytes[3] = (uint8_t) guid->data1;
  bytes[4] = (uint8_t) (guid->data2 >> 8);
  bytes[5] = (uint8_t) guid->data2;
  bytes[6] = (uint8_t) (guid->data3 >> 8);
  bytes[7] = (uint8_t) guid->data3;
  memcpy(bytes + 8, guid->data4, sizeof(guid->data4));
}

static void from_text_order(const uint8_t bytes[GUID_BYTES],
                            hvuv_guid_t* guid) {
  guid->data1 = (uint32_t) bytes[0] << 24 | (uint32_t) bytes[1] << 16 |
                (uint32_t) bytes[2] << 8 | (uint32_t) bytes[3];
  guid->data2 = (uint16_t) (bytes[4] << 8 | bytes[5]);
  guid->data3 = (uint16_t) (bytes[6] << 8 | bytes[7]);
  memcpy(guid->data4, bytes + 8, sizeof(guid->data4));
}

static int has_dash_before(size_t byte) {
  return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

static int scan_byte(const char** text, uint8_t* byte) {
  unsigned int high;
  unsigned int low;

  high = hvuv__text_digit((*text)[0]);
  if (high == HVUV__NO_DIGIT)
    return 0;
  low = hvuv__text_digit((*text)[1]);
  if (low == HVUV__NO_DIGIT)
    return 0;

  *byte = (uint8_t) (high << 4 | low);
  *text += 2;
  return 1;
}

int hvuv__guid_scan(const char** text, hvuv_guid_t* guid) {
  uint8_t bytes[GUID_BYTES];
  const char* at = *text;
  int braced;
  size_t i;

  braced = hvuv__text_skip(&at, '{');
  for (i = 0; i < GUID_BYTES; i++) {
    if (has_dash_before(i) && !hvuv__text_skip(&at, '-'))
      return 0;
    if (!scan_byte(&at, &bytes[i]))
      return 0;
  }
  if (braced && !hvuv__text_skip(&at, '}'))
    return 0;

  assert(at - *text == HVUV_GUID_STRLEN - 1 + (braced ? 2 : 0));
  from_text_order(bytes, guid);
  *text = at;
  return 1;
}

int hvuv_guid_parse(const char* text, hvuv_guid_t* guid) {
  hvuv_guid_t parsed;

  if (text == NULL || guid == NULL)
    return UV_EINVAL;
  if (!hvuv__guid_scan(&text, &parsed) || *text != '\0')
    return UV_EINVAL;

  *guid = parsed;
  return 0;
}

void hvuv_guid_format(const hvuv_guid_t* guid, char text[HVUV_GUID_STRLEN]) {
  static const char digits[] = "0123456789abcdef";
  uint8_t bytes[GUID_BYTES];
  size_t i;

  to_text_order(guid, bytes);
  for (i = 0; i < GUID_BYTES; i++) {
    if (has_dash_before(i))
      *text++ = '-';
    *text++ = digits[bytes[i] >> 4];
    *text++ = digits[bytes[i] & 0xf];
  }
  *text = '\0';
}

int hvuv_guid_equal(const hvuv_guid_t* a, const hvuv_guid_t* b) {
  if (a == NULL || b == NULL)
    return 0;
  return memcmp(a, b, sizeof(*a)) == 0;
}

int hvuv_service_from_port(uint32_t port, hvuv_guid_t* service_id) {
  if (service_id == NULL || port > HVUV_SERVICE_PORT_MAX)
    return UV_EINVAL;

  assert(service_of_port_0.data1 == 0);
  *service_id = service_of_port_0;
  service_id->data1 = port;
  return 0;
}

int hvuv_service_to_port(const hvuv_guid_t* service_id, uint32_t* port) {
  hvuv_guid_t expected;

  if (service_id == NULL || port == NULL)
    return UV_EINVAL;
  if (hvuv_service_from_port(service_id->data1, &expected) != 0)
    return UV_EINVAL;
  if (!hvuv_guid_equal(service_id, &expected))
    return UV_EINVAL;

  assert(service_id->data1 <= HVUV_SERVICE_PORT_MAX);
  *port = service_id->data1;
  return 0;
}
