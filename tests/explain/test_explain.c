/* hvuv_explain(): for each known pair of error and family the words that a
 * person needs, on systems that are made up; then on this one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <uv.h>

#include "explain/explain_text.h"
#include "hvuv.h"

#define VM_ID "cdee5c88-c5a5-4cc8-9d2d-c15816a01349"

static const hvuv__facts_t bare = {
    .own_cid = HVUV_CID_ANY, .folder = "/f", .partition = "the host"};
static const hvuv__facts_t with_loopback = {
    .has_loopback = 1, .own_cid = 1, .folder = "/f", .partition = "the host"};
static const hvuv__facts_t guest = {
    .has_guest = 1, .own_cid = 7, .folder = "/f", .partition = VM_ID};
static const hvuv__facts_t hyperv_guest = {.has_guest = 1,
                                           .own_cid = HVUV_CID_ANY,
                                           .folder = "/f",
                                           .partition = "the host"};
static const hvuv__facts_t host = {.has_loopback = 1,
                                   .has_host = 1,
                                   .own_cid = 2,
                                   .folder = "/f",
                                   .partition = "the host"};
static const hvuv__facts_t no_folder = {.own_cid = HVUV_CID_ANY,
                                        .at_path = HVUV__AT_NO_FOLDER,
                                        .folder = "/f",
                                        .folder_error = UV_ENOENT,
                                        .partition = "the host"};
static const hvuv__facts_t no_path = {.own_cid = HVUV_CID_ANY,
                                      .at_path = HVUV__AT_NOTHING,
                                      .folder = "/f",
                                      .folder_error = UV_EACCES,
                                      .partition = "the host"};
static const hvuv__facts_t a_socket = {.own_cid = HVUV_CID_ANY,
                                       .at_path = HVUV__AT_SOCKET,
                                       .folder = "/f",
                                       .partition = "the host"};
static const hvuv__facts_t a_file = {.own_cid = HVUV_CID_ANY,
                                     .at_path = HVUV__AT_OTHER,
                                     .folder = "/f",
                                     .partition = "unknown",
                                     .partition_error = UV_EINVAL};
static const hvuv__facts_t windows = {.is_windows = 1,
                                      .own_cid = HVUV_CID_ANY,
                                      .folder = "/f",
                                      .partition = "the host"};

typedef struct row_s {
  const hvuv__facts_t* facts;
  const char* addr;
  int status;
  const char* says;
} row_t;

static const row_t rows[] = {
    /* A machine without vsock, or without what the address needs */
    {&bare, "vsock://2:5", UV_EAFNOSUPPORT, "modprobe vsock"},
    {&bare, "hyperv://parent/5", UV_EAFNOSUPPORT, "modprobe vsock"},
    {&bare, "vsock://2:5", UV_ENOTSUP, "modprobe vsock"},
    {&bare, "vsock://local:5", UV_EADDRNOTAVAIL, "modprobe vsock_loopback"},
    {&bare, "vsock://local:5", UV_ETIMEDOUT, "modprobe vsock_loopback"},
    {&bare, "hyperv://loopback/5", UV_ENODEV, "modprobe vsock_loopback"},
    {&guest, "vsock://7:5", UV_ENODEV, "modprobe vsock_loopback"},
    {&bare, "vsock://2:5", UV_ENODEV, "this is not a VM"},
    {&bare, "vsock://9:5", UV_ETIMEDOUT, "this is not a VM"},
    {&bare, "hyperv://parent/5", UV_ENETUNREACH, "this is not a VM"},
    {&guest, "vsock://9:5", UV_EADDRNOTAVAIL, "its own CID, 7"},
    {&with_loopback, "vsock://9:5", UV_ENODEV, "no vhost_vsock"},
    {&guest, "vsock://9:5", UV_ETIMEDOUT, "reaches only its host"},
    {&hyperv_guest, "vsock://9:5", UV_ENETUNREACH, "reaches only its host"},
    {&hyperv_guest, "vsock://0:5", UV_ENETUNREACH, "only its host, CID 2"},

    /* Nobody answers, or nobody listens */
    {&hyperv_guest, "hyperv://parent/5", UV_ETIMEDOUT, "listens there on 5"},
    {&guest, "vsock://host:5", UV_ETIMEDOUT, "The host did not answer"},
    {&host, "vsock://9:5", UV_ETIMEDOUT, "No VM with this CID"},
    {&host, "vsock://9:5", UV_ENODEV, "No VM with this CID"},
    {&with_loopback, "vsock://local:5", UV_ECONNRESET, "listens on port 5"},
    {&guest, "vsock://host:5", UV_ECONNREFUSED, "listens on port 5"},

    /* What may not be */
    {&guest, "vsock://any:80", UV_EACCES, "below 1024"},
    {&guest, "vsock://any:8080", UV_EACCES, "security module"},
    {&guest, "vsock://any:8080", UV_EADDRINUSE, "on port 8080 already"},
    {&guest, "vsock://host:any", UV_EINVAL, "for binding only"},
    {&guest, "hyperv://parent/" VM_ID, UV_EINVAL, "0 to 0x7fffffff"},
    {&guest, "hyperv://" VM_ID "/5", UV_EADDRNOTAVAIL, "by their CIDs"},
    {&guest, "vsock://host:5", UV_EIO, "update the kernel"},
    {&guest, "vsock://7:5", UV_EPROTO, "protocol of vsock"},

    /* Windows */
    {&windows, "hyperv://any/5", UV_EAFNOSUPPORT, "Hyper-V"},
    {&windows, "hyperv://any/5", UV_ENETDOWN, "Turn the feature on"},
    {&windows, "hyperv://any/5", UV_EACCES, "5 is not registered on the host"},
    {&windows, "hyperv://" VM_ID "/5", UV_EADDRNOTAVAIL, "wslinfo --vm-id"},
    {&windows, "hyperv://" VM_ID "/5", UV_ENETUNREACH, "Start the VM"},
    {&windows, "hyperv://" VM_ID "/5", UV_ETIMEDOUT, "did not answer"},
    {&windows, "hyperv://loopback/5", UV_ECONNREFUSED, "listens on 5"},
    {&windows, "vsock://host:5", UV_EACCES, "5 is not registered on the host"},
    {&windows, "vsock://any:5", UV_EPERM, "hv_services register 5 NAME"},
    {&windows, "vsock://7:5", UV_EADDRNOTAVAIL, "hyperv://VM/5"},
    {&windows, "vsock://any:5", UV_EADDRNOTAVAIL, "an address to listen at"},
    {&windows, "hyperv://any/5", UV_EADDRNOTAVAIL, "an address to listen at"},
    {&windows, "hyperv://children/5", UV_EADDRNOTAVAIL, "to listen at"},
    {&windows, "hyperv://parent/5", UV_EADDRNOTAVAIL, "has no parent"},
    {&windows, "vsock://host:5", UV_ENETUNREACH, "has no parent"},
    {&windows, "hyperv://parent/5", UV_ECONNRESET, "stopped, restarted or"},
    {&windows, "hyperv://parent/5", UV_ECONNABORTED, "Connect again"},
    {&windows, "hyperv://any/5", UV_EADDRINUSE, "listens on 5 for the same"},
    {&windows, "hyperv://parent/5", UV_ENOPROTOOPT, "high VTL"},
    {&windows, "hyperv://any/5", UV_EINVAL, "ports end at 0x7fffffff"},
    {&windows, "hyperv://any/5", UV_ENOTSUP, "this build of hvuv"},
    {&windows, "local://loopback/5", UV_ECONNREFUSED, "which is the host"},
    {&windows, "local://loopback/5", UV_EAFNOSUPPORT, "version 1803"},
    {&windows, "hybrid:///a/v.sock:52", UV_EAFNOSUPPORT, "version 1803"},
    {&windows, "local://loopback/5", UV_EPERM, "SYSTEM and Administrators"},
    {&windows, "hybrid:///a/v.sock:52", UV_EACCES, "permissions of its folder"},

    /* hybrid */
    {&bare, "hybrid:///a/v.sock:52", UV_ENOENT, "There is no /a/v.sock"},
    {&bare, "hybrid:///a/v.sock:52", UV_ECONNREFUSED, "listens on 52"},
    {&bare, "hybrid:///a/v.sock:" VM_ID, UV_ECONNREFUSED, "listens on " VM_ID},
    {&bare, "hybrid:///a/v.sock:52", UV_ETIMEDOUT, "hypervisor did not answer"},
    {&bare, "hybrid:///a/v.sock:52", UV_EPROTO, "not 'OK'"},
    {&bare, "hybrid:///a/v.sock:52", UV_EACCES, "may not use /a/v.sock"},
    {&bare, "hybrid:///a/v.sock:52", UV_ENAMETOOLONG, "shorter path"},
    {&bare, "hybrid:///a/v.sock:52", UV_EADDRINUSE, "A live server listens"},
    {&bare, "hybrid:///a/v.sock:52", UV_EEXIST, "Remove it"},
    {&bare, "hybrid:///a/v.sock:52", UV_ECONNRESET, "bytes unread"},
    {&no_folder, "hybrid:///a/v:52", UV_ENOENT, "The folder of /a/v is not"},
    {&no_path, "hybrid:///a/v:52", UV_ENOENT, "Start the hypervisor first"},
    {&a_socket, "hybrid:///a/v:52", UV_ENOENT, "there is now"},
    {&a_file, "hybrid:///a/v:52", UV_ECONNREFUSED, "/a/v is no stream socket"},
    {&a_file, "hybrid:///a/v:52", UV_EPROTOTYPE, "/a/v is no stream socket"},
    {&no_path, "hybrid:///a/v:52", UV_ECONNREFUSED, "no /a/v any more"},
    {&a_socket, "hybrid:///a/v:52", UV_ECONNREFUSED, "listens on 52"},
    {&bare, "hybrid:///a/v:52", UV_EACCES, "/a/v_52.lock, to be removed"},
    {&bare, "hybrid:///a/v:52", UV_EEXIST, "at /a/v_52, where"},
    {&bare, "hybrid:///a/v:52", UV_ELOOP, "/a/v_52.lock"},
    {&bare, "hybrid:///a/v:52", UV_EPROTO, "sent what is no message"},
    {&bare, "hybrid:///a/v:52", UV_ETIMEDOUT, "silent for too long"},
    {&bare, "hybrid:///a/v:52", UV_EOF, "without half-close"},
    {&bare, "hybrid:///a/v:52", UV_EPIPE, "ended both directions"},
    {&bare, "hybrid:///a%20b/v:52", UV_EADDRINUSE, "hybrid:///a%20b/v:52"},
    {&bare, "hybrid:///a%20b/v:52", UV_ENOENT, "no /a b/v."},

    /* local */
    {&bare, "local://loopback/5", UV_ECONNREFUSED, "which is the host, in /f"},
    {&guest, "local://parent/5", UV_ECONNREFUSED, "which is " VM_ID ", in /f"},
    {&bare, "local://loopback/5", UV_EACCES, "/f must be yours alone"},
    {&bare, "local://loopback/5", UV_ENOENT, "/f cannot be made"},
    {&bare, "local://parent/5", UV_EADDRNOTAVAIL, "the host has no parent"},
    {&bare, "local://parent/5", UV_EINVAL, "HVUV_LOCAL_VM"},
    {&bare, "local://loopback/5", UV_ENAMETOOLONG, "to a shorter one"},
    {&bare, "local://loopback/5", UV_EADDRINUSE, "local://loopback/5 already"},
    {&bare, "local://loopback/5", UV_EEXIST, "Remove it"},
    {&bare, "local://loopback/5", UV_ETIMEDOUT, "took no new connection"},
    {&bare, "local://loopback/5", UV_ETIMEDOUT, "silent for too long"},
    {&no_folder, "local://loopback/5", UV_ECONNREFUSED, "/f is not there"},
    {&no_folder, "local://loopback/5", UV_EACCES, "may not write to the one"},
    {&no_path, "local://loopback/5", UV_EACCES, "chmod 700"},
    {&a_file, "local://loopback/5", UV_EINVAL, "to what is no VM id"},
    {&bare, "local://loopback/5", UV_ENOTSUP, "has no locks"},
    {&bare, "hybrid:///a:5", UV_ENOTSUP, "has no locks"},
    {&bare, "local://loopback/5", UV_EROFS, "cannot be written to"},
    {&bare, "local://loopback/5", UV_ELOOP, "a link in /f"},

    /* The same everywhere */
    {&bare, "local://loopback/5", 0, "went well"},
    {&guest, "vsock://host:5", UV_EOF, "finished sending"},
    {&guest, "vsock://host:5", UV_ECANCELED, "was closed"},
    {&bare, "local://loopback/5", UV_EPIPE, "shut down here"},
    {&bare, "hybrid:///a:5", UV_ENOTCONN, "shut down here"},
    {&guest, "vsock://any:5", UV_EMFILE, "ulimit -n"},
    {&windows, "hyperv://any/5", UV_EMFILE, "socket or handle left"},
    {&windows, "local://any/5", UV_EMFILE, "socket or handle left"},
    {&bare, "local://any/5", UV_ENFILE, "ulimit -n"},
    {&bare, "local://any/5", UV_ENOMEM, "memory"},
    {&bare, "local://any/5", UV_EMSGSIZE, "larger than the limit"},
    {&guest, "vsock://host:5", UV_EMSGSIZE, "larger than the limit"},
    {&bare, "local://any/5", UV_EPROTO, "what is no message"},
    {&bare, "local://any/5", UV_EOF, "the rest never came"},
    {&bare, "local://any/5", UV_ENOBUFS, "queued to be sent"},
    {&bare, "local://any/5", UV_EALREADY, "under way already"},
    {&bare, "local://any/5", UV_EBUSY, "has a socket already"},
    {&bare, "local://any/5", UV_EBADF, "no open socket"},
    {&bare, "local://any/5", UV_ENOTSOCK, "is not a socket"},
    {&windows, "hyperv://any/5", UV_ETIMEDOUT, "silent for too long"},
    {&bare, "local://any/5", UV_ENXIO, "the system's own answer"},
};

