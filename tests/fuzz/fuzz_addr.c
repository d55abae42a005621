/* Fuzz target: any bytes as the text of an address, and any bytes as the
 * fields of one. Aborts when a promise of addr.h is broken. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <uv.h>

#include "hvuv/addr.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

#define REQUIRE(what)                                                          \
  do {                                                                         \
    if (!(what))                                                               \
      abort();                                                                 \
  } while (0)

/* What was printed reads as the same address and prints the same again. */
static void check_printed(const hvuv_addr_t* addr, const char* text) {
  char again[HVUV_ADDR_STRLEN];
  size_t size = sizeof(again);
  hvuv_addr_t back;

  REQUIRE(hvuv_addr_parse(text, &back) == 0);
  REQUIRE(hvuv_addr_equal(addr, &back));
  REQUIRE(hvuv_addr_equal(&back, addr));
  REQUIRE(hvuv_addr_format(&back, again, &size) == 0);
  REQUIRE(size == strlen(text));
  REQUIRE(strcmp(text, again) == 0);
}

/* One byte less is too small a buffer, and its size is asked for right. */
static void check_too_small(const hvuv_addr_t* addr, size_t needed) {
  char room[HVUV_ADDR_STRLEN];
  char untouched[HVUV_ADDR_STRLEN];
  size_t size = needed - 1;

  memset(untouched, 0xa5, sizeof(untouched));
  memset(room, 0xa5, sizeof(room));
  REQUIRE(hvuv_addr_format(addr, room, &size) == UV_ENOBUFS);
  REQUIRE(size == needed);
  REQUIRE(memcmp(room, untouched, sizeof(room)) == 0);
}

static void check_valid(const hvuv_addr_t* addr) {
  char text[HVUV_ADDR_STRLEN];
  size_t size = sizeof(text);

  REQUIRE(hvuv_addr_family(addr) != 0);
  REQUIRE(hvuv_addr_format(addr, text, &size) == 0);
  REQUIRE(size == strlen(text));
  check_printed(addr, text);
  check_too_small(addr, size + 1);
}

static void check_text(const char* text) {
  char why[HVUV_ADDR_WHY_STRLEN];
  hvuv_addr_t untouched;
  hvuv_addr_t addr;
  int err;

  memset(&untouched, 0xa5, sizeof(untouched));
  memset(&addr, 0xa5, sizeof(addr));
  err = hvuv_addr_parse(text, &addr);
  if (err == 0) {
    check_valid(&addr);
    return;
  }
  REQUIRE(err == UV_EINVAL);
  REQUIRE(memcmp(&addr, &untouched, sizeof(addr)) == 0);
  REQUIRE(hvuv_addr_parse_why(text, &addr, why, sizeof(why)) == UV_EINVAL);
  REQUIRE(strlen(why) > 0 && strlen(why) < sizeof(why) - 1);
}

/* Fields as a careless program might fill them in. */
static void check_fields(const uint8_t* data, size_t size) {
  char text[HVUV_ADDR_STRLEN];
  size_t room = sizeof(text);
  hvuv_addr_t addr;
  int err;

  memset(&addr, 0, sizeof(addr));
  if (size > 1)
    memcpy(&addr.u,
           data + 1,
           size - 1 < sizeof(addr.u) ? size - 1 : sizeof(addr.u));
  addr.family = (hvuv_family_t) (data[0] % 8);

  err = hvuv_addr_format(&addr, text, &room);
  if (err == 0) {
    check_valid(&addr);
    return;
  }
  REQUIRE(err == UV_EINVAL);
  REQUIRE(room == sizeof(text));
  REQUIRE(hvuv_addr_family(&addr) == 0 || addr.family == HVUV_HYBRID);
}

static void check_path(const char* path) {
  hvuv_addr_t addr;
  int err;

  err = hvuv_addr_hybrid(&addr, path, &HVUV_VM_ANY);
  if (err == 0) {
    REQUIRE(strcmp(addr.u.hybrid.path, path) == 0);
    check_valid(&addr);
    return;
  }
  REQUIRE(err == (path[0] == '\0' ? UV_EINVAL : UV_ENAMETOOLONG));
  REQUIRE(err == UV_EINVAL || strlen(path) >= HVUV_PATH_SIZE);
}

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  char* text;

  /* A block of just this size, so that a sanitizer sees a byte too many. */
  text = malloc(size + 1);
  REQUIRE(text != NULL);
  if (size > 0)
    memcpy(text, data, size);
  text[size] = '\0';
  check_text(text);
  check_path(text);
  free(text);

  if (size > 0)
    check_fields(data, size);
  return 0;
}
