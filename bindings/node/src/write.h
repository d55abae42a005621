/*
 * Writing. What the kernel takes at once needs no callback; Node's streams then
 * go on in the same call. What is left is hvuv's until its callback:
 *
 *   a string, or gathered bytes   were in the scratch memory: copied
 *   Buffers                       stay where they are; JavaScript holds them
 */
#ifndef HVUV_NODE_WRITE_H
#define HVUV_NODE_WRITE_H

#include <node_api.h>

/* The functions of JavaScript. Each returns 0: all was sent; 1: ON_WRITE
 * follows; or an error. */
napi_value hvnode__js_write_buffer(napi_env napi, napi_callback_info info);
napi_value hvnode__js_write_buffers(napi_env napi, napi_callback_info info);
napi_value hvnode__js_write_scratch(napi_env napi, napi_callback_info info);
napi_value hvnode__js_write_utf8(napi_env napi, napi_callback_info info);
napi_value hvnode__js_write_latin1(napi_env napi, napi_callback_info info);

napi_value hvnode__js_write_queue_size(napi_env napi, napi_callback_info info);

/* 0, an error, or 1: ON_SHUTDOWN follows. */
napi_value hvnode__js_shutdown(napi_env napi, napi_callback_info info);

#endif /* HVUV_NODE_WRITE_H */
