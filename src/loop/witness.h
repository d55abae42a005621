/*
 * Notices when whoever walks the loop closes what uv_walk() shows.
 *
 *   NEW --- a turn has passed ---> WATCHING --- a stranger closes the pipe ---+
 *                cb                                                           |
 *                    hvuv__witness_close() <--- ENDED <-----------------------+
 *                                                               cb
 *
 * libuv reports the closing of a handle to whoever closes it, and to nobody
 * else; but a request of a stream that is closed is called back, with
 * UV_ECANCELED. So a witness is a pipe whose other end nobody reads, with a
 * write that is too large for it. It costs two descriptors and some kernel
 * memory, its request holds the loop, and nothing happens on it; so it is for
 * those who wait for something that would not come after a walk, and only while
 * they do.
 *
 * The first call is for a walk during which the witness was made: uv_walk()
 * does not show what is new, and so may have closed all but the pipe.
 */
#ifndef HVUV_SRC_LOOP_WITNESS_H
#define HVUV_SRC_LOOP_WITNESS_H

#include <uv.h>

typedef struct hvuv__witness_s hvuv__witness_t;

typedef void (*hvuv__witness_cb)(void* owner);

/* cb is called twice at most, and looks whether there was a walk. UV_ENOMEM, or
 * that there are no descriptors, or that the program has closed its stdio. */
int hvuv__witness_open(uv_loop_t* loop,
                       void* owner,
                       hvuv__witness_cb cb,
                       hvuv__witness_t** witness);

/* No callback follows. */
void hvuv__witness_close(hvuv__witness_t* witness);

#endif /* HVUV_SRC_LOOP_WITNESS_H */