static void parse(const char* text, hvuv_addr_t* addr) {
  if (hvuv_addr_parse(text, addr) != 0)
    fail_msg("not an address: %s", text);
}

static void each_known_error_is_explained(void** state) {
  char text[HVUV_EXPLAIN_STRLEN];
  hvuv_addr_t addr;
  size_t i;

  (void) state;
  for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    parse(rows[i].addr, &addr);
    assert_int_equal(
        hvuv__explain_with(
            rows[i].facts, &addr, rows[i].status, text, sizeof(text)),
        0);
    if (strstr(text, rows[i].says) == NULL || strchr(text, '$') != NULL)
      fail_msg("%s, %s: \"%s\" does not say \"%s\"",
               rows[i].addr,
               rows[i].status == 0 ? "0" : uv_err_name(rows[i].status),
               text,
               rows[i].says);
  }
}

/* Below libuv's last code: errno on Unix, a range of its own on Windows. */
#define LAST_STATUS (-4100)

/* Every error of libuv, so also those that no row above names. */
static void every_explanation_fits_and_ends(void** state) {
  static const char* const addrs[] = {"vsock://4294967294:4294967294",
                                      "hyperv://" VM_ID "/" VM_ID,
                                      "local://" VM_ID "/" VM_ID};
  static const hvuv__facts_t* const systems[] = {
      &bare, &with_loopback, &guest, &hyperv_guest, &host, &windows};
  char text[HVUV_EXPLAIN_STRLEN];
  hvuv_addr_t addr;
  int status;
  size_t i;

  (void) state;
  for (i = 0; i < 18; i++) {
    parse(addrs[i / 6], &addr);
    for (status = 0; status > LAST_STATUS; status--) {
      assert_int_equal(
          hvuv__explain_with(systems[i % 6], &addr, status, text, sizeof(text)),
          0);
      assert_non_null(strchr(".?)", text[strlen(text) - 1]));
      assert_null(strchr(text, '$'));
    }
  }
}

