/* Servers and clients that walk. */
#include <stdlib.h>

#include "walkers_inside.h"

/* Nobody waits so long: a walk cuts it short. */
#define LONG_MS 3600000

static char much[MUCH];

static void on_sent(hvuv_send_t* req, int status) {
  order_t* it = req->data;

  (void) status;
  --*it->of_conn;
  told(it);
}

static void send_some(hvuv_conn_t* conn) {
  thing_t* thing = hvuv_conn_context(conn);
  uv_buf_t part = uv_buf_init(much, 1 + below(below(4) == 0 ? MUCH : 500));
  order_t* it;
  int err;

  if (below(2) == 0) {
    CALL(hvuv_conn_send(conn, part.base, part.len));
    return;
  }
  it = order(thing);
  it->req.send.data = it;
  it->of_conn = hvuv_conn_state(conn);
  CALL(err = hvuv_conn_send_ref(&it->req.send, conn, &part, 1, on_sent));
  if (err == 0)
    ++*it->of_conn;
  take_back(it, err);
}

static void use_conn(hvuv_conn_t* conn) {
  switch (below(8)) {
    case 0:
      CALL(hvuv_conn_end(conn));
      return;
    case 1:
      CALL(hvuv_conn_abort(conn, UV_EPROTO));
      return;
    case 2:
      CALL(hvuv_conn_pause(conn));
      return;
    case 3:
      CALL(hvuv_conn_resume(conn));
      return;
    default:
      send_some(conn);
  }
}

static int on_conn_open(hvuv_conn_t* conn) {
  thing_t* thing = hvuv_conn_context(conn);

  heard(thing);
  thing->opened++;
  walk.nconns++;
  if (thing->kind == CLIENT)
    send_some(conn);
  act_in_callback(thing);
  return below(16) == 0 ? UV_EACCES : 0;
}

static int on_conn_message(hvuv_conn_t* conn, const char* bytes, size_t n) {
  thing_t* thing = hvuv_conn_context(conn);

  (void) bytes;
  heard(thing);
  if (thing->kind == SERVER && n > 0 && below(3) == 0)
    use_conn(conn);
  act_in_callback(thing);
  return below(64) == 0 ? UV_EPROTO : 0;
}

static void on_conn_close(hvuv_conn_t* conn, int reason) {
  thing_t* thing = hvuv_conn_context(conn);
  const int* sends = hvuv_conn_state(conn);

  (void) reason;
  heard(thing);
  if (*sends != 0)
    blame(thing, "a connection closed before a send called back");
  thing->closed++;
  act_in_callback(thing);
}

static void on_conn_writable(hvuv_conn_t* conn) {
  thing_t* thing = hvuv_conn_context(conn);

  heard(thing);
  act_in_callback(thing);
}

/* Half of them say goodbye themselves. */
static void on_conn_end(hvuv_conn_t* conn) {
  thing_t* thing = hvuv_conn_context(conn);

  heard(thing);
  act_in_callback(thing);
  if (below(2) == 0)
    CALL(hvuv_conn_end(conn));
}

static const hvuv_protocol_t protocols[] = {
    {.state_bytes = sizeof(int),
     .on_open = on_conn_open,
     .on_message = on_conn_message,
     .on_close = on_conn_close},
    {.state_bytes = sizeof(int),
     .on_open = on_conn_open,
     .on_message = on_conn_message,
     .on_writable = on_conn_writable,
     .on_end = on_conn_end,
     .on_close = on_conn_close},
};

const hvuv_protocol_t* walk_protocol(void) {
  return &protocols[below(2)];
}

static void on_refused(hvuv_server_t* server,
                       const hvuv_addr_t* peer,
                       int reason) {
  (void) peer;
  (void) reason;
  heard(server->data);
  act_in_callback(server->data);
}

static void on_attempt(hvuv_client_t* client, const hvuv_attempt_t* attempt) {
  (void) attempt;
  heard(client->data);
  act_in_callback(client->data);
}

static void on_stopped(hvuv_server_t* server) {
  thing_t* thing = server->data;

  gone(thing);
  free(thing->server);
  thing->server = NULL;
  act_in_callback(thing);
}

static void on_client_closed(hvuv_client_t* client) {
  thing_t* thing = client->data;

  gone(thing);
  free(thing->client);
  thing->client = NULL;
  act_in_callback(thing);
}

