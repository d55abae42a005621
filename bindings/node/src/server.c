#include "server.h"

#include <assert.h>

#include "dispatch.h"
#include "value.h"

/* A caller is accepted at once. If there is no memory for it, it waits in hvuv,
 * and so do those behind it; JavaScript hears of that as an error, and closes
 * the server or not. */
static void on_connection(hvuv_stream_t* stream, int status) {
  hvnode__handle_t* server = stream->data;
  hvnode__handle_t* caller = NULL;
  int err = status;

  assert(server->env->stage != HVNODE_ENDED);
  if (err == 0)
    err = hvnode__handle_make(server->env, &caller);
  if (err == 0) {
    err = hvuv_accept(stream, &caller->stream);
    if (err != 0)
      hvnode__handle_close(caller, 0);
  }
  hvnode__dispatch(
      server, HVNODE_ON_CONNECTION, err, err == 0 ? caller->id : -1);
}

static int start(hvnode__handle_t* server,
                 const hvuv_addr_t* addr,
                 int backlog,
                 int modes) {
  int err;

  err = hvuv_bind(&server->stream, addr);
  if (err == 0 && modes != 0)
    err = hvuv_chmod(&server->stream, modes);
  if (err == 0)
    err = hvuv_listen(&server->stream, backlog, on_connection);
  return err;
}

napi_value hvnode__js_listen(napi_env napi, napi_callback_info info) {
  hvnode__args_t args;
  hvnode__handle_t* server = hvnode__args_handle(napi, info, 4, &args);
  hvuv_addr_t addr;

  if (server == NULL)
    return NULL;
  if (!hvnode__to_address(napi, args.values[1], &addr))
    return hvnode__int(napi, UV_EINVAL);
  return hvnode__int(napi,
                     start(server,
                           &addr,
                           hvnode__to_int(napi, args.values[2], SOMAXCONN),
                           hvnode__to_int(napi, args.values[3], 0)));
}