static void the_longest_path_and_folder_fit(void** state) {
  char text[HVUV_EXPLAIN_STRLEN];
  char path[HVUV_PATH_SIZE];
  char folder[257];
  hvuv__facts_t facts = bare;
  hvuv_guid_t service;
  hvuv_addr_t addr;
  int status;

  (void) state;
  memset(path, ' ', sizeof(path) - 1); /* "%20" each, in an address */
  path[sizeof(path) - 1] = '\0';
  memset(folder, 'f', sizeof(folder) - 1);
  folder[sizeof(folder) - 1] = '\0';
  facts.folder = folder;
  facts.partition = VM_ID;
  assert_int_equal(hvuv_guid_parse(VM_ID, &service), 0);

  for (status = 0; status > LAST_STATUS; status--) {
    hvuv_addr_hybrid(&addr, path, &service);
    assert_int_equal(
        hvuv__explain_with(&facts, &addr, status, text, sizeof(text)), 0);
    hvuv_addr_local(&addr, &service, &service);
    assert_int_equal(
        hvuv__explain_with(&facts, &addr, status, text, sizeof(text)), 0);
  }
}

static void the_number_of_the_system_is_told_where_it_is_known(void** state) {
  char text[HVUV_EXPLAIN_STRLEN];
  hvuv__facts_t facts = windows;
  hvuv_addr_t addr;

  (void) state;
  parse("hyperv://any/5", &addr);
  hvuv__explain_with(&facts, &addr, UV_EACCES, text, sizeof(text));
  assert_null(strstr(text, "last number"));

  facts.original = 10013;
  hvuv__explain_with(&facts, &addr, UV_EACCES, text, sizeof(text));
  assert_non_null(strstr(text, "not registered on the host"));
  assert_non_null(strstr(text, "(Windows' last number for that was 10013.)"));
}

