/* The log: who is called, with what, how often. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <uv.h>

#include <cmocka.h>

#include "base/log.h"
#include "support/between.h"
#include "support/trace.h"

static hvuv__log_place_t here = HVUV__LOG_PLACE("test/here");
static hvuv__log_place_t there = HVUV__LOG_PLACE("test/there");

static char old[] = ""; /* what stands before the words of a callback */
static char fresh[] = "new:";
static int calls;
static char last[HVUV_LOG_TEXT_MAX];

static void write_down(hvuv_log_level_t level,
                       const char* where,
                       const char* text,
                       void* arg) {
  trace("%s%s/%s:%s",
        (const char*) arg,
        hvuv_log_level_name(level),
        where + 5,
        text);
}

static void count(hvuv_log_level_t level,
                  const char* where,
                  const char* text,
                  void* arg) {
  (void) level;
  (void) where;
  (void) arg;
  calls++;
  strcpy(last, text);
}

static int setup(void** state) {
  (void) state;
  trace_reset();
  calls = 0;
  hvuv_set_log_rate(0);
  return 0;
}

static int teardown(void** state) {
  (void) state;
  hvuv_set_log(HVUV_LOG_ERROR, NULL, NULL);
  hvuv_set_log_rate(20);
  return 0;
}

static void log_all(void) {
  int level;

  for (level = HVUV_LOG_ERROR; level <= HVUV_LOG_DEBUG; level++)
    if (hvuv__log_wants((hvuv_log_level_t) level))
      hvuv__log(&here, (hvuv_log_level_t) level, "%d", level);
}

static void it_is_off_at_first(void** state) {
  (void) state;
  assert_int_equal(hvuv__log_level, 0);
  assert_false(hvuv__log_wants(HVUV_LOG_ERROR));
  hvuv__log(&here, HVUV_LOG_ERROR, "to nobody");
}

static void a_level_has_those_that_matter_more(void** state) {
  (void) state;
  hvuv_set_log(HVUV_LOG_WARNING, write_down, old);
  log_all();
  assert_story("error/here:1 warning/here:2");
  hvuv_set_log(HVUV_LOG_DEBUG, write_down, old);
  log_all();
  assert_story("error/here:1 warning/here:2 info/here:3 debug/here:4");
  hvuv_set_log(HVUV_LOG_DEBUG, NULL, NULL);
  log_all();
  assert_story("");
}

static void a_level_that_is_none_is_the_nearest(void** state) {
  (void) state;
  hvuv_set_log((hvuv_log_level_t) 99, write_down, old);
  log_all();
  assert_story("error/here:1 warning/here:2 info/here:3 debug/here:4");
  hvuv_set_log((hvuv_log_level_t) 0, write_down, old);
  log_all();
  assert_story("error/here:1");
}

static void levels_have_names(void** state) {
  hvuv_log_level_t level;
  int i;

  (void) state;
  for (i = HVUV_LOG_ERROR; i <= HVUV_LOG_DEBUG; i++) {
    assert_int_equal(
        hvuv_log_level_parse(hvuv_log_level_name((hvuv_log_level_t) i), &level),
        0);
    assert_int_equal(level, i);
  }
  assert_string_equal(hvuv_log_level_name((hvuv_log_level_t) 0), "unknown");
  assert_string_equal(hvuv_log_level_name((hvuv_log_level_t) 5), "unknown");
  assert_int_equal(hvuv_log_level_parse("", &level), UV_EINVAL);
  assert_int_equal(hvuv_log_level_parse("Info", &level), UV_EINVAL);
  assert_int_equal(hvuv_log_level_parse(NULL, &level), UV_EINVAL);
}

static void an_entry_is_one_line(void** state) {
  (void) state;
  hvuv_set_log(HVUV_LOG_INFO, write_down, old);
  hvuv__log(&here, HVUV_LOG_INFO, "%s", "a\nb\r\033[2J\x7f\xc3\xa4\xc2\x9b");
  assert_story("info/here:a?b??[2J?\xc3\xa4??");
}

static void a_long_entry_is_cut(void** state) {
  char text[2000];

  (void) state;
  memset(text, 'x', sizeof(text));
  text[sizeof(text) - 1] = '\0';
  hvuv_set_log(HVUV_LOG_INFO, count, NULL);
  hvuv__log(&here, HVUV_LOG_INFO, "%s", text);
  assert_int_equal(calls, 1);
  assert_int_equal(strlen(last), HVUV_LOG_TEXT_MAX - 1);
}

/* --- How often ------------------------------------------------------------ */

#define MANY 100000000

/* 2,000 at once; then it takes a millisecond for each. Two calls for one entry
 * are the report of those that were left out, and the entry. */
static void a_flood_is_cut_and_its_size_reported(void** state) {
  int before = 0;
  int i;

  (void) state;
  hvuv_set_log_rate(1000);
  hvuv_set_log(HVUV_LOG_INFO, count, NULL);
  for (i = 0; i < MANY && calls < before + 2; i++) {
    before = calls;
    hvuv__log(&here, HVUV_LOG_INFO, "%d", i);
  }
  assert_true(i < MANY);
  assert_between(before, 2000, i - 2);
}

