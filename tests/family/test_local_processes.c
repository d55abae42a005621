/* `local` between real processes: partitions with an environment of their own,
 * and who has the right to listen when several want it, or one was killed. */
#include <string.h>

#include "conformance/rig.h"
#include "support/endpoint.h"
#include "support/files.h"
#include "support/peer.h"
#include "support/worker.h"

#define X          "6e0b8e9c-4c6c-4c0e-9a9e-0f6f0a1b2c3d"
#define Y          "71d9c3a0-2f0d-4b57-8a27-3d5ce21a9b10"
#define NO_SERVICE "00000000-0000-0000-0000-000000000000"

#define ADDRESS "local://any/5000"
#define OWN     "local://loopback/5000"

#define RACERS 4
#define ROUNDS 60

/* Until all have read their line, in nanoseconds. */
#define HEAD_START 2000000

/* What must not be left when a test fails, or workers would be. */
static worker_t crew[RACERS];

static int setup(void** state) {
  memset(crew, 0, sizeof(crew));
  return rig_setup(state);
}

static int teardown(void** state) {
  int i;

  for (i = 0; i < RACERS; i++)
    if (worker_runs(&crew[i]))
      worker_kill(&crew[i]);
  return rig_teardown(state);
}

static void expect_answer(worker_t* w, const char* expected) {
  assert_string_equal(worker_hear(w), expected);
}

static void tell_to(worker_t* w, const char* line, const char* expected) {
  worker_say(w, "%s", line);
  expect_answer(w, expected);
}

static void end_worker(worker_t* w) {
  assert_int_equal(worker_stop(w), 0);
}

/* --- Partitions */

static void a_guest_reaches_its_host(void** state) {
  worker_t* host = &crew[0];
  worker_t* guest = &crew[1];

  (void) state;
  worker_start(host, NULL);
  worker_start(guest, X);
  tell_to(host, "bind " ADDRESS, "ok");
  worker_say(host, "accept");
  tell_to(guest, "call local://parent/5000", "ok");
  expect_answer(host, "local://" X "/" NO_SERVICE);
  tell_to(guest, "call " OWN, "ECONNREFUSED");
  end_worker(guest);
  end_worker(host);
}

static void a_host_reaches_its_guest(void** state) {
  worker_t* host = &crew[0];
  worker_t* guest = &crew[1];

  (void) state;
  worker_start(host, NULL);
  worker_start(guest, X);
  tell_to(guest, "bind local://parent/5000", "ok");
  worker_say(guest, "accept");
  tell_to(host, "call local://" X "/5000", "ok");
  expect_answer(guest, "local://parent/" NO_SERVICE);
  tell_to(host, "call local://" Y "/5000", "ECONNREFUSED");
  end_worker(guest);
  end_worker(host);
}

static void a_guest_does_not_reach_another(void** state) {
  worker_t* x = &crew[0];
  worker_t* y = &crew[1];

  (void) state;
  worker_start(x, X);
  worker_start(y, Y);
  tell_to(x, "bind " ADDRESS, "ok");
  tell_to(y, "call local://" X "/5000", "EADDRNOTAVAIL");
  tell_to(y, "call local://parent/5000", "ECONNREFUSED");
  worker_say(x, "accept");
  tell_to(y, "bind " ADDRESS, "ok");
  worker_say(y, "accept");

  /* Two processes of one partition. */
  worker_start(&crew[2], X);
  tell_to(&crew[2], "call " OWN, "ok");
  expect_answer(x, "local://loopback/" NO_SERVICE);
  worker_start(&crew[3], Y);
  tell_to(&crew[3], "call local://" Y "/5000", "ok");
  expect_answer(y, "local://loopback/" NO_SERVICE);
  end_worker(&crew[2]);
  end_worker(&crew[3]);
  end_worker(x);
  end_worker(y);
}

/* --- The right to listen */

static void a_second_listener_in_the_process_is_told(void** state) {
  rig_t* rig = *state;
  char path[ENDPOINT_ROOM];
  side_t* second;
  side_t* client;
  side_t* server;

  hvuv_addr_parse(ADDRESS, &rig->at);
  rig_listen(rig, 4);
  second = side_new(rig);
  assert_code(hvuv_bind(&second->stream, &rig->at), UV_EADDRINUSE);
  assert_int_equal(endpoint_count_files(endpoint_path("l/host", path)), 2);
  hvuv_addr_parse(OWN, &rig->to);
  rig_connect_pair(rig, &client, &server);

  side_close(rig->listener);
  assert_code(hvuv_bind(&second->stream, &rig->at), 0);
}

/* Also before it listens. */
static void a_bound_stream_has_the_place(void** state) {
  rig_t* rig = *state;
  side_t* second;

  hvuv_addr_parse(ADDRESS, &rig->at);
  rig_bind(rig);
  second = side_new(rig);
  assert_code(hvuv_bind(&second->stream, &rig->at), UV_EADDRINUSE);
}

