#include "read.h"

#include <assert.h>

#include "dispatch.h"
#include "value.h"

/* All of the slab: what a socket holds then takes one read, and one call of
 * JavaScript. */
static void on_alloc(hvuv_stream_t* stream, size_t suggested, uv_buf_t* buf) {
  const hvnode__handle_t* handle = stream->data;
  const hvnode__env_t* env = handle->env;

  (void) suggested;
  assert(env->slab != NULL);
  *buf = uv_buf_init(env->slab, (unsigned int) env->slab_size);
}

static void on_read(hvuv_stream_t* stream, ssize_t nread, const uv_buf_t* buf) {
  hvnode__handle_t* handle = stream->data;

  assert(nread <= 0 || buf->base == handle->env->slab);
  (void) buf;
  if (nread != 0)
    hvnode__dispatch(handle, HVNODE_ON_READ, (int32_t) nread, 0);
}

/* readStart(id) */
napi_value hvnode__js_read_start(napi_env napi, napi_callback_info info) {
  hvnode__args_t args;
  hvnode__handle_t* handle = hvnode__args_handle(napi, info, 1, &args);

  if (handle == NULL)
    return NULL;
  return hvnode__int(napi, hvuv_read_start(&handle->stream, on_alloc, on_read));
}

/* readStop(id) */
napi_value hvnode__js_read_stop(napi_env napi, napi_callback_info info) {
  hvnode__args_t args;
  hvnode__handle_t* handle = hvnode__args_handle(napi, info, 1, &args);

  if (handle == NULL)
    return NULL;
  return hvnode__int(napi, hvuv_read_stop(&handle->stream));
}

/* setSlab(buffer): what is read into from now on. */
napi_value hvnode__js_set_slab(napi_env napi, napi_callback_info info) {
  hvnode__args_t args;
  napi_ref ref;
  size_t size;
  void* data;

  if (!hvnode__args(napi, info, 1, &args) ||
      napi_get_buffer_info(napi, args.values[0], &data, &size) != napi_ok ||
      napi_create_reference(napi, args.values[0], 1, &ref) != napi_ok)
    return NULL;
  if (args.env->slab_ref != NULL)
    napi_delete_reference(napi, args.env->slab_ref);
  args.env->slab_ref = ref;
  args.env->slab = data;
  args.env->slab_size = size;
  return NULL;
}
