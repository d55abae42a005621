/* Private folders on Windows: whom an owner and a DACL let in, and what is made
 * and refused on disk. folder_win.c is included, for what it finds in a DACL
 * that no file system here would keep (Wine's has only the mode of POSIX). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <uv.h>

#include "support/endpoint.h"
#include "unix/path.h"

#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#endif
#define hvuv__folder_check      real_check
#define hvuv__folder_check_both real_check_both
#define hvuv__folder_user       real_user
#include "unix/folder_win.c"
#undef hvuv__folder_check
#undef hvuv__folder_check_both
#undef hvuv__folder_user
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

/* Somebody else, of no machine. */
#define OTHER "S-1-5-21-1-2-3-1001"

static int setup(void** state) {
  (void) state;
  endpoint_open();
  return 0;
}

static int teardown(void** state) {
  (void) state;
  endpoint_close();
  return 0;
}

/* Reads "$" in a descriptor's text as this user's SID. */
static PSECURITY_DESCRIPTOR descriptor(const char* text) {
  PSECURITY_DESCRIPTOR security;
  char full[1024];
  user_t user;
  char* sid;
  size_t len;

  assert_int_equal(find_user(&user), 0);
  assert_true(ConvertSidToStringSidA(user.user.User.Sid, &sid));
  for (len = 0; *text != '\0'; text++) {
    if (*text == '$')
      len += (size_t) snprintf(full + len, sizeof(full) - len, "%s", sid);
    else
      full[len++] = *text;
    assert_true(len < sizeof(full) - 1);
  }
  full[len] = '\0';
  LocalFree(sid);
  assert_true(ConvertStringSecurityDescriptorToSecurityDescriptorA(
      full, SDDL_REVISION_1, &security, NULL));
  return security;
}

static int is_text_private(const char* text) {
  PSECURITY_DESCRIPTOR security;
  BOOL defaulted;
  user_t user;
  BOOL there;
  PSID owner;
  PACL dacl;
  int answer;

  security = descriptor(text);
  assert_int_equal(find_user(&user), 0);
  assert_true(GetSecurityDescriptorOwner(security, &owner, &defaulted));
  assert_true(GetSecurityDescriptorDacl(security, &there, &dacl, &defaulted));
  answer = is_private(owner, there ? dacl : NULL, &user);
  LocalFree(security);
  return answer;
}

static void expect_private(const char* const rows[], size_t count, int yes) {
  size_t i;

  for (i = 0; i < count; i++)
    if (is_text_private(rows[i]) != yes)
      fail_msg("%s should%s be private", rows[i], yes ? "" : " not");
}

/* --- Whom a descriptor lets in */

static void those_who_reach_all_anyway_may_be_let_in(void** state) {
  static const char* const rows[] = {
      "O:$D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;$)",
      "O:$D:(A;OICIID;FA;;;SY)(A;OICIID;FA;;;BA)(A;OICIID;FA;;;$)",
      "O:$D:(A;;FA;;;$)",
      "O:BAD:(A;;FA;;;$)",
      "O:SYD:(A;;FA;;;$)",
      "O:$D:",
  };

  (void) state;
  expect_private(rows, ROWS(rows), 1);
}

static void the_owner_may_be_meant_by_another_name(void** state) {
  static const char* const rows[] = {
      "O:$D:(A;;FA;;;$)(A;OICIIO;FA;;;CO)",
      "O:$D:(A;;FA;;;$)(A;;FA;;;S-1-3-4)",
  };

  (void) state;
  expect_private(rows, ROWS(rows), 1);
}

static void nobody_else_may_be_let_in(void** state) {
  static const char* const rows[] = {
      "O:$D:(A;;FA;;;$)(A;;FR;;;WD)",
      "O:$D:(A;;FA;;;$)(A;;0x20;;;WD)",
      "O:$D:(A;;FA;;;$)(A;;FR;;;BU)",
      "O:$D:(A;;FA;;;$)(A;;FR;;;AU)",
      "O:$D:(A;;FA;;;$)(A;;FR;;;BG)",
      "O:$D:(A;;FR;;;S-1-15-2-1)(A;;FA;;;$)",
      "O:$D:(A;;FA;;;" OTHER ")",
  };

  (void) state;
  expect_private(rows, ROWS(rows), 0);
}

/* What is in the folder would be open. */
static void nobody_else_may_be_let_in_by_inheritance(void** state) {
  static const char* const rows[] = {
      "O:$D:(A;;FA;;;$)(A;OICIIO;FR;;;WD)",
      "O:$D:(A;;FA;;;$)(A;OIIO;FR;;;" OTHER ")",
  };

  (void) state;
  expect_private(rows, ROWS(rows), 0);
}

