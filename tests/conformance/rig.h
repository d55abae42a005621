/*
 * What the transport suites stand on: a loop, a listener and streams that keep
 * a record of all that happens to them. Callbacks only record; the test bodies
 * assert after the loop has returned.
 *
 * Every test has a rig of its own, made by rig_setup() and ended by
 * rig_teardown(), which closes what is open and then wants the loop to close
 * with 0, each request called back once, and no block and no descriptor left.
 */
#ifndef HVUV_TESTS_CONFORMANCE_RIG_H
#define HVUV_TESTS_CONFORMANCE_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <hvuv.h>

#include "support/turn.h"

typedef struct rig_s rig_t;
typedef struct side_s side_t;

/* How reading ends, as a set. */
typedef enum ends_e {
  ENDS_EOF = 1 << 0,  /* UV_EOF */
  ENDS_RESET = 1 << 1 /* UV_ECONNRESET */
} ends_t;

/* How a family has a peer's exit read; see suite_endings.c. */
typedef struct endings_s {
  unsigned int clean;  /* it had read all that was sent to it */
  unsigned int unread; /* it had not */
  unsigned int reset;  /* it had, and reset the connection */
  unsigned int late;   /* it had ended its direction, and we read neither yet */
  int loses_words;     /* unread or reset, what it said last may be lost */
} endings_t;

/* On Windows a close ends the connection first, and a reset has thrown away what
 * came before it. */
#define ENDINGS_OF_WINDOWS                                                     \
  {                                                                            \
    .clean = ENDS_EOF, .unread = ENDS_EOF | ENDS_RESET,                        \
    .reset = ENDS_EOF | ENDS_RESET, .late = ENDS_EOF | ENDS_RESET,             \
    .loses_words = 1                                                           \
  }

/* A family to stamp the suite with. */
typedef struct transport_s {
  const char* name;

  /* Makes ready, and fills in rig->at; may keep something in rig->extra. */
  void (*start)(rig_t* rig);
  void (*finish)(rig_t* rig);

  /* Where sockets are not made by hvuv but adopted, which have no addresses:
   * binds the listener, and connects a side. Else NULL. */
  void (*serve)(side_t* listener);
  void (*dial)(side_t* side);

  /* The address to connect to for a listener that got `bound`. */
  void (*target)(const hvuv_addr_t* bound, hvuv_addr_t* to);

  endings_t endings;
  int refused;                /* connecting where nobody listens */
  int aborted;                /* reading from a peer that aborted */
  int aborted_too;            /* ... which may also be told so; 0 not */
  int has_threads;            /* libuv keeps some for each socket: few will
                                 do, and their handles come and go */
  int full_backlog_waits;     /* a connect waits for a backlog that is full */
  int has_middleman;          /* a thread of this process carries the bytes */
  int is_stingy;              /* ... and the caller's end of its direction ends
                                 both, the acceptor's is not passed on */
  int has_host;               /* a host that is no part of this carries them: it
                                 takes all calls, and what is written to a peer
                                 that has exited */
  int client_has_name;        /* hvuv_getsockname() of a connected stream */
  const char* peer_of_server; /* whom the acceptor sees; NULL: it differs */
} transport_t;

/* One stream and all that happened to it. */
struct side_s {
  hvuv_stream_t stream;
  rig_t* rig;
  side_t* next;
  hvuv_connect_t connect_req;
  hvuv_shutdown_t shutdown_req;

  int connects_asked, connects_told;
  int connect_status;
  int shutdowns_asked, shutdowns_told;
  int shutdown_status;
  int writes_asked, writes_told;
  int write_status;      /* of the last one told */
  int writes_ok;         /* told with 0 */
  int writes_canceled;   /* told with UV_ECANCELED */
  int writes_broken;     /* told with UV_EPIPE or UV_ECONNRESET */
  int writes_misordered; /* told before one that was asked earlier */
  int closes_asked, closes_told;
  int late; /* callbacks that came after the close callback */

  uint64_t out_bytes; /* asked to be written */
  uint64_t out_taken; /* told with 0, or taken by side_try_write() */
  uint64_t in_bytes;  /* read */
  uint64_t in_wrong;  /* chunks with other contents than rig_pattern()'s */
  unsigned int out_seed, in_seed;
  int reads; /* read callbacks with bytes */
  int ends;  /* EOF or an error told */
  int end;   /* ... the last one */

  int echoes;       /* sends back what it reads, and its end */
  int pause_reads;  /* stops reading after each read callback */
  int close_at_end; /* closes when reading has ended */
  uint64_t end_at;  /* ends its direction when so much has come; 0: not */
  char room[65536];
};

