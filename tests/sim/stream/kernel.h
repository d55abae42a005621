/*
 * The kernel of a simulated stream: sockets with bytes that have come, room for
 * bytes that go, callers that wait. A script says what happens to them; what a
 * call finds follows, and is reported to the model of the stream whose socket it
 * is. In between a script may have one call find something else (`says`), or
 * give less than there is (`short`).
 */
#ifndef HVUV_TESTS_SIM_STREAM_KERNEL_H
#define HVUV_TESTS_SIM_STREAM_KERNEL_H

#include "model.h"
#include "support/fakes/fake_sys.h"

#define KERNEL_SLOTS 4

/* Of one slot. */
typedef struct kernel_end_s {
  model_t* model;
  uv_os_sock_t sock;      /* of its stream; HVUV__NO_SOCK */
  unsigned long tag;      /* what its bytes look like */
  unsigned long came;     /* bytes, also those that were taken */
  unsigned long taken;    /* by recv() */
  unsigned long passed;   /* bytes of the other side that a relay has sent */
  int end;                /* 0, UV_EOF, or an error behind the bytes */
  long room;              /* for bytes that go; -1: any number */
  int is_shut;            /* our direction has ended */
  int callers;            /* that wait in a listener's backlog */
  int dial;               /* what the next connect() finds */
  int is_dialling;        /* a connect is under way */
  int dial_result;        /* 1: under way still */
  const char* greeting;   /* what a hypervisor sends first; NULL: it is none */
  int greeted;            /* bytes of it that were looked at */
  int saying[FAKE_VERBS]; /* what the next calls find; KERNEL_QUIET */
  int times[FAKE_VERBS];  /* how many of them */
  long most;              /* bytes of the next recv() or send(); 0: any */
  ssize_t tried;          /* what a try_write found */
  int calls;              /* of recv() and accept() since it was last ready */
} kernel_end_t;

#define KERNEL_QUIET (-99999)

extern kernel_end_t kernel_ends[KERNEL_SLOTS];

/* Before each script. */
void kernel_reset(model_t models[]);

/* The slot whose calls on sockets that are new to the kernel come next. */
void kernel_calls_of(int slot);

/* A stream begins to use a socket, or has let it go. */
void kernel_begin(int slot, uv_os_sock_t sock);
void kernel_forget(int slot);

/* The byte of a stream of bytes that stands there. */
char kernel_pattern(unsigned long tag, unsigned long position);

/* Has the poller report what is true of the socket, if anything is. 1 if
 * somebody wanted to know. */
int kernel_ready(int slot);

/* Has it report these events, true or not; UV_DISCONNECT: an error. */
void kernel_fire(int slot, int events);

/* From now on everything goes well: room, no codes, connects that end. */
void kernel_be_kind(int slot);

#endif /* HVUV_TESTS_SIM_STREAM_KERNEL_H */
