/* For how long a look at the folders of `local` counts. No clock and no file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <uv.h>

#include "local/trust.h"

#define USER 1000

static const hvuv__trust_t none;

/* One of /d/host, looked at in the loop's 7th millisecond. */
static void look(hvuv__target_t* target, hvuv__trust_t* trust) {
  hvuv__partition_t self;
  hvuv_addr_t addr;

  uv_os_setenv("HVUV_LOCAL_DIR", "/d");
  uv_os_unsetenv("HVUV_LOCAL_VM");
  assert_int_equal(hvuv_addr_parse("local://loopback/5000", &addr), 0);
  assert_int_equal(hvuv__target_find(&addr, &self, target), 0);
  uv_os_unsetenv("HVUV_LOCAL_DIR");
  *trust = none;
  trust->now_ms = 7;
  hvuv__trust_keep(trust, target, USER);
}

static void nothing_is_trusted_at_first(void** state) {
  hvuv__target_t target;
  hvuv__trust_t trust;

  (void) state;
  look(&target, &trust);
  trust = none;
  assert_false(hvuv__trust_has(&trust, &target, USER));
  assert_false(hvuv__trust_has(&trust, &target, 0));
}

static void folders_are_trusted_until_the_clock_moves(void** state) {
  hvuv__target_t target;
  hvuv__trust_t trust;

  (void) state;
  look(&target, &trust);
  assert_true(hvuv__trust_has(&trust, &target, USER));
  assert_true(hvuv__trust_has(&trust, &target, USER));
  trust.now_ms++;
  assert_false(hvuv__trust_has(&trust, &target, USER));
  hvuv__trust_keep(&trust, &target, USER);
  assert_true(hvuv__trust_has(&trust, &target, USER));
}

static void folders_of_another_user_are_not_trusted(void** state) {
  hvuv__target_t target;
  hvuv__trust_t trust;

  (void) state;
  look(&target, &trust);
  assert_false(hvuv__trust_has(&trust, &target, USER + 1));
  assert_false(hvuv__trust_has(&trust, &target, 0));
}

static void another_folder_is_not_trusted(void** state) {
  hvuv__target_t target;
  hvuv__target_t other;
  hvuv__trust_t trust;

  (void) state;
  look(&target, &trust);
  other = target;
  other.path[other.root_len - 1]++;
  assert_false(hvuv__trust_has(&trust, &other, USER));
  other = target;
  other.path[other.folder_len - 1]++;
  assert_false(hvuv__trust_has(&trust, &other, USER));
  other = target;
  other.folder_len--;
  assert_false(hvuv__trust_has(&trust, &other, USER));

  /* The same path, but another part of it was looked at. */
  other = target;
  other.root_len--;
  assert_false(hvuv__trust_has(&trust, &other, USER));
}

static void another_service_there_is_trusted(void** state) {
  hvuv__target_t target;
  hvuv__target_t other;
  hvuv__trust_t trust;

  (void) state;
  look(&target, &trust);
  other = target;
  other.path[other.folder_len + 1]++;
  assert_true(hvuv__trust_has(&trust, &other, USER));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(nothing_is_trusted_at_first),
      cmocka_unit_test(folders_are_trusted_until_the_clock_moves),
      cmocka_unit_test(folders_of_another_user_are_not_trusted),
      cmocka_unit_test(another_folder_is_not_trusted),
      cmocka_unit_test(another_service_there_is_trusted),
  };

  return cmocka_run_group_tests_name(
      "local: what is trusted", tests, NULL, NULL);
}
