/* A loop on which whatever uv_walk() shows of hvuv is closed, before the streams
 * are and after, once and again (tests/loop/test_walk.c), on each engine. */
#include "party.h"
#include "support/stranger.h"

static party_t* pair[2];

/* Each with a question out. */
static void make_readers(void) {
  party_pair(pair);
  party_read(pair[0]);
  party_read(pair[1]);
  loop_run_turns(party_loop(), 3);
}

static void close_readers(void) {
  party_close(pair[0]);
  party_close(pair[1]);
}

static void count_foreign(uv_handle_t* handle, void* arg) {
  int* foreign = arg;

  *foreign += !hvuv_owns_handle(handle);
}

static void the_walk_may_come_first(void** state) {
  (void) state;
  make_readers();
  stranger_closes_hvuvs(party_loop(), NULL);
  close_readers();
}

static void the_walk_may_come_last(void** state) {
  (void) state;
  make_readers();
  close_readers();
  stranger_closes_hvuvs(party_loop(), NULL);
}

/* But for what the test's own loop brings. */
static void all_that_is_there_is_owned(void** state) {
  int before = 0;
  int after = 0;

  (void) state;
  uv_walk(party_loop(), count_foreign, &before);
  make_readers();
  uv_walk(party_loop(), count_foreign, &after);
  assert_int_equal(after, before);
}

static void a_walk_may_come_in_every_turn(void** state) {
  int i;

  (void) state;
  make_readers();
  stranger_closes_hvuvs(party_loop(), NULL);
  close_readers();
  for (i = 0; i < 20; i++) {
    stranger_closes_hvuvs(party_loop(), NULL);
    uv_run(party_loop(), UV_RUN_NOWAIT);
  }
}

static void answers_may_come_after_the_walk(void** state) {
  uv_os_sock_t sock;
  party_t* p;
  int i;

  (void) state;
  for (i = 0; i < 20; i++) {
    p = party_and_socket(&sock);
    party_read(p);
    loop_run_turns(party_loop(), 2);
    stranger_closes_hvuvs(party_loop(), NULL);
    if (i % 2 == 0)
      loop_run_turns(party_loop(), 2);
    party_send_raw(sock, 0, 10);
    net_await(sock, 1, 1); /* a moment, for the answer to be under way */
    loop_run_turns(party_loop(), 2);
    party_close(p);
    net_close(sock);
  }
}

static void a_stream_in_use_after_the_walk_fails_or_waits(void** state) {
  uv_os_sock_t sock;
  party_t* p;

  (void) state;
  p = party_and_socket(&sock);
  stranger_closes_hvuvs(party_loop(), NULL);
  party_read(p);
  party_send_raw(sock, 0, 10);
  loop_run_turns(party_loop(), 3);
  assert_int_equal(p->got, 0);
  party_write(p, 0, 10);
  party_close(p);
  net_close(sock);
}

static void streams_made_after_the_walk_are_served(void** state) {
  party_t* others[2];

  (void) state;
  make_readers();
  stranger_closes_hvuvs(party_loop(), NULL);
  party_pair(others);
  party_write(others[0], 0, 100);
  party_read_until(others[1], 100);
  close_readers();
}

int main(int argc, char** argv) {
  const struct CMUnitTest tests[] = {
      PARTY(the_walk_may_come_first),
      PARTY(the_walk_may_come_last),
      PARTY(all_that_is_there_is_owned),
      PARTY(a_walk_may_come_in_every_turn),
      PARTY(answers_may_come_after_the_walk),
      PARTY(a_stream_in_use_after_the_walk_fails_or_waits),
      PARTY(streams_made_after_the_walk_are_served),
  };

  party_choose(argc, argv);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
