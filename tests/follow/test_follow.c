/* Follows by the results of lookups alone: what is reported, and how often is
 * asked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "follow_rig.h"
#include "support/alloc.h"
#include "support/loop.h"
#include "support/trace.h"

static void close_it(void) {
  rig_close();
  loop_run_out(rig_loop);
  assert_true(rig_is_closed());
}

/* --- What is reported ----------------------------------------------------- */

static void the_first_address_is_reported_from_the_loop(void** state) {
  hvuv_addr_t addr;

  (void) state;
  rig_start();
  assert_int_equal(hvuv_follow_addr(&rig_follow, &addr), UV_EAGAIN);
  assert_story("");
  rig_run(1);
  assert_story("ask at:vsock://3:5");
  assert_int_equal(hvuv_follow_addr(&rig_follow, &addr), 0);
  assert_int_equal(addr.u.vsock.cid, 3);
  close_it();
  assert_story("closed");
}

static void only_another_address_is_reported(void** state) {
  (void) state;
  rig_start();
  rig_run(1);
  rig_check(2);
  rig_at("vsock://4:5");
  rig_check(3);
  rig_check(4);
  assert_story("ask at:vsock://3:5 ask ask at:vsock://4:5 ask");
  close_it();
}

static void an_address_that_is_gone_is_reported_once_and_its_return(
    void** state) {
  hvuv_addr_t addr;

  (void) state;
  rig_start();
  rig_run(1);
  rig_fails(UV_ENOENT);
  rig_check(2);
  rig_check(3);
  assert_int_equal(hvuv_follow_addr(&rig_follow, &addr), UV_ENOENT);
  assert_int_equal(addr.u.vsock.cid, 3);
  rig_fails(0);
  rig_check(4);
  assert_story("ask at:vsock://3:5 ask gone ask ask at:vsock://3:5");
  close_it();
}

static void a_failure_is_reported_once_for_each_code(void** state) {
  (void) state;
  rig_fails(UV_EACCES);
  rig_start();
  rig_run(1);
  rig_check(2);
  rig_fails(UV_ETIMEDOUT);
  rig_check(3);
  rig_fails(0);
  rig_check(4);
  assert_story("ask failed:EACCES ask ask failed:ETIMEDOUT "
               "ask at:vsock://3:5");
  close_it();
}

static void a_first_failure_is_reported_whatever_its_code(void** state) {
  (void) state;
  rig_fails(UV_EAGAIN);
  rig_start();
  rig_run(1);
  assert_story("ask failed:EAGAIN");
  close_it();
}

static void what_is_no_address_and_no_code_is_a_mistake(void** state) {
  (void) state;
  rig_fails(7);
  rig_start();
  rig_run(1);
  assert_story("ask failed:EINVAL");
  close_it();
}

static int refuse(hvuv_lookup_t* lookup) {
  assert_non_null(lookup->follow);
  assert_null(lookup->data);
  return UV_EPERM;
}

static void a_resolver_that_refuses_has_failed(void** state) {
  (void) state;
  rig_options.resolve = refuse;
  rig_start();
  loop_run_out(rig_loop);
  assert_story("failed:EPERM");
  close_it();
}

static void a_result_may_come_later(void** state) {
  (void) state;
  rig_is_slow = 1;
  rig_start();
  rig_run(1);
  assert_story("ask");
  rig_finish();
  assert_story("");
  loop_run_out(rig_loop);
  assert_story("at:vsock://3:5");
  close_it();
}

/* --- How often ------------------------------------------------------------ */

static void checks_while_one_is_due_or_out_count_as_one(void** state) {
  (void) state;
  rig_is_slow = 1;
  rig_start();
  hvuv_follow_check(&rig_follow);
  hvuv_follow_check(&rig_follow);
  rig_run(1);
  hvuv_follow_check(&rig_follow);
  rig_finish();
  loop_run_out(rig_loop);
  assert_int_equal(rig_asked(), 1);
  close_it();
}