static void a_second_listener_elsewhere_is_told(void** state) {
  (void) state;
  worker_start(&crew[0], NULL);
  worker_start(&crew[1], NULL);
  tell_to(&crew[0], "bind " ADDRESS, "ok");
  tell_to(&crew[1], "bind " ADDRESS, "EADDRINUSE");
  worker_say(&crew[0], "accept");
  tell_to(&crew[1], "call " OWN, "ok");
  expect_answer(&crew[0], "local://loopback/" NO_SERVICE);
  tell_to(&crew[0], "close", "ok");
  tell_to(&crew[1], "call " OWN, "ECONNREFUSED");
  tell_to(&crew[1], "bind " ADDRESS, "ok");
  end_worker(&crew[0]);
  end_worker(&crew[1]);
}

/* It knows nothing of claims. */
static void a_listener_of_another_kind_is_left_alone(void** state) {
  rig_t* rig = *state;
  char path[ENDPOINT_ROOM];
  side_t* side;
  uv_os_sock_t sock;

  files_make_folder(endpoint_path("l", path));
  files_make_folder(endpoint_path("l/host", path));
  sock = peer_bind(endpoint_path("l/host/5000.a", path), 4);
  assert_true(sock != NET_NONE);
  hvuv_addr_parse(ADDRESS, &rig->at);
  side = side_new(rig);
  assert_code(hvuv_bind(&side->stream, &rig->at), UV_EADDRINUSE);
  assert_int_equal(files_kind_of(path), FILES_SOCKET);

  net_close(sock);
  assert_code(hvuv_bind(&side->stream, &rig->at), 0);
}

static void remove_file(const char* name) {
  char path[ENDPOINT_ROOM];

  files_remove(endpoint_path(name, path));
}

/* Temporary folders are swept now and then, and somebody else may have taken
 * the place since. */
static void a_swept_listener_takes_nothing_from_its_heir(void** state) {
  rig_t* rig = *state;
  side_t* first;
  side_t* client;
  side_t* server;

  if (!net_is_posix()) {
    print_message("Windows keeps a lock that is held where it is\n");
    skip();
  }
  hvuv_addr_parse(ADDRESS, &rig->at);
  rig_listen(rig, 4);
  first = rig->listener;
  remove_file("l/host/5000.a");
  remove_file("l/host/5000.a.lock");
  rig->listener = NULL;
  rig_listen(rig, 4);
  side_close(first);
  rig_spin(rig, 2);

  hvuv_addr_parse(OWN, &rig->to);
  rig_connect_pair(rig, &client, &server);
  assert_code(hvuv_bind(&side_new(rig)->stream, &rig->at), UV_EADDRINUSE);
}

/* A lock of Windows goes with its process. */
static void a_killed_listener_leaves_nothing_in_the_way(void** state) {
  int left = net_is_posix() ? 2 : 1;
  char path[ENDPOINT_ROOM];
  int i;

  (void) state;
  for (i = 0; i < 5; i++) {
    worker_start(&crew[0], NULL);
    tell_to(&crew[0], "bind " ADDRESS, "ok");
    worker_kill(&crew[0]);
    assert_int_equal(endpoint_count_files(endpoint_path("l/host", path)), left);
  }
  worker_start(&crew[0], NULL);
  tell_to(&crew[0], "call " OWN, "ECONNREFUSED");
  tell_to(&crew[0], "bind " ADDRESS, "ok");
  tell_to(&crew[0], "close", "ok");
  assert_int_equal(endpoint_count_files(path), 0);
  end_worker(&crew[0]);
}

/* Has all racers bind at one moment. Returns who won; fails unless it is
 * exactly one and all others were told the same. */
static int race(void) {
  unsigned long long when;
  int winner;
  int i;

  when = uv_hrtime() + HEAD_START;
  for (i = 0; i < RACERS; i++)
    worker_say(&crew[i], "%llu bind " ADDRESS, when);

  winner = -1;
  for (i = 0; i < RACERS; i++) {
    worker_hear(&crew[i]);
    if (strcmp(crew[i].answer, "ok") != 0) {
      assert_string_equal(crew[i].answer, "EADDRINUSE");
    } else {
      assert_int_equal(winner, -1);
      winner = i;
    }
  }
  assert_int_not_equal(winner, -1);
  return winner;
}

/* Whoever is told that it listens is the one who is reached. */
static void expect_reached(worker_t* winner) {
  char path[ENDPOINT_ROOM];
  uv_os_sock_t sock;

  worker_say(winner, "accept");
  sock = peer_connect(endpoint_path("l/host/5000.a", path), NULL);
  assert_true(sock != NET_NONE);
  expect_answer(winner, "local://loopback/" NO_SERVICE);
  net_close(sock);
}

