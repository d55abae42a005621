#include "handle.h"

#include <assert.h>
#include <stdlib.h>

#include "dispatch.h"
#include "value.h"

/* --- Its life ------------------------------------------------------------- */

#ifdef NDEBUG
#define check(handle) ((void) 0)
#else
static void check(const hvnode__handle_t* handle) {
  assert(hvnode__table_get(&handle->env->table, handle->id) == handle);
  assert(handle->env->stage != HVNODE_ENDED);
  assert(handle->stream.data == handle);
  assert(handle->rest == NULL || handle->is_writing);
}
#endif

int hvnode__handle_make(hvnode__env_t* env, hvnode__handle_t** result) {
  hvnode__handle_t* handle;
  int err;

  assert(env->stage == HVNODE_OPEN);
  handle = calloc(1, sizeof(*handle));
  if (handle == NULL)
    return UV_ENOMEM;
  handle->env = env;
  handle->id = hvnode__table_add(&env->table, handle);
  if (handle->id < 0) {
    free(handle);
    return UV_ENOMEM;
  }
  err = hvuv_init(env->loop, &handle->stream);
  if (err != 0) {
    hvnode__table_remove(&env->table, handle->id);
    free(handle);
    return err;
  }
  handle->stream.data = handle;
  check(handle);
  *result = handle;
  return 0;
}

/* hvuv's last touch, and ours. */
static void on_close(hvuv_stream_t* stream) {
  hvnode__handle_t* handle = stream->data;
  hvnode__env_t* env = handle->env;

  check(handle);
  assert(hvuv_is_closing(stream) && !handle->is_writing);
  hvnode__dispatch(handle, HVNODE_ON_CLOSE, 0, 0);
  if (handle->context != NULL)
    napi_async_destroy(env->napi, handle->context);
  hvnode__table_remove(&env->table, handle->id);
  free(handle);
  env->on_closed(env);
}

void hvnode__handle_close(hvnode__handle_t* handle, int is_reset) {
  check(handle);
  if (hvuv_is_closing(&handle->stream))
    return;
  if (!is_reset || hvuv_close_reset(&handle->stream, on_close) != 0)
    hvuv_close(&handle->stream, on_close);
}

/* --- In JavaScript -------------------------------------------------------- */

/* Has async_hooks know the handle as this object. */
static void attach(hvnode__handle_t* handle, napi_value object) {
  napi_env napi = handle->env->napi;
  napi_value type = hvnode__string(napi, "HVUVSOCKET");

  check(handle);
  assert(handle->context == NULL);
  if (type != NULL)
    napi_async_init(napi, object, type, &handle->context);
}

/* make(object): the number of a new handle, or an error. */
napi_value hvnode__js_make(napi_env napi, napi_callback_info info) {
  hvnode__handle_t* handle;
  hvnode__args_t args;
  int err;

  if (!hvnode__args(napi, info, 1, &args))
    return NULL;
  if (args.env->stage != HVNODE_OPEN)
    return hvnode__int(napi, UV_ECANCELED);
  err = hvnode__handle_make(args.env, &handle);
  if (err != 0)
    return hvnode__int(napi, err);
  attach(handle, args.values[0]);
  return hvnode__int(napi, handle->id);
}

/* attach(id, object): the object stands for an accepted handle from now on. */
napi_value hvnode__js_attach(napi_env napi, napi_callback_info info) {
  hvnode__args_t args;
  hvnode__handle_t* handle = hvnode__args_handle(napi, info, 2, &args);

  if (handle != NULL)
    attach(handle, args.values[1]);
  return NULL;
}

/* close(id, isReset) */
napi_value hvnode__js_close(napi_env napi, napi_callback_info info) {
  hvnode__args_t args;
  hvnode__handle_t* handle = hvnode__args_handle(napi, info, 2, &args);

  if (handle != NULL)
    hvnode__handle_close(handle, hvnode__is_true(napi, args.values[1]));
  return NULL;
}

/* setRef(id, isRef) */
napi_value hvnode__js_set_ref(napi_env napi, napi_callback_info info) {
  hvnode__args_t args;
  hvnode__handle_t* handle = hvnode__args_handle(napi, info, 2, &args);

  if (handle == NULL)
    return NULL;
  if (hvnode__is_true(napi, args.values[1]))
    hvuv_ref(&handle->stream);
  else
    hvuv_unref(&handle->stream);
  return NULL;
}

static napi_value name(napi_env napi,
                       napi_callback_info info,
                       int (*get)(const hvuv_stream_t*, hvuv_addr_t*)) {
  hvnode__args_t args;
  hvnode__handle_t* handle = hvnode__args_handle(napi, info, 1, &args);
  hvuv_addr_t addr;

  if (handle == NULL || get(&handle->stream, &addr) != 0)
    return NULL;
  return hvnode__address_text(napi, &addr);
}

/* sockname(id), peername(id): the address as text, or undefined. */
napi_value hvnode__js_sockname(napi_env napi, napi_callback_info info) {
  return name(napi, info, hvuv_getsockname);
}

napi_value hvnode__js_peername(napi_env napi, napi_callback_info info) {
  return name(napi, info, hvuv_getpeername);
}
