/* test_hvsock_endings ADDRESS: how the ends of a peer, ender.c at ADDRESS, read
 * on hv_sock: the rows of docs/endings.md. In the guest the peer is on the
 * host; on the host it is in the guest, behind `hybrid`.
 *
 * What differs: a guest's close and its end of one direction look the same to
 * the host (a FIN; the channel stays until the host rescinds it), so a host that
 * goes on writing does not learn of a close. */
#include <stdlib.h>
#include <string.h>

#include "conformance/rig.h"
#include "ender.h"

#define FEW   1000
#define A_LOT (4 * 1024 * 1024) /* more than all buffers on the way */
#define CHUNK 65536
#define SOON_MS                                                                \
  5000 /* a second, and software emulation in software emulation */
#define PAUSE_MS 100

static const char* address;
static int is_guest;

static void start(rig_t* rig) {
  assert_code(hvuv_addr_parse(address, &rig->to), 0);
}

static const transport_t peer = {.name = "a peer that ends", .start = start};

/* --- With a clock */

static void on_deadline(uv_timer_t* timer) {
  int* over = timer->data;

  *over = 1;
}

/* Runs the loop until a condition holds, or for so long. */
#define RUN_FOR(rig, ms, condition)                                            \
  do {                                                                         \
    uv_timer_t timer;                                                          \
    int over = 0;                                                              \
                                                                               \
    begin(rig, &timer, &over, ms);                                             \
    RIG_RUN_UNTIL(rig, over || (condition));                                   \
    uv_close((uv_handle_t*) &timer, NULL);                                     \
    rig_spin(rig, 1);                                                          \
  } while (0)

static void begin(rig_t* rig, uv_timer_t* timer, int* over, uint64_t ms) {
  uv_timer_init(&rig->loop, timer);
  timer->data = over;
  uv_update_time(&rig->loop);
  uv_timer_start(timer, on_deadline, ms, 0);
}

/* --- A conversation */

static side_t* call(rig_t* rig) {
  side_t* side = side_new(rig);

  side_connect(side);
  RIG_RUN_UNTIL(rig, side->connects_told == 1);
  assert_code(side->connect_status, 0);
  return side;
}

/* With a peer that is asked to end so. */
static side_t* ask(rig_t* rig, const char* request) {
  side_t* side = call(rig);

  side_write_text(side, request);
  RIG_RUN_UNTIL(rig, side->writes_told == 1);
  assert_code(side->write_status, 0);
  return side;
}

static void expect_end(rig_t* rig, side_t* side, uint64_t bytes) {
  side_read(side);
  RIG_RUN_UNTIL(rig, side->ends == 1);
  assert_code(side->end, UV_EOF);
  assert_int_equal(side->in_bytes, bytes);
}

/* Writes until one fails. */
static int status_of_late_writes(rig_t* rig, side_t* side) {
  int i;

  for (i = 0; i < SOON_MS / PAUSE_MS && side->write_status == 0; i++) {
    if (side_write(side, FEW, 1) != 0)
      return UV_EPIPE;
    RUN_FOR(rig, PAUSE_MS, 0);
  }
  return side->write_status;
}

/* What a write reports to one whose peer has gone: once 0, then UV_EPIPE. */
static void expect_writes_fail_soon(rig_t* rig, side_t* side) {
  if (is_guest)
    assert_code(status_of_late_writes(rig, side), UV_EPIPE);
}

/* --- The rows */

static void an_end_reads_as_eof_and_is_written_to(void** state) {
  rig_t* rig = *state;
  side_t* side = ask(rig, "E");

  expect_end(rig, side, ENDER_WORDS);
  assert_code(side_write(side, CHUNK, 2), 0);
  side_shutdown(side);
  RIG_RUN_UNTIL(rig, side->shutdowns_told == 1);
  assert_int_equal(side->writes_ok, 2);
  assert_code(side->shutdown_status, 0);
}

static void a_close_reads_as_eof(void** state) {
  rig_t* rig = *state;
  side_t* side = ask(rig, "C");

  expect_end(rig, side, ENDER_WORDS);
  expect_writes_fail_soon(rig, side);
}

