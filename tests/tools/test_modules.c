/* In which of five states a module of the kernel is, in made-up systems: what
 * hvuv doctor says of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "modules_linux.h"
#include "support/endpoint.h"

#define RELEASE "7.0.1-test"

static char root[ENDPOINT_ROOM];

/* Makes a file with its folders. */
static void put(const char* name, const char* text) {
  char path[2 * ENDPOINT_ROOM];
  char* slash;
  FILE* file;

  snprintf(path, sizeof(path), "%s/%s", root, name);
  for (slash = strchr(path + strlen(root) + 1, '/'); slash != NULL;
       slash = strchr(slash + 1, '/')) {
    *slash = '\0';
    mkdir(path, 0700);
    *slash = '/';
  }
  file = fopen(path, "w");
  assert_non_null(file);
  fputs(text, file);
  fclose(file);
}

static int setup(void** state) {
  (void) state;
  endpoint_open();
  endpoint_path("root", root);
  mkdir(root, 0700);
  put("proc/modules",
      "vsock_loopback 16384 0 - Live 0x0\n"
      "vsock 57344 3 vsock_loopback, Live 0x0\n");
  put("sys/module/vhost_vsock/parameters", "");
  put("lib/modules/" RELEASE "/modules.builtin",
      "kernel/net/unix/unix.ko\n"
      "kernel/net/vmw_vsock/vmw_vsock_vmci_transport.ko\n");
  put("lib/modules/" RELEASE "/modules.dep",
      "kernel/net/vmw_vsock/vsock.ko:\n"
      "kernel/net/vmw_vsock/hv_sock.ko.xz: kernel/net/vmw_vsock/vsock.ko.xz\n"
      "kernel/net/vmw-vsock/vmw-vsock-virtio-transport.ko.zst: x.ko\n"
      "kernel/net/other.ko: kernel/net/wanted.ko\n");
  return 0;
}

static int teardown(void** state) {
  (void) state;
  endpoint_close();
  return 0;
}

static void what_is_loaded_is_in_proc(void** state) {
  (void) state;
  assert_int_equal(find_module(root, RELEASE, "vsock"), MODULE_LOADED);
  assert_int_equal(find_module(root, RELEASE, "vsock_loopback"), MODULE_LOADED);
}

static void what_is_built_in_is_in_sys_or_on_a_list(void** state) {
  (void) state;
  assert_int_equal(find_module(root, RELEASE, "vhost_vsock"), MODULE_BUILT_IN);
  assert_int_equal(find_module(root, RELEASE, "vmw_vsock_vmci_transport"),
                   MODULE_BUILT_IN);
}

static void what_could_be_loaded_is_a_file(void** state) {
  (void) state;
  assert_int_equal(find_module(root, RELEASE, "hv_sock"), MODULE_THERE);
  assert_int_equal(find_module(root, RELEASE, "vmw_vsock_virtio_transport"),
                   MODULE_THERE);
}

static void what_is_no_file_is_absent(void** state) {
  (void) state;
  assert_int_equal(find_module(root, RELEASE, "wanted"), MODULE_ABSENT);
  assert_int_equal(find_module(root, RELEASE, "vsoc"), MODULE_ABSENT);
  assert_int_equal(find_module(root, RELEASE, "vsock_"), MODULE_ABSENT);
}

static void without_the_kernels_folder_nothing_is_known(void** state) {
  (void) state;
  assert_int_equal(find_module(root, "7.0.2", "hv_sock"), MODULE_UNKNOWN);
  assert_int_equal(find_module(root, "7.0.2", "vsock"), MODULE_LOADED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(what_is_loaded_is_in_proc),
      TEST(what_is_built_in_is_in_sys_or_on_a_list),
      TEST(what_could_be_loaded_is_a_file),
      TEST(what_is_no_file_is_absent),
      TEST(without_the_kernels_folder_nothing_is_known),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
