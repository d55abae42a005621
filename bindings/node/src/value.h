/*
 * Arguments and results. The functions of this module are called by its own
 * JavaScript only, which passes what they want; so a wrong argument is no more
 * than refused.
 */
#ifndef HVUV_NODE_VALUE_H
#define HVUV_NODE_VALUE_H

#include <hvuv/addr.h>

#include "env.h"
#include "handle.h"

#define HVNODE_MOST_ARGS 4

typedef struct hvnode__args_s {
  hvnode__env_t* env;
  napi_value values[HVNODE_MOST_ARGS]; /* undefined where there is none */
} hvnode__args_t;

/* Gets the first `count` arguments. 0 after an error, which is pending. */
int hvnode__args(napi_env napi,
                 napi_callback_info info,
                 size_t count,
                 hvnode__args_t* args);

/* The same, and the handle whose number is the first. NULL if there is none or
 * it is closing; then a TypeError is pending. */
hvnode__handle_t* hvnode__args_handle(napi_env napi,
                                      napi_callback_info info,
                                      size_t count,
                                      hvnode__args_t* args);

napi_value hvnode__int(napi_env napi, int32_t value);
napi_value hvnode__string(napi_env napi, const char* text);

/* The number, or `otherwise` if it is none. */
int32_t hvnode__to_int(napi_env napi, napi_value value, int32_t otherwise);
int hvnode__is_true(napi_env napi, napi_value value);

/* Copies a string with its NUL. 0 if it is none, has no room, or contains a
 * NUL. */
int hvnode__to_text(napi_env napi, napi_value value, char* text, size_t size);

/* Parses an address. 0 if it is none. */
int hvnode__to_address(napi_env napi, napi_value value, hvuv_addr_t* addr);

napi_value hvnode__address_text(napi_env napi, const hvuv_addr_t* addr);

#endif /* HVUV_NODE_VALUE_H */
