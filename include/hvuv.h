/*
 * hvuv: Hyper-V sockets for libuv.
 *
 * If you know uv_pipe_t you know hvuv: put "hv" in front. This header is all a
 * program needs; it includes <uv.h>.
 *
 * Threads: as in libuv, a stream belongs to the thread that runs its loop and
 * no function here may be called for it from another thread. The pure
 * functions of guid.h and addr.h, and those of engine.h, explain.h and
 * service.h, may be called from anywhere.
 *
 * Loops: the streams of a loop share two handles of their own on it, and each
 * socket has one or two more; on Windows there may be a thread and a third
 * shared one (hvuv/engine.h). All of them end with hvuv_close(). A uv_walk()
 * sees them and must leave them alone.
 *
 * Errors: every function that can fail returns 0 (or a count) or one of
 * libuv's negative UV_E* codes; uv_strerror() names them.
 */
#ifndef HVUV_H
#define HVUV_H

#include <uv.h>

#include "hvuv/addr.h"
#include "hvuv/client.h"
#include "hvuv/engine.h"
#include "hvuv/explain.h"
#include "hvuv/export.h"
#include "hvuv/framing.h"
#include "hvuv/guid.h"
#include "hvuv/hyperv.h"
#include "hvuv/protocol.h"
#include "hvuv/relay.h"
#include "hvuv/server.h"
#include "hvuv/service.h"
#include "hvuv/stream.h"
#include "hvuv/version.h"

#endif /* HVUV_H */
