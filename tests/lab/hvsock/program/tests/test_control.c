/* Commands by a FIFO: lines, in whatever pieces they come. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <unistd.h>
#include <uv.h>

#include "program/control.h"
#include "support/loop.h"

#define LINES 8

static uv_loop_t* loop;
static control_t control;
static char folder[] = "/tmp/hvsock_control_XXXXXX";
static char path[64];
static char lines[LINES][CONTROL_LINE_BYTES];
static int line_count, wanted, has_all;

static void on_line(void* context, const char* line) {
  if (context == &control && line_count < LINES)
    strcpy(lines[line_count++], line);
  has_all = line_count == wanted;
}

static int up(void** state) {
  (void) state;
  line_count = wanted = has_all = 0;
  strcpy(folder, "/tmp/hvsock_control_XXXXXX");
  if (mkdtemp(folder) == NULL)
    return -1;
  snprintf(path, sizeof(path), "%s/fifo", folder);
  loop = loop_open();
  return 0;
}

static int down(void** state) {
  (void) state;
  loop_close(loop);
  unlink(path);
  return rmdir(folder);
}

/* As a shell does it: opens, writes, closes. */
static void say(const char* text) {
  int fd = open(path, O_WRONLY | O_CLOEXEC);

  assert_true(fd >= 0);
  assert_int_equal(write(fd, text, strlen(text)), strlen(text));
  close(fd);
}

static void await_lines(int count) {
  wanted = count;
  has_all = line_count == wanted;
  loop_run_until(loop, &has_all);
}

static void lines_come_whole_whoever_wrote_the_pieces(void** state) {
  (void) state;
  assert_int_equal(control_open(&control, loop, path, on_line, &control), 0);
  say("stall\nres");
  say("ume\n\nstop\n");
  await_lines(4);
  assert_string_equal(lines[0], "stall");
  assert_string_equal(lines[1], "resume");
  assert_string_equal(lines[2], "");
  assert_string_equal(lines[3], "stop");
  control_close(&control);
  loop_run_out(loop);
}

static void a_line_that_is_too_long_is_cut_and_the_next_is_whole(void** state) {
  char much[200];

  (void) state;
  assert_int_equal(control_open(&control, loop, path, on_line, &control), 0);
  memset(much, 'x', sizeof(much) - 1);
  much[sizeof(much) - 1] = '\0';
  say(much);
  say("\nstop\n");
  await_lines(2);
  assert_int_equal(strlen(lines[0]), CONTROL_LINE_BYTES - 1);
  assert_string_equal(lines[1], "stop");
  control_close(&control);
  loop_run_out(loop);
}

static void a_folder_that_is_not_there_is_reported(void** state) {
  (void) state;
  assert_int_equal(
      control_open(&control, loop, "/nowhere/at/all/fifo", on_line, &control),
      UV_ENOENT);
  loop_run_out(loop);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(
          lines_come_whole_whoever_wrote_the_pieces, up, down),
      cmocka_unit_test_setup_teardown(
          a_line_that_is_too_long_is_cut_and_the_next_is_whole, up, down),
      cmocka_unit_test_setup_teardown(
          a_folder_that_is_not_there_is_reported, up, down),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
