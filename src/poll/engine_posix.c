/* libuv watches every socket of these systems well. */
#include "poll/engine.h"
#include "hvuv/engine.h"

/* An error of epoll or kqueue is the socket's (libuv, src/unix/poll.c). */
const unsigned int hvuv__engine_errors_ignored = 0;

int hvuv__engine_choose(uv_loop_t* loop,
                        uv_os_sock_t sock,
                        const hvuv__engine_t** engine) {
  (void) loop;
  (void) sock;
  *engine = &hvuv__engine_uv;
  return 0;
}

void hvuv__engine_leave(uv_loop_t* loop) {
  (void) loop;
}

int hvuv_set_engine(hvuv_engine_t engine) {
  switch (engine) {
    case HVUV_ENGINE_AUTO:
    case HVUV_ENGINE_UV:
      return 0;
    case HVUV_ENGINE_AFD:
      return UV_ENOTSUP;
    default:
      return UV_EINVAL;
  }
}
