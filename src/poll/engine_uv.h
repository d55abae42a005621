/* The engine on libuv's uv_poll_t, for every system. */
#ifndef HVUV_SRC_POLL_ENGINE_UV_H
#define HVUV_SRC_POLL_ENGINE_UV_H

#include "base/handle.h"
#include "poll/engine.h"
#include "poll/poller.h"

extern const hvuv__engine_t hvuv__engine_uv;

/* Its block. */
typedef struct hvuv__uv_poller_s {
  uv_poll_t poll;
  hvuv__wait_t wait;
  hvuv__poller_t base;
} hvuv__uv_poller_t;

/* Takes over a poller that another engine has begun, in an allocated block that
 * starts with this one: it is watched by nobody then, and the block is freed as
 * one of this engine's. On an error the poller is the other's as before. */
int hvuv__engine_uv_adopt(uv_loop_t* loop,
                          hvuv__uv_poller_t* poller,
                          uv_os_sock_t sock);

#endif /* HVUV_SRC_POLL_ENGINE_UV_H */