static void a_refusal_lets_nobody_in(void** state) {
  static const char* const rows[] = {
      "O:$D:(D;;FA;;;WD)(A;;FA;;;$)",
      "O:$D:(D;;FA;;;" OTHER ")(A;;FA;;;$)",
  };

  (void) state;
  expect_private(rows, ROWS(rows), 1);
}

/* Other kinds look alike up to a point, and say more. */
static void a_grant_of_another_kind_is_not_trusted(void** state) {
  static const BYTE kinds[] = {ACCESS_ALLOWED_COMPOUND_ACE_TYPE,
                               ACCESS_ALLOWED_OBJECT_ACE_TYPE,
                               ACCESS_ALLOWED_CALLBACK_ACE_TYPE};
  PSECURITY_DESCRIPTOR security;
  BOOL defaulted;
  user_t user;
  BOOL there;
  PACL dacl;
  void* entry;
  size_t i;

  (void) state;
  assert_int_equal(find_user(&user), 0);
  security = descriptor("D:(A;;FA;;;$)");
  assert_true(GetSecurityDescriptorDacl(security, &there, &dacl, &defaulted));
  assert_true(GetAce(dacl, 0, &entry));
  assert_true(is_harmless(entry, &user));
  for (i = 0; i < ROWS(kinds); i++) {
    ((ACE_HEADER*) entry)->AceType = kinds[i];
    assert_false(is_harmless(entry, &user));
  }
  LocalFree(security);
}

static void a_folder_of_somebody_else_is_not_ours(void** state) {
  static const char* const rows[] = {
      "O:" OTHER "D:(A;;FA;;;$)",
      "O:BUD:(A;;FA;;;$)",
  };

  (void) state;
  expect_private(rows, ROWS(rows), 0);
}

static void a_folder_without_rights_is_everybodys(void** state) {
  user_t user;

  (void) state;
  assert_int_equal(find_user(&user), 0);
  assert_false(is_private(user.user.User.Sid, NULL, &user));
}

static void a_folder_without_an_owner_is_not_ours(void** state) {
  user_t user;
  ACL dacl;

  (void) state;
  assert_int_equal(find_user(&user), 0);
  assert_true(InitializeAcl(&dacl, sizeof(dacl), ACL_REVISION));
  assert_true(is_private(user.user.User.Sid, &dacl, &user));
  assert_false(is_private(NULL, &dacl, &user));
}

/* --- On disk */

static void make_with(const char* path, const char* text) {
  SECURITY_ATTRIBUTES attributes;

  attributes.nLength = sizeof(attributes);
  attributes.bInheritHandle = FALSE;
  attributes.lpSecurityDescriptor = descriptor(text);
  assert_true(CreateDirectoryA(path, &attributes));
  LocalFree(attributes.lpSecurityDescriptor);
}

static int is_there(const char* path) {
  return GetFileAttributesA(path) != INVALID_FILE_ATTRIBUTES;
}

static void a_missing_folder_is_enoent_or_made(void** state) {
  char path[ENDPOINT_ROOM];

  (void) state;
  endpoint_path("made", path);
  assert_int_equal(real_check(path, 0), UV_ENOENT);
  assert_false(is_there(path));
  assert_int_equal(real_check(path, 1), 0);
  assert_true(is_there(path));
  assert_int_equal(real_check(path, 0), 0);
  assert_int_equal(real_check(path, 1), 0);
}

static void a_folder_in_one_that_was_made_is_made_so_too(void** state) {
  char path[ENDPOINT_ROOM];

  (void) state;
  assert_int_equal(real_check(endpoint_path("a", path), 1), 0);
  assert_int_equal(real_check(endpoint_path("a\\b", path), 1), 0);
  assert_int_equal(real_check(path, 0), 0);
}

static void only_the_last_folder_is_made(void** state) {
  char path[ENDPOINT_ROOM];

  (void) state;
  assert_int_equal(real_check(endpoint_path("x\\y", path), 1), UV_ENOENT);
  assert_false(is_there(endpoint_path("x", path)));
}

static void a_folder_in_another_alphabet_is_made(void** state) {
  char path[ENDPOINT_ROOM];

  (void) state;
  assert_int_equal(
      real_check(endpoint_path("\xc3\xa9\xd0\xb6\xe4\xb8\xad", path), 1), 0);
  assert_int_equal(endpoint_count_files(endpoint_path("", path)), 1);
}