static void two_lookups_are_never_closer_than_the_least(void** state) {
  int i;

  (void) state;
  rig_options.min_interval_ms = 20;
  rig_start();
  rig_run(1);
  for (i = 2; i <= 5; i++) {
    rig_check(i);
    assert_true(rig_began_ms(i) - rig_began_ms(i - 1) >= 19);
  }
  close_it();
}

static void the_interval_is_kept_without_being_asked(void** state) {
  (void) state;
  rig_options.interval_ms = 20;
  rig_start();
  rig_run(4);
  assert_true(rig_began_ms(4) - rig_began_ms(1) >= 57);
  assert_int_equal(uv_loop_alive(rig_loop), 1);
  close_it();
}

static void without_an_interval_the_loop_is_not_held(void** state) {
  (void) state;
  rig_start();
  loop_run_out(rig_loop);
  assert_story("ask at:vsock://3:5");
  close_it();
}

static void lookups_that_fail_become_rare(void** state) {
  static const unsigned int gaps_ms[] = {4, 8, 16, 32, 32};
  unsigned int i;

  (void) state;
  rig_options.min_interval_ms = 4;
  rig_options.max_interval_ms = 32;
  rig_options.interval_ms = 1;
  rig_fails(UV_EIO);
  rig_start();
  rig_run(6);
  for (i = 0; i < sizeof(gaps_ms) / sizeof(gaps_ms[0]); i++)
    assert_true(rig_began_ms((int) i + 2) - rig_began_ms((int) i + 1) + 1 >=
                gaps_ms[i]);
  close_it();
}

/* Fails until the next gap is half a second; then a result that is no failure,
 * and the gap is short. A machine may be slow, but not each time. */
static void a_success_ends_the_rarity(void** state) {
  uint64_t shortest_ms = UINT64_MAX;
  int n = 1;
  int i;

  (void) state;
  rig_options.max_interval_ms = 1000000;
  rig_fails(UV_EIO);
  rig_start();
  rig_run(1);
  for (i = 0; i < 8; i++)
    rig_check(++n);
  for (i = 0; i < 3; i++) {
    rig_fails(UV_ENOENT);
    rig_check(++n);
    rig_fails(UV_EIO);
    rig_check(++n);
    rig_check(++n);
    if (rig_began_ms(n) - rig_began_ms(n - 1) < shortest_ms)
      shortest_ms = rig_began_ms(n) - rig_began_ms(n - 1);
  }
  assert_true(shortest_ms < 400);
  close_it();
}

static void the_loop_sleeps_until_a_lookup_is_allowed(void** state) {
  uint64_t idle_ns;

  (void) state;
  assert_int_equal(uv_loop_configure(rig_loop, UV_METRICS_IDLE_TIME), 0);
  rig_options.min_interval_ms = 50;
  rig_start();
  loop_run_out(rig_loop);
  assert_int_equal(hvuv_follow_check(&rig_follow), 0);
  idle_ns = uv_metrics_idle_time(rig_loop);
  loop_run_out(rig_loop);
  assert_int_equal(rig_asked(), 2);
  assert_true(uv_metrics_idle_time(rig_loop) - idle_ns > 20 * 1000000);
  close_it();
}

/* --- Mistakes, memory ----------------------------------------------------- */

static int start(const hvuv_follow_options_t* options) {
  return hvuv_follow_start(rig_loop, &rig_follow, options, NULL);
}