static void on_done(hvuv_client_t* client, int status) {
  thing_t* thing = client->data;

  (void) status;
  heard(thing);
  if (!is_open(thing))
    blame(thing, "is done when it is closed");
  act_in_callback(thing);
}

/* --- Making --------------------------------------------------------------- */

static void listen_too(thing_t* thing) {
  hvuv_addr_t addr;
  int err;

  any_address(walk_listen_at, &addr);
  CALL(err = hvuv_server_listen(thing->server, &addr, &protocols[below(2)]));
  note("server %d listens: %d", thing->number, err);
  thing->claims += err == 0;
}

void make_server(int home) {
  thing_t* thing = record(SERVER, home);
  hvuv_server_options_t options;

  hvuv_server_options_init(&options);
  options.on_refused = on_refused;
  options.max_connections = below(2) == 0 ? 2 : 1000;
  options.when_full = below(2) == 0 ? HVUV_FULL_WAIT : HVUV_FULL_REFUSE;
  options.limits.idle_timeout_ms = below(2) == 0 ? 2 : 0;
  thing->server = block(sizeof(*thing->server));
  if (hvuv_server_init(&walk.loops[home], thing->server, &options) != 0)
    abort();
  thing->server->data = thing;
  note("server %d at %d", thing->number, home);
  listen_too(thing);
}

static void call_somebody(thing_t* thing) {
  hvuv_addr_t addr;

  any_address(walk_call_at, &addr);
  CALL(hvuv_client_connect(thing->client, &addr, &protocols[below(2)]));
}

void make_client(int home) {
  thing_t* thing = record(CLIENT, home);
  hvuv_client_options_t options;

  hvuv_client_options_init(&options);
  options.first_delay_ms = 1;
  options.max_delay_ms = 4;
  options.max_attempts = 1 + below(4);
  options.reconnects = below(2) == 0;
  options.success_after_ms = 0;
  options.on_done = on_done;
  options.on_attempt = on_attempt;
  thing->client = block(sizeof(*thing->client));
  if (hvuv_client_init(&walk.loops[home], thing->client, &options) != 0)
    abort();
  thing->client->data = thing;
  note("client %d at %d", thing->number, home);
  call_somebody(thing);
}

/* --- Use ------------------------------------------------------------------ */

static void visit(hvuv_conn_t* conn, void* arg) {
  (void) arg;
  if (below(4) == 0)
    CALL(hvuv_conn_abort(conn, UV_EPROTO));
  else if (below(2) == 0)
    send_some(conn);
}

static void unlisten_one(thing_t* thing) {
  hvuv_addr_t addr;
  int err;

  if (hvuv_server_address(thing->server, 0, &addr) != 0)
    return;
  CALL(err = hvuv_server_unlisten(thing->server, &addr));
  if (err != 0)
    blame(thing, "does not stop listening");
  thing->claims--;
}

void use_server(thing_t* thing) {
  unsigned int kind = below(8);

  note("server %d: use %u", thing->number, kind);
  if (kind < 2)
    listen_too(thing);
  else if (kind < 3)
    unlisten_one(thing);
  else
    hvuv_server_each(thing->server, visit, NULL);
}

void use_client(thing_t* thing) {
  hvuv_conn_t* conn = hvuv_client_conn(thing->client);

  note("client %d: use, connected %d", thing->number, conn != NULL);
  if (conn != NULL)
    use_conn(conn);
  else
    call_somebody(thing);
}

void stop_server(thing_t* thing) {
  unsigned int grace_ms = below(2) == 0   ? 0
                          : below(4) == 0 ? LONG_MS
                                          : below(4);

  thing->is_patient = grace_ms == LONG_MS;
  note("server %d stops in %u ms", thing->number, grace_ms);
  CALL(hvuv_server_stop(thing->server, grace_ms, on_stopped));
}

int has_patience(int home) {
  const thing_t* thing;

  for (thing = walk.things; thing != NULL; thing = thing->next)
    if (is_here(thing, home) && thing->is_patient)
      return 1;
  return 0;
}

void close_client(thing_t* thing) {
  note("client %d closes", thing->number);
  CALL(hvuv_client_close(thing->client, on_client_closed));
}