static void of_many_that_start_at_once_one_listens(void** state) {
  char path[ENDPOINT_ROOM];
  int winner;
  int i;

  (void) state;
  for (i = 0; i < RACERS; i++)
    worker_start(&crew[i], NULL);
  for (i = 0; i < ROUNDS; i++) {
    winner = race();
    expect_reached(&crew[winner]);
    tell_to(&crew[winner], "close", "ok");
    assert_int_equal(endpoint_count_files(endpoint_path("l/host", path)), 0);
  }
  for (i = 0; i < RACERS; i++)
    end_worker(&crew[i]);
}

static void after_a_kill_one_of_many_listens(void** state) {
  int winner;
  int i;

  (void) state;
  for (i = 0; i < RACERS; i++)
    worker_start(&crew[i], NULL);
  for (i = 0; i < 20; i++) {
    winner = race();
    expect_reached(&crew[winner]);
    worker_kill(&crew[winner]);
    worker_start(&crew[winner], NULL);
  }
  for (i = 0; i < RACERS; i++)
    end_worker(&crew[i]);
}

/* One gives the place back while the others take it: one of them has it, or
 * none, and nobody else's socket is removed. */
static void a_place_given_back_in_a_race_has_one_heir_at_most(void** state) {
  char path[ENDPOINT_ROOM];
  unsigned long long when;
  int winner;
  int i;
  int k;

  (void) state;
  for (i = 0; i < RACERS; i++)
    worker_start(&crew[i], NULL);
  for (i = 0; i < ROUNDS; i++) {
    tell_to(&crew[0], "bind " ADDRESS, "ok");
    when = uv_hrtime() + HEAD_START;
    worker_say(&crew[0], "%llu close", when);
    for (k = 1; k < RACERS; k++)
      worker_say(&crew[k],
                 "%llu bind " ADDRESS,
                 when + (unsigned long long) (i * k) * 1000);
    expect_answer(&crew[0], "ok");
    winner = -1;
    for (k = 1; k < RACERS; k++) {
      worker_hear(&crew[k]);
      if (strcmp(crew[k].answer, "ok") == 0) {
        assert_int_equal(winner, -1);
        winner = k;
      } else {
        assert_string_equal(crew[k].answer, "EADDRINUSE");
      }
    }
    if (winner != -1) {
      expect_reached(&crew[winner]);
      tell_to(&crew[winner], "close", "ok");
    }
    assert_int_equal(endpoint_count_files(endpoint_path("l/host", path)), 0);
  }
  for (i = 0; i < RACERS; i++)
    end_worker(&crew[i]);
}

/* A guest and the host have places of their own. */
static void partitions_do_not_stand_in_each_others_way(void** state) {
  (void) state;
  worker_start(&crew[0], NULL);
  worker_start(&crew[1], X);
  worker_start(&crew[2], Y);
  tell_to(&crew[0], "bind " ADDRESS, "ok");
  tell_to(&crew[1], "bind " ADDRESS, "ok");
  tell_to(&crew[2], "bind " ADDRESS, "ok");
  end_worker(&crew[0]);
  end_worker(&crew[1]);
  end_worker(&crew[2]);
}

static void no_start(rig_t* rig) {
  (void) rig;
}

static void no_target(const hvuv_addr_t* bound, hvuv_addr_t* to) {
  (void) bound;
  (void) to;
}

static const transport_t local = {
    .name = "local", .start = no_start, .target = no_target};

#define TEST(function)                                                         \
  cmocka_unit_test_prestate_setup_teardown(                                    \
      function, setup, teardown, (void*) (uintptr_t) &local)

int main(int argc, char** argv) {
  const struct CMUnitTest tests[] = {
      TEST(a_guest_reaches_its_host),
      TEST(a_host_reaches_its_guest),
      TEST(a_guest_does_not_reach_another),
      TEST(a_second_listener_in_the_process_is_told),
      TEST(a_bound_stream_has_the_place),
      TEST(a_second_listener_elsewhere_is_told),
      TEST(a_listener_of_another_kind_is_left_alone),
      TEST(a_swept_listener_takes_nothing_from_its_heir),
      TEST(a_killed_listener_leaves_nothing_in_the_way),
      TEST(of_many_that_start_at_once_one_listens),
      TEST(after_a_kill_one_of_many_listens),
      TEST(a_place_given_back_in_a_race_has_one_heir_at_most),
      TEST(partitions_do_not_stand_in_each_others_way),
  };
  int skipped;

  worker_main(argc, argv);
  skipped = net_skip_without_unix();
  if (skipped != 0)
    return skipped;
  return cmocka_run_group_tests_name("local: processes", tests, NULL, NULL);
}
