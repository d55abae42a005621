/* Who is compared. */
#include "bench.h"

const contender_t contenders[] = {
    {"raw_epoll",
     "a bare level-triggered epoll loop, recv and send: the limit",
     serve_epoll},
    {"uv_classic",
     "uv_pipe_t as tutorials use it: malloc per read, malloc'd uv_write_t",
     serve_uv_classic},
    {"uv_classic_keep",
     "the same, malloc told not to give memory back to the system",
     serve_uv_classic_keep},
    {"uv_careful",
     "uv_pipe_t with one buffer and uv_try_write first",
     serve_uv_careful},
    {"hvuv_write",
     "hvuv_write with its callback, buffers and requests reused",
     serve_hvuv_write},
    {"hvuv_try_write",
     "hvuv with one buffer and hvuv_try_write first",
     serve_hvuv_try_write},
    {"hvuv_framework",
     "hvuv_server_t with a raw handler, hvuv_conn_send in on_message",
     serve_hvuv_framework},
};

const unsigned int contenders_count = sizeof(contenders) / sizeof(*contenders);
