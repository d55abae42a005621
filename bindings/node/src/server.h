/* Listening and accepting. */
#ifndef HVUV_NODE_SERVER_H
#define HVUV_NODE_SERVER_H

#include <node_api.h>

/* listen(id, address, backlog, modes): 0 or an error. modes are those of
 * hvuv_chmod(), or 0. ON_CONNECTION follows for each caller. */
napi_value hvnode__js_listen(napi_env napi, napi_callback_info info);

#endif /* HVUV_NODE_SERVER_H */
