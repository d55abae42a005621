/*
 * Reading, without a copy: the kernel writes into the slab, a Buffer that
 * JavaScript has made, and JavaScript makes a Buffer of the part that was read.
 * All handles of an environment share the slab; JavaScript, called back for each
 * part, replaces it when little of it is left.
 */
#ifndef HVUV_NODE_READ_H
#define HVUV_NODE_READ_H

#include <node_api.h>

/* The functions of JavaScript: readStart, readStop, setSlab. */
napi_value hvnode__js_read_start(napi_env napi, napi_callback_info info);
napi_value hvnode__js_read_stop(napi_env napi, napi_callback_info info);
napi_value hvnode__js_set_slab(napi_env napi, napi_callback_info info);

#endif /* HVUV_NODE_READ_H */