static void a_text_that_does_not_fit_is_cut(void** state) {
  char whole[HVUV_EXPLAIN_STRLEN];
  char* part;
  hvuv_addr_t addr;
  size_t size;
  int err;

  (void) state;
  parse("local://loopback/5", &addr);
  assert_int_equal(
      hvuv__explain_with(&bare, &addr, UV_EADDRINUSE, whole, sizeof(whole)), 0);
  for (size = 1; size <= strlen(whole) + 1; size++) {
    part = malloc(size); /* Just so large, for a sanitizer to see. */
    assert_non_null(part);
    err = hvuv__explain_with(&bare, &addr, UV_EADDRINUSE, part, size);
    assert_int_equal(err, size <= strlen(whole) ? UV_ENOBUFS : 0);
    assert_int_equal(strlen(part), size - 1);
    assert_memory_equal(part, whole, size - 1);
    free(part);
  }
}

static void this_system_is_explained(void** state) {
  char text[HVUV_EXPLAIN_STRLEN];
  hvuv_addr_t addr;

  (void) state;
  parse("vsock://local:5", &addr);
  assert_int_equal(hvuv_explain(&addr, UV_EADDRINUSE, text, sizeof(text)), 0);
  assert_non_null(strstr(text, "Somebody listens on "));
  parse("local://loopback/5", &addr);
  assert_int_equal(hvuv_explain(&addr, UV_ECONNREFUSED, text, sizeof(text)), 0);
  assert_non_null(strstr(text, "obody listens "));
}

