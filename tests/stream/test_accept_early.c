/*
 * Accepted streams, and what their callers had said by then: it is read in the
 * turn of the accept, and whatever callbacks do meanwhile nothing of it is lost.
 *
 * Callers are blocking sockets, which know nothing of hvuv and send before the
 * loop runs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hvuv.h"
#include "support/endpoint.h"
#include "support/loop.h"
#include "support/peer.h"

#define CALLERS       6
#define CHILD_SECONDS 20

/* What each accepted stream does at some point; NULL: it reads on. */
typedef void (*act_fn)(hvuv_stream_t* stream);

typedef struct accepted_s {
  hvuv_stream_t stream;
  int accepted_turn;
  int read_turn;
  int allocs;
  int end;
  int closed;
  size_t have;
  char bytes[64];
} accepted_t;

static uv_loop_t* loop;
static hvuv_stream_t listener;
static accepted_t all[CALLERS];
static uv_os_sock_t callers[CALLERS];
static int calling; /* of them connected so far */
static int called;  /* accepted so far */
static int turns;
static int listener_closed;
static act_fn at_accept, at_alloc, at_read;
static size_t room; /* of a buffer */
static uv_os_sock_t detached;
static int failed; /* in a callback */

static accepted_t* of(hvuv_stream_t* s) {
  return s->data;
}

static void note(int err) {
  if (err != 0)
    failed = err;
}

static void on_closed(hvuv_stream_t* s) {
  of(s)->closed = 1;
}

static void on_alloc(hvuv_stream_t* s, size_t size, uv_buf_t* buf) {
  accepted_t* a = of(s);

  (void) size;
  a->allocs++;
  *buf = uv_buf_init(a->bytes + a->have, (unsigned int) room);
  if (at_alloc != NULL)
    at_alloc(s);
}

static void on_read(hvuv_stream_t* s, ssize_t n, const uv_buf_t* buf) {
  accepted_t* a = of(s);

  (void) buf;
  if (n > 0)
    a->have += (size_t) n;
  else if (n < 0)
    a->end = (int) n;
  if (a->read_turn == 0)
    a->read_turn = turns;
  if (at_read != NULL)
    at_read(s);
}

static void take(hvuv_stream_t* s) {
  accepted_t* a = &all[called];

  a->stream.data = a;
  note(hvuv_init(loop, &a->stream));
  note(hvuv_accept(s, &a->stream));
  note(hvuv_read_start(&a->stream, on_alloc, on_read));
  a->accepted_turn = turns;
  called++;
  if (at_accept != NULL)
    at_accept(&a->stream);
}

static void on_connection(hvuv_stream_t* s, int status) {
  note(status);
  take(s);
}

static void on_waiting(hvuv_stream_t* s, int status) {
  (void) s;
  note(status);
}

static void turn(void) {
  turns++;
  uv_run(loop, UV_RUN_NOWAIT);
}

/* So many more connect, and each of them says this. */
static void call(int n, const char* words) {
  char path[ENDPOINT_ROOM];
  uv_os_sock_t sock;

  for (; n > 0; n--) {
    sock = peer_connect(endpoint_path("x", path), NULL);
    assert_true(sock != NET_NONE);
    if (words != NULL)
      assert_int_equal(net_send(sock, words, strlen(words)), strlen(words));
    callers[calling++] = sock;
  }
}

static void hang_up(int i) {
  net_close(callers[i]);
  callers[i] = NET_NONE;
}

static void take_all(void) {
  int i;

  for (i = 0; i < 20 && called < calling; i++)
    turn();
  assert_int_equal(called, calling);
  assert_int_equal(failed, 0);
}

static int up(void** state) {
  char path[ENDPOINT_ROOM];
  int i;

  (void) state;
  endpoint_open();
  loop = loop_open();
  memset(all, 0, sizeof(all));
  for (i = 0; i < CALLERS; i++)
    callers[i] = NET_NONE;
  calling = called = turns = failed = listener_closed = 0;
  at_accept = at_alloc = at_read = NULL;
  room = 16;
  detached = NET_NONE;
  if (hvuv_init(loop, &listener) != 0 ||
      hvuv_open(&listener, peer_bind(endpoint_path("x", path), 16)) != 0)
    return 1;
  return hvuv_listen(&listener, 16, on_connection);
}

static void on_listener_closed(hvuv_stream_t* s) {
  (void) s;
  listener_closed = 1;
}

static int down(void** state) {
  int i;

  (void) state;
  for (i = 0; i < called; i++)
    if (!hvuv_is_closing(&all[i].stream))
      hvuv_close(&all[i].stream, on_closed);
  hvuv_close(&listener, on_listener_closed);
  loop_run_out(loop);
  loop_close(loop);
  for (i = 0; i < called; i++)
    assert_int_equal(all[i].closed, 1);
  assert_int_equal(listener_closed, 1);
  for (i = 0; i < CALLERS; i++)
    if (callers[i] != NET_NONE)
      net_close(callers[i]);
  endpoint_close();
  return 0;
}

