#include "write.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch.h"
#include "value.h"

#define FOLLOWS 1

/* So many Buffers of one write are passed on without memory of their own. */
#define FEW_BUFFERS 16

/* --- Sending -------------------------------------------------------------- */

static void on_write(hvuv_write_t* req, int status) {
  hvnode__handle_t* handle = req->data;

  assert(handle->is_writing && handle->write.handle == &handle->stream);
  free(handle->rest);
  handle->rest = NULL;
  handle->is_writing = 0;
  hvnode__dispatch(handle, HVNODE_ON_WRITE, status, 0);
}

static int queue(hvnode__handle_t* handle,
                 const uv_buf_t bufs[],
                 unsigned int nbufs) {
  int err;

  assert(!handle->is_writing);
  handle->write.data = handle;
  err = hvuv_write(&handle->write, &handle->stream, bufs, nbufs, on_write);
  if (err != 0)
    return err;
  handle->is_writing = 1;
  return FOLLOWS;
}

/* Sends what the kernel takes. Returns the number of bytes, or an error. */
static int try_send(hvnode__handle_t* handle,
                    const uv_buf_t bufs[],
                    unsigned int nbufs) {
  int sent;

  assert(nbufs > 0);
  if (handle->is_writing)
    return UV_EALREADY;
  sent = hvuv_try_write(&handle->stream, bufs, nbufs);
  return sent == UV_EAGAIN ? 0 : sent;
}

/* Bytes that are not there any more when this has returned. */
static int send_lent(hvnode__handle_t* handle, char* bytes, size_t size) {
  uv_buf_t buf;
  int sent;
  int result;

  if (size == 0)
    return 0;
  buf = uv_buf_init(bytes, (unsigned int) size);
  sent = try_send(handle, &buf, 1);
  if (sent < 0 || (size_t) sent == size)
    return sent < 0 ? sent : 0;

  size -= (size_t) sent;
  assert(handle->rest == NULL);
  handle->rest = malloc(size);
  if (handle->rest == NULL)
    return UV_ENOMEM;
  memcpy(handle->rest, bytes + sent, size);
  buf = uv_buf_init(handle->rest, (unsigned int) size);
  result = queue(handle, &buf, 1);
  if (result < 0) {
    free(handle->rest);
    handle->rest = NULL;
  }
  return result;
}

/* Bytes that stay. Changes bufs. */
static int send_held(hvnode__handle_t* handle,
                     uv_buf_t bufs[],
                     unsigned int nbufs) {
  unsigned int first = 0;
  size_t sent;
  int result;

  result = try_send(handle, bufs, nbufs);
  if (result < 0)
    return result;
  sent = (size_t) result;
  while (first < nbufs && sent >= bufs[first].len)
    sent -= bufs[first++].len;
  if (first == nbufs)
    return 0;
  bufs[first].base += sent;
  bufs[first].len -= sent;
  return queue(handle, bufs + first, nbufs - first);
}

/* --- In JavaScript -------------------------------------------------------- */

static int to_buf(napi_env napi, napi_value value, uv_buf_t* buf) {
  size_t size;
  void* data;

  if (napi_get_buffer_info(napi, value, &data, &size) != napi_ok ||
      size > UINT32_MAX)
    return UV_EINVAL;
  *buf = uv_buf_init(data, (unsigned int) size);
  return 0;
}

/* writeBuffer(id, buffer) */
napi_value hvnode__js_write_buffer(napi_env napi, napi_callback_info info) {
  hvnode__args_t args;
  hvnode__handle_t* handle = hvnode__args_handle(napi, info, 2, &args);
  uv_buf_t buf;
  int result;

  if (handle == NULL)
    return NULL;
  result = to_buf(napi, args.values[1], &buf);
  if (result == 0 && buf.len > 0)
    result = send_held(handle, &buf, 1);
  return hvnode__int(napi, result);
}

static int fill(napi_env napi,
                napi_value array,
                uv_buf_t bufs[],
                uint32_t count) {
  napi_value value;
  uint32_t i;

  for (i = 0; i < count; i++)
    if (napi_get_element(napi, array, i, &value) != napi_ok ||
        to_buf(napi, value, &bufs[i]) != 0)
      return UV_EINVAL;
  return 0;
}

