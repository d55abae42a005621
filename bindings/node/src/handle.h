/*
 * A handle: a stream of hvuv's, with the requests that it can have under way.
 * Node's streams make one write at a time, one connect and one shutdown, so
 * each has its place here and none is ever allocated.
 *
 *   OPEN --- hvnode__handle_close() ---> CLOSING --- close callback ---> freed
 *
 * What it is, closing included, hvuv knows. A handle
 * is in its environment's table until it is freed. While it is OPEN it belongs
 * to lib/handle.js, which closes it; or to nobody, if JavaScript was stopped in
 * between, and then the environment closes it.
 */
#ifndef HVUV_NODE_HANDLE_H
#define HVUV_NODE_HANDLE_H

#include <hvuv/stream.h>

#include "env.h"

struct hvnode__handle_s {
  hvuv_stream_t stream;
  hvnode__env_t* env;
  int32_t id;
  int is_writing;             /* until hvuv has called back */
  napi_async_context context; /* NULL, or what async_hooks know it by */
  char* rest; /* of what is written: a copy that hvuv sends from, or NULL */
  hvuv_connect_t connect;
  hvuv_write_t write;
  hvuv_shutdown_t shutdown;
};

/* Makes a handle with a stream that has no socket yet. Returns 0 or
 * UV_ENOMEM. */
int hvnode__handle_make(hvnode__env_t* env, hvnode__handle_t** handle);

/* Closes it; is_reset: as hvuv_close_reset() does. Legal once it is closing,
 * too. */
void hvnode__handle_close(hvnode__handle_t* handle, int is_reset);

/* The functions of JavaScript: make, attach, close, setRef, sockname,
 * peername. */
napi_value hvnode__js_make(napi_env napi, napi_callback_info info);
napi_value hvnode__js_attach(napi_env napi, napi_callback_info info);
napi_value hvnode__js_close(napi_env napi, napi_callback_info info);
napi_value hvnode__js_set_ref(napi_env napi, napi_callback_info info);
napi_value hvnode__js_sockname(napi_env napi, napi_callback_info info);
napi_value hvnode__js_peername(napi_env napi, napi_callback_info info);

#endif /* HVUV_NODE_HANDLE_H */
