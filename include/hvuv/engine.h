/*
 * How hvuv polls sockets. On POSIX systems other than Linux there is one way,
 * and nothing to choose.
 *
 * Windows. libuv polls the sockets of the providers that it knows (TCP, Unix
 * sockets) without threads. Hyper-V's provider is not among them: for each such
 * socket, and each kind of event, libuv keeps a thread blocked in select(), and
 * the system allows a process some 500 of those (libuv, src/win/poll.c). hvuv's
 * own engine polls all sockets of a loop with one thread. It uses AFD, the
 * driver under Winsock, as OpenVMM does for these sockets and wepoll and mio do
 * for all sockets. It has one handle to AFD for each 32 sockets, opened and
 * closed with them: cancelling one question takes the longer the more wait on
 * its handle. When a loop's last stream has closed its thread waits a second
 * for the next loop or client, without a part in any loop, and ends then. So
 * uv_loop_close() succeeds as it did, and a DLL with hvuv in it is unloaded up
 * to a second after FreeLibrary().
 *
 * Linux. A uv_poll_t for each socket takes six system calls to begin and to
 * end, more than a short conversation has otherwise. So a loop's accepted and
 * connecting sockets, but for the first, begin in an epoll set of hvuv's own,
 * which one uv_poll_t watches: two calls. A socket that has been ready more
 * than three times gets a uv_poll_t of its own, whose turns of the loop are
 * cheaper. The set is one descriptor, from the loop's second such socket until
 * its last stream has closed; without a descriptor for it uv_poll_t does.
 */
#ifndef HVUV_ENGINE_H
#define HVUV_ENGINE_H

#include "export.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Which engine polls which sockets. */
typedef enum hvuv_engine_e {
  /* Windows: hvuv's engine for sockets that libuv would need threads for,
   * libuv's for all others, and where hvuv's thread or a handle to AFD cannot
   * be had. Linux: as described above. */
  HVUV_ENGINE_AUTO = 0,
  /* libuv's uv_poll_t for all sockets. */
  HVUV_ENGINE_UV,
  /* Windows only: hvuv's engine for all sockets. */
  HVUV_ENGINE_AFD
} hvuv_engine_t;

/* Chooses the engine for the whole process, for sockets created or adopted from
 * now on. It overrides the environment variable HVUV_POLL (auto, uv, on Windows
 * afd), which is read when the first socket is created; any other value there
 * counts as auto, but on Linux "nursery" has the first socket begin in the set
 * too, for tests. All engines keep every promise of this library; the choice is
 * for measurements, and for systems on which one of them fails.
 *
 * Returns 0, UV_ENOTSUP for HVUV_ENGINE_AFD where there is no AFD, or UV_EINVAL
 * for an unknown engine. May be called from any thread. */
HVUV_EXTERN int hvuv_set_engine(hvuv_engine_t engine);

#ifdef __cplusplus
}
#endif

#endif /* HVUV_ENGINE_H */
