/*
 * Every way in which a peer ends a conversation, at every time, and what then
 * arrives and is reported here:
 *
 *   peer   connects ..... reads or not ......... its last words, the act
 *   us     connected ... [before] writes [during: a queue that is blocked] [after]
 *
 *   act      end            it ends its direction, and reads on if it reads
 *            close          it closes
 *            close_unread   it closes with bytes of ours unread
 *            kill           the process that holds its socket is killed
 *            reset          it resets the connection, where the family can
 *   manner   reads | half_closes (ends its direction first, and reads) | never_reads
 *   side     the peer accepted, or called
 *   we       read from the start, or only when our writes have been reported
 *
 * What has to hold, whatever the family:
 *
 *   - What the peer said before the act arrives, then one end, once.
 *   - After an orderly end our direction is as it was: all that we write arrives.
 *   - After an exit each write is reported: those that the kernel took with 0,
 *     the one that failed with UV_EPIPE or UV_ECONNRESET, those behind it with
 *     UV_ECANCELED. Nothing waits for ever, and nothing spins.
 *
 * How an exit reads is the family's (transport_t.endings):
 *
 *                   all was read   with bytes unread  by a reset    ended first
 *   local, Unix     EOF            ECONNRESET         EOF           either
 *   TCP             EOF            ECONNRESET         ECONNRESET    EOF
 *   vsock           EOF            EOF                EOF           EOF
 *   hybrid          EOF            either: it is the VMM's          either
 *   on Windows      EOF            either, and what was said last may be lost
 *
 * "Ended first" is of an end and an exit that we both see late. Windows is Wine,
 * and the emulation of AF_HYPERV: what a real Hyper-V does has not been seen.
 *
 * Behind a stingy VMM (fake_vmm.h) the caller's end ends both directions, so it
 * is an exit; the acceptor's end is not heard of before its exit or ours.
 */
#include <stdlib.h>
#include <string.h>

#include "holder.h"
#include "suite.h"
#include "support/net.h"
#include "support/wine.h"

#define WORDS     3000u /* what the peer says last */
#define FEW       3     /* writes of ours, of so many bytes */
#define FEW_BYTES 1000u
#define GREETING  100u /* what close_unread leaves unread */
#define MANY      256  /* writes that no kernel takes without a reader */
#define CHUNK     65536u
#define MIDWAY    262144u /* where a reader stops that exits */
#define TURNS_MAX 5000

typedef enum act_e { END, CLOSE, CLOSE_UNREAD, KILL, RESET, ACTS } act_t;
typedef enum moment_e { BEFORE, DURING, AFTER, MOMENTS } moment_t;
typedef enum manner_e { READS, HALF_CLOSES, NEVER_READS, MANNERS } manner_t;

typedef struct ending_s {
  const transport_t* transport;
  act_t act;
  moment_t moment;
  manner_t manner;
  int peer_called;
  int we_read;
  char name[96];
} ending_t;

typedef struct scene_s {
  rig_t* rig;
  const ending_t* e;
  side_t* us;
  side_t* peer;
} scene_t;

/* --- What a case means */

/* The end of the peer's direction takes ours with it. */
static int ends_both(const ending_t* e) {
  return e->transport->is_stingy && e->peer_called &&
         (e->act == END || e->manner == HALF_CLOSES);
}

static int is_exit(const ending_t* e) {
  return e->act != END || ends_both(e);
}

/* The end of the peer's direction, as long as it is only that. */
static int is_heard(const ending_t* e) {
  return !e->transport->is_stingy || e->peer_called;
}

/* We know of it when the peer exits. */
static int has_ended_first(const ending_t* e) {
  return e->manner == HALF_CLOSES && is_heard(e);
}

static int leaves_unread(const ending_t* e) {
  return e->act == CLOSE_UNREAD || e->moment == DURING ||
         (e->moment == AFTER && e->manner == NEVER_READS);
}