/* Of the two folders one has a character across any byte. */
static void a_long_folder_is_cut_between_characters(void** state) {
  static const char* const starts[] = {"/", "/x"};
  char text[HVUV_EXPLAIN_STRLEN];
  char folder[601];
  hvuv_addr_t addr;
  const char* at;
  size_t i;
  size_t n;

  (void) state;
  parse("local://loopback/5", &addr);
  for (i = 0; i < 2; i++) {
    n = strlen(starts[i]);
    memcpy(folder, starts[i], n);
    for (; n + 2 < sizeof(folder); n += 2)
      memcpy(folder + n, "\xc3\xa9", 2);
    folder[n] = '\0';
    assert_int_equal(uv_os_setenv("HVUV_LOCAL_DIR", folder), 0);
    assert_int_equal(hvuv_explain(&addr, UV_EACCES, text, sizeof(text)), 0);
    at = strrchr(text, '\xa9');
    assert_non_null(at);
    assert_int_not_equal(at[1], '\xc3');
  }
  uv_os_unsetenv("HVUV_LOCAL_DIR");
}

static void mistakes_get_a_code_and_no_text(void** state) {
  char text[HVUV_EXPLAIN_STRLEN] = "untouched";
  hvuv_addr_t none;
  hvuv_addr_t addr;

  (void) state;
  memset(&none, 0, sizeof(none));
  parse("local://loopback/5", &addr);
  assert_int_equal(hvuv_explain(NULL, UV_EIO, text, sizeof(text)), UV_EINVAL);
  assert_int_equal(hvuv_explain(&none, UV_EIO, text, sizeof(text)), UV_EINVAL);
  assert_int_equal(hvuv_explain(&addr, UV_EIO, text, 0), UV_EINVAL);
  assert_int_equal(hvuv_explain(&addr, UV_EIO, NULL, 10), UV_EINVAL);
  assert_string_equal(text, "untouched");
}

static void the_local_cid_is_told_or_why_not(void** state) {
  uint32_t cid = 77;
  int err;

  (void) state;
  assert_int_equal(hvuv_local_cid(NULL), UV_EINVAL);
  err = hvuv_local_cid(&cid);
  if (err == 0)
    assert_int_not_equal(cid, 77);
  else
    assert_int_equal(cid, 77);
  /* UV_ENOSYS is qemu-user's, which passes on no ioctl of vsock. */
  if (err != 0 && err != UV_ENOENT && err != UV_EACCES && err != UV_ENOTSUP &&
      err != UV_ENOSYS)
    fail_msg("%s is no answer", uv_err_name(err));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_known_error_is_explained),
      cmocka_unit_test(every_explanation_fits_and_ends),
      cmocka_unit_test(the_longest_path_and_folder_fit),
      cmocka_unit_test(the_number_of_the_system_is_told_where_it_is_known),
      cmocka_unit_test(a_text_that_does_not_fit_is_cut),
      cmocka_unit_test(this_system_is_explained),
      cmocka_unit_test(a_long_folder_is_cut_between_characters),
      cmocka_unit_test(mistakes_get_a_code_and_no_text),
      cmocka_unit_test(the_local_cid_is_told_or_why_not),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
