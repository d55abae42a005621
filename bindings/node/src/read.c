#include "read.h"

#include <assert.h>
#include <string.h>

#include "dispatch.h"
#include "value.h"

/* Parts begin at a multiple of this, for who looks at them as numbers. */
#define ALIGNMENT 8

/* All that is left of the slab: what a socket holds then takes one read, and one
 * call of JavaScript. Nothing is left only if JavaScript was stopped before it
 * could set another slab, so nobody will miss what is not read. */
static void on_alloc(hvuv_stream_t* stream, size_t suggested, uv_buf_t* buf) {
  const hvnode__handle_t* handle = stream->data;
  const hvnode__pool_t* slab = &handle->env->slab;
  size_t used = (size_t) handle->env->state[HVNODE_USED];

  (void) suggested;
  assert(used <= slab->size);
  *buf = uv_buf_init(slab->base + used, (unsigned int) (slab->size - used));
}

/* Takes `size` bytes of a pool, in which `*used` are taken. Returns where. */
static int32_t take(const hvnode__pool_t* pool, int32_t* used, size_t size) {
  int32_t at = *used;
  size_t end = ((size_t) at + size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;

  assert((size_t) at + size <= pool->size);
  *used = (int32_t) (end < pool->size ? end : pool->size);
  return at;
}

/* A part's place: in the crumbs, if there is room, as there always is unless
 * JavaScript was stopped. */
static int32_t place(hvnode__env_t* env, const char* bytes, size_t size) {
  int32_t at;

  if (size > HVNODE_CRUMB_BYTES)
    return take(&env->slab, &env->state[HVNODE_USED], size);
  if ((size_t) env->state[HVNODE_EATEN] + size > env->crumbs.size)
    return 0;
  at = take(&env->crumbs, &env->state[HVNODE_EATEN], size);
  memcpy(env->crumbs.base + at, bytes, size);
  return at;
}

static void on_read(hvuv_stream_t* stream, ssize_t nread, const uv_buf_t* buf) {
  hvnode__handle_t* handle = stream->data;
  int32_t at = 0;

  if (nread == 0)
    return;
  if (nread > 0)
    at = place(handle->env, buf->base, (size_t) nread);
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

/* The pool's Buffer from now on, none of it used. */
static napi_value set_pool(napi_env napi,
                           const hvnode__args_t* args,
                           hvnode__pool_t* pool,
                           int32_t* used) {
  napi_ref ref;
  size_t size;
  void* data;

  if (napi_get_buffer_info(napi, args->values[0], &data, &size) != napi_ok ||
      napi_create_reference(napi, args->values[0], 1, &ref) != napi_ok)
    return NULL;
  if (pool->ref != NULL)
    napi_delete_reference(napi, pool->ref);
  pool->ref = ref;
  pool->base = data;
  pool->size = size;
  *used = 0;
  return NULL;
}

/* setSlab(buffer) */
napi_value hvnode__js_set_slab(napi_env napi, napi_callback_info info) {
  hvnode__args_t args;

  if (!hvnode__args(napi, info, 1, &args))
    return NULL;
  return set_pool(napi, &args, &args.env->slab, &args.env->state[HVNODE_USED]);
}

/* setCrumbs(buffer) */
napi_value hvnode__js_set_crumbs(napi_env napi, napi_callback_info info) {
  hvnode__args_t args;

  if (!hvnode__args(napi, info, 1, &args))
    return NULL;
  return set_pool(
      napi, &args, &args.env->crumbs, &args.env->state[HVNODE_EATEN]);
}
