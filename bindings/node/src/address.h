/* Addresses as JavaScript sees them. */
#ifndef HVUV_NODE_ADDRESS_H
#define HVUV_NODE_ADDRESS_H

#include <node_api.h>

/* parse(text): an array of what there is,
 *
 *   [canonical text, family, VM id, service id, CID, port, path]
 *
 * with undefined for what there is not; or a string: what is wrong with it. */
napi_value hvnode__js_parse(napi_env napi, napi_callback_info info);

/* supported(family): 0 or an error. */
napi_value hvnode__js_supported(napi_env napi, napi_callback_info info);

#endif /* HVUV_NODE_ADDRESS_H */
