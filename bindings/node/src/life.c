/*
 * An environment's end is the one thing here that is not obvious. Node calls an
 * asynchronous cleanup hook, and then runs the loop until the hook is removed.
 * The hook closes every handle; close callbacks come in later turns. When the
 * last has come, hvuv's hub is closing too: its handles end in the same pass of
 * libuv over what is closing as `closer`, which is closed at that moment. So
 * once the callback of `closer` has removed the hook, and that pass is over,
 * nothing of ours is left on the loop, which Node then closes (and aborts if
 * anything is).
 */
#include "life.h"

#include <assert.h>
#include <stdlib.h>

#include "dispatch.h"
#include "handle.h"

static void on_closer(uv_handle_t* closer) {
  hvnode__env_t* env = closer->data;

  assert(env->stage == HVNODE_ENDING && env->table.count == 0);
  env->stage = HVNODE_ENDED;
  napi_remove_async_cleanup_hook(env->hook);
}

static void end_if_empty(hvnode__env_t* env) {
  assert(env->stage != HVNODE_ENDED);
  if (env->stage == HVNODE_ENDING && env->table.count == 0)
    uv_close((uv_handle_t*) &env->closer, on_closer);
}

static void on_cleanup(napi_async_cleanup_hook_handle hook, void* arg) {
  hvnode__env_t* env = arg;
  int32_t id;

  assert(env->stage == HVNODE_OPEN && hook == env->hook);
  (void) hook;
  env->stage = HVNODE_ENDING;
  for (id = 0; id < env->table.size; id++)
    if (hvnode__table_get(&env->table, id) != NULL)
      hvnode__handle_close(hvnode__table_get(&env->table, id), 0);
  end_if_empty(env);
}

/* Node's last call; the environment can run no JavaScript any more. */
static void on_finalize(napi_env napi, void* data, void* hint) {
  hvnode__env_t* env = data;

  (void) hint;
  assert(env->stage == HVNODE_ENDED);
  if (env->dispatch != NULL)
    napi_delete_reference(napi, env->dispatch);
  if (env->slab_ref != NULL)
    napi_delete_reference(napi, env->slab_ref);
  napi_delete_reference(napi, env->scratch_ref);
  napi_delete_reference(napi, env->state_ref);
  hvnode__table_end(&env->table);
  free(env);
}

/* Memory that both sides see, and that stays where it is. */
static int share(napi_env napi, size_t bytes, void** data, napi_ref* ref) {
  napi_value buffer;

  return napi_create_arraybuffer(napi, bytes, data, &buffer) == napi_ok &&
         napi_create_reference(napi, buffer, 1, ref) == napi_ok;
}

static int fill(hvnode__env_t* env, napi_env napi) {
  void* state;
  void* scratch;

  env->napi = napi;
  env->on_closed = end_if_empty;
  hvnode__table_init(&env->table);
  if (napi_get_uv_event_loop(napi, &env->loop) != napi_ok)
    return 0;
  if (!share(napi,
             HVNODE_STATE_SIZE * sizeof(*env->state),
             &state,
             &env->state_ref) ||
      !share(napi, HVNODE_SCRATCH_BYTES, &scratch, &env->scratch_ref))
    return 0;

  env->state = state;
  env->scratch = scratch;
  return napi_set_instance_data(napi, env, on_finalize, NULL) == napi_ok;
}

hvnode__env_t* hvnode__env_make(napi_env napi) {
  hvnode__env_t* env;

  env = calloc(1, sizeof(*env));
  if (env == NULL)
    return NULL;
  if (!fill(env, napi)) {
    free(env);
    return NULL;
  }
  /* An idle handle that was never started is neither active nor in the way; no
   * call of libuv's that it needs can fail. */
  uv_idle_init(env->loop, &env->closer);
  env->closer.data = env;
  if (napi_add_async_cleanup_hook(napi, on_cleanup, env, &env->hook) !=
      napi_ok) {
    env->stage = HVNODE_ENDED;
    uv_close((uv_handle_t*) &env->closer, NULL);
    return NULL;
  }
  return env;
}