/* How reading has to end. */
static unsigned int expected_ends(const ending_t* e) {
  const endings_t* family = &e->transport->endings;
  unsigned int exit;

  if (e->act == END || (has_ended_first(e) && e->we_read))
    return ENDS_EOF;
  if (has_ended_first(e)) /* and the exit comes before we look */
    return family->late;
  exit = leaves_unread(e)  ? family->unread
         : e->act == RESET ? family->reset
                           : family->clean;
  if (e->moment == AFTER || (e->moment == BEFORE && e->we_read))
    return exit;
  /* A write of ours may have learned of it first. */
  return exit | family->unread | ENDS_EOF;
}

/* --- The conversation */

static void connect_both(scene_t* s) {
  side_t* client;
  side_t* server;

  rig_connect_pair(s->rig, &client, &server);
  s->us = s->e->peer_called ? server : client;
  s->peer = s->e->peer_called ? client : server;
}

static void say_words(scene_t* s) {
  assert_code(side_write(s->peer, WORDS, 1), 0);
  RIG_RUN_UNTIL(s->rig, s->peer->writes_told == s->peer->writes_asked);
  assert_code(s->peer->write_status, 0);
}

static void end_direction(scene_t* s) {
  side_shutdown(s->peer);
  RIG_RUN_UNTIL(s->rig, s->peer->shutdowns_told == s->peer->shutdowns_asked);
  if (s->e->we_read && is_heard(s->e))
    RIG_RUN_UNTIL(s->rig, s->us->ends > 0);
}

static void begin(scene_t* s) {
  if (s->e->we_read)
    side_read(s->us);
  if (s->e->manner != NEVER_READS)
    side_read(s->peer);
  if (s->e->manner == HALF_CLOSES) {
    say_words(s);
    end_direction(s);
  }
}

static void write_few(scene_t* s) {
  int err;
  int i;

  for (i = 0; i < FEW; i++) {
    err = side_write(s->us, FEW_BYTES, 1 + (unsigned int) i);
    if (err != 0) /* After a read error that is known at once. */
      assert_code(err, UV_EPIPE);
  }
  RIG_RUN_UNTIL(s->rig, s->us->writes_told == s->us->writes_asked);
}

/* A queue that stays blocked: what reads, reads a part of it. */
static void write_many(scene_t* s) {
  int i;

  for (i = 0; i < MANY; i++)
    assert_code(side_write(s->us, CHUNK, 1), 0);
  if (s->e->manner == NEVER_READS) {
    rig_spin(s->rig, 5);
  } else {
    RIG_RUN_UNTIL(s->rig, s->peer->in_bytes >= MIDWAY);
    hvuv_read_stop(&s->peer->stream);
  }
  assert_true(hvuv_get_write_queue_size(&s->us->stream) > 0);
}

static void write_before_the_act(scene_t* s) {
  if (s->e->moment == DURING)
    write_many(s);
  if (s->e->moment != AFTER)
    return;
  write_few(s);
  assert_int_equal(s->us->writes_ok, FEW);
  if (s->e->manner != NEVER_READS)
    RIG_RUN_UNTIL(s->rig, s->peer->in_bytes == s->us->out_bytes);
}

/* --- The act */

static int has_unread(const side_t* side) {
  uv_os_sock_t sock;

  assert_code(hvuv_fileno(&side->stream, &sock), 0);
  return net_await(sock, 1, 10) == 0;
}

/* The peer may have read all that we could write until now: then more is written
 * by turns of the loop. */
static void leave_unread(scene_t* s) {
  int turns;

  hvuv_read_stop(&s->peer->stream);
  if (s->e->moment != DURING)
    assert_code(side_write(s->us, GREETING, 1), 0);
  rig_spin(s->rig, 2);
  for (turns = 0; turns < 1000 && !has_unread(s->peer); turns++)
    rig_spin(s->rig, 2);
  side_await(s->peer, 1);
}