static void a_folder_open_to_others_is_refused(void** state) {
  char path[ENDPOINT_ROOM];

  (void) state;
  make_with(endpoint_path("open", path), "D:P(A;OICI;FA;;;$)(A;OICI;FR;;;WD)");
  assert_int_equal(real_check(path, 0), UV_EACCES);
  assert_int_equal(real_check(path, 1), UV_EACCES);
}

static void a_folder_that_somebody_made_private_will_do(void** state) {
  char path[ENDPOINT_ROOM];

  (void) state;
  make_with(endpoint_path("closed", path), "D:P(A;OICI;FA;;;$)");
  assert_int_equal(real_check(path, 0), 0);
}

/* Made between a look and the next, by another process of this user. */
static void a_folder_that_comes_just_then_will_do(void** state) {
  WCHAR wide[HVUV__WIDE_ROOM];
  char path[ENDPOINT_ROOM];
  user_t user;

  (void) state;
  assert_int_equal(find_user(&user), 0);
  assert_int_equal(hvuv__file_wide(endpoint_path("twice", path), wide), 0);
  assert_int_equal(make(wide, &user), 0);
  assert_int_equal(make(wide, &user), 0);
}

static void a_file_is_refused(void** state) {
  SECURITY_ATTRIBUTES attributes;
  char path[ENDPOINT_ROOM];
  HANDLE file;

  (void) state;
  attributes.nLength = sizeof(attributes);
  attributes.bInheritHandle = FALSE;
  attributes.lpSecurityDescriptor = descriptor("D:P(A;;FA;;;$)");
  file = CreateFileA(endpoint_path("file", path),
                     GENERIC_WRITE,
                     0,
                     &attributes,
                     CREATE_NEW,
                     FILE_ATTRIBUTE_NORMAL,
                     NULL);
  LocalFree(attributes.lpSecurityDescriptor);
  assert_true(file != INVALID_HANDLE_VALUE);
  CloseHandle(file);
  assert_int_equal(real_check(path, 0), UV_EACCES);
  assert_int_equal(real_check(path, 1), UV_EACCES);
}

static void a_link_is_refused(void** state) {
  char target[ENDPOINT_ROOM];
  char path[ENDPOINT_ROOM];
  uv_fs_t req;
  int err;

  (void) state;
  assert_int_equal(real_check(endpoint_path("target", target), 1), 0);
  err = uv_fs_symlink(NULL,
                      &req,
                      target,
                      endpoint_path("link", path),
                      UV_FS_SYMLINK_JUNCTION,
                      NULL);
  uv_fs_req_cleanup(&req);
  if (err != 0) {
    print_message("No junctions here (%s); Windows has them on NTFS\n",
                  uv_err_name(err));
    skip();
  }
  assert_int_equal(real_check(path, 0), UV_EACCES);
  assert_int_equal(real_check(path, 1), UV_EACCES);
}

static void a_path_that_is_no_text_is_told(void** state) {
  char path[2 * HVUV__PATH_ROOM];

  (void) state;
  assert_int_equal(real_check("C:\\\xff", 1), UV_ECHARSET);
  memset(path, 'x', sizeof(path) - 1);
  path[sizeof(path) - 1] = '\0';
  assert_int_equal(real_check(path, 1), UV_ENAMETOOLONG);
}

#define DISK(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(those_who_reach_all_anyway_may_be_let_in),
      cmocka_unit_test(the_owner_may_be_meant_by_another_name),
      cmocka_unit_test(nobody_else_may_be_let_in),
      cmocka_unit_test(nobody_else_may_be_let_in_by_inheritance),
      cmocka_unit_test(a_refusal_lets_nobody_in),
      cmocka_unit_test(a_grant_of_another_kind_is_not_trusted),
      cmocka_unit_test(a_folder_of_somebody_else_is_not_ours),
      cmocka_unit_test(a_folder_without_rights_is_everybodys),
      cmocka_unit_test(a_folder_without_an_owner_is_not_ours),
      DISK(a_missing_folder_is_enoent_or_made),
      DISK(a_folder_in_one_that_was_made_is_made_so_too),
      DISK(only_the_last_folder_is_made),
      DISK(a_folder_in_another_alphabet_is_made),
      DISK(a_folder_open_to_others_is_refused),
      DISK(a_folder_that_somebody_made_private_will_do),
      DISK(a_folder_that_comes_just_then_will_do),
      DISK(a_file_is_refused),
      DISK(a_link_is_refused),
      DISK(a_path_that_is_no_text_is_told),
  };

  return cmocka_run_group_tests_name("folders on Windows", tests, NULL, NULL);
}
