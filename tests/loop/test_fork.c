/* Forks: what a child makes of loops, its own and its parent's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "hvuv.h"
#include "loop/far_alarm.h"
#include "support/endpoint.h"
#include "support/net.h"

#define CHILD_SECONDS 20
#define FORKS         50

static void count(hvuv_stream_t* s) {
  *(int*) s->data += 1;
}

/* In a child, which says by its exit code how it went. */
typedef int (*act_fn)(uv_loop_t* loop);

static int exit_code_of_child(act_fn act, uv_loop_t* loop) {
  int status;
  pid_t pid;

  pid = fork();
  if (pid == 0) {
    alarm(CHILD_SECONDS);
    _exit(act(loop));
  }
  assert_true(pid > 0);
  assert_int_equal(waitpid(pid, &status, 0), pid);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* 0 if a stream's life on a new loop at that place is as anywhere. */
static int live_on_a_new_loop(uv_loop_t* loop) {
  hvuv_stream_t s;
  int closed = 0;

  if (uv_loop_init(loop) != 0 || hvuv_init(loop, &s) != 0)
    return 2;
  s.data = &closed;
  hvuv_close(&s, count);
  uv_run(loop, UV_RUN_DEFAULT);
  return closed == 1 && uv_loop_close(loop) == 0 ? 0 : 3;
}

/* As it is when threads with loops on their stacks are started anew. */
static void a_childs_loop_at_the_place_of_a_parents_is_its_own(void** state) {
  uv_loop_t loop;
  hvuv_stream_t s;
  int closed = 0;

  (void) state;
  assert_int_equal(uv_loop_init(&loop), 0);
  assert_int_equal(hvuv_init(&loop, &s), 0);
  s.data = &closed;
  assert_int_equal(exit_code_of_child(live_on_a_new_loop, &loop), 0);
  hvuv_close(&s, count);
  uv_run(&loop, UV_RUN_DEFAULT);
  assert_int_equal(closed, 1);
  assert_int_equal(uv_loop_close(&loop), 0);
}

/* --- A live loop goes on -------------------------------------------------- */

static hvuv_stream_t reader;
static int got;

static void on_alloc(hvuv_stream_t* s, size_t size, uv_buf_t* buf) {
  static char room[16];

  (void) s;
  (void) size;
  *buf = uv_buf_init(room, sizeof(room));
}

static void on_read(hvuv_stream_t* s, ssize_t n, const uv_buf_t* buf) {
  (void) buf;
  got = (int) n;
  hvuv_close(s, count);
}

static int go_on(uv_loop_t* loop) {
  if (uv_loop_fork(loop) != 0)
    return 2;
  uv_run(loop, UV_RUN_DEFAULT);
  return got == 5 && uv_loop_close(loop) == 0 ? 0 : 3;
}

static void a_loop_forked_by_uv_loop_fork_goes_on(void** state) {
  uv_os_sock_t socks[2];
  uv_loop_t loop;
  int closed = 0;

  (void) state;
  assert_int_equal(uv_socketpair(SOCK_STREAM, 0, socks, UV_NONBLOCK_PIPE, 0),
                   0);
  assert_int_equal(uv_loop_init(&loop), 0);
  assert_int_equal(hvuv_init(&loop, &reader), 0);
  reader.data = &closed;
  assert_int_equal(hvuv_open(&reader, socks[0]), 0);
  assert_int_equal(hvuv_read_start(&reader, on_alloc, on_read), 0);
  uv_run(&loop, UV_RUN_NOWAIT);
  assert_int_equal(write(socks[1], "hello", 5), 5);
  assert_int_equal(exit_code_of_child(go_on, &loop), 0);

  /* The child has taken the bytes: the two share the socket. */
  close(socks[1]);
  uv_run(&loop, UV_RUN_DEFAULT);
  assert_int_equal(got, UV_EOF);
  assert_int_equal(closed, 1);
  assert_int_equal(uv_loop_close(&loop), 0);
}

/* --- Accepted streams ------------------------------------------------------ */

#define ACCEPTED 3 /* the first of them is polled otherwise than the others */

static hvuv_stream_t host;
static hvuv_stream_t accepted[ACCEPTED];
static uv_os_sock_t peers[ACCEPTED];
static int accepted_count;
static int closed_count;

static void on_caller(hvuv_stream_t* s, int status) {
  hvuv_stream_t* a = &accepted[accepted_count];

  if (status != 0 || hvuv_init(s->loop, a) != 0 || hvuv_accept(s, a) != 0)
    return;
  accepted_count++;
  a->data = &closed_count;
  hvuv_read_start(a, on_alloc, on_read);
}

static void accept_all(uv_loop_t* loop) {
  struct sockaddr_in name;
  uv_os_sock_t sock;
  int i;

  accepted_count = closed_count = 0;
  host.data = &closed_count;
  assert_int_equal(net_tcp_listen(&sock, &name), 0);
  assert_int_equal(hvuv_init(loop, &host), 0);
  assert_int_equal(hvuv_open(&host, sock), 0);
  assert_int_equal(hvuv_listen(&host, 8, on_caller), 0);
  for (i = 0; i < ACCEPTED; i++) {
    assert_int_equal(net_tcp_connect(&peers[i], &name), 0);
    uv_run(loop, UV_RUN_ONCE);
  }
  assert_int_equal(accepted_count, ACCEPTED);
}

static int ears[2]; /* a pipe, on which the parent says that it has closed */

/* What the last peer sends arrives here, though the parent has closed its copy of
 * the stream before; then the child's own are closed. */
static int hear_for_the_parent(uv_loop_t* loop) {
  char byte;
  int i;

  if (uv_loop_fork(loop) != 0 || read(ears[0], &byte, 1) != 1)
    return 2;
  for (i = 0; i < 1000 && got == 0; i++)
    uv_run(loop, UV_RUN_ONCE);
  if (got != 5 || closed_count != 1)
    return 3;
  hvuv_close(&host, count);
  hvuv_close(&accepted[0], count);
  hvuv_close(&accepted[1], count);
  uv_run(loop, UV_RUN_DEFAULT);
  return closed_count == ACCEPTED + 1 && uv_loop_close(loop) == 0 ? 0 : 4;
}

static void accepted_streams_go_on_in_a_forked_child(void** state) {
  uv_loop_t loop;
  int status;
  pid_t pid;
  int i;

  (void) state;
  assert_int_equal(uv_loop_init(&loop), 0);
  accept_all(&loop);
  assert_int_equal(pipe(ears), 0);
  got = 0;
  pid = fork();
  if (pid == 0) {
    alarm(CHILD_SECONDS);
    _exit(hear_for_the_parent(&loop));
  }
  assert_true(pid > 0);

  hvuv_close(&accepted[2], count);
  assert_int_equal(net_send(peers[2], "hello", 5), 5);
  assert_int_equal(write(ears[1], "x", 1), 1);
  assert_int_equal(waitpid(pid, &status, 0), pid);
  assert_int_equal(status, 0);

  /* The child has closed its copies, and the parent's are as they were. */
  assert_int_equal(net_send(peers[1], "hi", 2), 2);
  for (i = 0; i < 1000 && got == 0; i++)
    uv_run(&loop, UV_RUN_ONCE);
  assert_int_equal(got, 2);
  hvuv_close(&accepted[0], count);
  hvuv_close(&host, count);
  uv_run(&loop, UV_RUN_DEFAULT);
  assert_int_equal(closed_count, ACCEPTED + 1);
  assert_int_equal(uv_loop_close(&loop), 0);
  for (i = 0; i < ACCEPTED; i++)
    net_close(peers[i]);
  close(ears[0]);
  close(ears[1]);
}

static int close_accepted_at_once(uv_loop_t* loop) {
  (void) loop;
  hvuv_close(&accepted[1], NULL);
  return 0;
}

/* A child that goes on with nothing may close what it has: of young streams the
 * parent's set knows nothing of that. */
static void a_child_that_closes_a_young_stream_leaves_the_parents_alone(
    void** state) {
  uv_loop_t loop;
  int i;

  (void) state;
  assert_int_equal(uv_loop_init(&loop), 0);
  accept_all(&loop);
  assert_int_equal(exit_code_of_child(close_accepted_at_once, &loop), 0);
  got = 0;
  assert_int_equal(net_send(peers[1], "hi", 2), 2);
  for (i = 0; i < 1000 && got == 0; i++)
    uv_run(&loop, UV_RUN_ONCE);
  assert_int_equal(got, 2);
  hvuv_close(&accepted[0], count);
  hvuv_close(&accepted[2], count);
  hvuv_close(&host, count);
  uv_run(&loop, UV_RUN_DEFAULT);
  assert_int_equal(closed_count, ACCEPTED + 1);
  assert_int_equal(uv_loop_close(&loop), 0);
  for (i = 0; i < ACCEPTED; i++)
    net_close(peers[i]);
}

/* --- Alarms ---------------------------------------------------------------- */

static int rung;

static void on_ring(void* owner) {
  (void) owner;
  rung++;
}

static int wait_for_the_alarm(uv_loop_t* loop) {
  if (uv_loop_fork(loop) != 0)
    return 2;
  while (rung == 0)
    uv_run(loop, UV_RUN_ONCE);
  return 0;
}

static void on_async(uv_async_t* async) {
  (void) async;
}

/* The child does not take it from its parent. */
static void an_alarm_rings_in_both(void** state) {
  hvuv__far_alarm_t* ours;
  uv_async_t holder;
  uv_loop_t loop;

  (void) state;
  rung = 0;
  assert_int_equal(uv_loop_init(&loop), 0);
  assert_int_equal(uv_async_init(&loop, &holder, on_async), 0);
  assert_int_equal(hvuv__far_alarm_open(&loop, 1, &rung, on_ring, &ours), 0);
  hvuv__far_alarm_set(ours, 1000);
  assert_int_equal(exit_code_of_child(wait_for_the_alarm, &loop), 0);
  uv_run(&loop, UV_RUN_NOWAIT);
  assert_int_equal(rung, 1);

  hvuv__far_alarm_close(ours);
  uv_close((uv_handle_t*) &holder, NULL);
  uv_run(&loop, UV_RUN_DEFAULT);
  assert_int_equal(uv_loop_close(&loop), 0);
}

/* --- What a child closes of its parent's ---------------------------------- */

static hvuv_stream_t listener;

static void on_connection(hvuv_stream_t* s, int status) {
  (void) s;
  (void) status;
}

static int close_the_listener(uv_loop_t* loop) {
  (void) loop;
  hvuv_close(&listener, NULL);
  return 0;
}

static void on_connect(hvuv_connect_t* req, int status) {
  *(int*) req->data = status;
}

static void a_child_that_closes_its_listener_leaves_the_parents_alone(
    void** state) {
  hvuv_stream_t caller;
  hvuv_connect_t req;
  hvuv_addr_t addr;
  uv_loop_t loop;
  int closed = 0;
  int status = 1;

  (void) state;
  endpoint_open();
  assert_int_equal(uv_loop_init(&loop), 0);
  assert_int_equal(hvuv_init(&loop, &listener), 0);
  assert_int_equal(hvuv_addr_parse("local://any/5000", &addr), 0);
  assert_int_equal(hvuv_bind(&listener, &addr), 0);
  assert_int_equal(hvuv_listen(&listener, 8, on_connection), 0);
  assert_int_equal(exit_code_of_child(close_the_listener, NULL), 0);

  assert_int_equal(hvuv_init(&loop, &caller), 0);
  assert_int_equal(hvuv_addr_parse("local://loopback/5000", &addr), 0);
  req.data = &status;
  assert_int_equal(hvuv_connect(&req, &caller, &addr, on_connect), 0);
  uv_run(&loop, UV_RUN_NOWAIT);
  assert_int_equal(status, 0);

  caller.data = &closed;
  listener.data = &closed;
  hvuv_close(&caller, count);
  hvuv_close(&listener, count);
  uv_run(&loop, UV_RUN_DEFAULT);
  assert_int_equal(closed, 2);
  assert_int_equal(uv_loop_close(&loop), 0);
  endpoint_close();
}

/* --- The list is never caught half-way ------------------------------------ */

static atomic_int enough;

static void* make_and_close(void* arg) {
  uv_loop_t loop;

  while (!enough)
    live_on_a_new_loop(&loop);
  return arg;
}

static void a_fork_waits_for_whoever_has_the_list(void** state) {
  pthread_t thread;
  uv_loop_t loop;
  int failures = 0;
  int i;

  (void) state;
  enough = 0;
  assert_int_equal(pthread_create(&thread, NULL, make_and_close, NULL), 0);
  for (i = 0; i < FORKS; i++)
    failures += exit_code_of_child(live_on_a_new_loop, &loop) != 0;
  enough = 1;
  pthread_join(thread, NULL);
  assert_int_equal(failures, 0);
}

/* --- Nor is the log ------------------------------------------------------- */

/* Slow, so that most forks come in the midst of it. */
static void take_time(hvuv_log_level_t level,
                      const char* where,
                      const char* text,
                      void* arg) {
  uint64_t until = uv_hrtime() + 200000;

  (void) level;
  (void) where;
  (void) text;
  (void) arg;
  while (uv_hrtime() < until)
    continue;
}

static void* write_on(void* arg) {
  static hvuv__log_place_t place = HVUV__LOG_PLACE("test/fork");

  while (!enough)
    hvuv__log(&place, HVUV_LOG_INFO, "on");
  return arg;
}

static int set_the_log_once(uv_loop_t* loop) {
  (void) loop;
  hvuv_set_log(HVUV_LOG_INFO, NULL, NULL);
  return 0;
}

static void a_fork_waits_for_whoever_has_the_log(void** state) {
  pthread_t thread;
  uv_loop_t loop;
  int failures = 0;
  int i;

  (void) state;
  enough = 0;
  assert_int_equal(live_on_a_new_loop(&loop), 0); /* watches forks */
  hvuv_set_log_rate(0);
  hvuv_set_log(HVUV_LOG_INFO, take_time, NULL);
  assert_int_equal(pthread_create(&thread, NULL, write_on, NULL), 0);
  for (i = 0; i < FORKS; i++)
    failures += exit_code_of_child(set_the_log_once, NULL) != 0;
  enough = 1;
  pthread_join(thread, NULL);
  hvuv_set_log(HVUV_LOG_INFO, NULL, NULL);
  hvuv_set_log_rate(20);
  assert_int_equal(failures, 0);
}

/* --- Follows -------------------------------------------------------------- */

static hvuv_follow_t follow;
static int lookups;

static int on_lookup(hvuv_lookup_t* lookup) {
  hvuv_addr_t addr;

  lookups++;
  hvuv_addr_vsock(&addr, 3, 5);
  hvuv_lookup_done(lookup, &addr, 0);
  return 0;
}

static void look_up(uv_loop_t* loop, int n) {
  int i;

  for (i = 0; i < 1000 && lookups < n; i++)
    uv_run(loop, UV_RUN_ONCE);
}

static int follow_on(uv_loop_t* loop) {
  if (uv_loop_fork(loop) != 0)
    return 2;
  look_up(loop, 3);
  hvuv_follow_close(&follow, NULL);
  uv_run(loop, UV_RUN_DEFAULT);
  return lookups >= 3 && uv_loop_close(loop) == 0 ? 0 : 3;
}

static void a_follow_goes_on_in_both(void** state) {
  hvuv_follow_options_t options;
  uv_loop_t loop;

  (void) state;
  assert_int_equal(uv_loop_init(&loop), 0);
  hvuv_follow_options_init(&options);
  options.resolve = on_lookup;
  options.interval_ms = 5;
  options.min_interval_ms = 1;
  lookups = 0;
  assert_int_equal(hvuv_follow_start(&loop, &follow, &options, NULL), 0);
  look_up(&loop, 1);
  assert_int_equal(exit_code_of_child(follow_on, &loop), 0);
  look_up(&loop, 3);
  assert_true(lookups >= 3);
  hvuv_follow_close(&follow, NULL);
  uv_run(&loop, UV_RUN_DEFAULT);
  assert_int_equal(uv_loop_close(&loop), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_childs_loop_at_the_place_of_a_parents_is_its_own),
      cmocka_unit_test(a_loop_forked_by_uv_loop_fork_goes_on),
      cmocka_unit_test(accepted_streams_go_on_in_a_forked_child),
      cmocka_unit_test(an_alarm_rings_in_both),
      cmocka_unit_test(a_follow_goes_on_in_both),
      cmocka_unit_test(
          a_child_that_closes_a_young_stream_leaves_the_parents_alone),
      cmocka_unit_test(
          a_child_that_closes_its_listener_leaves_the_parents_alone),
      cmocka_unit_test(a_fork_waits_for_whoever_has_the_list),
      cmocka_unit_test(a_fork_waits_for_whoever_has_the_log),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
