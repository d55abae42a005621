/*
 * How hvuv waits for sockets on Windows. Elsewhere there is one way, and
 * nothing to choose.
 *
 * libuv watches sockets of the providers that it knows (TCP, Unix sockets)
 * without threads. Hyper-V's is not among them: for each such socket, and each
 * kind of event, libuv keeps a thread in select(), of which the system gives a
 * process some 500 (libuv, src/win/poll.c). hvuv's own engine watches all of a
 * loop's sockets with one thread: it asks AFD, the driver under Winsock, as
 * OpenVMM does for these sockets and wepoll and mio do for all.
 */
#ifndef HVUV_ENGINE_H
#define HVUV_ENGINE_H

#include "export.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum hvuv_engine_e {
  /* Ours where libuv would need threads, libuv's elsewhere, and where a loop
   * cannot have a thread of ours. */
  HVUV_ENGINE_AUTO = 0,
  /* libuv's uv_poll_t for all. */
  HVUV_ENGINE_UV,
  /* Ours for all. */
  HVUV_ENGINE_AFD
} hvuv_engine_t;

/* Chooses for the whole process, for sockets made or adopted from now on, and
 * outweighs the environment variable HVUV_POLL (auto, uv or afd), which is read
 * when the first socket is made; anything else there counts as auto. Both ways
 * keep every promise of this library; the choice is for measuring, and for
 * systems where one of them fails.
 *
 * Returns 0, UV_ENOTSUP for HVUV_ENGINE_AFD where there is no AFD, UV_EINVAL if
 * it is no engine. May be called from any thread. */
HVUV_EXTERN int hvuv_set_engine(hvuv_engine_t engine);

#ifdef __cplusplus
}
#endif

#endif /* HVUV_ENGINE_H */
