#include "read.h"

#include <assert.h>

#include "dispatch.h"
#include "value.h"

/* Parts begin at a multiple of this, for who looks at them as numbers. */
#define ALIGNMENT 8

/* Nothing where the slab is full: only if JavaScript was stopped before it
 * could replace it, so nobody will miss what is not read. */
static void on_alloc(hvuv_stream_t* stream, size_t suggested, uv_buf_t* buf) {
  hvnode__handle_t* handle = stream->data;
  const hvnode__env_t* env = handle->env;
  size_t used = (size_t) env->state[HVNODE_USED];
  size_t left;

  assert(used <= env->slab_bytes);
  left = env->slab_bytes - used;
  *buf = uv_buf_init(env->slab + used,
                     (unsigned int) (left < suggested ? left : suggested));
}

static void on_read(hvuv_stream_t* stream, ssize_t nread, const uv_buf_t* buf) {
  hvnode__handle_t* handle = stream->data;
  hvnode__env_t* env = handle->env;
  int32_t at;
  size_t used;

  if (nread == 0)
    return;
  if (nread < 0) {
    hvnode__dispatch(handle, HVNODE_ON_READ, (int32_t) nread, 0);
    return;
  }

  at = env->state[HVNODE_USED];
  assert(buf->base == env->slab + at);
  (void) buf;
  used = ((size_t) at + (size_t) nread + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  env->state[HVNODE_USED] =
      (int32_t) (used < env->slab_bytes ? used : env->slab_bytes);
  hvnode__dispatch(handle, HVNODE_ON_READ, (int32_t) nread, at);
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

/* setSlab(buffer): the slab from now on, none of it used. */
napi_value hvnode__js_set_slab(napi_env napi, napi_callback_info info) {
  hvnode__args_t args;
  napi_ref ref;
  size_t size;
  void* data;

  if (!hvnode__args(napi, info, 1, &args))
    return NULL;
  if (napi_get_buffer_info(napi, args.values[0], &data, &size) != napi_ok ||
      napi_create_reference(napi, args.values[0], 1, &ref) != napi_ok)
    return NULL;
  if (args.env->slab_ref != NULL)
    napi_delete_reference(napi, args.env->slab_ref);
  args.env->slab_ref = ref;
  args.env->slab = data;
  args.env->slab_bytes = size;
  args.env->state[HVNODE_USED] = 0;
  return NULL;
}
