/*
 * The processes of exec:, each with one end of a socket pair as its input and
 * output.
 *
 *   child_posix.c   the process has the socket itself
 *   child_win.c     where programs expect pipes, the bytes are passed on
 *
 * A process may outlive its socket; it is then waited for until the program
 * ends, which asks it to end too.
 */
#ifndef HVUV_TOOLS_CHILD_H
#define HVUV_TOOLS_CHILD_H

#include "place.h"

/* Has a shell run the place's command. The socket is the child's from now on,
 * also after an error. */
int child_start(uv_loop_t* loop, const place_t* place, uv_os_sock_t sock);

/* Asks all that are left to end, and forgets them. */
void children_end(void);

#endif /* HVUV_TOOLS_CHILD_H */
