/* The command line of hvsock_vm, as it is read. What is wrong goes to standard error. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "program/options.h"

#define ARGUMENTS 24

static vm_options_t options;
static int code;

/* Reads a line of words with single blanks between; returns what vm_options_read()
 * does. */
static int read_line(const char* line) {
  static char text[256];
  char* argv[ARGUMENTS + 1] = {NULL};
  char* word;
  int argc = 0;

  assert_true(strlen(line) < sizeof(text));
  strcpy(text, line);
  for (word = strtok(text, " "); word != NULL; word = strtok(NULL, " ")) {
    assert_true(argc < ARGUMENTS);
    argv[argc++] = word;
  }
  code = -1;
  return vm_options_read(&options, argc, argv, &code);
}

static void three_files_are_enough(void** state) {
  (void) state;
  assert_true(read_line("vmlinuz initrd /tmp/vm"));
  assert_string_equal(options.kernel, "vmlinuz");
  assert_string_equal(options.initrd, "initrd");
  assert_string_equal(options.bus.path, "/tmp/vm");
  assert_true(options.ram_bytes == 512ull << 20);
  assert_int_equal(options.deadline_ms, 120000);
  assert_non_null(strstr(options.command_line, "console=ttyS0"));
  assert_int_equal(options.bus.version_max, 0);
  assert_false(options.is_probe);
}

static void each_option_is_read(void** state) {
  (void) state;
  assert_true(read_line("-m 1024 -w 7 -v --control c --second-console s "
                        "--vmbus 4.1 --packet 2048 --signal-always k i p"));
  assert_true(options.ram_bytes == 1024ull << 20);
  assert_int_equal(options.deadline_ms, 7000);
  assert_string_equal(options.control, "c");
  assert_string_equal(options.second_console, "s");
  assert_int_equal(options.bus.version_max, 0x40001);
  assert_int_equal(options.bus.packet_bytes, 2048);
  assert_true(options.bus.is_verbose && options.bus.signals_always);
}

static void each_fault_is_read(void** state) {
  (void) state;
  assert_true(read_line("--fault-fin --fault-rescind --fault-drop 3 "
                        "--fault-miss 5 k i p"));
  assert_true(options.bus.faults.has_wrong_fin);
  assert_true(options.bus.faults.rescinds_for_fin);
  assert_int_equal(options.bus.faults.drops_signal, 3);
  assert_int_equal(options.bus.faults.misses_signal, 5);
}

static void what_is_appended_goes_behind_the_kernels_line(void** state) {
  const char* end;

  (void) state;
  assert_true(read_line("-a one -a two k i p"));
  end = strstr(options.command_line, " one two");
  assert_non_null(end);
  assert_string_equal(end, " one two");
}

/* The kernel takes 2,047 bytes. */
static void a_line_that_is_too_long_is_refused(void** state) {
  static char much[2048];
  static char rest[][3] = {"-a", "k", "i", "p"};
  char* argv[] = {rest[0], much, rest[1], rest[2], rest[3], NULL};

  (void) state;
  memset(much, 'x', sizeof(much) - 1);
  assert_false(vm_options_read(&options, 5, argv, &code));
  assert_int_equal(code, 2);
}

static void a_probe_needs_no_files(void** state) {
  (void) state;
  assert_true(read_line("--probe"));
  assert_true(options.is_probe);
  assert_false(read_line("--probe k i p"));
  assert_int_equal(code, 2);
}

static void what_is_wrong_is_refused(void** state) {
  static const char* const lines[] = {"k i",
                                      "k i p more",
                                      "--vmbus 6.0 k i p",
                                      "--vmbus 3.0 k i p",
                                      "--packet 0 k i p",
                                      "--packet 16385 k i p",
                                      "-m 127 k i p",
                                      "-m 3073 k i p",
                                      "-w 0 k i p",
                                      "--fault-drop 0 k i p",
                                      "--fault-miss x k i p",
                                      "--fault k i p"};
  size_t i;

  (void) state;
  for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
    assert_false(read_line(lines[i]));
    assert_int_equal(code, 2);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(three_files_are_enough),
      cmocka_unit_test(each_option_is_read),
      cmocka_unit_test(each_fault_is_read),
      cmocka_unit_test(what_is_appended_goes_behind_the_kernels_line),
      cmocka_unit_test(a_line_that_is_too_long_is_refused),
      cmocka_unit_test(a_probe_needs_no_files),
      cmocka_unit_test(what_is_wrong_is_refused),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
