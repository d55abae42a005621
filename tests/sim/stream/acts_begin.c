/* How a stream gets a socket. */
#include <stdlib.h>
#include <string.h>

#include "acts.h"
#include "hvuv.h"
#include "hvuv/socket.h"
#include "sim/clock.h"
#include "support/fakes/fake_names.h"
#include "sys/sys.h"

typedef struct connect_s {
  hvuv_connect_t req;
  int slot;
} connect_t;

static hvuv_addr_t addr_of(const char* text) {
  hvuv_addr_t addr;

  if (hvuv_addr_parse(text, &addr) != 0)
    abort();
  return addr;
}

/* A slot without a stream gets one. */
static hvuv_stream_t* stream_of(int slot) {
  hvuv_stream_t* s = act_slots[slot].stream;

  if (s != NULL)
    return s;
  s = act_need(sizeof(*s));
  act_slots[slot].stream = s;
  model_init(&act_models[slot], slot);
  ACT_EXPECT(slot, "hvuv_init", hvuv_init(act_loop, s), 0);
  return s;
}

static void begin_open(int slot) {
  uv_os_sock_t sock;

  ACT_EXPECT(
      slot, "hvuv_fileno", hvuv_fileno(act_slots[slot].stream, &sock), 0);
  kernel_begin(slot, sock);
  model_opened(&act_models[slot]);
}

void act_init(const int args[]) {
  stream_of(args[0]);
}

static void name_sockets(int is_foreign) {
  struct sockaddr name;

  memset(&name, 0, sizeof(name));
  name.sa_family = AF_INET;
  if (is_foreign)
    fake_name(FAKE_GETSOCKNAME, &name, sizeof(name));
  else
    fake_vsock_name(FAKE_GETSOCKNAME, HVUV_CID_HOST, 1024);
}

void act_open(const int args[]) {
  hvuv_stream_t* s;
  uv_os_sock_t sock;
  int slot = args[0];
  int wanted;
  int got;

  if (act_models[slot].state == MODEL_RELAYED)
    return;
  s = stream_of(slot);
  wanted = model_open(&act_models[slot]);
  sock = fake_connected_socket();
  name_sockets(args[1]);
  act_enter(slot);
  got = hvuv_open(s, sock);
  act_leave();
  ACT_EXPECT(slot, "hvuv_open", got, wanted);
  if (got == 0)
    begin_open(slot);
  else
    fake_close(sock);
}

static void on_connection(hvuv_stream_t* s, int status) {
  int slot = act_slot_of(s);

  act_begin_cb(slot, "connection");
  model_on_connection(&act_models[slot], status);
  act_end_cb(slot, CUE_CONNECTION);
}

/* Bound, or adopted with a name of no family of ours. */
static int have_listener(hvuv_stream_t* s, int is_foreign) {
  hvuv_addr_t addr = addr_of("vsock://any:5000");

  if (!is_foreign)
    return hvuv_bind(s, &addr);
  name_sockets(1);
  return hvuv_open(s, fake_listening_socket());
}

void act_listen(const int args[]) {
  model_t* m = &act_models[args[0]];
  hvuv_stream_t* s;
  uv_os_sock_t sock;
  int is_new;
  int got;

  if (m->state == MODEL_RELAYED)
    return;
  s = stream_of(args[0]);
  is_new = m->state == MODEL_IDLE;
  act_enter(args[0]);
  got = is_new ? have_listener(s, args[1]) : 0;
  if (got == 0)
    got = hvuv_listen(s, 8, on_connection);
  act_leave();
  ACT_EXPECT(args[0], "hvuv_listen", got, is_new ? 0 : model_listen(m));
  if (!is_new)
    return;
  m->state = MODEL_LISTENING;
  hvuv_fileno(s, &sock);
  kernel_begin(args[0], sock);
}

void act_accept(const int args[]) {
  hvuv_stream_t* server = act_stream(args[0]);
  model_t* m = &act_models[args[0]];
  hvuv_stream_t* client;
  int wanted;
  int got;

  if (server == NULL || act_models[args[1]].state == MODEL_RELAYED)
    return;
  client = stream_of(args[1]);
  wanted = model_accept(m, &act_models[args[1]]);
  act_enter(args[1]);
  got = hvuv_accept(server, client);
  act_leave();
  ACT_EXPECT(args[0], "hvuv_accept", got, wanted);
  if (got != 0)
    return;
  m->waiting = 0;
  begin_open(args[1]);
}

static void on_connect(hvuv_connect_t* req, int status) {
  connect_t* c = (connect_t*) req;
  int slot = c->slot;

  act_begin_cb(slot, "connect");
  SIM_EXPECT(req->handle == act_slots[slot].stream,
             "a request names its stream",
             "slot %d",
             slot);
  free(c);
  model_on_connect(&act_models[slot], status, sim_clock_ms());
  if (status != 0 && act_models[slot].state != MODEL_CLOSING) {
    SIM_EXPECT(!fake_is_open(kernel_ends[slot].sock),
               "a connect that fails closes its socket",
               "slot %d",
               slot);
    kernel_forget(slot);
  }
  act_end_cb(slot, CUE_CONNECT);
}

/* By the word of the script: what connect() finds, and whether a hypervisor is
 * there to be asked. */
static const struct {
  int dial;
  int is_hybrid;
} ways[] = {{0, 0},
            {HVUV__IN_PROGRESS, 0},
            {UV_EAGAIN, 0},
            {UV_ECONNREFUSED, 0},
            {0, 1},
            {UV_EAGAIN, 1}};

#define HYBRID_TIMEOUT_MS 5000

static void aim(int slot, int way, uint64_t timeout_ms) {
  kernel_end_t* end = &kernel_ends[slot];
  uint64_t limit_ms = timeout_ms;

  end->dial = ways[way].dial;
  end->greeting = ways[way].is_hybrid ? "" : NULL;
  end->greeted = 0;
  if (limit_ms == 0 && ways[way].is_hybrid)
    limit_ms = HYBRID_TIMEOUT_MS;
  model_connecting(&act_models[slot],
                   limit_ms == 0 ? UINT64_MAX : sim_clock_ms() + limit_ms);
}

void act_connect(const int args[]) {
  int slot = args[0];
  model_t* m = &act_models[slot];
  uint64_t timeout_ms = (uint64_t) args[2];
  hvuv_addr_t addr;
  hvuv_stream_t* s;
  connect_t* c;
  int wanted;
  int got;

  if (m->state == MODEL_RELAYED)
    return;
  s = stream_of(slot);
  c = act_need(sizeof(*c));
  c->slot = slot;
  wanted = model_connect(m);
  ACT_EXPECT(slot,
             "hvuv_set_connect_timeout",
             hvuv_set_connect_timeout(s, timeout_ms),
             model_set_timeout(m));
  addr = addr_of(ways[args[1]].is_hybrid ? "hybrid://vm.sock:5000"
                                         : "vsock://host:5000");
  if (wanted == 0)
    aim(slot, args[1], timeout_ms);
  act_enter(slot);
  got = hvuv_connect(&c->req, s, &addr, on_connect);
  act_leave();
  ACT_EXPECT(slot, "hvuv_connect", got, wanted);
  if (got != 0)
    free(c);
}
