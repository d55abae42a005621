/* Errors in words, and this machine's own CID. */
#ifndef HVUV_NODE_EXPLAIN_H
#define HVUV_NODE_EXPLAIN_H

#include <node_api.h>

/* explain(address, step, status): the explanation, or undefined. step is a
 * hvuv_step_t. */
napi_value hvnode__js_explain(napi_env napi, napi_callback_info info);

/* localCid(): the CID, or a negative error. */
napi_value hvnode__js_local_cid(napi_env napi, napi_callback_info info);

#endif /* HVUV_NODE_EXPLAIN_H */
