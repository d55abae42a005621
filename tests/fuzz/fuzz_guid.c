/* Fuzz target: any bytes as the text of a GUID, and any 16 bytes as a GUID.
 * Aborts when a promise of guid.h is broken. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <uv.h>

#include "hvuv/guid.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

#define REQUIRE(what)                                                          \
  do {                                                                         \
    if (!(what))                                                               \
      abort();                                                                 \
  } while (0)

static void check_value(const hvuv_guid_t* guid) {
  char text[HVUV_GUID_STRLEN];
  char again[HVUV_GUID_STRLEN];
  hvuv_guid_t back;

  hvuv_guid_format(guid, text);
  REQUIRE(strlen(text) == HVUV_GUID_STRLEN - 1);
  REQUIRE(hvuv_guid_parse(text, &back) == 0);
  REQUIRE(hvuv_guid_equal(guid, &back));
  REQUIRE(memcmp(guid, &back, sizeof(back)) == 0);
  hvuv_guid_format(&back, again);
  REQUIRE(strcmp(text, again) == 0);
}

static void check_service(const hvuv_guid_t* guid) {
  hvuv_guid_t back;
  uint32_t port = 77;
  int err;

  err = hvuv_service_to_port(guid, &port);
  if (err != 0) {
    REQUIRE(err == UV_EINVAL);
    REQUIRE(port == 77);
    return;
  }
  REQUIRE(port <= HVUV_SERVICE_PORT_MAX);
  REQUIRE(hvuv_service_from_port(port, &back) == 0);
  REQUIRE(hvuv_guid_equal(guid, &back));
}

static void check_text(const char* text) {
  hvuv_guid_t untouched;
  hvuv_guid_t guid;
  int err;

  memset(&untouched, 0xa5, sizeof(untouched));
  guid = untouched;
  err = hvuv_guid_parse(text, &guid);
  if (err != 0) {
    REQUIRE(err == UV_EINVAL);
    REQUIRE(memcmp(&guid, &untouched, sizeof(guid)) == 0);
    return;
  }
  REQUIRE(strlen(text) == (text[0] == '{' ? 38 : 36));
  check_value(&guid);
  check_service(&guid);
}

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  hvuv_guid_t guid;
  char* text;

  /* A block of just this size, so that a sanitizer sees a byte too many. */
  text = malloc(size + 1);
  REQUIRE(text != NULL);
  if (size > 0)
    memcpy(text, data, size);
  text[size] = '\0';
  check_text(text);
  free(text);

  if (size >= sizeof(guid)) {
    memcpy(&guid, data, sizeof(guid));
    check_value(&guid);
    check_service(&guid);
  }
  return 0;
}
