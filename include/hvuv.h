/*
 * hvuv: Hyper-V sockets for libuv.
 *
 * If you know uv_pipe_t, you know hvuv: put "hv" in front. This header is all
 * that a program needs; it includes <uv.h>.
 *
 * Threads: as in libuv, a stream belongs to the thread that runs its loop, and
 * no function may be called on it from another thread. The functions of
 * addr.h, engine.h, explain.h, guid.h, local.h, log.h and service.h may be
 * called from any thread.
 *
 * Loops: hvuv keeps libuv handles of its own on a loop: two that all its
 * streams share, one or two more for each socket, and on Windows possibly a
 * third shared one with a thread (hvuv/engine.h). hvuv_close() closes them.
 * uv_walk() visits them too; hvuv/loop.h has what that means.
 *
 * Errors: every function that can fail returns 0 (or a count) on success, or
 * one of libuv's negative UV_E* codes, which uv_strerror() describes.
 */
#ifndef HVUV_H
#define HVUV_H

#include <uv.h>

#include "hvuv/addr.h"
#include "hvuv/alloc.h"
#include "hvuv/auth.h"
#include "hvuv/binding.h"
#include "hvuv/client.h"
#include "hvuv/engine.h"
#include "hvuv/explain.h"
#include "hvuv/export.h"
#include "hvuv/follow.h"
#include "hvuv/framing.h"
#include "hvuv/guid.h"
#include "hvuv/hyperv.h"
#include "hvuv/local.h"
#include "hvuv/log.h"
#include "hvuv/metrics.h"
#include "hvuv/loop.h"
#include "hvuv/protocol.h"
#include "hvuv/relay.h"
#include "hvuv/server.h"
#include "hvuv/service.h"
#include "hvuv/socket.h"
#include "hvuv/stream.h"
#include "hvuv/version.h"
#include "hvuv/vm.h"

#endif /* HVUV_H */
