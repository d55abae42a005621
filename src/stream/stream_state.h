/*
 * What the files of the stream share: its states, and what each state waits
 * for. Lowest of them: knows nobody else's file. stream.c draws the states.
 */
#ifndef HVUV_SRC_STREAM_STREAM_STATE_H
#define HVUV_SRC_STREAM_STREAM_STATE_H

#include <assert.h>

#include "base/apart.h"
#include "family/family.h"
#include "hvuv/stream.h"
#include "loop/alarm.h"
#include "loop/hub.h"
#include "poll/poll.h"
#include "sys/sys.h"

enum hvuv__state {
  HVUV__IDLE = 0,
  HVUV__BOUND,
  HVUV__LISTENING,
  HVUV__CONNECTING,
  HVUV__OPEN,
  HVUV__DETACHED,
  HVUV__CLOSING,
  HVUV__CLOSED
};

/* Where writing stands; write.c draws it. */
enum hvuv__writing {
  HVUV__WRITING_NONE = 0,  /* nothing can be written, or no more */
  HVUV__WRITING_HELD,      /* connecting: writes wait for it */
  HVUV__WRITING_STRAIGHT,  /* nothing is queued: a write goes to the kernel */
  HVUV__WRITING_SENT,      /* one write went out in this turn */
  HVUV__WRITING_GATHERING, /* writes wait for the turn's end */
  HVUV__WRITING_BLOCKED    /* the kernel is full: writes wait for WRITABLE */
};

/* Where reading stands; read.c draws it. */
enum hvuv__reading {
  HVUV__READING_OFF = 0,
  HVUV__READING_AGAIN, /* started after the end: the turn's end reports it */
  HVUV__READING_ON,    /* between read_start and stop, EOF or error */
  HVUV__READING_STEADY /* the same, and not stopped since the stream woke */
};

/* How far our own direction has ended. */
enum hvuv__shut {
  HVUV__SHUT_NOT = 0,
  HVUV__SHUT_ASKED, /* hvuv_shutdown() was accepted, and waits for the writes */
  HVUV__SHUT_MADE,  /* the kernel knows; shutdown_status is set */
  HVUV__SHUT_BROKEN /* nobody asked: reading has failed, so nothing leaves */
};

/* Where a connect or a listener stands; connect.c and listener.c draw it. */
enum hvuv__stage {
  HVUV__CONNECT_POLLING = 1, /* waits for the system to finish it */
  HVUV__CONNECT_RETRYING,    /* for its alarm, to try a full backlog again */
  HVUV__CONNECT_REPLY,       /* for the answer to the family's request */
  HVUV__CONNECT_SETTLED,     /* for the turn's end, to report connect_status */
  HVUV__LISTEN_WATCHING,     /* connections are taken as they come */
  HVUV__LISTEN_STARVED,      /* cannot accept: waits for its alarm */
  HVUV__LISTEN_RETRYING,     /* watching again, no connection taken since */
  HVUV__LISTEN_DEAD,         /* the listening socket has failed */
  HVUV__LISTEN_LENT          /* a stream of another loop watches it (lend.h) */
};

enum hvuv__flag {
  HVUV__UNREF = 1 << 0,   /* hvuv_unref() was called */
  HVUV__HOLDS = 1 << 1,   /* counted by the hub as keeping the loop alive */
  HVUV__ADOPTED = 1 << 2, /* the socket came by hvuv_open() */
  HVUV__AWAKE = 1 << 3,   /* hvuv__write_end() is certain to follow */
  HVUV__PROBING = 1 << 4, /* the alarm rings to try what waits to be sent */
  HVUV__RESET = 1 << 5,   /* the peer is to see a reset */
  HVUV__PACKETS = 1 << 6, /* a short read has not emptied the kernel */
  HVUV__TAKING = 1 << 7   /* a listener at work, which is updated after that */
};

static inline void hvuv__clear_flags(hvuv_stream_t* stream,
                                     unsigned int flags) {
  stream->flags &= ~flags;
}

/* Whether all that the stream is fits together; for the borders of the files
 * that change it. */
#ifdef NDEBUG
#define hvuv__stream_check(stream) ((void) 0)
#else
void hvuv__stream_check(const hvuv_stream_t* stream);
#endif

/* Makes it an idle stream of the loop, woken by the functions of the table.
 * UV_ENOMEM; then it is a closed one. */
int hvuv__stream_init(hvuv_stream_t* stream,
                      uv_loop_t* loop,
                      const hvuv__wakes_t* wakes);

/* The stream that a hub wakes. */
hvuv_stream_t* hvuv__stream_of(hvuv__turn_t* turn);

/* To another state, and to the way of writing that it begins with. */
void hvuv__stream_move(hvuv_stream_t* stream, enum hvuv__state to);

/* Open, with its family and its peer known. */
void hvuv__stream_opened(hvuv_stream_t* stream);

/* To be called after anything that changes what the stream waits for. */
void hvuv__stream_update(hvuv_stream_t* stream);

/* Gives the stream a socket and watches it. On an error the socket is still
 * the caller's. */
int hvuv__stream_attach(hvuv_stream_t* stream,
                        uv_os_sock_t sock,
                        enum hvuv__poll_age age);

/* Takes socket, poller, alarm and claim away; legal with none of them. */
void hvuv__stream_detach(hvuv_stream_t* stream);

/* Takes them away too, but leaves the socket open: returns it, or HVUV__NO_SOCK
 * if there is none. For a stream without requests or a claim; it can only be
 * closed afterwards. */
uv_os_sock_t hvuv__stream_release(hvuv_stream_t* stream);

/* Why the poller reports an error, as the socket has it. The socket reports
 * that once, so to be called only when a call has found nothing. 0 if there is
 * no error, or the poller has not reported any. */
int hvuv__stream_error(hvuv_stream_t* stream);

/* Has the stream woken at the turn's end. */
static inline void hvuv__stream_defer(hvuv_stream_t* stream) {
  hvuv__hub_defer(stream->hub, &stream->turn);
}

/* The stream's alarm, made when it has none. UV_ENOMEM. */
int hvuv__stream_need_alarm(hvuv_stream_t* stream);

#endif /* HVUV_SRC_STREAM_STREAM_STATE_H */
