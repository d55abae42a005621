/*
 * What hvuv keeps on a loop: libuv handles of its own, two that all streams of
 * the loop share, one or two more for each socket, two for each client and
 * relay, one for each follow, three for each server, a pipe for a server while
 * it stops with a grace, and on Windows possibly a third shared one with a
 * thread, on Linux one for all sockets that are young (hvuv/engine.h), and for a
 * server that has had connections one for their time limits, with a descriptor
 * (timerfd). hvuv_close() and its like close them.
 *
 * uv_walk() visits them too. A program that ends its loop by closing whatever
 * uv_walk() shows may do so: the handles are closed once, whether hvuv_close()
 * was called before or is called afterwards, and the close callbacks of streams
 * run either way. But from the walk on the loop's streams do nothing any more,
 * so each of them still has to be closed with hvuv_close() (a server with
 * hvuv_server_stop(), a client with hvuv_client_close(), a relay with
 * hvuv_relay_close(); the memory of a libuv stream that the walk closes while
 * it is a relay's must stay until the relay's callback). A server that was
 * stopping with a grace would wait for what does not come any more: it notices
 * the walk in the next turn, aborts its connections with UV_ECANCELED and
 * stops.
 *
 * A forked child that goes on using a loop of its parent's calls uv_loop_fork()
 * before anything else on it, hvuv_close() included: until then the two share
 * what libuv polls with, and what the child closes the parent polls no more.
 */
#ifndef HVUV_LOOP_H
#define HVUV_LOOP_H

#include <uv.h>

#include "export.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Returns 1 if a handle is one of hvuv's own, for walkers that print handles or
 * choose among them. The handle must have been initialised, and its `data` must
 * be readable as a pointer value; it is not followed. */
HVUV_EXTERN int hvuv_owns_handle(const uv_handle_t* handle);

/* private: a stream's place among those that have something to do at the end
 * of the loop's turn, or that close. A complete type because streams are
 * allocated by their users. */
struct hvuv__turn_s {
  struct hvuv__turn_s* prev;
  struct hvuv__turn_s* next; /* NULL in no queue */
};

#ifdef __cplusplus
}
#endif

#endif /* HVUV_LOOP_H */
