/* clang-format off */
/*
 * How a connection comes to its end: its states, and which follows which.
 *
 * Two things end, what the peer sends and what we send, each for itself:
 *
 *                     hvuv_conn_end                 all is sent
 *    NEW --> OPEN ------------------> ENDING ------------------> ENDED
 *             | |                       |                          |
 *             | | the peer's end        | the peer's end           | the peer's
 *             | |                       |                          | end
 *             | v     hvuv_conn_end     v           all is sent    v
 *             | HEARD -------------> LEAVING ------------------> CLOSING
 *             |                                                    ^
 *             +-- a write fails --> CUT --- the peer's end, error -+
 *
 *              the handler  the handler  the wire
 *              is handed    may send     reads
 *    OPEN      messages     yes          unless paused or choked
 *    CUT       messages     no           unless paused
 *    HEARD     nothing      yes          no
 *    ENDING    nothing      no           and what comes is dropped
 *    LEAVING   nothing      no           no
 *    ENDED     nothing      no           and what comes is dropped
 *    CLOSING   nothing      no           no; the wire closes
 *
 * What has ended x what comes next, and the reason that on_close gets:
 *
 *             the peer's  read fails   a write  hvuv_     all is   a limit    abort
 *             end         (or framing) fails    conn_end  sent     passes
 *    OPEN     HEARD       its error    CUT      ENDING    -        ETIMEDOUT  its reason
 *    CUT      the write's the write's* CUT      the       -        the        its reason
 *             error       error                 write's            write's
 *    HEARD    -           -            its      LEAVING   -        ETIMEDOUT  its reason
 *                                      error
 *    ENDING   LEAVING     its error    its      ENDING    ENDED    ETIMEDOUT  its reason
 *                                      error
 *    LEAVING  -           -            its      LEAVING   0        ETIMEDOUT  its reason
 *                                      error
 *    ENDED    0           its error    -        ENDED     -        ETIMEDOUT  its reason
 *
 *    * UV_ECONNRESET is the reason whichever side finds it: the peer is gone.
 *      Where a write found it the peer's end is none, but a failed read: a
 *      system reports each error once.
 *
 * A write that fails says nothing of what the peer has sent: a server that
 * refuses a large request sends its answer and closes. So what has come is
 * handed out to its end first. Whoever has said goodbye drops it anyway, and
 * closes at once.
 *
 * All learn of something and report it to conn.c as an event; this table alone
 * decides what it means.
 */
/* clang-format on */
#ifndef HVUV_SRC_CONN_ENDING_H
#define HVUV_SRC_CONN_ENDING_H

enum hvuv__conn_state {
  HVUV__CONN_NEW = 0,
  HVUV__CONN_OPEN,
  HVUV__CONN_CUT,
  HVUV__CONN_HEARD,
  HVUV__CONN_ENDING,
  HVUV__CONN_LEAVING,
  HVUV__CONN_ENDED,
  HVUV__CONN_CLOSING,
  HVUV__CONN_STATES /* how many */
};

enum hvuv__conn_event {
  HVUV__CONN_OPENS = 0,   /* the wire is connected */
  HVUV__CONN_PEER_ENDS,   /* the peer has finished, between two messages */
  HVUV__CONN_READ_FAILS,  /* the wire, or the peer by what it sent */
  HVUV__CONN_WRITE_FAILS, /* what was sent, or our end, did not get through */
  HVUV__CONN_ENDS,        /* hvuv_conn_end() */
  HVUV__CONN_ALL_SENT,    /* after that: our direction has ended */
  HVUV__CONN_IS_LATE,     /* a limit has passed */
  HVUV__CONN_IS_ABORTED,  /* by the handler or the owner */
  HVUV__CONN_EVENTS       /* how many */
};

/* The state in which the event leaves a connection. */
enum hvuv__conn_state hvuv__ending_next(enum hvuv__conn_state state,
                                        enum hvuv__conn_event event);

/* Why it closes by an event with this status. cut is what cut it, 0 if it was
 * not. */
int hvuv__ending_reason(enum hvuv__conn_event event, int status, int cut);

/* Sets of states, for hvuv__conn_is(). */
#define HVUV__CONN_DELIVERS     (1u << HVUV__CONN_OPEN | 1u << HVUV__CONN_CUT)
#define HVUV__CONN_SENDS        (1u << HVUV__CONN_OPEN | 1u << HVUV__CONN_HEARD)
#define HVUV__CONN_DROPS        (1u << HVUV__CONN_ENDING | 1u << HVUV__CONN_ENDED)
#define HVUV__CONN_READABLE     (HVUV__CONN_DELIVERS | HVUV__CONN_DROPS)
#define HVUV__CONN_SAYS_GOODBYE (HVUV__CONN_DROPS | 1u << HVUV__CONN_LEAVING)

#endif /* HVUV_SRC_CONN_ENDING_H */