static void what_is_reported_is_what_was_left_out(void** state) {
  int i;

  (void) state;
  hvuv_set_log_rate(1);
  hvuv_set_log(HVUV_LOG_INFO, write_down, old);
  for (i = 0; i < 100; i++)
    hvuv__log(&here, HVUV_LOG_INFO, "%d", i);
  assert_story("info/here:0 info/here:1");
  assert_int_equal(here.left_out, 98);

  here.spent_ns = 0; /* as after a pause */
  hvuv__log(&here, HVUV_LOG_INFO, "on");
  assert_story(
      "info/here:98 entries before this one were left out info/here:on");
  here.spent_ns = 0;
  hvuv__log(&here, HVUV_LOG_INFO, "once");
  assert_story("info/here:once");
}

static void a_flood_at_one_place_hides_nothing_at_another(void** state) {
  int i;

  (void) state;
  hvuv_set_log_rate(1);
  hvuv_set_log(HVUV_LOG_INFO, write_down, old);
  for (i = 0; i < 100; i++)
    hvuv__log(&here, HVUV_LOG_INFO, "%d", i);
  hvuv__log(&there, HVUV_LOG_INFO, "seen");
  assert_story("info/here:0 info/here:1 info/there:seen");
}

static void whoever_sets_it_begins_anew(void** state) {
  int i;

  (void) state;
  hvuv_set_log_rate(1);
  for (i = 0; i < 3; i++) {
    hvuv_set_log(HVUV_LOG_INFO, write_down, old);
    hvuv__log(&here, HVUV_LOG_INFO, "a");
    hvuv__log(&here, HVUV_LOG_INFO, "b");
    hvuv__log(&here, HVUV_LOG_INFO, "c");
    assert_story("info/here:a info/here:b");
  }
}

/* --- From inside ---------------------------------------------------------- */

static void log_again(hvuv_log_level_t level,
                      const char* where,
                      const char* text,
                      void* arg) {
  write_down(level, where, text, arg);
  hvuv__log(&there, HVUV_LOG_INFO, "inside");
}

static void what_the_callback_would_log_is_left_out(void** state) {
  (void) state;
  hvuv_set_log(HVUV_LOG_INFO, log_again, old);
  hvuv__log(&here, HVUV_LOG_INFO, "a");
  assert_story("info/here:a");
}

static void take_away(hvuv_log_level_t level,
                      const char* where,
                      const char* text,
                      void* arg) {
  write_down(level, where, text, arg);
  hvuv_set_log(level, NULL, NULL);
}

static void replace(hvuv_log_level_t level,
                    const char* where,
                    const char* text,
                    void* arg) {
  write_down(level, where, text, arg);
  hvuv_set_log(level, write_down, fresh);
}

static void the_callback_may_replace_itself(void** state) {
  (void) state;
  hvuv_set_log(HVUV_LOG_WARNING, replace, old);
  hvuv__log(&here, HVUV_LOG_WARNING, "a");
  hvuv__log(&here, HVUV_LOG_WARNING, "b");
  assert_story("warning/here:a new:warning/here:b");
  hvuv_set_log(HVUV_LOG_INFO, take_away, old);
  log_all();
  assert_story("error/here:1");
  assert_int_equal(hvuv__log_level, 0);
}

/* --- From several threads -------------------------------------------------- */

#define THREADS 4
#define ENTRIES 2000

static int at_work; /* callbacks, now */
static int overlaps;
static int counted[2];

static void count_threads(hvuv_log_level_t level,
                          const char* where,
                          const char* text,
                          void* arg) {
  (void) level;
  (void) where;
  (void) text;
  overlaps += at_work++;
  ++*(int*) arg;
  at_work--;
}

static void write_many(void* arg) {
  int i;

  (void) arg;
  for (i = 0; i < ENTRIES; i++)
    if (hvuv__log_wants(HVUV_LOG_INFO))
      hvuv__log(i & 1 ? &here : &there, HVUV_LOG_INFO, "%d", i);
}

static void threads_write_one_at_a_time(void** state) {
  uv_thread_t threads[THREADS];
  int before;
  int i;

  (void) state;
  at_work = overlaps = counted[0] = counted[1] = 0;
  hvuv_set_log(HVUV_LOG_INFO, count_threads, &counted[0]);
  for (i = 0; i < THREADS; i++)
    assert_int_equal(uv_thread_create(&threads[i], write_many, NULL), 0);
  for (i = 0; i < 200; i++) {
    hvuv_set_log(HVUV_LOG_INFO, count_threads, &counted[1]);
    before = counted[0]; /* nobody counts there any more */
    hvuv_set_log(HVUV_LOG_DEBUG, count_threads, &counted[1]);
    assert_int_equal(counted[0], before);
    hvuv_set_log(HVUV_LOG_INFO, count_threads, &counted[0]);
  }
  for (i = 0; i < THREADS; i++)
    assert_int_equal(uv_thread_join(&threads[i]), 0);
  assert_int_equal(overlaps, 0);
  assert_int_equal(counted[0] + counted[1], THREADS * ENTRIES);
}

#define TEST(function)                                                         \
  cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(it_is_off_at_first),
      TEST(a_level_has_those_that_matter_more),
      TEST(a_level_that_is_none_is_the_nearest),
      TEST(levels_have_names),
      TEST(an_entry_is_one_line),
      TEST(a_long_entry_is_cut),
      TEST(a_flood_is_cut_and_its_size_reported),
      TEST(what_is_reported_is_what_was_left_out),
      TEST(a_flood_at_one_place_hides_nothing_at_another),
      TEST(whoever_sets_it_begins_anew),
      TEST(what_the_callback_would_log_is_left_out),
      TEST(the_callback_may_replace_itself),
      TEST(threads_write_one_at_a_time),
  };

  return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