static void mistakes_are_returned(void** state) {
  char name[HVUV_VM_NAME_SIZE + 1];
  hvuv_follow_options_t o = rig_options;

  (void) state;
  memset(name, 'a', sizeof(name));
  name[HVUV_VM_NAME_SIZE] = '\0';
  assert_int_equal(start(NULL), UV_EINVAL);
  assert_int_equal(hvuv_follow_start(NULL, &rig_follow, &o, NULL), UV_EINVAL);
  assert_int_equal(hvuv_follow_start(rig_loop, NULL, &o, NULL), UV_EINVAL);
  o.min_interval_ms = 0;
  assert_int_equal(start(&o), UV_EINVAL);
  o.min_interval_ms = o.max_interval_ms + 1;
  assert_int_equal(start(&o), UV_EINVAL);
  o = rig_options;
  o.name = "wsl"; /* and a resolve */
  assert_int_equal(start(&o), UV_EINVAL);
  o.resolve = NULL; /* and no address */
  assert_int_equal(start(&o), UV_EINVAL);
  assert_int_equal(hvuv_addr_parse("vsock://3:5", &o.addr), 0);
  assert_int_equal(start(&o), UV_EINVAL);
  assert_int_equal(hvuv_addr_parse("hyperv://any/5", &o.addr), 0);
  o.name = "";
  assert_int_equal(start(&o), UV_EINVAL);
  o.name = name;
  assert_int_equal(start(&o), UV_ENAMETOOLONG);
  assert_int_equal(hvuv_follow_check(NULL), UV_EINVAL);
  assert_int_equal(hvuv_follow_listen(NULL, NULL, NULL), UV_EINVAL);
  assert_int_equal(hvuv_follow_connect(NULL, NULL, NULL), UV_EINVAL);
}

static void memory_that_is_missing_at_the_start_is_returned(void** state) {
  int err = UV_ENOMEM;
  int n;

  (void) state;
  for (n = 1; n < 20 && err == UV_ENOMEM; n++) {
    alloc_fail_nth(n);
    err = start(&rig_options);
    if (err == UV_ENOMEM)
      assert_true(alloc_has_failed());
    loop_run_turns(rig_loop, 3);
  }
  alloc_fail_nth(0);
  assert_int_equal(err, 0);
  assert_true(n > 3);
  close_it();
}

static void a_lookup_without_memory_has_failed(void** state) {
  (void) state;
  rig_start();
  alloc_fail_nth(1);
  loop_run_out(rig_loop);
  assert_true(alloc_has_failed());
  assert_story("failed:ENOMEM");
  rig_check(1);
  assert_story("ask at:vsock://3:5");
  close_it();
}

static void bindings_have_what_c_has(void** state) {
  int mine = 0;

  (void) state;
  hvuv_follow_set_data(&rig_follow, &mine);
  rig_start();
  assert_ptr_equal(hvuv_follow_get_data(&rig_follow), &mine);
  assert_ptr_equal(hvuv_follow_get_loop(&rig_follow), rig_loop);
  assert_int_equal(hvuv_follow_size(), sizeof(rig_follow));
  close_it();
  hvuv_follow_set_data(&rig_follow, NULL);
}

#define FOLLOW(test) cmocka_unit_test_setup_teardown(test, rig_up, rig_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      FOLLOW(the_first_address_is_reported_from_the_loop),
      FOLLOW(only_another_address_is_reported),
      FOLLOW(an_address_that_is_gone_is_reported_once_and_its_return),
      FOLLOW(a_failure_is_reported_once_for_each_code),
      FOLLOW(a_first_failure_is_reported_whatever_its_code),
      FOLLOW(what_is_no_address_and_no_code_is_a_mistake),
      FOLLOW(a_resolver_that_refuses_has_failed),
      FOLLOW(a_result_may_come_later),
      FOLLOW(checks_while_one_is_due_or_out_count_as_one),
      FOLLOW(two_lookups_are_never_closer_than_the_least),
      FOLLOW(the_interval_is_kept_without_being_asked),
      FOLLOW(without_an_interval_the_loop_is_not_held),
      FOLLOW(lookups_that_fail_become_rare),
      FOLLOW(a_success_ends_the_rarity),
      FOLLOW(the_loop_sleeps_until_a_lookup_is_allowed),
      FOLLOW(mistakes_are_returned),
      FOLLOW(memory_that_is_missing_at_the_start_is_returned),
      FOLLOW(a_lookup_without_memory_has_failed),
      FOLLOW(bindings_have_what_c_has),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
