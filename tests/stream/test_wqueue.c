/* The write queue: pure bookkeeping, at every split. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <uv.h>

#include "support/alloc.h"
#include "stream/wqueue.h"

#define ROOM 16

static int up(void** state) {
  (void) state;
  alloc_install();
  return 0;
}

static int down(void** state) {
  (void) state;
  alloc_check();
  return 0;
}

#define QUEUE(test) cmocka_unit_test_setup_teardown(test, up, down)

/* A stream is no more than its queue here. */
static void init(hvuv_stream_t* s) {
  memset(s, 0, sizeof(*s));
}

/* Pushes a write of the given pieces, NULL-terminated; "" is an empty buffer.
 */
static void push(hvuv_stream_t* s, hvuv_write_t* req, const char* pieces[]) {
  uv_buf_t bufs[ROOM];
  unsigned int n;

  memset(req, 0xa5, sizeof(*req));
  for (n = 0; pieces[n] != NULL; n++)
    bufs[n] = uv_buf_init((char*) (uintptr_t) pieces[n],
                          (unsigned int) strlen(pieces[n]));
  assert_int_equal(hvuv__wqueue_prepare(req, bufs, n), 0);
  hvuv__wqueue_push(s, req);
}

/* What gather offers, as text; `nroom` buffers at most. */
static unsigned int gather(const hvuv_stream_t* s,
                           unsigned int nroom,
                           char text[]) {
  uv_buf_t room[ROOM];
  const uv_buf_t* bufs;
  unsigned int n;
  unsigned int i;
  size_t bytes;
  size_t len;

  n = hvuv__wqueue_gather(s, room, nroom, &bufs, &bytes);
  len = 0;
  for (i = 0; i < n; i++) {
    memcpy(text + len, bufs[i].base, bufs[i].len);
    len += bufs[i].len;
  }
  text[len] = '\0';
  assert_int_equal(len, bytes);
  return n;
}

static void assert_done(hvuv_stream_t* s, hvuv_write_t* req, int status) {
  hvuv_write_t* done;

  done = hvuv__wqueue_pop_done(s);
  assert_ptr_equal(done, req);
  assert_int_equal(done->status, status);
}

static void a_new_queue_is_sent_and_has_nothing_done(void** state) {
  hvuv_stream_t s;

  (void) state;
  init(&s);
  assert_int_equal(hvuv__wqueue_is_sent(&s), 1);
  assert_null(hvuv__wqueue_pop_done(&s));
}

static void a_write_alone_is_offered_in_its_own_array(void** state) {
  hvuv_stream_t s;
  hvuv_write_t req;
  uv_buf_t room[ROOM];
  const uv_buf_t* bufs;
  size_t bytes;

  (void) state;
  init(&s);
  push(&s, &req, (const char*[]){"ab", "cde", NULL});
  assert_int_equal(hvuv__wqueue_is_sent(&s), 0);
  assert_int_equal(s.write_queue_size, 5);
  assert_int_equal(hvuv__wqueue_gather(&s, room, ROOM, &bufs, &bytes), 2);
  assert_ptr_equal(bufs, req.small_bufs);
  assert_int_equal(bytes, 5);

  hvuv__wqueue_advance(&s, 3);
  assert_int_equal(hvuv__wqueue_gather(&s, room, ROOM, &bufs, &bytes), 1);
  assert_ptr_equal(bufs, req.small_bufs + 1);
  assert_int_equal(bytes, 2);
  hvuv__wqueue_advance(&s, 2);
  assert_done(&s, &req, 0);
}

static void several_writes_are_offered_together(void** state) {
  hvuv_stream_t s;
  hvuv_write_t reqs[3];
  char text[64];

  (void) state;
  init(&s);
  push(&s, &reqs[0], (const char*[]){"ab", "cd", NULL});
  push(&s, &reqs[1], (const char*[]){"ef", NULL});
  push(&s, &reqs[2], (const char*[]){"gh", "ij", NULL});
  assert_int_equal(gather(&s, ROOM, text), 5);
  assert_string_equal(text, "abcdefghij");
  assert_int_equal(gather(&s, 4, text), 4);
  assert_string_equal(text, "abcdefgh");
  assert_int_equal(gather(&s, 1, text), 1);
  assert_string_equal(text, "ab");
  hvuv__wqueue_fail(&s, UV_EPIPE);
  assert_done(&s, &reqs[0], UV_EPIPE);
  assert_done(&s, &reqs[1], UV_ECANCELED);
  assert_done(&s, &reqs[2], UV_ECANCELED);
}