static int send_array(hvnode__handle_t* handle, napi_value array) {
  napi_env napi = handle->env->napi;
  uv_buf_t few[FEW_BUFFERS];
  uv_buf_t* bufs = few;
  uint32_t count;
  int result;

  if (napi_get_array_length(napi, array, &count) != napi_ok)
    return UV_EINVAL;
  if (count > FEW_BUFFERS)
    bufs = malloc(count * sizeof(*bufs));
  if (bufs == NULL)
    return UV_ENOMEM;

  result = fill(napi, array, bufs, count);
  if (result == 0 && count > 0)
    result = send_held(handle, bufs, count);
  if (bufs != few)
    free(bufs);
  return result;
}

/* writeBuffers(id, array of buffers) */
napi_value hvnode__js_write_buffers(napi_env napi, napi_callback_info info) {
  hvnode__args_t args;
  hvnode__handle_t* handle = hvnode__args_handle(napi, info, 2, &args);

  if (handle == NULL)
    return NULL;
  return hvnode__int(napi, send_array(handle, args.values[1]));
}

/* writeScratch(id, size): what JavaScript has put there. */
napi_value hvnode__js_write_scratch(napi_env napi, napi_callback_info info) {
  hvnode__args_t args;
  hvnode__handle_t* handle = hvnode__args_handle(napi, info, 2, &args);
  int32_t size;

  if (handle == NULL)
    return NULL;
  size = hvnode__to_int(napi, args.values[1], -1);
  if (size < 0 || size > HVNODE_SCRATCH_BYTES)
    return hvnode__int(napi, UV_EINVAL);
  return hvnode__int(napi, send_lent(handle, args.env->scratch, (size_t) size));
}

typedef napi_status (*encoder)(
    napi_env, napi_value, char* buf, size_t size, size_t* length);

/* JavaScript passes strings that have room whatever their characters. */
static napi_value write_string(napi_env napi,
                               napi_callback_info info,
                               encoder encode) {
  hvnode__args_t args;
  hvnode__handle_t* handle = hvnode__args_handle(napi, info, 2, &args);
  char* scratch;
  size_t length;

  if (handle == NULL)
    return NULL;
  scratch = args.env->scratch;
  if (encode(napi, args.values[1], scratch, HVNODE_SCRATCH_BYTES, &length) !=
      napi_ok)
    return hvnode__int(napi, UV_EINVAL);
  args.env->state[HVNODE_BYTES] = (int32_t) length;
  return hvnode__int(napi, send_lent(handle, scratch, length));
}

/* writeUtf8(id, string), writeLatin1(id, string) */
napi_value hvnode__js_write_utf8(napi_env napi, napi_callback_info info) {
  return write_string(napi, info, napi_get_value_string_utf8);
}

napi_value hvnode__js_write_latin1(napi_env napi, napi_callback_info info) {
  return write_string(napi, info, napi_get_value_string_latin1);
}

/* writeQueueSize(id): bytes that the kernel has not taken. */
napi_value hvnode__js_write_queue_size(napi_env napi, napi_callback_info info) {
  hvnode__args_t args;
  hvnode__handle_t* handle = hvnode__args_handle(napi, info, 1, &args);
  napi_value result = NULL;

  if (handle != NULL)
    napi_create_double(
        napi, (double) hvuv_get_write_queue_size(&handle->stream), &result);
  return result;
}

static void on_shutdown(hvuv_shutdown_t* req, int status) {
  hvnode__dispatch(req->data, HVNODE_ON_SHUTDOWN, status, 0);
}

/* shutdown(id) */
napi_value hvnode__js_shutdown(napi_env napi, napi_callback_info info) {
  hvnode__args_t args;
  hvnode__handle_t* handle = hvnode__args_handle(napi, info, 1, &args);
  int err;

  if (handle == NULL)
    return NULL;
  handle->shutdown.data = handle;
  err = hvuv_shutdown(&handle->shutdown, &handle->stream, on_shutdown);
  return hvnode__int(napi, err == 0 ? FOLLOWS : err);
}
