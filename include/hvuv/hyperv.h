/*
 * What only AF_HYPERV sockets of Windows have. Everywhere else each function
 * here answers UV_ENOTSUP and changes nothing, so a program may call them and
 * go on.
 *
 * Facts about Windows are from hvsocket.h of its SDK where no other source is
 * named.
 */
#ifndef HVUV_HYPERV_H
#define HVUV_HYPERV_H

#include "export.h"
#include "stream.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Whether a connection lives on while its VM is paused
 * (HVSOCKET_CONNECTED_SUSPEND). Without it, as after hvuv_init(), a pause
 * resets the connection.
 *
 * Before the stream has a socket this is a wish: bind or connect set it, and a
 * Windows that does not know the option is no reason for them to fail. A
 * listener's wish is set on each connection that it accepts too, because
 * nothing says that they inherit it (WSL sets it on both). On a stream that has
 * a socket it is set now.
 *
 *   UV_EINVAL     the stream is closing
 *   UV_EALREADY   a connect is pending; Windows takes no options then
 *   UV_ENOTSUP    the stream is of another family, or this is not Windows
 *   else what Windows answers, such as UV_ENOPROTOOPT */
HVUV_EXTERN int hvuv_set_connected_suspend(hvuv_stream_t* stream, int enable);

/* Whether a connect leads from a container host into its Hyper-V container
 * (HVSOCKET_CONTAINER_PASSTHRU, in older SDKs; PowerShell does so), and whether
 * one from a host leads to the guest's virtual trust level 2 instead of 0
 * (HVSOCKET_HIGH_VTL).
 *
 * To be asked for before hvuv_connect(), which answers why if Windows refuses:
 * without them it would reach somebody else. Neither was seen at work by this
 * project.
 *
 *   UV_EINVAL     the stream is closing or listening
 *   UV_EALREADY   a connect is pending
 *   UV_EISCONN    it is connected
 *   UV_ENOTSUP    this is not Windows */
HVUV_EXTERN int hvuv_set_container_passthru(hvuv_stream_t* stream, int enable);
HVUV_EXTERN int hvuv_set_high_vtl(hvuv_stream_t* stream, int enable);

#ifdef __cplusplus
}
#endif

#endif /* HVUV_HYPERV_H */
