/* A server moves from one address to another, again and again: each of the
 * system calls for it fails once in each way that it may. Whatever fails is
 * reported, and at the latest after the next lookups it listens there, and
 * nowhere else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "follow_rig.h"
#include "support/endpoint.h"
#include "support/fakes/fault_sys.h"
#include "support/loop.h"
#include "support/net.h"
#include "support/trace.h"

#define LOOKS 8 /* until all is well: one call fails, once */

static hvuv_server_t server;

static int on_message(hvuv_conn_t* conn, const char* bytes, size_t nbytes) {
  (void) conn;
  (void) bytes;
  (void) nbytes;
  return 0;
}

static const hvuv_protocol_t protocol = {.on_message = on_message};

static void move_to(const char* name) {
  char text[HVUV_ADDR_STRLEN];
  char path[ENDPOINT_ROOM];

  snprintf(text, sizeof(text), "hybrid://%s:5000", endpoint_path(name, path));
  rig_at(text);
}

/* How many lookups it took until it was reported. */
static int look_until_found(void) {
  hvuv_addr_t addr;
  int n;

  for (n = 0; n < LOOKS; n++) {
    rig_look();
    if (hvuv_follow_addr(&rig_follow, &addr) == 0)
      return n + 1;
  }
  fail_msg("it is never found: %s", trace_story());
  return 0;
}

/* The socket and its lock, of one listener. */
static void expect_one(const char* name) {
  char path[ENDPOINT_ROOM];
  hvuv_addr_t addr;

  assert_int_equal(hvuv_server_address(&server, 0, &addr), 0);
  assert_string_equal(addr.u.hybrid.path, endpoint_path(name, path));
  assert_int_equal(hvuv_server_address(&server, 1, &addr), UV_ENOENT);
  assert_int_equal(endpoint_count_files(endpoint_path(".", path)), 2);
}

static void move_twice(void) {
  rig_start();
  assert_int_equal(hvuv_follow_listen(&rig_follow, &server, &protocol), 0);
  move_to("a");
  look_until_found();
  expect_one("a");
  move_to("b");
  look_until_found();
  rig_look(); /* if only the first of them had failed */
  expect_one("b");
}

static int live(long n, int variant) {
  void* nothing = NULL;
  int has_failed;

  endpoint_open();
  rig_up(&nothing);
  assert_int_equal(hvuv_server_init(rig_loop, &server, NULL), 0);
  fault_fail_nth(n, variant);
  move_twice();
  has_failed = fault_failed_verb() != NULL;
  fault_fail_nth(0, 0);
  hvuv_server_stop(&server, 0, NULL);
  rig_close();
  loop_run_out(rig_loop);
  rig_down(&nothing);
  endpoint_close();
  return has_failed;
}

static void each_call_may_fail(void** state) {
  int descriptors;
  int variant;
  long n;

  (void) state;
  live(0, 0);
  descriptors = endpoint_count_descriptors();
  for (variant = 0; variant < FAULT_VARIANTS; variant++) {
    for (n = 1; live(n, variant); n++)
      assert_int_equal(endpoint_count_descriptors(), descriptors);
    assert_true(n > 4);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_call_may_fail),
  };
  int skipped = net_skip_without_unix();

  if (skipped != 0)
    return skipped;
  return cmocka_run_group_tests_name("follow, faults", tests, NULL, NULL);
}