#define EARLY(test) cmocka_unit_test_setup_teardown(test, up, down)

/* --- When it is read ------------------------------------------------------- */

static void what_was_said_is_read_in_the_turn_of_the_accept(void** state) {
  int i;

  (void) state;
  call(CALLERS, "hello");
  take_all();
  for (i = 0; i < CALLERS; i++) {
    assert_int_equal(all[i].read_turn, all[i].accepted_turn);
    assert_int_equal(all[i].have, 5);
    assert_memory_equal(all[i].bytes, "hello", 5);
  }
}

static void an_end_before_the_accept_is_too(void** state) {
  (void) state;
  call(1, "hello");
  hang_up(0);
  take_all();
  turn();
  assert_int_equal(all[0].have, 5);
  assert_int_equal(all[0].end, UV_EOF);
}

static void more_than_a_buffer_takes_is_read_in_pieces(void** state) {
  (void) state;
  room = 3;
  call(1, "hello, world");
  take_all();
  assert_int_equal(all[0].read_turn, all[0].accepted_turn);
  turn();
  assert_int_equal(all[0].have, 12);
  assert_memory_equal(all[0].bytes, "hello, world", 12);
}

static void nobody_is_asked_for_a_buffer_in_vain(void** state) {
  int i;

  (void) state;
  call(CALLERS, NULL);
  take_all();
  for (i = 0; i < 3; i++)
    turn();
  for (i = 0; i < CALLERS; i++)
    assert_int_equal(all[i].allocs, 0);
  for (i = 0; i < CALLERS; i++)
    assert_int_equal(net_send(callers[i], "late", 4), 4);
  turn();
  for (i = 0; i < CALLERS; i++)
    assert_memory_equal(all[i].bytes, "late", 4);
}

/* Whether callers are looked at or not, and whatever comes of it. */
static void callers_who_wait_let_the_loop_wait(void** state) {
  int i;

  (void) state;
  for (i = 0; i < CALLERS; i++) {
    call(1, NULL);
    take_all();
    turn(); /* by which libuv has what was started in the last one */
    assert_int_equal(uv_backend_timeout(loop), -1);
  }
}

/* Between two runs of the loop, which must not wait then. */
static void accepted_outside_the_loop_it_is_read_by_the_next_turn(
    void** state) {
  (void) state;
  assert_int_equal(hvuv_listen(&listener, 16, on_waiting), 0);
  call(1, "hello");
  turn();
  take(&listener);
  uv_run(loop, UV_RUN_ONCE);
  assert_int_equal(all[0].have, 5);
  assert_int_equal(net_send(callers[0], "!", 1), 1);
  uv_run(loop, UV_RUN_ONCE);
  assert_int_equal(all[0].have, 6);
}

/* --- What callbacks do ----------------------------------------------------- */

static void close_it(hvuv_stream_t* s) {
  if (!hvuv_is_closing(s))
    hvuv_close(s, on_closed);
}

static void who_closes_in_any_callback_hears_no_more(void** state) {
  int i;

  (void) state;
  at_accept = close_it;
  call(2, "hello");
  take_all();
  at_accept = NULL;
  at_alloc = close_it;
  call(2, "hello");
  take_all();
  at_alloc = NULL;
  at_read = close_it;
  call(2, "hello");
  take_all();
  turn();
  for (i = 0; i < 6; i++)
    assert_int_equal(all[i].allocs, i < 2 ? 0 : 1);
  for (i = 0; i < 6; i++)
    assert_int_equal(all[i].have, i < 4 ? 0 : 5);
}

static void close_all(hvuv_stream_t* s) {
  int i;

  (void) s;
  for (i = 0; i < called; i++)
    close_it(&all[i].stream);
}

static void one_that_closes_all_the_others_is_the_last_to_hear(void** state) {
  int heard = 0;
  int i;

  (void) state;
  call(1, "hello");
  take_all();
  call(CALLERS - 1, "hello");
  at_read = close_all;
  take_all();
  turn();
  for (i = 1; i < CALLERS; i++)
    heard += all[i].read_turn != 0;
  assert_true(heard >= 1 && heard < CALLERS - 1);
}

static void stop_reading(hvuv_stream_t* s) {
  note(hvuv_read_stop(s));
}

static void who_stops_at_once_reads_later(void** state) {
  (void) state;
  at_accept = stop_reading;
  call(2, "hello");
  take_all();
  turn();
  assert_int_equal(all[1].allocs, 0);
  assert_int_equal(hvuv_read_start(&all[0].stream, on_alloc, on_read), 0);
  assert_int_equal(hvuv_read_start(&all[1].stream, on_alloc, on_read), 0);
  turn();
  turn();
  assert_int_equal(all[0].have, 5);
  assert_int_equal(all[1].have, 5);
}

static void detach(hvuv_stream_t* s) {
  if (detached == NET_NONE)
    note(hvuv_detach(s, &detached));
}

