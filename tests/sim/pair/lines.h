/*
 * Conversations over `local` between real sockets, both ends in one loop:
 *
 *   caller(P) <---------------------------------> served(P)
 *   caller(P) <---> served(P)=relay=caller(Q) <---> served(Q)     joined
 *
 * Each side sends a pattern of its own. What arrives at one is the front of what the
 * one across has sent, and all of it where nobody has failed or broken off; then the
 * end of input follows. A first byte names the line, for callers are accepted in
 * whatever order they come.
 */
#ifndef HVUV_TESTS_SIM_PAIR_LINES_H
#define HVUV_TESTS_SIM_PAIR_LINES_H

#include "hvuv.h"
#include "hvuv/relay.h"
#include "sim/sim.h"

#define LINES 3

enum side_state {
  SIDE_NONE = 0,
  SIDE_CALLING,
  SIDE_OPEN,
  SIDE_RELAYED,
  SIDE_CLOSING
};

typedef struct side_s {
  hvuv_stream_t stream;  /* first: the stream is its side */
  struct side_s* across; /* NULL: not known, or gone */
  const void* joint;     /* a relay that it talks through, or is of */
  enum side_state state;
  unsigned long tag;
  unsigned long sent; /* bytes accepted by hvuv_write() */
  unsigned long received;
  int is_reading;
  int is_shut;
  int has_end;      /* the end of input has come */
  int is_disturbed; /* some side of the line was closed, or a call has failed */
  int is_torn;  /* a call has failed: a write may be missing in the middle */
  int is_new;   /* of a listener, and has not said which line it is of */
  int requests; /* not called back */
  char* lent;
  size_t lent_size;
} side_t;

typedef struct line_s {
  side_t* caller;
  side_t* served;
  int number; /* changes with each call */
} line_t;

/* Before and after each script. */
void lines_begin(uv_loop_t* loop);
void lines_settle(void (*turn)(void));
void lines_close(void (*turn)(void));

/* A call has failed on purpose: what arrives need not be all any more. */
void lines_disturb(void);

/* --- Steps: LINE, SIDE (0 caller, 1 served), ... */

void line_call(const int args[]);
void line_write(const int args[]);
void line_try(const int args[]);
void line_read(const int args[]);
void line_stop(const int args[]);
void line_shutdown(const int args[]);
void line_close(const int args[]);
void line_reset(const int args[]);
void line_join(const int args[]);
void line_room(const int args[]);

/* --- For its files */

#define LINES_SIDES_MAX 64
#define LINES_HERE      "local://loopback/5000"

extern line_t lines[LINES];
extern side_t* lines_sides[LINES_SIDES_MAX]; /* that have not closed */
extern size_t lines_lent_size;
extern int lines_is_disturbed;    /* the listener has been */
extern unsigned long lines_moved; /* bytes received, requests called back */

char lines_pattern(unsigned long tag, unsigned long position);
void* lines_need(size_t size);
side_t* lines_side_new(void);
void lines_forget(side_t* side);
void lines_disturb_side(side_t* side);
void lines_hang_up(side_t* side, int reset);
void lines_start_reading(side_t* side);
void lines_shut(side_t* side);

#endif /* HVUV_TESTS_SIM_PAIR_LINES_H */
