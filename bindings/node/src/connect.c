#include "connect.h"

#include <assert.h>

#include "dispatch.h"
#include "value.h"

static void on_connect(hvuv_connect_t* req, int status) {
  hvnode__handle_t* handle = req->data;

  assert(req == &handle->connect);
  hvnode__dispatch(handle, HVNODE_ON_CONNECT, status, 0);
}

static int start(hvnode__handle_t* handle,
                 const hvuv_addr_t* addr,
                 int32_t timeout_ms) {
  int err;

  if (timeout_ms > 0) {
    err = hvuv_set_connect_timeout(&handle->stream, (uint64_t) timeout_ms);
    if (err != 0)
      return err;
  }
  handle->connect.data = handle;
  return hvuv_connect(&handle->connect, &handle->stream, addr, on_connect);
}

napi_value hvnode__js_connect(napi_env napi, napi_callback_info info) {
  hvnode__args_t args;
  hvnode__handle_t* handle = hvnode__args_handle(napi, info, 3, &args);
  hvuv_addr_t addr;

  if (handle == NULL)
    return NULL;
  if (!hvnode__to_address(napi, args.values[1], &addr))
    return hvnode__int(napi, UV_EINVAL);
  return hvnode__int(
      napi, start(handle, &addr, hvnode__to_int(napi, args.values[2], 0)));
}
