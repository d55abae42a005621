/* test_vsock_pair listen|connect PORT OWN_CID OTHER_CID: the transport suite's
 * two-sided cases between two machines. Both run the same list in the same
 * order, each case on the next port from PORT on; the one that connects tries
 * until the other one listens. */
#include <stdlib.h>
#include <string.h>

#include "conformance/rig.h"

#define BYTES   100000
#define CHUNK   65536
#define CHUNKS  64 /* 4 MiB */
#define CALLERS 50
#define MESSAGE 3001

static int listens;
static uint32_t next_port, own_cid, other_cid;

static void start(rig_t* rig) {
  hvuv_addr_vsock(&rig->at, HVUV_CID_ANY, next_port);
  hvuv_addr_vsock(&rig->to, other_cid, next_port);
  next_port++;
}

static void target(const hvuv_addr_t* bound, hvuv_addr_t* to) {
  hvuv_addr_vsock(to, other_cid, bound->u.vsock.port);
}

static const transport_t machines = {
    .name = "two machines",
    .start = start,
    .target = target,
};

/* --- Meeting */

static side_t* await_caller(rig_t* rig) {
  rig_listen(rig, CALLERS);
  RIG_RUN_UNTIL(rig, rig->accepted != NULL);
  assert_non_null(rig->accepted);
  return rig->accepted;
}

static side_t* call(rig_t* rig) {
  side_t* side;

  for (;;) {
    side = side_new(rig);
    side_connect(side);
    RIG_RUN_UNTIL(rig, side->connects_told == 1);
    if (side->connect_status == 0)
      return side;
    /* Nobody listens yet. The watchdog ends this. */
    assert_code(side->connect_status, UV_ECONNRESET);
    side_close(side);
    uv_sleep(100);
  }
}

static side_t* meet(rig_t* rig) {
  return listens ? await_caller(rig) : call(rig);
}

/* --- The cases */

static void listener_tells_whom_it_sees(rig_t* rig, side_t* side) {
  char text[HVUV_ADDR_STRLEN];
  hvuv_addr_t peer;
  size_t size;

  assert_code(hvuv_getpeername(&side->stream, &peer), 0);
  assert_int_equal(peer.family, HVUV_VSOCK);
  assert_int_equal(peer.u.vsock.cid, other_cid);

  size = sizeof(text);
  assert_code(hvuv_addr_format(&peer, text, &size), 0);
  side_write_text(side, text);
  side_shutdown(side);
  RIG_RUN_UNTIL(rig, side->shutdowns_told == 1);
  assert_code(side->shutdown_status, 0);
}

static void caller_is_seen_as_itself(rig_t* rig, side_t* side) {
  hvuv_addr_t seen;
  hvuv_addr_t own;
  hvuv_addr_t peer;

  side_read(side);
  RIG_RUN_UNTIL(rig, side->ends == 1);
  assert_code(side->end, UV_EOF);
  assert_int_equal(side->reads, 1);
  side->room[side->in_bytes] = '\0';
  assert_code(hvuv_addr_parse(side->room, &seen), 0);
  assert_int_equal(seen.u.vsock.cid, own_cid);
  assert_code(hvuv_getsockname(&side->stream, &own), 0);
  assert_int_equal(seen.u.vsock.port, own.u.vsock.port);
  assert_code(hvuv_getpeername(&side->stream, &peer), 0);
  assert_true(hvuv_addr_equal(&peer, &rig->to));
}

static void each_sees_the_cid_of_the_other(void** state) {
  rig_t* rig = *state;

  if (listens)
    listener_tells_whom_it_sees(rig, meet(rig));
  else
    caller_is_seen_as_itself(rig, meet(rig));
}

static void expect_all_read(const side_t* side, uint64_t bytes) {
  assert_code(side->end, UV_EOF);
  assert_int_equal(side->in_bytes, bytes);
  assert_int_equal(side->in_wrong, 0);
}

/* Sends and ends, and still reads. */
static void end_first(rig_t* rig, side_t* side) {
  assert_code(side_write(side, BYTES, 3), 0);
  side_shutdown(side);
  side_read(side);
  RIG_RUN_UNTIL(rig, side->ends == 1);
  assert_code(side->shutdown_status, 0);
  expect_all_read(side, 2 * BYTES);
}

/* Reads to the end, and still sends. */
static void end_last(rig_t* rig, side_t* side) {
  side_read(side);
  RIG_RUN_UNTIL(rig, side->ends == 1);
  expect_all_read(side, BYTES);
  assert_code(side_write(side, BYTES, 1), 0);
  assert_code(side_write(side, BYTES, 2), 0);
  side_shutdown(side);
  RIG_RUN_UNTIL(rig, side->shutdowns_told == 1);
  assert_code(side->shutdown_status, 0);
  assert_int_equal(side->writes_ok, 2);
}

