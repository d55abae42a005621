/*
 * How a connection comes to its end: its states, and which follows which.
 *
 * Two things end, what the peer sends and what we send, each for itself:
 *
 *                     hvuv_conn_end                 all is sent
 *    NEW --> OPEN ------------------> ENDING ------------------> ENDED
 *             |                         |                          |
 *             | the peer's              | the peer's               | the peer's
 *             | end                     | end                      | end
 *             v       hvuv_conn_end     v           all is sent    v
 *            HEARD -----------------> LEAVING ----------------> CLOSING
 *
 *    from any of them, by an error, a limit, an abort: CLOSING
 *
 *              the handler  the handler  the wire
 *              is handed    may send     reads
 *    OPEN      messages     yes          unless paused or choked
 *    HEARD     nothing      yes          no
 *    ENDING    nothing      no           and what comes is dropped
 *    LEAVING   nothing      no           no
 *    ENDED     nothing      no           and what comes is dropped
 *    CLOSING   nothing      no           no; the wire closes
 *
 * Whoever learns of something reports it to conn.c as an event, and this table
 * alone decides what it means.
 */
#ifndef HVUV_SRC_CONN_ENDING_H
#define HVUV_SRC_CONN_ENDING_H

enum hvuv__conn_state {
  HVUV__CONN_NEW = 0,
  HVUV__CONN_OPEN,
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

/* Sets of states, for hvuv__conn_is(). */
#define HVUV__CONN_DELIVERS     (1u << HVUV__CONN_OPEN)
#define HVUV__CONN_SENDS        (1u << HVUV__CONN_OPEN | 1u << HVUV__CONN_HEARD)
#define HVUV__CONN_DROPS        (1u << HVUV__CONN_ENDING | 1u << HVUV__CONN_ENDED)
#define HVUV__CONN_SAYS_GOODBYE (HVUV__CONN_DROPS | 1u << HVUV__CONN_LEAVING)

#endif /* HVUV_SRC_CONN_ENDING_H */
