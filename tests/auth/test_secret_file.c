/* A file with secrets, and who may have it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <uv.h>

#include <cmocka.h>

#include "auth/secret_file.h"
#include "support/endpoint.h"

#define SECRET "0123456789abcdef0123456789abcdef"

static char path[ENDPOINT_ROOM];
static hvuv__secrets_t secrets;

static int setup(void** state) {
  (void) state;
  endpoint_open();
  endpoint_path("secret", path);
  memset(&secrets, 0, sizeof(secrets));
  return 0;
}

static int teardown(void** state) {
  (void) state;
  endpoint_close();
  return 0;
}

static int set_mode(int mode) {
  uv_fs_t req;
  int err = uv_fs_chmod(NULL, &req, path, mode, NULL);

  uv_fs_req_cleanup(&req);
  return err;
}

static void write_file(const char* text) {
  FILE* file = fopen(path, "wb");

  assert_non_null(file);
  assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
  assert_int_equal(fclose(file), 0);
  assert_int_equal(set_mode(0600), 0);
}

static int read_it(void) {
  return hvuv__secret_file_read(path, &secrets);
}

static void a_private_file_is_read(void** state) {
  (void) state;
  write_file(SECRET "\n" SECRET "2\n");
  assert_int_equal(read_it(), 0);
  assert_int_equal(secrets.count, 2);
  assert_int_equal(secrets.at[0].nbytes, 32);
  assert_int_equal(secrets.at[1].nbytes, 33);
  assert_memory_equal(secrets.at[1].bytes, SECRET "2", 33);
}

static void no_file_is_reported(void** state) {
  (void) state;
  assert_int_equal(read_it(), UV_ENOENT);
}

static void a_folder_is_no_file(void** state) {
  uv_fs_t req;
  int err;

  (void) state;
  assert_int_equal(uv_fs_mkdir(NULL, &req, path, 0700, NULL), 0);
  uv_fs_req_cleanup(&req);
  err = read_it();
  assert_true(err == UV_EINVAL || err == UV_EISDIR || err == UV_EACCES ||
              err == UV_EPERM);
}

static void a_text_that_is_too_long_is_refused(void** state) {
  char text[HVUV__SECRETS_TEXT_MAX + 2];

  (void) state;
  memset(text, 'x', sizeof(text));
  text[sizeof(text) - 1] = '\0';
  write_file(text);
  assert_int_equal(read_it(), UV_EINVAL);
}

static void the_longest_text_is_read(void** state) {
  char text[HVUV__SECRETS_TEXT_MAX + 1];

  (void) state;
  memset(text, 'x', sizeof(text));
  memcpy(text + HVUV_AUTH_SECRET_MAX, "\r\n", 2);
  memcpy(text + HVUV__SECRETS_TEXT_MAX - 2, "\r\n", 3);
  write_file(text);
  assert_int_equal(read_it(), 0);
  assert_int_equal(secrets.count, 2);
}

static void what_others_may_touch_is_refused(void** state) {
  static const int modes[] = {0640, 0604, 0620, 0602, 0610, 0601, 0666};
  uv_stat_t made;
  uv_fs_t req;
  size_t i;

  (void) state;
  write_file(SECRET);
  assert_int_equal(set_mode(0400), 0);
  assert_int_equal(read_it(), 0);
  for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
    assert_int_equal(set_mode(modes[i]), 0);
    assert_int_equal(uv_fs_stat(NULL, &req, path, NULL), 0);
    made = req.statbuf;
    uv_fs_req_cleanup(&req);
    if ((made.st_mode & 0777) != (uint64_t) modes[i])
      skip(); /* Modes are made up here: Windows. */
    assert_int_equal(read_it(), UV_EPERM);
  }
}

#define TEST(function)                                                         \
  cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_private_file_is_read),
      TEST(no_file_is_reported),
      TEST(a_folder_is_no_file),
      TEST(a_text_that_is_too_long_is_refused),
      TEST(the_longest_text_is_read),
      TEST(what_others_may_touch_is_refused),
  };

  return cmocka_run_group_tests_name("secret file", tests, NULL, NULL);
}