static void kill_peer(scene_t* s) {
  uv_os_sock_t sock;
  int pid;

  assert_code(hvuv_fileno(&s->peer->stream, &sock), 0);
  pid = holder_start(sock);
  side_close(s->peer); /* Ours of its two descriptors. */
  rig_spin(s->rig, 3);
  holder_kill(pid);
}

static void do_act(scene_t* s) {
  if (s->e->manner != HALF_CLOSES)
    say_words(s);
  if (s->e->act == CLOSE_UNREAD)
    leave_unread(s);

  if (s->e->act == END && s->e->manner != HALF_CLOSES)
    end_direction(s);
  else if (s->e->act == CLOSE || s->e->act == CLOSE_UNREAD)
    side_close(s->peer);
  else if (s->e->act == KILL)
    kill_peer(s);
  else if (s->e->act == RESET)
    side_reset(s->peer);
}

/* --- What has to follow */

static void read_to_the_end(scene_t* s) {
  if (!s->e->we_read)
    side_read(s->us);
  RIG_RUN_UNTIL(s->rig, s->us->ends > 0);
}

/* With nobody to read it, our queue stays, and waits without spinning. */
static void expect_a_quiet_wait(scene_t* s) {
  rig_spin(s->rig, 20);
  assert_true(hvuv_get_write_queue_size(&s->us->stream) > 0);
  assert_int_equal(s->us->writes_broken + s->us->writes_canceled, 0);
  assert_true(uv_backend_timeout(&s->rig->loop) != 0);
}

static void expect_our_direction_to_go_on(scene_t* s) {
  if (s->e->moment == BEFORE)
    write_few(s);
  if (s->e->manner == NEVER_READS && s->e->moment == DURING) {
    expect_a_quiet_wait(s);
    return;
  }

  side_read(s->peer);
  RIG_RUN_UNTIL(s->rig, s->us->writes_told == s->us->writes_asked);
  assert_int_equal(s->us->writes_ok, s->us->writes_asked);
  RIG_RUN_UNTIL(s->rig, s->peer->in_bytes == s->us->out_bytes);
  if (!is_heard(s->e))
    assert_int_equal(s->us->ends, 0);
  side_shutdown(s->us);
  RIG_RUN_UNTIL(s->rig, s->peer->ends > 0);
  assert_code(s->peer->end, UV_EOF);
  assert_int_equal(s->peer->in_wrong, 0);
}

static void expect_each_write_reported(scene_t* s) {
  const side_t* us = s->us;

  if (s->e->moment == BEFORE) {
    if (s->e->we_read)
      RIG_RUN_UNTIL(s->rig, us->ends > 0);
    write_few(s);
  }
  RIG_RUN_UNTIL(s->rig, us->writes_told == us->writes_asked);
  assert_int_equal(us->writes_ok + us->writes_canceled + us->writes_broken,
                   us->writes_asked);
  if (s->e->moment == DURING)
    assert_int_equal(us->writes_broken, 1);
}

/* Writing to a peer that has closed resets the connection, too. */
static int is_dropped_by_reset(const scene_t* s) {
  return !net_reads_before_reset() && is_exit(s->e) &&
         s->us->end == UV_ECONNRESET;
}

static void expect_the_words_and_an_end(scene_t* s) {
  const endings_t* family = &s->e->transport->endings;
  unsigned int end;

  end = s->us->end == UV_EOF          ? ENDS_EOF
        : s->us->end == UV_ECONNRESET ? ENDS_RESET
                                      : 0;
  if ((expected_ends(s->e) & end) == 0)
    fail_msg("reading ended with %s", uv_err_name(s->us->end));
  if (s->us->in_bytes < WORDS && is_dropped_by_reset(s))
    assert_int_equal(s->us->in_bytes, 0);
  else if (family->loses_words && s->us->in_bytes < WORDS)
    assert_true(is_exit(s->e) && (s->e->act == RESET || leaves_unread(s->e)));
  else
    assert_int_equal(s->us->in_bytes, WORDS);
  assert_int_equal(s->us->in_wrong, 0);
  assert_int_equal(s->us->ends, 1);
}