static void the_caller_ends_first_and_still_reads(void** state) {
  rig_t* rig = *state;

  (listens ? end_last : end_first)(rig, meet(rig));
}

static void the_listener_ends_first_and_still_reads(void** state) {
  rig_t* rig = *state;

  (listens ? end_first : end_last)(rig, meet(rig));
}

static void four_mebibytes_go_each_way_at_once(void** state) {
  rig_t* rig = *state;
  side_t* side;
  int i;

  side = meet(rig);
  side_read(side);
  for (i = 0; i < CHUNKS; i++)
    assert_code(side_write(side, CHUNK, 1 + (unsigned int) i % 4), 0);
  side_shutdown(side);
  RIG_RUN_UNTIL(rig, side->ends == 1 && side->shutdowns_told == 1);

  assert_code(side->shutdown_status, 0);
  assert_int_equal(side->writes_ok, CHUNKS);
  expect_all_read(side, (uint64_t) CHUNKS * CHUNK);
}

/* Closes with bytes unread. */
static void abort_it(rig_t* rig, side_t* side) {
  rig_spin(rig, 1);
  side_await(side, 1);
  side_close(side);
  RIG_RUN_UNTIL(rig, side->closes_told == 1);
}

/* On vsock that is an ordinary end: the kernel sends no reset before the peer
 * has ended too. */
static void outlive_it(rig_t* rig, side_t* side) {
  assert_code(side_write(side, 1000, 1), 0);
  side_read(side);
  RIG_RUN_UNTIL(rig, side->ends == 1 && side->writes_told == 1);
  assert_int_equal(side->writes_ok, 1);
  assert_code(side->end, UV_EOF);
  assert_int_equal(side->in_bytes, 0);
}

static void the_caller_aborts_with_bytes_unread(void** state) {
  rig_t* rig = *state;

  (listens ? outlive_it : abort_it)(rig, meet(rig));
}

static void the_listener_aborts_with_bytes_unread(void** state) {
  rig_t* rig = *state;

  (listens ? abort_it : outlive_it)(rig, meet(rig));
}

static int count_ended(const rig_t* rig) {
  const side_t* side;
  int n;

  n = 0;
  for (side = rig->sides; side != NULL; side = side->next)
    n += side->ends == 1 && side->shutdowns_told == 1;
  return n;
}

static void echo_to_all(rig_t* rig) {
  rig->echo_accepts = 1;
  rig_listen(rig, CALLERS);
  RIG_RUN_UNTIL(rig, count_ended(rig) == CALLERS);
  assert_int_equal(rig->accept_count, CALLERS);
}

static void call_often(rig_t* rig) {
  side_t* sides[CALLERS];
  int i;

  sides[0] = call(rig);
  for (i = 1; i < CALLERS; i++) {
    sides[i] = side_new(rig);
    side_connect(sides[i]);
  }
  for (i = 0; i < CALLERS; i++) {
    sides[i]->out_seed = sides[i]->in_seed = (unsigned int) i;
    assert_code(side_write(sides[i], MESSAGE, 1 + (unsigned int) i % 4), 0);
    side_shutdown(sides[i]);
    side_read(sides[i]);
  }
  RIG_RUN_UNTIL(rig, count_ended(rig) == CALLERS);
  for (i = 0; i < CALLERS; i++) {
    assert_code(sides[i]->connect_status, 0);
    expect_all_read(sides[i], MESSAGE);
  }
}

static void fifty_conversations_at_once_echo_right(void** state) {
  (listens ? echo_to_all : call_often)(*state);
}

static int run_all(void) {
  const struct CMUnitTest tests[] = {
      RIG_TEST(&machines, each_sees_the_cid_of_the_other),
      RIG_TEST(&machines, the_caller_ends_first_and_still_reads),
      RIG_TEST(&machines, the_listener_ends_first_and_still_reads),
      RIG_TEST(&machines, four_mebibytes_go_each_way_at_once),
      RIG_TEST(&machines, the_caller_aborts_with_bytes_unread),
      RIG_TEST(&machines, the_listener_aborts_with_bytes_unread),
      RIG_TEST(&machines, fifty_conversations_at_once_echo_right),
  };

  return cmocka_run_group_tests_name("pair", tests, NULL, NULL);
}

static uint32_t number(const char* text) {
  return (uint32_t) strtoul(text, NULL, 10);
}

int main(int argc, char** argv) {
  if (getenv("HVUV_IN_VM") == NULL) {
    print_message("Skipped: connects AF_VSOCK sockets, so it runs in a virtual "
                  "machine of the project's only. Remedy: ./dev vm-pair\n");
    return 77;
  }
  if (argc != 5)
    return 2;
  listens = strcmp(argv[1], "listen") == 0;
  next_port = number(argv[2]);
  own_cid = number(argv[3]);
  other_cid = number(argv[4]);
  return run_all();
}