struct rig_s {
  const transport_t* transport;
  const void* about; /* the case that the test is, where a suite has a table */
  uv_loop_t loop;
  hvuv_addr_t at; /* to listen at */
  hvuv_addr_t to; /* to connect to, once it listens */
  void* extra;

  side_t* sides; /* all, the newest first */
  side_t* listener;
  side_t* accepted; /* the last one accepted */
  int accept_count; /* how many were */
  int connections;  /* connection callbacks with status 0 */
  int shortages;    /* ... with another */
  int shortage;     /* ... the last one */
  int hold_accepts; /* leaves connections to the test */

  /* After a callback of a side, inside it; must not assert. May be NULL. */
  void (*in_callback)(side_t* side);
  unsigned int room_bytes; /* of each buffer to read into; 0: 65536 */

  int echo_accepts; /* accepted sides echo */

  uv_timer_t watchdog;
  turn_t turn;
  int expired;
  uint64_t turns;
  int descriptors;
  int inheritable;
};

int rig_setup(void** state);
int rig_teardown(void** state);

/* Skips what asks something of the very system that the peer is on. */
void rig_skip_with_host(const rig_t* rig);

/* The same, but descriptors may stay open. */
int rig_teardown_leaky(void** state);

/* One test of a suite, for cmocka's table. */
#define RIG_TEST(transport, function)                                          \
  { #function, function, rig_setup, rig_teardown, (void*) (transport) }

/* The one that comes before all others. What systems and libraries open once,
 * such as the handles of threads on Windows, they open in it, so that none of
 * it is counted as left behind later. */
#define RIG_REHEARSAL(transport, function)                                     \
  { #function, function, rig_setup, rig_teardown_leaky, (void*) (transport) }

/* Runs one turn of the loop, which may wait. Returns 0 if nothing is left to
 * run, or the watchdog expired; it fails the test that goes on for a minute. */
int rig_turn(rig_t* rig);

/* Runs the loop until a condition holds, or nothing is left to run. */
#define RIG_RUN_UNTIL(rig, condition)                                          \
  while (!(condition) && rig_turn(rig)) {                                      \
  }

/* Runs the loop until nothing is left to run. */
void rig_run(rig_t* rig);

/* Has the loop go on when no stream holds it, or no longer. */
void rig_hold(rig_t* rig, int on);

/* Runs the loop n times without waiting. */
void rig_spin(rig_t* rig, int n);

/* --- Sides */

side_t* side_new(rig_t* rig);
void side_connect(side_t* side);
void side_accept(side_t* side, hvuv_stream_t* listener);
void side_read(side_t* side);

/* Writes n bytes of the pattern, in up to parts buffers. Returns hvuv_write()'s
 * answer. */
int side_write(side_t* side, size_t n, unsigned int parts);

/* hvuv_try_write() of n bytes of the pattern; returns its answer. */
int side_try_write(side_t* side, size_t n);

/* Writes a text instead; the peer's contents are then not checked. */
void side_write_text(side_t* side, const char* text);

void side_shutdown(side_t* side);

/* Ends its direction: now, or where a caller's end would lose what is still to
 * come, when n bytes have come. */
void side_finish(side_t* caller, uint64_t n);
void side_close(side_t* side);

/* With hvuv_close_reset(). */
void side_reset(side_t* side);

/* Waits, without the loop, until the kernel has something to read, or room to
 * write. */
void side_await(const side_t* side, int readable);

/* --- All together */

/* Makes rig->listener and binds it; rig->to is then how to reach it. */
void rig_bind(rig_t* rig);

/* The same, if that was not done, and listens. */
void rig_listen(rig_t* rig, int backlog);

/* A listener and a connected pair: *client called, *server was accepted. */
void rig_connect_pair(rig_t* rig, side_t** client, side_t** server);

/* Writes until the kernel takes no more and something is queued. */
void side_fill(side_t* side);

/* n bytes of what a stream with this seed carries from an offset on; n is at
 * most 65536. */
const char* rig_pattern(unsigned int seed, uint64_t offset);

/* Whether the printed address parses to the same address again. */
int rig_prints_and_parses(const hvuv_addr_t* addr);

/* Prints why and skips, where sockets are adopted. */
void rig_need_addresses(const rig_t* rig);

/* Prints why and skips, where one direction cannot end alone. */
void rig_need_half_close(const rig_t* rig);

/* Prints why and skips, where descriptors are too few. */
void rig_need_descriptors(unsigned long n);

/* The names of the error codes make better messages than numbers. */
#define assert_code(actual, expected)                                          \
  rig_assert_code(actual, expected, #actual, __FILE__, __LINE__)

void rig_assert_code(
    long actual, long expected, const char* what, const char* file, int line);

#endif /* HVUV_TESTS_CONFORMANCE_RIG_H */