static void an_ending(void** state) {
  scene_t s = {.rig = *state};
  uint64_t turns;
  int is_unheard;

  s.e = s.rig->about;
  connect_both(&s);
  begin(&s);
  write_before_the_act(&s);
  do_act(&s);

  turns = s.rig->turns;
  if (is_exit(s.e))
    expect_each_write_reported(&s);
  else
    expect_our_direction_to_go_on(&s);
  is_unheard = !is_exit(s.e) && !is_heard(s.e) && s.us->shutdowns_asked == 0;
  if (is_unheard) {
    rig_spin(s.rig, 20);
    assert_int_equal(s.us->ends, 0);
  } else {
    read_to_the_end(&s);
    rig_spin(s.rig, 5);
    expect_the_words_and_an_end(&s);
  }
  assert_true(s.rig->turns - turns < TURNS_MAX);
}

/* --- The list */

static int setup(void** state) {
  const ending_t* e = *state;
  rig_t* rig;
  int err;

  *state = (void*) (uintptr_t) e->transport;
  err = rig_setup(state);
  if (err == 0) {
    rig = *state;
    rig->about = e;
  }
  return err;
}

static void name(ending_t* e) {
  static const char* const acts[] = {
      "end", "close", "close_unread", "kill", "reset"};
  static const char* const moments[] = {"before", "during", "after"};
  static const char* const manners[] = {
      "reads", "half_closes_first", "never_reads"};

  snprintf(e->name,
           sizeof(e->name),
           "%s_%s_our_writes_by_%s_that_%s_%s",
           acts[e->act],
           moments[e->moment],
           e->peer_called ? "a_caller" : "an_acceptor",
           manners[e->manner],
           e->we_read ? "while_we_read" : "before_we_read");
}

/* Behind a stingy VMM a caller's half-close is all there is; and how an exit reads is the
 * host's matter where that is in between. */
static int is_a_case(const ending_t* e) {
  if (e->act == KILL && !holder_is_possible())
    return 0;
  if (e->act != END && e->transport->has_host)
    return 0;
  if (e->act == END && e->moment == DURING && wine_has(WINE_END_DROPS_SENDS))
    return 0;
  return !(ends_both(e) && e->manner == HALF_CLOSES) ||
         (e->act == END && e->moment == BEFORE);
}

static int list(const transport_t* t, ending_t* cases) {
  ending_t e = {.transport = t};
  int n;
  int i;

  n = 0;
  for (i = 0; i < ACTS * MOMENTS * MANNERS * 4; i++) {
    e.act = (act_t) (i / (MOMENTS * MANNERS * 4));
    e.moment = (moment_t) (i / (MANNERS * 4) % MOMENTS);
    e.manner = (manner_t) (i / 4 % MANNERS);
    e.peer_called = i / 2 % 2;
    e.we_read = i % 2;
    if (is_a_case(&e)) {
      name(&e);
      cases[n++] = e;
    }
  }
  return n;
}

int suite_endings(const transport_t* t) {
  static ending_t cases[ACTS * MOMENTS * MANNERS * 4];
  static struct CMUnitTest tests[ACTS * MOMENTS * MANNERS * 4];
  int n;
  int i;

  n = list(t, cases);
  for (i = 0; i < n; i++) {
    tests[i].name = cases[i].name;
    tests[i].test_func = an_ending;
    tests[i].setup_func = setup;
    tests[i].teardown_func = rig_teardown;
    tests[i].initial_state = &cases[i];
  }
  /* What is left of the table has no function, which cmocka passes over. */
  return cmocka_run_group_tests_name("endings", tests, NULL, NULL);
}
