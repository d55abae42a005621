/*
 * Options that only AF_HYPERV sockets of Windows have. On other systems every
 * function here returns UV_ENOTSUP and changes nothing, so that a program may
 * call it and go on.
 *
 * Facts about Windows are from hvsocket.h of its SDK unless another source is
 * named.
 */
#ifndef HVUV_HYPERV_H
#define HVUV_HYPERV_H

#include "export.h"
#include "stream.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Enables or disables keeping a connection open while its VM is paused
 * (HVSOCKET_CONNECTED_SUSPEND). Without it, which is the default, pausing the
 * VM resets the connection.
 *
 * Before the stream has a socket, the setting is remembered and applied by
 * hvuv_bind() or hvuv_connect(), which do not fail if this Windows version
 * lacks the option. A listener's setting is also applied to each connection
 * that it accepts, because nothing documents that they inherit it (WSL sets it
 * on both). On a stream that has a socket it takes effect at once.
 *
 *   UV_EINVAL     the stream is closing
 *   UV_EALREADY   a connect is pending; Windows accepts no options then
 *   UV_ENOTSUP    the stream is of another family, or this is not Windows
 *   otherwise the error that Windows returns, such as UV_ENOPROTOOPT */
HVUV_EXTERN int hvuv_set_connected_suspend(hvuv_stream_t* stream, int enable);

/* Make a connect lead from a container host into its Hyper-V container
 * (HVSOCKET_CONTAINER_PASSTHRU, in older SDKs; PowerShell uses it), or one from
 * a host lead to the guest's virtual trust level 2 instead of 0
 * (HVSOCKET_HIGH_VTL).
 *
 * To be called before hvuv_connect(), which returns the error if Windows
 * refuses the option: without it the connect would reach somebody else. This
 * project has seen neither at work.
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
