/*
 * Reading into the slab, a Buffer of JavaScript's that all handles of an
 * environment share. JavaScript is called back for each part, and before anything
 * else is read it has either copied the part or taken the slab for it, and set
 * another: so each part has memory of its own, and whoever gets it may keep it or
 * give it away.
 */
#ifndef HVUV_NODE_READ_H
#define HVUV_NODE_READ_H

#include <node_api.h>

/* The functions of JavaScript: readStart, readStop, setSlab. */
napi_value hvnode__js_read_start(napi_env napi, napi_callback_info info);
napi_value hvnode__js_read_stop(napi_env napi, napi_callback_info info);
napi_value hvnode__js_set_slab(napi_env napi, napi_callback_info info);

#endif /* HVUV_NODE_READ_H */
