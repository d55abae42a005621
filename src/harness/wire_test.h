/*
 * The wire and the clock that are a test program: what testing.c, the user's
 * side of them, and wire_test.c, the connection's side, share.
 *
 *   what the peer sends       OPEN --- receive_end ---> ENDING --- it was read --> ENDED
 *   what the connection sends OPEN --- shutdown ------> ENDING --- all taken ----> ENDED
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

enum hvuv__test_side {
  HVUV__TEST_OPEN = 0,
  HVUV__TEST_ENDING, /* behind what is under way */
  HVUV__TEST_ENDED
};

struct hvuv_test_s {
  hvuv__group_t group; /* first, so that the wire finds the test */
  hvuv_conn_t* conn;   /* NULL when it is gone */
  void* data;
  int reason;
  int is_running;   /* hvuv__test_run() is at work */
  int failure;      /* of the wire; 0: it is whole */
  int send_failure; /* of our direction alone */

  /* What the connection wants. */
  int is_reading;
  int is_closing;
  int was_reset;
  enum hvuv__test_side ours;

  uint64_t now_ms;
  uint64_t alarm_ms; /* UINT64_MAX: not set */

  enum hvuv__test_side peers;
  hvuv__test_bytes_t inbox; /* sent by the peer */
  size_t read;              /* of those, by the connection */
  hvuv__test_bytes_t sent;  /* taken by the peer */
  size_t room;              /* bytes that the peer will take */

  size_t queued; /* bytes in the chunks that the peer has not taken */
  hvuv__chunk_t* head;
  hvuv__chunk_t* tail;

  hvuv_addr_t names[2]; /* the peer's, ours */
  int has_name[2];
};

extern const hvuv__wire_t hvuv__test_wire;
extern const hvuv__clock_t hvuv__test_clock;

/* Does what there is to do, one step after the other. From inside a handler,
 * which is where it is called again, it leaves that to the call that is at
 * work. */
void hvuv__test_run(hvuv_test_t* test);

/* The block, or the end of the program. */
void* hvuv__test_need(void* block);

/* Room for so many bytes more, with a NUL behind them; returns where. */
char* hvuv__test_extend(hvuv__test_bytes_t* bytes, size_t nbytes);

#endif /* HVUV_SRC_HARNESS_WIRE_TEST_H */
