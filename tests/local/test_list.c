/* Who listens at `local` addresses, read from the folder: live ones, and those
 * that a killed process has left. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <uv.h>

#include "hvuv/local.h"
#include "hvuv/stream.h"
#include "support/endpoint.h"
#include "support/files.h"
#include "support/peer.h"
#include "unix/path.h"

#define X "6e0b8e9c-4c6c-4c0e-9a9e-0f6f0a1b2c3d"

static uv_loop_t loop;
static hvuv_stream_t streams[3]; /* closed by teardown's loop at the latest */

static int setup(void** state) {
  (void) state;
  endpoint_open();
  return uv_loop_init(&loop);
}

static int teardown(void** state) {
  (void) state;
  uv_run(&loop, UV_RUN_DEFAULT);
  assert_int_equal(uv_loop_close(&loop), 0);
  endpoint_close();
  return 0;
}

static hvuv_addr_t address(const char* text) {
  hvuv_addr_t addr;

  assert_int_equal(hvuv_addr_parse(text, &addr), 0);
  return addr;
}

static void listen_at(hvuv_stream_t* stream, const char* text) {
  hvuv_addr_t addr = address(text);

  assert_int_equal(hvuv_init(&loop, stream), 0);
  assert_int_equal(hvuv_bind(stream, &addr), 0);
}

/* The path of a name in the folder; its listener's lock is beside it. */
static const char* path_of(const char* name) {
  static char path[ENDPOINT_ROOM];
  char below[ENDPOINT_ROOM / 2];

  snprintf(below, sizeof(below), name[0] == '\0' ? "l" : "l/%s", name);
  return endpoint_path(below, path);
}

/* What a killed process leaves: a socket, and a lock that nobody has. */
static void leave(const char* name) {
  char lock[64];
  uv_os_sock_t sock;

  if (files_kind_of(path_of("host")) == FILES_NONE) {
    files_make_folder(path_of(""));
    files_make_folder(path_of("host"));
  }
  sock = peer_bind(path_of(name), 1);
  assert_true(sock != NET_NONE);
  net_close(sock);
  snprintf(lock, sizeof(lock), "%s.lock", name);
  files_make(path_of(lock));
}

static void expect_listener(const hvuv_local_listener_t* all,
                            size_t count,
                            const hvuv_guid_t* partition,
                            const char* text,
                            int is_live) {
  hvuv_addr_t addr = address(text);
  size_t i;

  for (i = 0; i < count; i++)
    if (hvuv_guid_equal(&all[i].partition, partition) &&
        hvuv_addr_equal(&all[i].addr, &addr)) {
      assert_int_equal(all[i].is_live, is_live);
      return;
    }
  fail_msg("%s is not on the list", text);
}

static void listeners_of_all_partitions_are_listed(void** state) {
  hvuv_local_listener_t all[8];
  hvuv_guid_t vm_id;
  size_t count = 8;
  int i;

  (void) state;
  assert_int_equal(hvuv_guid_parse(X, &vm_id), 0);
  listen_at(&streams[0], "local://any/5000");
  listen_at(&streams[1], "local://" X "/" X);
  endpoint_play(X);
  listen_at(&streams[2], "local://parent/6000");
  endpoint_play(NULL);
  leave("host/9.c");

  assert_int_equal(hvuv_local_list(all, &count), 0);
  assert_int_equal(count, 4);
  expect_listener(all, count, &HVUV_VM_PARENT, "local://any/5000", 1);
  expect_listener(all, count, &HVUV_VM_PARENT, "local://" X "/" X, 1);
  expect_listener(all, count, &vm_id, "local://parent/6000", 1);
  expect_listener(all, count, &HVUV_VM_PARENT, "local://children/9", 0);

  for (i = 0; i < 3; i++)
    hvuv_close(&streams[i], NULL);
}

static void a_live_one_stays_so_when_it_was_looked_at(void** state) {
  hvuv_local_listener_t one;
  size_t count;
  int i;

  (void) state;
  listen_at(&streams[0], "local://any/5000");
  for (i = 0; i < 3; i++) {
    count = 1;
    assert_int_equal(hvuv_local_list(&one, &count), 0);
    assert_int_equal(count, 1);
    assert_true(one.is_live);
  }
  hvuv_close(&streams[0], NULL);
  uv_run(&loop, UV_RUN_DEFAULT);
  assert_int_equal(hvuv_local_list(&one, &count), 0);
  assert_int_equal(count, 0);
}

