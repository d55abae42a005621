#include "explain.h"

#include <hvuv/explain.h>

#include "value.h"

napi_value hvnode__js_explain(napi_env napi, napi_callback_info info) {
  char text[HVUV_EXPLAIN_STRLEN];
  hvnode__args_t args;
  hvuv_addr_t addr;
  int err;

  if (!hvnode__args(napi, info, 3, &args) ||
      !hvnode__to_address(napi, args.values[0], &addr))
    return NULL;
  err = hvuv_explain_step(
      &addr,
      (hvuv_step_t) hvnode__to_int(napi, args.values[1], HVUV_STEP_UNKNOWN),
      hvnode__to_int(napi, args.values[2], 0),
      text,
      sizeof(text));
  return err == 0 || err == UV_ENOBUFS ? hvnode__string(napi, text) : NULL;
}

napi_value hvnode__js_local_cid(napi_env napi, napi_callback_info info) {
  napi_value result = NULL;
  uint32_t cid;
  int err;

  (void) info;
  err = hvuv_local_cid(&cid);
  if (err != 0)
    return hvnode__int(napi, err);
  napi_create_uint32(napi, cid, &result);
  return result;
}
