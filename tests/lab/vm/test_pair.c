/* test_pair listen|connect ADDRESS PORT [CALLER]: the transport suite's
 * two-sided cases between two machines. Both run the same list in the same
 * order, each case on the next port from PORT on: ADDRESS is one without its
 * port, such as vsock://3: or hybrid:///run/vm.sock:. The one that connects
 * tries until the other one listens. With CALLER the listener has to see an
 * address that begins so, on both sides. */
#include <stdlib.h>
#include <string.h>

#include "conformance/rig.h"

#define BYTES         100000
#define CHUNK         65536
#define CHUNKS        64 /* 4 MiB */
#define CALLERS       50
#define MESSAGE       3001
#define HEAD_START_MS 300
#define PATIENCE_MS   20000

static int listens;
static const char* address;
static const char* caller;
static unsigned int next_port;

static void start(rig_t* rig) {
  char text[HVUV_ADDR_STRLEN];

  snprintf(text, sizeof(text), "%s%u", address, next_port++);
  assert_code(hvuv_addr_parse(text, &rig->at), 0);
  rig->to = rig->at;
}

/* The other machine knows how to reach it. */
static void target(const hvuv_addr_t* bound, hvuv_addr_t* to) {
  *to = *bound;
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

/* A reset is virtio's way to say so, silence hv_sock's, and a closed Unix
 * socket its host's. */
static int is_not_there_yet(int status) {
  return status == UV_ECONNRESET || status == UV_ETIMEDOUT ||
         status == UV_ECONNREFUSED || status == UV_ENOENT;
}

static side_t* call(rig_t* rig) {
  side_t* side;

  /* On hv_sock a caller that is too early waits for 2 s. */
  uv_sleep(HEAD_START_MS);
  for (;;) {
    side = side_new(rig);
    side_connect(side);
    RIG_RUN_UNTIL(rig, side->connects_told == 1);
    if (side->connect_status == 0)
      return side;
    /* The watchdog ends this. */
    if (!is_not_there_yet(side->connect_status))
      assert_code(side->connect_status, 0);
    side_close(side);
    uv_sleep(100);
  }
}

static side_t* meet(rig_t* rig) {
  return listens ? await_caller(rig) : call(rig);
}

/* --- The cases */

static int is_caller(const char* text) {
  return caller == NULL || strncmp(text, caller, strlen(caller)) == 0;
}

static void listener_sends_whom_it_sees(rig_t* rig, side_t* side) {
  char text[HVUV_ADDR_STRLEN];
  hvuv_addr_t peer;
  size_t size;

  assert_code(hvuv_getpeername(&side->stream, &peer), 0);
  size = sizeof(text);
  assert_code(hvuv_addr_format(&peer, text, &size), 0);
  print_message("The caller is seen as %s\n", text);
  assert_true(is_caller(text));
  side_write_text(side, text);
  side_shutdown(side);
  RIG_RUN_UNTIL(rig, side->shutdowns_told == 1);
  assert_code(side->shutdown_status, 0);
}

/* Where the caller has a CID, its port is seen too; the caller's own kernel
 * gives it another one where it has none, as in a guest of Hyper-V. */
static void expect_own_port(const side_t* side, const hvuv_addr_t* seen) {
  hvuv_addr_t own;

  if (seen->family != HVUV_VSOCK ||
      hvuv_getsockname(&side->stream, &own) != 0 || own.family != HVUV_VSOCK)
    return;
  assert_int_equal(seen->u.vsock.port, own.u.vsock.port);
}

static void caller_is_seen_as_itself(rig_t* rig, side_t* side) {
  hvuv_addr_t seen;
  hvuv_addr_t peer;

  side_read(side);
  RIG_RUN_UNTIL(rig, side->ends == 1);
  assert_code(side->end, UV_EOF);
  assert_int_equal(side->reads, 1);
  side->room[side->in_bytes] = '\0';
  assert_true(is_caller(side->room));
  assert_code(hvuv_addr_parse(side->room, &seen), 0);
  expect_own_port(side, &seen);
  assert_code(hvuv_getpeername(&side->stream, &peer), 0);
  assert_true(hvuv_addr_equal(&peer, &rig->to));
}

static void each_sees_the_address_of_the_other(void** state) {
  rig_t* rig = *state;

  if (listens)
    listener_sends_whom_it_sees(rig, meet(rig));
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
    hvuv_set_connect_timeout(&sides[i]->stream, PATIENCE_MS);
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
      RIG_TEST(&machines, each_sees_the_address_of_the_other),
      RIG_TEST(&machines, the_caller_ends_first_and_still_reads),
      RIG_TEST(&machines, the_listener_ends_first_and_still_reads),
      RIG_TEST(&machines, four_mebibytes_go_each_way_at_once),
      RIG_TEST(&machines, the_caller_aborts_with_bytes_unread),
      RIG_TEST(&machines, the_listener_aborts_with_bytes_unread),
      RIG_TEST(&machines, fifty_conversations_at_once_echo_right),
  };

  return cmocka_run_group_tests_name("pair", tests, NULL, NULL);
}

static int is_allowed(void) {
  return strncmp(address, "hybrid:", 7) == 0 || getenv("HVUV_IN_VM") != NULL;
}

int main(int argc, char** argv) {
  if (argc < 4 || argc > 5)
    return 2;
  listens = strcmp(argv[1], "listen") == 0;
  address = argv[2];
  next_port = (unsigned int) strtoul(argv[3], NULL, 10);
  caller = argv[4];
  if (!is_allowed()) {
    print_message("Skipped: connects AF_VSOCK sockets, so it runs in a virtual "
                  "machine of the project's only. Remedy: ./dev vm-pair\n");
    return 77;
  }
  return run_all();
}
