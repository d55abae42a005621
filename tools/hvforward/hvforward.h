/*
 * The program: doors at FROM, a call for each caller, a dial to TO, a relay.
 *
 *   main.c      arguments
 *   run.c       signals, the drain, the end
 *   door.c      who calls
 *   call.c      one call, from its caller to its end
 *   status.c    what is going on, for people      log.c    a line for each call
 *   fault.c     what is reported of a call        quota.c  how much of that
 *   calls.c     what is known of all calls        limits.c who may
 *   dial.c      the way to TO, with retries       peer.c   who it is
 *   kind_*.c    how each kind of end listens and connects
 *   follower.c  FROMs that move with a VM's id
 *   place.c     an end: which kind, its text      leg.c    a stream, hvuv's or libuv's
 *   child_*.c   the processes of exec:
 *   system_*.c, unix_*.c                          what systems do in their own way
 *
 * A file uses those below it or to the right of it; kinds report to their dial.
 */
#ifndef HVUV_TOOLS_HVFORWARD_H
#define HVUV_TOOLS_HVFORWARD_H

#include <hvuv.h>

#include "options.h"

#define MAX_ROUTES 64

typedef struct settings_s {
  uint64_t wait_ms;      /* for one connect */
  uint64_t retry_ms;     /* so long a connect is made again; 0: not */
  uint64_t follow_ms;    /* between two lookups of a FROM's VM; 0: one */
  uint64_t grace_ms;     /* for the calls under way at a signal to end */
  uint64_t max_calls;    /* at once; others wait in the kernel */
  uint64_t max_per_peer; /* 0: no limit */
  int socket_mode;       /* of unix: sockets that are made; -1: the umask's */
  hvuv_half_close_t half_close; /* of hvuv's addresses */
  hvuv_relay_options_t relay;
} settings_t;

extern const tool_t hvforward;
extern settings_t settings;

#endif /* HVUV_TOOLS_HVFORWARD_H */
