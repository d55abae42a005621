#include "address.h"

#include <stdlib.h>

#include "value.h"

/* The array's elements; lib/address.js has the same. */
enum { TEXT, FAMILY, VM_ID, SERVICE_ID, CID, PORT, PATH };

static void set(napi_env napi,
                napi_value array,
                uint32_t index,
                napi_value value) {
  if (value != NULL)
    napi_set_element(napi, array, index, value);
}

static void set_number(napi_env napi,
                       napi_value array,
                       uint32_t index,
                       uint32_t number) {
  napi_value value = NULL;

  napi_create_uint32(napi, number, &value);
  set(napi, array, index, value);
}

static void set_guid(napi_env napi,
                     napi_value array,
                     uint32_t index,
                     const hvuv_guid_t* guid) {
  char text[HVUV_GUID_STRLEN];

  hvuv_guid_format(guid, text);
  set(napi, array, index, hvnode__string(napi, text));
}

static void set_service(napi_env napi,
                        napi_value array,
                        const hvuv_guid_t* service) {
  uint32_t port;

  set_guid(napi, array, SERVICE_ID, service);
  if (hvuv_service_to_port(service, &port) == 0)
    set_number(napi, array, PORT, port);
}

static napi_value parts(napi_env napi, const hvuv_addr_t* addr) {
  napi_value array = NULL;

  if (napi_create_array(napi, &array) != napi_ok)
    return NULL;
  set(napi, array, TEXT, hvnode__address_text(napi, addr));
  set_number(napi, array, FAMILY, (uint32_t) addr->family);
  switch (addr->family) {
    case HVUV_HYPERV:
    case HVUV_LOCAL:
      set_guid(napi, array, VM_ID, &addr->u.hyperv.vm_id);
      set_service(napi, array, &addr->u.hyperv.service_id);
      break;
    case HVUV_VSOCK:
      set_number(napi, array, CID, addr->u.vsock.cid);
      set_number(napi, array, PORT, addr->u.vsock.port);
      break;
    case HVUV_HYBRID:
      set(napi, array, PATH, hvnode__string(napi, addr->u.hybrid.path));
      set_service(napi, array, &addr->u.hybrid.service_id);
      break;
  }
  return array;
}

/* Longer texts are no addresses either, and are explained too. */
static char* to_any_text(napi_env napi, napi_value value) {
  size_t length;
  char* text;

  if (napi_get_value_string_utf8(napi, value, NULL, 0, &length) != napi_ok)
    return NULL;
  text = malloc(length + 1);
  if (text != NULL && !hvnode__to_text(napi, value, text, length + 1)) {
    free(text);
    text = NULL;
  }
  return text;
}

napi_value hvnode__js_parse(napi_env napi, napi_callback_info info) {
  char why[HVUV_ADDR_WHY_STRLEN];
  hvnode__args_t args;
  hvuv_addr_t addr;
  char* text;
  int err;

  if (!hvnode__args(napi, info, 1, &args))
    return NULL;
  text = to_any_text(napi, args.values[0]);
  if (text == NULL)
    return hvnode__string(napi, "It contains a NUL.");
  err = hvuv_addr_parse_why(text, &addr, why, sizeof(why));
  free(text);
  return err == 0 ? parts(napi, &addr) : hvnode__string(napi, why);
}

napi_value hvnode__js_supported(napi_env napi, napi_callback_info info) {
  hvnode__args_t args;

  if (!hvnode__args(napi, info, 1, &args))
    return NULL;
  return hvnode__int(
      napi,
      hvuv_supported((hvuv_family_t) hvnode__to_int(napi, args.values[0], 0)));
}
