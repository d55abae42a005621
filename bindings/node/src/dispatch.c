#include "dispatch.h"

#include <assert.h>

void hvnode__dispatch_set(hvnode__env_t* env, napi_value function) {
  assert(env->dispatch == NULL);
  napi_create_reference(env->napi, function, 1, &env->dispatch);
}

/* An environment that is being terminated has no exception to show, and takes
 * none. */
static void report_exception(napi_env napi) {
  napi_value exception;
  bool is_pending = false;

  if (napi_is_exception_pending(napi, &is_pending) != napi_ok || !is_pending)
    return;
  if (napi_get_and_clear_last_exception(napi, &exception) == napi_ok)
    napi_fatal_exception(napi, exception);
}

static void call(hvnode__env_t* env, napi_async_context context) {
  napi_handle_scope scope;
  napi_value function;

  if (napi_open_handle_scope(env->napi, &scope) != napi_ok)
    return;
  if (napi_get_reference_value(env->napi, env->dispatch, &function) ==
          napi_ok &&
      napi_make_callback(
          env->napi, context, function, function, 0, NULL, NULL) != napi_ok)
    report_exception(env->napi);
  napi_close_handle_scope(env->napi, scope);
}

void hvnode__dispatch(hvnode__handle_t* handle,
                      hvnode__event_t event,
                      int32_t status,
                      int32_t extra) {
  hvnode__env_t* env = handle->env;

  if (env->stage != HVNODE_OPEN)
    return;
  assert(env->dispatch != NULL);
  assert(hvnode__table_get(&env->table, handle->id) == handle);
  env->state[HVNODE_EVENT] = (int32_t) event;
  env->state[HVNODE_ID] = handle->id;
  env->state[HVNODE_STATUS] = status;
  env->state[HVNODE_EXTRA] = extra;
  call(env, handle->context);
}
