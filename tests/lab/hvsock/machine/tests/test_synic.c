/* Message slot and event flags, against a guest that is played on its two pages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <uv.h>

#include <sched.h>
#include <stdatomic.h>

#include "machine/synic.h"
#include "machine/words.h"

#define MESSAGE_PAGE 0x2000u
#define EVENT_PAGE   0x3000u
#define RAM_BYTES    0x10000u
#define ENABLED      1u
#define ROUNDS       2000

static ram_t ram;
static synic_t synic;
static atomic_int raised;
static int raise_result;

static int raise_sint(void* context) {
  assert_ptr_equal(context, &synic);
  atomic_fetch_add(&raised, 1);
  return raise_result;
}

static int up(void** state) {
  (void) state;
  raised = 0;
  raise_result = 0;
  return ram_open(&ram, RAM_BYTES) != 0 ||
         synic_open(&synic, &ram, raise_sint, &synic) != 0;
}

static int down(void** state) {
  (void) state;
  synic_close(&synic);
  ram_close(&ram);
  return 0;
}

static void switch_on(void) {
  synic_set(&synic, ENABLED, EVENT_PAGE | ENABLED, MESSAGE_PAGE | ENABLED);
}

static uint8_t* slot(void) {
  return ram.base + MESSAGE_PAGE + 0x200;
}

/* What Linux does with a message: takes it out, and returns whether EOM is due. */
static int guest_takes(void) {
  atomic_store(shared_32(slot()), 0);
  atomic_thread_fence(memory_order_seq_cst);
  return atomic_load(shared_8(slot() + 5)) & 1;
}

static void a_message_is_in_slot_2_and_interrupts(void** state) {
  (void) state;
  switch_on();
  memset(slot() + 4, 0xee, 252);
  assert_int_equal(synic_post(&synic, 1, "sixteen bytes ...", 16), 0);
  assert_int_equal(word_32(slot()), 1);
  assert_int_equal(slot()[4], 16);
  assert_int_equal(slot()[5], 0);
  assert_int_equal(word_64(slot() + 8), 0);
  assert_memory_equal(slot() + 16, "sixteen bytes ...", 16);
  assert_int_equal(raised, 1);
  assert_false(guest_takes());
  assert_false(synic_has_become_free(&synic));
}

static void a_second_one_waits_until_the_guest_has_taken_the_first(
    void** state) {
  (void) state;
  switch_on();
  assert_int_equal(synic_post(&synic, 1, "first", 5), 0);
  assert_int_equal(synic_post(&synic, 1, "second", 6), UV_EAGAIN);
  assert_memory_equal(slot() + 16, "first", 5);
  assert_false(synic_has_become_free(&synic));
  assert_int_equal(raised, 1);
  assert_true(guest_takes());
  assert_true(synic_has_become_free(&synic));
  assert_false(synic_has_become_free(&synic)); /* said once */
  assert_int_equal(synic_post(&synic, 1, "second", 6), 0);
  assert_memory_equal(slot() + 16, "second", 6);
  assert_false(guest_takes());
}

static void nothing_is_posted_while_the_guest_has_it_switched_off(
    void** state) {
  (void) state;
  assert_int_equal(synic_post(&synic, 1, "x", 1), UV_EAGAIN);
  synic_set(&synic, 0, EVENT_PAGE | ENABLED, MESSAGE_PAGE | ENABLED);
  assert_int_equal(synic_post(&synic, 1, "x", 1), UV_EAGAIN);
  synic_set(&synic, ENABLED, EVENT_PAGE | ENABLED, MESSAGE_PAGE);
  assert_int_equal(synic_post(&synic, 1, "x", 1), UV_EAGAIN);
  assert_false(synic_has_become_free(&synic));
  switch_on();
  assert_true(synic_has_become_free(&synic));
  assert_int_equal(synic_post(&synic, 1, "x", 1), 0);
  assert_int_equal(raised, 1);
}

