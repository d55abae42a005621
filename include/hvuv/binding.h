/*
 * For bindings of other languages, which cannot read the headers: how large
 * streams and requests are, and their public fields by function. Those of
 * servers, clients, relays and decoders are in hvuv/server.h, hvuv/client.h,
 * hvuv/relay.h and hvuv/framing.h; hvuv_version() is in hvuv/version.h.
 */
#ifndef HVUV_BINDING_H
#define HVUV_BINDING_H

#include <stddef.h>
#include <uv.h>

#include "export.h"
#include "stream.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Return how many bytes to allocate, aligned as malloc() aligns, for the
 * library that is loaded. As uv_handle_size() and uv_req_size(). */
HVUV_EXTERN size_t hvuv_stream_size(void);
HVUV_EXTERN size_t hvuv_connect_size(void);
HVUV_EXTERN size_t hvuv_write_size(void);
HVUV_EXTERN size_t hvuv_shutdown_size(void);

/* Return and set a stream's `data`, and return its loop: the fields, as
 * uv_handle_get_data(), uv_handle_set_data() and uv_handle_get_loop(). Data may
 * be set before hvuv_init(), which keeps it, and read after the close
 * callback; the loop is known from hvuv_init() on. */
HVUV_EXTERN void* hvuv_stream_get_data(const hvuv_stream_t* stream);
HVUV_EXTERN void hvuv_stream_set_data(hvuv_stream_t* stream, void* data);
HVUV_EXTERN uv_loop_t* hvuv_stream_get_loop(const hvuv_stream_t* stream);

/* Return and set a request's `data`, as uv_req_get_data() and
 * uv_req_set_data(), before or after the call that takes the request. */
HVUV_EXTERN void* hvuv_connect_get_data(const hvuv_connect_t* req);
HVUV_EXTERN void hvuv_connect_set_data(hvuv_connect_t* req, void* data);
HVUV_EXTERN void* hvuv_write_get_data(const hvuv_write_t* req);
HVUV_EXTERN void hvuv_write_set_data(hvuv_write_t* req, void* data);
HVUV_EXTERN void* hvuv_shutdown_get_data(const hvuv_shutdown_t* req);
HVUV_EXTERN void hvuv_shutdown_set_data(hvuv_shutdown_t* req, void* data);

#ifdef __cplusplus
}
#endif

#endif /* HVUV_BINDING_H */
