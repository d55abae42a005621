/* Connecting. */
#ifndef HVUV_NODE_CONNECT_H
#define HVUV_NODE_CONNECT_H

#include <node_api.h>

/* connect(id, address, timeoutMs): 0, and ON_CONNECT follows; or an error. */
napi_value hvnode__js_connect(napi_env napi, napi_callback_info info);

#endif /* HVUV_NODE_CONNECT_H */