static void pages_outside_memory_count_as_switched_off(void** state) {
  (void) state;
  synic_set(&synic, ENABLED, RAM_BYTES | ENABLED, RAM_BYTES | ENABLED);
  assert_int_equal(synic_post(&synic, 1, "x", 1), UV_EAGAIN);
  synic_flag(&synic, 1);
  synic_set(&synic, ENABLED, ~0xffeull, ~0xffeull);
  assert_int_equal(synic_post(&synic, 1, "x", 1), UV_EAGAIN);
  synic_flag(&synic, 2047);
  assert_int_equal(raised, 0);
}

static void a_flag_interrupts_until_it_is_looked_at(void** state) {
  const uint8_t* flags = ram.base + EVENT_PAGE + 0x200;

  (void) state;
  synic_flag(&synic, 9); /* switched off */
  switch_on();
  synic_flag(&synic, 9);
  synic_flag(&synic, 9);
  synic_flag(&synic, 2047);
  assert_int_equal(raised, 2);
  assert_int_equal(flags[1], 2);
  assert_int_equal(flags[255], 0x80);
  assert_int_equal(synic.flagged, 3);
  assert_int_equal(synic.flagged_again, 1);
  ram.base[EVENT_PAGE + 0x200 + 1] = 0;
  synic_flag(&synic, 9);
  assert_int_equal(raised, 3);
}

static void an_interrupt_that_is_refused_is_counted(void** state) {
  (void) state;
  raise_result = UV_EINVAL;
  switch_on();
  synic_flag(&synic, 1);
  assert_int_equal(synic_post(&synic, 1, "x", 1), 0);
  assert_int_equal(synic.not_raised, 2);
}

/* A guest in a thread of its own, which takes each message as soon as it sees it. It
 * writes EOM, here: calls back, only if the pending bit is set. */
static atomic_int eoms;
static atomic_int is_over;
static uint32_t taken[ROUNDS];
static uint32_t taken_count;

static void play_guest(void* arg) {
  (void) arg;
  while (!atomic_load(&is_over)) {
    if (atomic_load(shared_32(slot())) == 0) {
      sched_yield();
      continue;
    }
    if (taken_count < ROUNDS)
      taken[taken_count] = word_32(slot() + 16);
    taken_count++;
    if (guest_takes())
      atomic_fetch_add(&eoms, 1);
  }
}

/* Returns whether the slot gets free without the timer's help. */
static int await_eom(int before) {
  uint64_t until = uv_hrtime() + 10000000000ull;

  while (uv_hrtime() < until) {
    if (atomic_load(&eoms) != before && synic_has_become_free(&synic))
      return 1;
    sched_yield();
  }
  return 0;
}

static void no_message_is_lost_and_each_wait_ends_with_an_eom(void** state) {
  uv_thread_t thread;
  uint32_t i;
  int before;

  (void) state;
  switch_on();
  eoms = is_over = 0;
  taken_count = 0;
  assert_int_equal(uv_thread_create(&thread, play_guest, NULL), 0);
  for (i = 0; i < ROUNDS; i++) {
    before = atomic_load(&eoms);
    while (synic_post(&synic, 1, &i, sizeof(i)) != 0) {
      assert_true(await_eom(before));
      before = atomic_load(&eoms);
    }
  }
  while (atomic_load(shared_32(slot())) != 0)
    continue;
  atomic_store(&is_over, 1);
  uv_thread_join(&thread);
  assert_int_equal(taken_count, ROUNDS);
  for (i = 0; i < ROUNDS; i++)
    assert_int_equal(taken[i], i);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, up, down)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_message_is_in_slot_2_and_interrupts),
      TEST(a_second_one_waits_until_the_guest_has_taken_the_first),
      TEST(nothing_is_posted_while_the_guest_has_it_switched_off),
      TEST(pages_outside_memory_count_as_switched_off),
      TEST(a_flag_interrupts_until_it_is_looked_at),
      TEST(an_interrupt_that_is_refused_is_counted),
      TEST(no_message_is_lost_and_each_wait_ends_with_an_eom),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