static void a_write_of_more_buffers_than_room_is_offered_in_part(void** state) {
  hvuv_stream_t s;
  hvuv_write_t req;
  char text[64];

  (void) state;
  init(&s);
  push(&s, &req, (const char*[]){"a", "b", "c", "d", "e", "f", "g", NULL});
  assert_int_equal(gather(&s, 3, text), 3);
  assert_string_equal(text, "abc");
  hvuv__wqueue_advance(&s, 3);
  assert_int_equal(gather(&s, 3, text), 3);
  assert_string_equal(text, "def");
  hvuv__wqueue_advance(&s, 3);
  assert_int_equal(gather(&s, 3, text), 1);
  hvuv__wqueue_advance(&s, 1);
  assert_done(&s, &req, 0);
}

static void push_a_bit_of_everything(hvuv_stream_t* s, hvuv_write_t reqs[]) {
  push(s, &reqs[0], (const char*[]){"", "a", "", "bc", "defg", "", NULL});
  push(s, &reqs[1], (const char*[]){"", NULL});
  push(s, &reqs[2], (const char*[]){"h", "", "ij", NULL});
  push(s, &reqs[3], (const char*[]){"", "", NULL});
}

static void advancing_at_every_split_offers_the_rest(void** state) {
  static const char all[] = "abcdefghij";
  hvuv_stream_t s;
  hvuv_write_t reqs[4];
  char text[64];
  size_t first;
  size_t second;
  int i;

  (void) state;
  for (first = 0; first < sizeof(all) - 1; first++) {
    for (second = 0; first + second < sizeof(all) - 1; second++) {
      init(&s);
      push_a_bit_of_everything(&s, reqs);
      hvuv__wqueue_advance(&s, first);
      gather(&s, ROOM, text);
      assert_string_equal(text, all + first);
      hvuv__wqueue_advance(&s, second);
      gather(&s, ROOM, text);
      assert_string_equal(text, all + first + second);
      assert_int_equal(s.write_queue_size, sizeof(all) - 1 - first - second);

      hvuv__wqueue_advance(&s, sizeof(all) - 1 - first - second);
      assert_int_equal(hvuv__wqueue_is_sent(&s), 1);
      assert_int_equal(s.write_queue_size, 0);
      for (i = 0; i < 4; i++)
        assert_done(&s, &reqs[i], 0);
      assert_null(hvuv__wqueue_pop_done(&s));
    }
  }
}

static void empty_writes_behind_the_last_byte_are_done_with_it(void** state) {
  hvuv_stream_t s;
  hvuv_write_t reqs[4];

  (void) state;
  init(&s);
  push_a_bit_of_everything(&s, reqs);
  hvuv__wqueue_advance(&s, 7);
  assert_done(&s, &reqs[0], 0);
  assert_done(&s, &reqs[1], 0);
  assert_null(hvuv__wqueue_pop_done(&s));
  hvuv__wqueue_advance(&s, 3);
  assert_done(&s, &reqs[2], 0);
  assert_done(&s, &reqs[3], 0);
}

static void a_write_of_nothing_waits_for_the_next_advance(void** state) {
  hvuv_stream_t s;
  hvuv_write_t req;
  char text[4];

  (void) state;
  init(&s);
  push(&s, &req, (const char*[]){"", "", NULL});
  assert_int_equal(hvuv__wqueue_is_sent(&s), 0);
  assert_null(hvuv__wqueue_pop_done(&s));
  gather(&s, ROOM, text);
  assert_string_equal(text, "");
  hvuv__wqueue_advance(&s, 0);
  assert_done(&s, &req, 0);
}

static void failing_keeps_what_was_done(void** state) {
  hvuv_stream_t s;
  hvuv_write_t reqs[4];

  (void) state;
  init(&s);
  push_a_bit_of_everything(&s, reqs);
  hvuv__wqueue_advance(&s, 8);
  hvuv__wqueue_fail(&s, UV_ECONNRESET);
  assert_int_equal(s.write_queue_size, 0);
  assert_int_equal(hvuv__wqueue_is_sent(&s), 1);
  assert_done(&s, &reqs[0], 0);
  assert_done(&s, &reqs[1], 0);
  assert_done(&s, &reqs[2], UV_ECONNRESET);
  assert_done(&s, &reqs[3], UV_ECANCELED);
}

static void failing_an_empty_queue_does_nothing(void** state) {
  hvuv_stream_t s;

  (void) state;
  init(&s);
  hvuv__wqueue_fail(&s, UV_EPIPE);
  assert_null(hvuv__wqueue_pop_done(&s));
}

