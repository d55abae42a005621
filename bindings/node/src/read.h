/*
 * Reading into memory that all handles of an environment share. It consists of
 * Buffers of JavaScript's, which makes Buffers of the parts that were read:
 *
 *   slab     what the kernel writes into. A larger part stays there, and is not
 *            copied; JavaScript, called back for each part, sets a new slab when
 *            little is left of it
 *   crumbs   where a part of up to HVNODE_CRUMB_BYTES is copied to, so that a
 *            program that keeps a small message keeps a few KiB of others with
 *            it, and not a slab; the slab's memory stays warm, too
 */
#ifndef HVUV_NODE_READ_H
#define HVUV_NODE_READ_H

#include <node_api.h>

/* lib/pool.js has the same. */
#define HVNODE_CRUMB_BYTES 1024

/* The functions of JavaScript: readStart, readStop, setSlab, setCrumbs. */
napi_value hvnode__js_read_start(napi_env napi, napi_callback_info info);
napi_value hvnode__js_read_stop(napi_env napi, napi_callback_info info);
napi_value hvnode__js_set_slab(napi_env napi, napi_callback_info info);
napi_value hvnode__js_set_crumbs(napi_env napi, napi_callback_info info);

#endif /* HVUV_NODE_READ_H */
