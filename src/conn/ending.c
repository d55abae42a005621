#include "conn/ending.h"

#include <assert.h>
#include <uv.h>

/* Short, so that the table can be read as one. */
enum {
  NEW = HVUV__CONN_NEW,
  OPEN = HVUV__CONN_OPEN,
  CUT = HVUV__CONN_CUT,
  HEARD = HVUV__CONN_HEARD,
  ENDING = HVUV__CONN_ENDING,
  LEAVING = HVUV__CONN_LEAVING,
  ENDED = HVUV__CONN_ENDED,
  CLOSING = HVUV__CONN_CLOSING,
  NEVER = HVUV__CONN_STATES /* cannot happen there */
};

/* clang-format off */
static const unsigned char next[HVUV__CONN_STATES][HVUV__CONN_EVENTS] = {
  /*            OPENS  PEER_ENDS READ_FAILS WRITE_FAILS ENDS     ALL_SENT LATE     ABORTED */
  [NEW]     = { OPEN,  NEVER,    NEVER,     NEVER,      NEW,     NEVER,   NEVER,   CLOSING },
  [OPEN]    = { NEVER, HEARD,    CLOSING,   CUT,        ENDING,  NEVER,   CLOSING, CLOSING },
  [CUT]     = { NEVER, CLOSING,  CLOSING,   CUT,        CLOSING, NEVER,   CLOSING, CLOSING },
  [HEARD]   = { NEVER, NEVER,    CLOSING,   CLOSING,    LEAVING, NEVER,   CLOSING, CLOSING },
  [ENDING]  = { NEVER, LEAVING,  CLOSING,   CLOSING,    ENDING,  ENDED,   CLOSING, CLOSING },
  [LEAVING] = { NEVER, NEVER,    CLOSING,   CLOSING,    LEAVING, CLOSING, CLOSING, CLOSING },
  [ENDED]   = { NEVER, CLOSING,  CLOSING,   CLOSING,    ENDED,   NEVER,   CLOSING, CLOSING },
  [CLOSING] = { NEVER, CLOSING,  CLOSING,   CLOSING,    CLOSING, CLOSING, CLOSING, CLOSING },
};
/* clang-format on */

enum hvuv__conn_state hvuv__ending_next(enum hvuv__conn_state state,
                                        enum hvuv__conn_event event) {
  assert(state < HVUV__CONN_STATES && event < HVUV__CONN_EVENTS);
  assert(next[state][event] != NEVER);
  return (enum hvuv__conn_state) next[state][event];
}

int hvuv__ending_reason(enum hvuv__conn_event event, int status, int cut) {
  assert(cut <= 0);
  if (cut == 0 || event == HVUV__CONN_IS_ABORTED || status == UV_ECONNRESET)
    return status;
  return cut;
}