static void expect_at_detached(const char* words) {
  char bytes[16];

  assert_int_equal(failed, 0);
  assert_true(detached != NET_NONE);
  assert_int_equal(net_recv(detached, bytes, sizeof(bytes)), strlen(words));
  assert_memory_equal(bytes, words, strlen(words));
  net_close(detached);
}

static void who_is_detached_at_once_has_all_bytes(void** state) {
  (void) state;
  at_accept = detach;
  call(1, "hello");
  take_all();
  turn();
  expect_at_detached("hello");
}

static void who_is_detached_when_it_has_read_has_the_rest(void** state) {
  (void) state;
  room = 2;
  at_read = detach;
  call(2, "hello");
  take_all();
  turn();
  assert_int_equal(all[0].have, 2);
  expect_at_detached("llo");
}

/* --- Relays, walks, forks --------------------------------------------------- */

static hvuv_relay_t relay;
static hvuv_stream_t behind;
static uv_os_sock_t far_end;
static int relayed;

static void on_relayed(hvuv_relay_t* r, int status) {
  (void) r;
  relayed = status == 0 ? 1 : status;
  all[0].closed = 1;
}

static void start_relay(hvuv_stream_t* s) {
  hvuv_relay_end_t ends[2];
  uv_os_sock_t socks[2];

  hvuv_read_stop(s);
  note(net_pair(socks));
  far_end = socks[1];
  note(hvuv_init(loop, &behind));
  note(hvuv_open(&behind, socks[0]));
  memset(ends, 0, sizeof(ends));
  ends[0].hvuv = s;
  ends[1].hvuv = &behind;
  note(hvuv_relay_start(&relay, &ends[0], &ends[1], 4096, 0, on_relayed));
}

static void a_relay_from_the_accept_on_passes_everything(void** state) {
  char bytes[16];

  (void) state;
  relayed = 0;
  at_accept = start_relay;
  call(1, "hello");
  take_all();
  hang_up(0);
  turn();
  assert_int_equal(net_recv(far_end, bytes, 5), 5);
  assert_memory_equal(bytes, "hello", 5);
  net_close(far_end);
  loop_run_until(loop, &relayed);
  assert_int_equal(relayed, 1);
}

static void close_if_ours(uv_handle_t* handle, void* arg) {
  (void) arg;
  if (hvuv_owns_handle(handle) && !uv_is_closing(handle))
    uv_close(handle, NULL);
}

static void walk(hvuv_stream_t* s) {
  uv_walk(s->loop, close_if_ours, NULL);
}

static void a_walk_at_the_accept_ends_it(void** state) {
  (void) state;
  at_accept = walk;
  call(1, "hello");
  take_all();
  turn();
  assert_int_equal(all[0].allocs, 0);
}

static void a_walk_while_reading_ends_the_others(void** state) {
  (void) state;
  call(1, "hello");
  take_all();
  call(CALLERS - 1, "hello");
  at_read = walk;
  turn();
  turn();
  assert_true(called > 1 && all[1].have == 5);
}

/* In a child after uv_loop_fork(). */
static int go_on(void) {
  int i;

  if (uv_loop_fork(loop) != 0)
    return 2;
  for (i = 0; i < 20 && all[0].have == 0; i++)
    turn();
  return all[0].have == 5 ? 0 : 3;
}

static void what_was_accepted_before_a_fork_is_read_after_it(void** state) {
  int status;
  pid_t pid;

  (void) state;
  assert_int_equal(hvuv_listen(&listener, 16, on_waiting), 0);
  call(1, "hello");
  turn();
  take(&listener);
  pid = fork();
  if (pid == 0) {
    alarm(CHILD_SECONDS);
    _exit(go_on());
  }
  assert_true(pid > 0);
  assert_int_equal(waitpid(pid, &status, 0), pid);
  assert_int_equal(status, 0);

  /* The two share the socket: the child has taken the bytes. */
  turn();
  assert_int_equal(all[0].allocs, 0);
  assert_int_equal(net_send(callers[0], "again", 5), 5);
  uv_run(loop, UV_RUN_ONCE);
  assert_memory_equal(all[0].bytes, "again", 5);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      EARLY(what_was_said_is_read_in_the_turn_of_the_accept),
      EARLY(an_end_before_the_accept_is_too),
      EARLY(more_than_a_buffer_takes_is_read_in_pieces),
      EARLY(nobody_is_asked_for_a_buffer_in_vain),
      EARLY(callers_who_wait_let_the_loop_wait),
      EARLY(accepted_outside_the_loop_it_is_read_by_the_next_turn),
      EARLY(who_closes_in_any_callback_hears_no_more),
      EARLY(one_that_closes_all_the_others_is_the_last_to_hear),
      EARLY(who_stops_at_once_reads_later),
      EARLY(who_is_detached_at_once_has_all_bytes),
      EARLY(who_is_detached_when_it_has_read_has_the_rest),
      EARLY(a_relay_from_the_accept_on_passes_everything),
      EARLY(a_walk_at_the_accept_ends_it),
      EARLY(a_walk_while_reading_ends_the_others),
      EARLY(what_was_accepted_before_a_fork_is_read_after_it),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
