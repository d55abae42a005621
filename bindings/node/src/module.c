/*
 * hvuv.node: hvuv's streams on Node's own loop, for the JavaScript in ../lib.
 *
 *   module     what is here, by name
 *   life       an environment's share: made, and ended with it (env.h)
 *   handle     a stream of hvuv's with its requests; table: by number
 *   connect, server, read, write
 *   dispatch   the one way back into JavaScript
 *   address, explain, value
 *
 * Only Node-API and libuv's functions are used, and both are looked up in Node's
 * own binary when the module is loaded, so one build serves many versions.
 */
#include <node_api.h>

#include "address.h"
#include "connect.h"
#include "dispatch.h"
#include "explain.h"
#include "handle.h"
#include "life.h"
#include "read.h"
#include "server.h"
#include "value.h"
#include "write.h"

/* setDispatch(function) */
static napi_value set_dispatch(napi_env napi, napi_callback_info info) {
  hvnode__args_t args;

  if (hvnode__args(napi, info, 1, &args) && args.env->dispatch == NULL)
    hvnode__dispatch_set(args.env, args.values[0]);
  return NULL;
}

static const struct {
  const char* name;
  napi_callback call;
} functions[] = {
    {"attach", hvnode__js_attach},
    {"close", hvnode__js_close},
    {"connect", hvnode__js_connect},
    {"explain", hvnode__js_explain},
    {"listen", hvnode__js_listen},
    {"localCid", hvnode__js_local_cid},
    {"make", hvnode__js_make},
    {"parse", hvnode__js_parse},
    {"peername", hvnode__js_peername},
    {"readStart", hvnode__js_read_start},
    {"readStop", hvnode__js_read_stop},
    {"setDispatch", set_dispatch},
    {"setRef", hvnode__js_set_ref},
    {"setSlab", hvnode__js_set_slab},
    {"shutdown", hvnode__js_shutdown},
    {"sockname", hvnode__js_sockname},
    {"supported", hvnode__js_supported},
    {"writeBuffer", hvnode__js_write_buffer},
    {"writeBuffers", hvnode__js_write_buffers},
    {"writeLatin1", hvnode__js_write_latin1},
    {"writeQueueSize", hvnode__js_write_queue_size},
    {"writeScratch", hvnode__js_write_scratch},
    {"writeUtf8", hvnode__js_write_utf8},
};

static int export(hvnode__env_t* env, napi_value exports) {
  napi_value value;
  size_t i;

  for (i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
    if (napi_create_function(env->napi,
                             functions[i].name,
                             NAPI_AUTO_LENGTH,
                             functions[i].call,
                             env,
                             &value) != napi_ok ||
        napi_set_named_property(env->napi, exports, functions[i].name, value) !=
            napi_ok)
      return 0;
  }
  return 1;
}

/* state and scratch: the memory that both sides see. */
static int export_memory(hvnode__env_t* env, napi_value exports) {
  napi_value state;
  napi_value scratch;

  return napi_get_reference_value(env->napi, env->state_ref, &state) ==
             napi_ok &&
         napi_get_reference_value(env->napi, env->scratch_ref, &scratch) ==
             napi_ok &&
         napi_set_named_property(env->napi, exports, "state", state) ==
             napi_ok &&
         napi_set_named_property(env->napi, exports, "scratch", scratch) ==
             napi_ok;
}

/* Node's entry points, which its macro defines without a prototype. */
#ifdef NODE_API_MODULE_GET_API_VERSION
NAPI_MODULE_EXPORT int32_t NODE_API_MODULE_GET_API_VERSION(void);
#endif

NAPI_MODULE_INIT() {
  hvnode__env_t* share = hvnode__env_make(env);

  if (share == NULL || !export(share, exports) ||
      !export_memory(share, exports)) {
    bool is_pending = false;
    if (napi_is_exception_pending(env, &is_pending) == napi_ok && !is_pending)
      napi_throw_error(env, NULL, "hvuv: the module cannot be initialised");
    return NULL;
  }
  return exports;
}
