/* Neither Linux nor Windows: libuv watches every socket. */
#include "hvuv/engine.h"
#include "poll/choose.h"
#include "poll/engine_uv.h"

/* An error of epoll or kqueue is the socket's (libuv, src/unix/poll.c). */
const unsigned char hvuv__engine_errors_ignored = 0;

int hvuv__engine_choose(hvuv__poll_shared_t* shared,
                        uv_os_sock_t sock,
                        enum hvuv__poll_age age,
                        const hvuv__engine_t** engine) {
  (void) shared;
  (void) sock;
  (void) age;
  *engine = &hvuv__engine_uv;
  return 0;
}

void hvuv__engine_leave(hvuv__poll_shared_t* shared) {
  (void) shared;
}

void hvuv__engine_disown(hvuv__poll_shared_t* shared) {
  (void) shared; /* uv_loop_fork() sees to it. */
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
