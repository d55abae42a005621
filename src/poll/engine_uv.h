/* The engine on libuv's uv_poll_t, for every system. */
#ifndef HVUV_SRC_POLL_ENGINE_UV_H
#define HVUV_SRC_POLL_ENGINE_UV_H

#include "poll/engine.h"

extern const hvuv__engine_t hvuv__engine_uv;

#endif /* HVUV_SRC_POLL_ENGINE_UV_H */