static void the_queue_goes_on_after_it_was_empty(void** state) {
  hvuv_stream_t s;
  hvuv_write_t reqs[3];
  char text[8];
  int i;

  (void) state;
  init(&s);
  for (i = 0; i < 3; i++) {
    push(&s, &reqs[i], (const char*[]){"ab", NULL});
    gather(&s, ROOM, text);
    assert_string_equal(text, "ab");
    hvuv__wqueue_advance(&s, 2);
  }
  for (i = 0; i < 3; i++)
    assert_done(&s, &reqs[i], 0);
}

static void a_write_that_was_sent_at_once_is_done(void** state) {
  hvuv_stream_t s;
  hvuv_write_t req;

  (void) state;
  init(&s);
  memset(&req, 0xa5, sizeof(req));
  assert_int_equal(hvuv__wqueue_has_done(&s), 0);
  hvuv__wqueue_push_done(&s, &req);
  assert_int_equal(hvuv__wqueue_has_done(&s), 1);
  assert_int_equal(hvuv__wqueue_is_sent(&s), 1);
  assert_int_equal(s.write_queue_size, 0);
  assert_done(&s, &req, 0);
  assert_int_equal(hvuv__wqueue_has_done(&s), 0);
}

static void a_write_that_was_sent_at_once_keeps_its_place(void** state) {
  hvuv_stream_t s;
  hvuv_write_t reqs[3];

  (void) state;
  init(&s);
  push(&s, &reqs[0], (const char*[]){"ab", NULL});
  hvuv__wqueue_advance(&s, 2);
  hvuv__wqueue_push_done(&s, &reqs[1]);
  push(&s, &reqs[2], (const char*[]){"cd", NULL});
  hvuv__wqueue_fail(&s, UV_EPIPE);

  assert_done(&s, &reqs[0], 0);
  assert_done(&s, &reqs[1], 0);
  assert_done(&s, &reqs[2], UV_EPIPE);
  assert_null(hvuv__wqueue_pop_done(&s));
}

static void what_is_taken_off_is_a_list(void** state) {
  hvuv_write_t* list;
  hvuv_write_t reqs[2];
  hvuv_stream_t s;

  (void) state;
  init(&s);
  push(&s, &reqs[0], (const char*[]){"a", "b", "c", "d", "e", NULL});
  push(&s, &reqs[1], (const char*[]){"f", NULL});
  hvuv__wqueue_fail(&s, UV_ECANCELED);
  list = hvuv__wqueue_take_done(&s);
  assert_int_equal(hvuv__wqueue_has_done(&s), 0);
  assert_ptr_equal(hvuv__wqueue_pop(&list), &reqs[0]);
  assert_ptr_equal(hvuv__wqueue_pop(&list), &reqs[1]);
  assert_null(hvuv__wqueue_pop(&list));
}

static void four_buffers_fit_the_request_and_five_do_not(void** state) {
  hvuv_stream_t s;
  hvuv_write_t reqs[2];

  (void) state;
  init(&s);
  push(&s, &reqs[0], (const char*[]){"a", "b", "c", "d", NULL});
  assert_int_equal(alloc_count(), 0);
  push(&s, &reqs[1], (const char*[]){"a", "b", "c", "d", "e", NULL});
  assert_int_equal(alloc_count(), 1);
  hvuv__wqueue_advance(&s, 9);
  assert_done(&s, &reqs[0], 0);
  assert_done(&s, &reqs[1], 0);
}

static void without_memory_prepare_takes_nothing(void** state) {
  hvuv_write_t req;
  uv_buf_t bufs[5];

  (void) state;
  memset(bufs, 0, sizeof(bufs));
  alloc_fail_nth(1);
  assert_int_equal(hvuv__wqueue_prepare(&req, bufs, 5), UV_ENOMEM);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      QUEUE(a_new_queue_is_sent_and_has_nothing_done),
      QUEUE(a_write_alone_is_offered_in_its_own_array),
      QUEUE(several_writes_are_offered_together),
      QUEUE(a_write_of_more_buffers_than_room_is_offered_in_part),
      QUEUE(advancing_at_every_split_offers_the_rest),
      QUEUE(empty_writes_behind_the_last_byte_are_done_with_it),
      QUEUE(a_write_of_nothing_waits_for_the_next_advance),
      QUEUE(failing_keeps_what_was_done),
      QUEUE(failing_an_empty_queue_does_nothing),
      QUEUE(the_queue_goes_on_after_it_was_empty),
      QUEUE(a_write_that_was_sent_at_once_is_done),
      QUEUE(a_write_that_was_sent_at_once_keeps_its_place),
      QUEUE(what_is_taken_off_is_a_list),
      QUEUE(four_buffers_fit_the_request_and_five_do_not),
      QUEUE(without_memory_prepare_takes_nothing),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
