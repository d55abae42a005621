/* "CONNECT PORT\n" */
#include "bus/request.h"

#include <assert.h>
#include <strings.h>

#include <uv.h>

static const char verb[] = "CONNECT ";

#define VERB_LEN (sizeof(verb) - 1)

static int parse_port(const char* text, size_t len, uint32_t* port) {
  uint64_t value = 0;
  size_t i;

  if (len == 0 || len > 10)
    return UV_EPROTO;
  for (i = 0; i < len; i++) {
    if (text[i] < '0' || text[i] > '9')
      return UV_EPROTO;
    value = value * 10 + (uint64_t) (text[i] - '0');
  }
  if (value > UINT32_MAX)
    return UV_EPROTO;
  *port = (uint32_t) value;
  return 0;
}

static int parse(bus__request_t* request) {
  const char* text = request->line + VERB_LEN;
  uint32_t port;
  size_t len;

  if (request->len <= VERB_LEN ||
      strncasecmp(request->line, verb, VERB_LEN) != 0)
    return UV_EPROTO;
  len = request->len - VERB_LEN;
  request->is_by_guid = bus__guid_parse(text, len, &request->service) == 0;
  if (request->is_by_guid)
    return 1;
  if (parse_port(text, len, &port) != 0)
    return UV_EPROTO;
  request->service = bus__guid_of_port(port);
  return 1;
}

int bus__request_feed(bus__request_t* request, char byte) {
  assert(request->len < BUS__REQUEST_MAX);
  if (byte == '\n')
    return parse(request);
  request->line[request->len++] = byte;
  return request->len < BUS__REQUEST_MAX ? 0 : UV_EPROTO;
}