static void the_address_of_a_dead_one_is_free(void** state) {
  hvuv_local_listener_t one;
  size_t count = 1;

  (void) state;
  leave("host/5000.a");
  assert_int_equal(hvuv_local_list(&one, &count), 0);
  assert_int_equal(one.is_live, 0);
  listen_at(&streams[0], "local://any/5000");
  assert_int_equal(hvuv_local_list(&one, &count), 0);
  assert_int_equal(one.is_live, 1);
  hvuv_close(&streams[0], NULL);
}

static void what_is_no_listeners_is_passed_over(void** state) {
  size_t count = 0;

  (void) state;
  listen_at(&streams[0], "local://any/5000");
  files_make(path_of("host/6000.a"));
  files_make_folder(path_of("host/7000.a"));
  files_make_folder(path_of("other"));
  assert_int_equal(hvuv_local_list(NULL, &count), UV_ENOBUFS);
  assert_int_equal(count, 1);

  files_open_folder(path_of("host"));
  count = 0;
  assert_int_equal(hvuv_local_list(NULL, &count), 0);
  assert_int_equal(count, 0);
  hvuv_close(&streams[0], NULL);
}

static void a_list_that_is_short_is_filled(void** state) {
  hvuv_local_listener_t some[2];
  size_t count = 2;
  int i;

  (void) state;
  memset(some, 0, sizeof(some));
  listen_at(&streams[0], "local://any/1");
  listen_at(&streams[1], "local://any/2");
  listen_at(&streams[2], "local://any/3");
  assert_int_equal(hvuv_local_list(some, &count), UV_ENOBUFS);
  assert_int_equal(count, 3);
  assert_int_equal(some[1].addr.family, HVUV_LOCAL);
  for (i = 0; i < 3; i++)
    hvuv_close(&streams[i], NULL);
}

static void a_folder_that_cannot_be_used_is_no_list(void** state) {
  size_t count = 5;

  (void) state;
  assert_int_equal(hvuv_local_list(NULL, NULL), UV_EINVAL);
  assert_int_equal(hvuv_local_list(NULL, &count), UV_EINVAL);
  count = 0;
  assert_int_equal(hvuv_local_list(NULL, &count), UV_ENOENT);
  files_make_folder(path_of(""));
  files_open_folder(path_of(""));
  assert_int_equal(hvuv_local_list(NULL, &count), UV_EACCES);
  files_remove_folder(path_of(""));
  files_make_folder(path_of(""));
  assert_int_equal(hvuv_local_list(NULL, &count), 0);
}

static void the_folder_is_named(void** state) {
  char expected[HVUV__PATH_ROOM];
  char text[2 * ENDPOINT_ROOM];
  size_t len;
  size_t size = sizeof(text);

  (void) state;
  assert_int_equal(hvuv_local_folder(text, &size), 0);
  snprintf(expected, sizeof(expected), "%s", path_of(""));
  assert_int_equal(hvuv__path_absolute(expected), 0);
  assert_string_equal(text, expected);
  assert_int_equal(size, strlen(text));
  len = size;
  assert_int_equal(hvuv_local_folder(text, &size), UV_ENOBUFS);
  assert_int_equal(size, len + 1);
  assert_int_equal(hvuv_local_folder(text, &size), 0);
  assert_int_equal(hvuv_local_folder(NULL, &size), UV_EINVAL);
  assert_int_equal(hvuv_local_folder(text, NULL), UV_EINVAL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(listeners_of_all_partitions_are_listed),
      TEST(a_live_one_stays_so_when_it_was_looked_at),
      TEST(the_address_of_a_dead_one_is_free),
      TEST(what_is_no_listeners_is_passed_over),
      TEST(a_list_that_is_short_is_filled),
      TEST(a_folder_that_cannot_be_used_is_no_list),
      TEST(the_folder_is_named),
  };
  int skipped = net_skip_without_unix();

  if (skipped != 0)
    return skipped;
  return cmocka_run_group_tests(tests, NULL, NULL);
}
