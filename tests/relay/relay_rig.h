/*
 * A relay between two sockets that know nothing of it: what each test of relays
 * starts from.
 *
 *   peers[0] <----> sides[0] <--relay--> sides[1] <----> peers[1]
 *
 * The peers are plain sockets that do not block; they send a pattern, and look
 * whether what they get is the other's. Each test runs for several pairings of
 * hvuv's streams and libuv's.
 */
#ifndef HVUV_TESTS_RELAY_RELAY_RIG_H
#define HVUV_TESTS_RELAY_RELAY_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hvuv.h"
#include "hvuv/relay.h"
#include "support/alloc.h"
#include "support/loop.h"
#include "support/net.h"

/* hvuv's is an AF_UNIX pair where there are such (net_pair()), or adopted TCP. */
enum side_kind { SIDE_HVUV, SIDE_HVUV_TCP, SIDE_TCP, SIDE_PIPE };

typedef struct pairing_s {
  enum side_kind kinds[2];
} pairing_t;

extern const pairing_t hvuv_hvuv, hvuv_tcp, tcp_hvuv, tcp_tcp, pipe_hvuv;
extern const pairing_t adopted_hvuv, adopted_adopted;

typedef struct side_s {
  enum side_kind kind;
  union {
    hvuv_stream_t hvuv;
    uv_tcp_t tcp;
    uv_pipe_t pipe;
  } u;
} side_t;

typedef struct peer_s {
  uv_os_sock_t sock; /* NET_NONE once closed */
  int number;
  size_t sent;
  size_t to_send;
  int ends; /* shuts down when all is sent */
  int has_ended;
  int is_deaf; /* does not read */
  size_t received;
  size_t wrong; /* bytes that are not the other's */
  int heard;    /* 0, UV_EOF or the error that ended reading */
  int refused;  /* 0, or why it can send no more */
} peer_t;

typedef struct relay_rig_s {
  const pairing_t* pairing;
  uv_loop_t* loop;
  side_t sides[2];
  peer_t peers[2];
  hvuv_relay_t relay;
  int in_call; /* hvuv_relay_start() or hvuv_relay_close() runs */
  int runs;
  int cbs;
  int cbs_in_call;
  int status;
  int read_status[2];
  int write_status[2];
  hvuv_half_close_t half_close[2]; /* what the sides are started with */
  int datas_given_back;
  int done;
} relay_rig_t;

/* Whether a Wine (wine.h) drops what waits to be sent to a side's peer when that ends its
 * own direction: of what libuv has given to WSASend(), or of what was sent without
 * blocking. */
int relay_loses_what_waits(const relay_rig_t* rig, int side);

/* On Windows each side is. */
int side_is_tcp(const relay_rig_t* rig, int side);

int relay_setup(void** state);
int relay_teardown(void** state);

#define RELAY_TEST(pairing, function)                                          \
  {                                                                            \
#function " (" #pairing ")", function, relay_setup, relay_teardown,        \
        (void*) (uintptr_t) & (pairing)                                        \
  }

/* What a relay is started with. */
hvuv_relay_end_t relay_end(side_t* side);

/* Starts it, which must go well. */
void relay_start(relay_rig_t* rig, size_t buffer_bytes, uint64_t idle_ms);
void relay_start_with(relay_rig_t* rig, const hvuv_relay_options_t* options);
void relay_cut(relay_rig_t* rig);
void relay_on_end(hvuv_relay_t* relay, int status);

/* Bytes that a side has to write. */
size_t side_queued(const side_t* side);
void** side_data(side_t* side);

/* Has a peer send so many bytes more, and then end its direction. */
void peer_send(peer_t* peer, size_t bytes);
void peer_end(peer_t* peer);

/* Closes it, whatever it has not read. */
void peer_close(peer_t* peer);

/* Closes it so that its connection is reset; what the relay is told. */
int peer_abort(peer_t* peer);

/* A turn of the loop and of the peers. Whether a byte went to or from one. */
int relay_step(relay_rig_t* rig);

/* Turns until nothing moves any more. */
void relay_settle(relay_rig_t* rig);

/* Whether a loop of turns that began at `since` is to be given up. */
int relay_is_late(uint64_t since);

#define RELAY_UNTIL(rig, condition)                                            \
  do {                                                                         \
    uint64_t since_ = uv_hrtime();                                             \
                                                                               \
    while (!(condition)) {                                                     \
      relay_step(rig);                                                         \
      if (relay_is_late(since_))                                               \
        fail_msg("never: %s", #condition);                                     \
    }                                                                          \
  } while (0)

/* The relay has ended once, from the loop, with this status, and all is given
 * back. */
void relay_expect_end(relay_rig_t* rig, int status);

/* The peer got so many bytes of the other, and nothing else. */
void peer_expect(const peer_t* peer, size_t bytes);

/* The same behind a reset, which may have taken them back. */
void peer_expect_before_reset(const peer_t* peer, size_t bytes);

/* Reading has ended with a reset. */
void peer_expect_reset(const peer_t* peer);

#endif /* HVUV_TESTS_RELAY_RELAY_RIG_H */
