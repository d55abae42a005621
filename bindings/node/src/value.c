#include "value.h"

#include <assert.h>
#include <string.h>

int hvnode__args(napi_env napi,
                 napi_callback_info info,
                 size_t count,
                 hvnode__args_t* args) {
  void* data = NULL;

  assert(count <= HVNODE_MOST_ARGS);
  if (napi_get_cb_info(napi, info, &count, args->values, NULL, &data) !=
      napi_ok)
    return 0;
  args->env = data;
  assert(args->env != NULL && args->env->napi == napi);
  return 1;
}

hvnode__handle_t* hvnode__args_handle(napi_env napi,
                                      napi_callback_info info,
                                      size_t count,
                                      hvnode__args_t* args) {
  hvnode__handle_t* handle = NULL;

  assert(count > 0);
  if (!hvnode__args(napi, info, count, args))
    return NULL;
  handle = hvnode__table_get(&args->env->table,
                             hvnode__to_int(napi, args->values[0], -1));
  if (handle == NULL || hvuv_is_closing(&handle->stream)) {
    napi_throw_type_error(napi, NULL, "hvuv: no such handle");
    return NULL;
  }
  return handle;
}

napi_value hvnode__int(napi_env napi, int32_t value) {
  napi_value result = NULL;

  napi_create_int32(napi, value, &result);
  return result;
}

napi_value hvnode__string(napi_env napi, const char* text) {
  napi_value result = NULL;

  napi_create_string_utf8(napi, text, NAPI_AUTO_LENGTH, &result);
  return result;
}

int32_t hvnode__to_int(napi_env napi, napi_value value, int32_t otherwise) {
  int32_t result;

  if (napi_get_value_int32(napi, value, &result) != napi_ok)
    return otherwise;
  return result;
}

int hvnode__is_true(napi_env napi, napi_value value) {
  bool result;

  return napi_get_value_bool(napi, value, &result) == napi_ok && result;
}

int hvnode__to_text(napi_env napi, napi_value value, char* text, size_t size) {
  size_t length;

  if (napi_get_value_string_utf8(napi, value, NULL, 0, &length) != napi_ok ||
      length >= size)
    return 0;
  if (napi_get_value_string_utf8(napi, value, text, size, &length) != napi_ok)
    return 0;
  return strlen(text) == length;
}

int hvnode__to_address(napi_env napi, napi_value value, hvuv_addr_t* addr) {
  char text[HVUV_ADDR_STRLEN];

  return hvnode__to_text(napi, value, text, sizeof(text)) &&
         hvuv_addr_parse(text, addr) == 0;
}

napi_value hvnode__address_text(napi_env napi, const hvuv_addr_t* addr) {
  char text[HVUV_ADDR_STRLEN];
  size_t size = sizeof(text);
  int err;

  err = hvuv_addr_format(addr, text, &size);
  assert(err == 0);
  return err == 0 ? hvnode__string(napi, text) : NULL;
}
