/*
 * The wire that is a test program: what testing.c, the user's side of it, and
 * wire_test.c, the connection's side, share.
 *
 * Memory here is not from alloc.h, see hvuv/testing.h.
 */
#ifndef HVUV_SRC_HARNESS_WIRE_TEST_H
#define HVUV_SRC_HARNESS_WIRE_TEST_H

#include "conn/conn.h"
#include "hvuv/testing.h"

#define HVUV__TEST_NO_LIMIT SIZE_MAX

typedef struct hvuv__test_bytes_s {
  char* base;
  size_t used;
  size_t room;
} hvuv__test_bytes_t;

enum hvuv__test_flag {
  HVUV__TEST_RUNNING = 1 << 0,
  HVUV__TEST_READING = 1 << 1,  /* what the connection wants ... */
  HVUV__TEST_SHUTTING = 1 << 2, /* ... and its end, behind what is queued */
  HVUV__TEST_ENDED = 1 << 3,
  HVUV__TEST_CLOSING = 1 << 4,
  HVUV__TEST_PEER_ENDS = 1 << 5, /* behind what is in the inbox */
  HVUV__TEST_PEER_ENDED = 1 << 6
};

struct hvuv_test_s {
  hvuv__group_t group; /* first, so that the wire finds the test */
  hvuv_conn_t* conn;   /* NULL when it is gone */
  void* data;
  unsigned int flags;
  int reason;
  int failure; /* of the socket */
  uint64_t now_ms;
  uint64_t alarm_ms;
  hvuv__test_bytes_t inbox; /* not read yet */
  size_t read;              /* of those, read */
  hvuv__test_bytes_t sent;  /* taken by the peer */
  size_t room;              /* bytes that the peer will take */
  size_t queued;
  hvuv_write_t* head; /* of the chunks; data is the chunk */
  hvuv_write_t* tail;
  hvuv_addr_t names[2]; /* the peer's, ours */
  int has_name[2];
};

extern const hvuv__wire_t hvuv__test_wire;

static inline int hvuv__test_has(const hvuv_test_t* test, unsigned int flags) {
  return (test->flags & flags) != 0;
}

/* Does what there is to do, one step after the other. From inside a handler,
 * which is where it is called again, it leaves that to the call that is at
 * work. */
void hvuv__test_run(hvuv_test_t* test);

/* The block, or the end of the program. */
void* hvuv__test_need(void* block);

/* Room for so many bytes more, with a NUL behind them; returns where. */
char* hvuv__test_extend(hvuv__test_bytes_t* bytes, size_t nbytes);

#endif /* HVUV_SRC_HARNESS_WIRE_TEST_H */
