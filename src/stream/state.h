/*
 * What the files of the stream share: its states, its flags, and the few
 * functions that cross from one file to another. stream.c draws the states.
 */
#ifndef HVUV_SRC_STREAM_STATE_H
#define HVUV_SRC_STREAM_STATE_H

#include "loop/alarm.h"
#include "family/family.h"
#include "loop/hub.h"
#include "hvuv/stream.h"
#include "poll/poll.h"
#include "sys/sys.h"

enum hvuv__state {
  HVUV__IDLE = 0,
  HVUV__BOUND,
  HVUV__LISTENING,
  HVUV__CONNECTING,
  HVUV__OPEN,
  HVUV__CLOSING,
  HVUV__CLOSED
};

/* Where a connect stands: what it waits for. */
enum hvuv__connect_stage {
  HVUV__CONNECT_POLLING = 1, /* the system to finish it */
  HVUV__CONNECT_RETRYING,    /* its alarm, to try a full backlog again */
  HVUV__CONNECT_REPLY,       /* the answer to the family's request */
  HVUV__CONNECT_SETTLED      /* the turn's end, to tell connect_status */
};

enum hvuv__flag {
  HVUV__DEFERRED = 1 << 0,       /* on the hub's list */
  HVUV__UNREF = 1 << 1,          /* hvuv_unref() was called */
  HVUV__READING = 1 << 2,        /* between read_start and stop, EOF or error */
  HVUV__TELL_END = 1 << 3,       /* read_start after the end: tell it again */
  HVUV__WRITE_BLOCKED = 1 << 4,  /* the kernel is full, wait for WRITABLE */
  HVUV__WRITE_GATHER = 1 << 5,   /* one write went out in this turn already */
  HVUV__SHUT = 1 << 6,           /* hvuv_shutdown() was accepted */
  HVUV__SHUT_SENT = 1 << 7,      /* ... and made; shutdown_status is known */
  HVUV__ACCEPT_STARVED = 1 << 8, /* out of descriptors, wait for the alarm */
  HVUV__STARVED_TOLD = 1 << 9,   /* ... and the user knows */
  HVUV__ACCEPT_DEAD = 1 << 10,   /* the listening socket has failed */
  HVUV__HOLDS = 1 << 11,         /* counted by the hub as keeping the loop */
  HVUV__ADOPTED = 1 << 12,       /* the socket came by hvuv_open() */
  HVUV__AWAKE = 1 << 13,         /* awake: it ends its writing itself */
  HVUV__READ_STEADY = 1 << 14,   /* not stopped or started since it was set */
  HVUV__NOT_OPEN = 1 << 15,      /* its state is another than HVUV__OPEN */
  HVUV__WRITE_QUEUED = 1 << 16,  /* writes may be unsent, or done but untold */
  HVUV__WRITE_BURSTS = 1 << 17   /* many writes were told at once last time */
};

/* Keeps a function that few messages need out of one that all of them pass. */
#if defined(__GNUC__)
#define HVUV__APART __attribute__((noinline))
#else
#define HVUV__APART
#endif

static inline void hvuv__clear_flags(hvuv_stream_t* stream,
                                     unsigned int flags) {
  stream->flags &= ~flags;
}

/* --- stream.c */

/* Gives the stream a socket and watches it. On an error the socket is still
 * the caller's. */
int hvuv__stream_attach(hvuv_stream_t* stream, uv_os_sock_t sock);

/* Takes socket, poller, alarm and claim away; legal with none of them. */
void hvuv__stream_detach(hvuv_stream_t* stream);

/* Gives the socket back to whoever lent it: it stays open and is watched no
 * more. Returns it, or HVUV__NO_SOCK if there is none. The stream can only be
 * closed afterwards. */
uv_os_sock_t hvuv__stream_release(hvuv_stream_t* stream);

void hvuv__stream_move(hvuv_stream_t* stream, enum hvuv__state to);

/* To be called after anything that changes what the stream waits for. */
void hvuv__stream_update(hvuv_stream_t* stream);

/* The stream's alarm, made when it has none. */
int hvuv__stream_need_alarm(hvuv_stream_t* stream);

/* --- connect.c */

void hvuv__connect_ready(hvuv_stream_t* stream, int status);
void hvuv__connect_alarm(hvuv_stream_t* stream);
void hvuv__connect_turn_end(hvuv_stream_t* stream);

/* Calls back the connect, if one is pending. */
void hvuv__connect_tell(hvuv_stream_t* stream, int status);

/* --- listener.c */

void hvuv__listener_ready(hvuv_stream_t* stream, int status);
void hvuv__listener_alarm(hvuv_stream_t* stream);

/* --- stream/read.c */

/* An open stream wakes. */
void hvuv__open_ready(hvuv_stream_t* stream, int status, int events);

void hvuv__read_turn_end(hvuv_stream_t* stream);

/* --- stream/write.c */

void hvuv__write_ready(hvuv_stream_t* stream);

/* Sends what was gathered and calls back what is done: at the end of a wake-up
 * of the stream itself, while its buffers are still in the cache; else at the
 * turn's end. Clears HVUV__AWAKE. */
void hvuv__write_end(hvuv_stream_t* stream);

/* Has the writes made from now on in this turn leave together at its end, the
 * first one too. */
void hvuv__write_gather(hvuv_stream_t* stream);

/* Sends what only waits for the turn's end. */
void hvuv__write_flush_gathered(hvuv_stream_t* stream);

/* Ends all writes and the shutdown of a stream whose connect failed with
 * status, which is told first. */
void hvuv__write_abandon(hvuv_stream_t* stream, int connect_status);

/* Calls back all writes and the shutdown of a stream that closes. */
void hvuv__write_cancel(hvuv_stream_t* stream);

#endif /* HVUV_SRC_STREAM_STATE_H */
