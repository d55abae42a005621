/* Being called. */
#ifndef HVUV_SRC_STREAM_LISTENER_H
#define HVUV_SRC_STREAM_LISTENER_H

#include "stream/stream_state.h"

/* Only of a listening stream: its socket is ready, or has an error; its alarm
 * has rung. */
void hvuv__listener_ready(hvuv_stream_t* stream, int status);
void hvuv__listener_alarm(hvuv_stream_t* stream);

/* Makes an idle stream that of a connection accepted by a listener of this
 * family, with these options. On an error the socket is still the caller's. */
int hvuv__listener_adopt(hvuv_stream_t* client,
                         uv_os_sock_t sock,
                         const hvuv__family_t* family,
                         unsigned int options,
                         const hvuv_addr_t* local,
                         const hvuv_addr_t* peer);

/* 1 while callers reach a bound stream: the file of its socket, if it has one,
 * is still its own. */
int hvuv__listener_is_there(const hvuv_stream_t* stream);

/* The connection that a listening stream has reported is somebody's: it looks
 * for the next one. */
void hvuv__listener_forget(hvuv_stream_t* server);

#endif /* HVUV_SRC_STREAM_LISTENER_H */
