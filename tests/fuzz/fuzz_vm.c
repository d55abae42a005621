/* Fuzz target: any bytes as the list of compute systems, and as the output of
 * wslinfo. Aborts when what comes out is no plain text in its room. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <uv.h>

#include "vm/systems.h"
#include "vm/wslinfo.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

#define REQUIRE(what)                                                          \
  do {                                                                         \
    if (!(what))                                                               \
      abort();                                                                 \
  } while (0)

static void check_text(const char* text, size_t room) {
  const char* end = memchr(text, 0, room);

  REQUIRE(end != NULL);
  for (; text < end; text++)
    REQUIRE((uint8_t) *text >= 0x20 && *text != 0x7f);
}

static void check_list(const char* text, size_t len) {
  hvuv__shelf_t shelf;
  size_t i;
  int err;

  REQUIRE(hvuv__shelf_init(&shelf, NULL) == 0);
  err = hvuv__systems_parse(text, len, &shelf);
  REQUIRE(err == 0 || err == UV_EPROTO);
  for (i = 0; i < shelf.count; i++) {
    check_text(shelf.vms[i].name, sizeof(shelf.vms[i].name));
    check_text(shelf.vms[i].owner, sizeof(shelf.vms[i].owner));
  }
  hvuv__shelf_free(&shelf);
}

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  hvuv_guid_t id;
  char* text = malloc(size + 1);
  int err;

  REQUIRE(text != NULL);
  if (size > 0)
    memcpy(text, data, size);
  check_list(text, size);
  if (size <= HVUV__WSLINFO_MAX_BYTES) {
    err = hvuv__wslinfo_parse(text, size, &id);
    REQUIRE(err == 0 || err == UV_ENOTSUP || err == UV_EPROTO);
  }
  free(text);
  return 0;
}