static void a_close_with_unread_bytes_reads_as_eof_not_as_a_reset(
    void** state) {
  rig_t* rig = *state;
  side_t* side = ask(rig, "U and what it does not read");

  expect_end(rig, side, ENDER_WORDS);
  expect_writes_fail_soon(rig, side);
}

static void a_death_reads_as_eof_not_as_a_reset(void** state) {
  rig_t* rig = *state;
  side_t* side = ask(rig, "K");

  expect_end(rig, side, ENDER_WORDS);
  expect_writes_fail_soon(rig, side);
}

static void what_was_said_before_a_close_is_read_long_after_it(void** state) {
  rig_t* rig = *state;
  side_t* side = ask(rig, "L");

  RUN_FOR(rig, 1000, 0);
  expect_end(rig, side, ENDER_LARGE);
}

static void a_write_that_waits_learns_of_a_death(void** state) {
  rig_t* rig = *state;
  side_t* side = ask(rig, "W");
  int i;

  for (i = 0; i < A_LOT / CHUNK; i++)
    assert_code(side_write(side, CHUNK, 1), 0);
  RUN_FOR(rig, SOON_MS, side->writes_told == side->writes_asked);
  if (is_guest) {
    assert_int_equal(side->writes_told, side->writes_asked);
    assert_code(side->write_status == UV_ECANCELED ? UV_EPIPE
                                                   : side->write_status,
                UV_EPIPE);
    assert_true(side->writes_broken == 1);
  }
  expect_end(rig, side, ENDER_WORDS);
}

static void one_that_stands_still_is_waited_for(void** state) {
  rig_t* rig = *state;
  side_t* side = ask(rig, "S");
  int told;
  int i;

  side_read(side);
  for (i = 0; i < A_LOT / CHUNK; i++)
    assert_code(side_write(side, CHUNK, 1), 0);
  RUN_FOR(rig, 2000, side->ends > 0);
  told = side->writes_told;
  assert_true(told < side->writes_asked);
  assert_int_equal(side->writes_broken, 0);
  assert_int_equal(side->ends, 0);
  side_close(side);
  RIG_RUN_UNTIL(rig, side->closes_told == 1);
  assert_true(side->writes_canceled > 0);
}

static void a_slow_reader_gets_all(void** state) {
  rig_t* rig = *state;
  side_t* side = ask(rig, "R");
  char count[32];
  int i;

  for (i = 0; i < 16; i++)
    assert_code(side_write(side, CHUNK, 1), 0);
  side_shutdown(side);
  snprintf(count, sizeof(count), "%d", 16 * CHUNK);
  expect_end(rig, side, strlen(count));
  assert_memory_equal(side->room, count, strlen(count));
}

static int run_all(void) {
  const struct CMUnitTest tests[] = {
      RIG_TEST(&peer, an_end_reads_as_eof_and_is_written_to),
      RIG_TEST(&peer, a_close_reads_as_eof),
      RIG_TEST(&peer, a_close_with_unread_bytes_reads_as_eof_not_as_a_reset),
      RIG_TEST(&peer, a_death_reads_as_eof_not_as_a_reset),
      RIG_TEST(&peer, what_was_said_before_a_close_is_read_long_after_it),
      RIG_TEST(&peer, a_write_that_waits_learns_of_a_death),
      RIG_TEST(&peer, one_that_stands_still_is_waited_for),
      RIG_TEST(&peer, a_slow_reader_gets_all),
  };

  return cmocka_run_group_tests_name("endings", tests, NULL, NULL);
}

int main(int argc, char** argv) {
  if (argc != 2)
    return 2;
  address = argv[1];
  is_guest = strncmp(address, "hybrid:", 7) != 0;
  if (is_guest && getenv("HVUV_IN_VM") == NULL) {
    print_message("Skipped: connects AF_VSOCK sockets, so it runs in a virtual "
                  "machine of the project's only. Remedy: ./dev vm-hvsock\n");
    return 77;
  }
  return run_all();
}
