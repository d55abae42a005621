/* The calls, and the callbacks of requests. */
#include "acts.h"

#include <stdlib.h>
#include <string.h>

#include "sim/clock.h"
#include "hvuv.h"
#include "hvuv/socket.h"
#include "support/fakes/fake_names.h"
#include "sys/sys.h"

#define BUFS_MAX 8

typedef struct write_s {
  hvuv_write_t req;
  int slot;
  char bytes[]; /* at least one, so that each write has its own address */
} write_t;

typedef struct connect_s {
  hvuv_connect_t req;
  int slot;
} connect_t;

typedef struct shutdown_s {
  hvuv_shutdown_t req;
  int slot;
} shutdown_t;

static unsigned long next_write = 1000;

static void* need(size_t size) {
  void* block = malloc(size);

  if (block == NULL)
    abort();
  memset(block, 0xa5, size); /* hvuv expects nothing of it */
  return block;
}

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
  s = need(sizeof(*s));
  act_slots[slot].stream = s;
  model_init(&act_models[slot], slot);
  ACT_EXPECT(slot, "hvuv_init", hvuv_init(act_loop, s), 0);
  return s;
}

static hvuv_stream_t* stream_there(int slot) {
  return act_models[slot].state == MODEL_RELAYED ? NULL
                                                 : act_slots[slot].stream;
}

static void begin_open(int slot) {
  uv_os_sock_t sock;

  ACT_EXPECT(
      slot, "hvuv_fileno", hvuv_fileno(act_slots[slot].stream, &sock), 0);
  kernel_begin(slot, sock);
  model_opened(&act_models[slot]);
}

/* --- Beginning ------------------------------------------------------------ */

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
  hvuv_stream_t* server = stream_there(args[0]);
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
  c = need(sizeof(*c));
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

/* --- Writing -------------------------------------------------------------- */

static void on_write(hvuv_write_t* req, int status) {
  write_t* w = (write_t*) req;
  int slot = w->slot;

  act_begin_cb(slot, "write");
  SIM_EXPECT(req->handle == act_slots[slot].stream,
             "a request names its stream",
             "slot %d",
             slot);
  model_on_write(&act_models[slot], w->bytes, status);
  memset(w, 0xa5, sizeof(*w));
  free(w);
  act_end_cb(slot, CUE_WRITE);
}

static write_t* make_write(int slot, size_t size) {
  write_t* w = need(sizeof(*w) + size + 1);
  size_t i;

  w->slot = slot;
  for (i = 0; i < size; i++)
    w->bytes[i] = kernel_pattern(next_write, i);
  next_write++;
  return w;
}

/* Parts of nearly the same size, some of them empty. */
static void divide(char* bytes, size_t size, uv_buf_t bufs[], unsigned int n) {
  unsigned int i;
  size_t from;
  size_t to;

  from = 0;
  for (i = 0; i < n; i++) {
    to = i + 1 == n ? size : size * (i + 1) / n;
    if (n > 2 && i == n / 2)
      to = from;
    bufs[i] = uv_buf_init(bytes + from, (unsigned int) (to - from));
    from = to;
  }
}

static void write_some(int slot, unsigned int nbufs, size_t size) {
  model_t* m = &act_models[slot];
  uv_buf_t bufs[BUFS_MAX];
  hvuv_stream_t* s = stream_there(slot);
  write_t* w;
  int wanted;
  int got;

  if (s == NULL || m->nreqs >= MODEL_REQS_MAX - 1)
    return;
  w = make_write(slot, size);
  divide(w->bytes, size, bufs, nbufs);
  wanted = nbufs == 0 ? UV_EINVAL : model_write(m);
  if (wanted == 0)
    model_wrote(m, w->bytes, size);
  act_enter(slot);
  got = hvuv_write(&w->req, s, bufs, nbufs, on_write);
  act_leave();
  memset(bufs, 0xa5, sizeof(bufs)); /* the array is copied */
  ACT_EXPECT(slot, "hvuv_write", got, wanted);
  if (got != 0)
    free(w);
}

void act_write(const int args[]) {
  write_some(args[0], (unsigned int) args[1], (size_t) args[2]);
}

void act_burst(const int args[]) {
  int i;

  for (i = 0; i < args[1]; i++)
    write_some(args[0], 1, (size_t) args[2]);
}

void act_try(const int args[]) {
  int slot = args[0];
  model_t* m = &act_models[slot];
  hvuv_stream_t* s = stream_there(slot);
  size_t size = (size_t) args[1] + 1;
  uv_buf_t bufs[2];
  write_t* w;
  int wanted;
  int got;

  if (s == NULL)
    return;
  w = make_write(slot, size);
  divide(w->bytes, size, bufs, 2);
  wanted = model_write(m);
  if (wanted == 0 && model_is_queued(m) == 1)
    wanted = UV_EAGAIN;
  m->trying = bufs;
  m->ntrying = 2;
  kernel_ends[slot].tried = UV_EAGAIN;
  act_enter(slot);
  got = hvuv_try_write(s, bufs, 2);
  act_leave();
  m->trying = NULL;
  if (wanted == 0)
    wanted = (int) kernel_ends[slot].tried;
  ACT_EXPECT(slot, "hvuv_try_write", got, wanted);
  free(w);
}

static void on_shutdown(hvuv_shutdown_t* req, int status) {
  shutdown_t* sd = (shutdown_t*) req;
  int slot = sd->slot;

  act_begin_cb(slot, "shutdown");
  SIM_EXPECT(req->handle == act_slots[slot].stream,
             "a request names its stream",
             "slot %d",
             slot);
  free(sd);
  model_on_shutdown(&act_models[slot], status);
  act_end_cb(slot, CUE_SHUTDOWN);
}

void act_shutdown(const int args[]) {
  model_t* m = &act_models[args[0]];
  hvuv_stream_t* s = stream_there(args[0]);
  shutdown_t* sd;
  int wanted;
  int got;

  if (s == NULL || m->nreqs >= MODEL_REQS_MAX)
    return;
  sd = need(sizeof(*sd));
  sd->slot = args[0];
  wanted = model_shutdown(m);
  if (wanted == 0)
    model_shut(m);
  act_enter(args[0]);
  got = hvuv_shutdown(&sd->req, s, on_shutdown);
  act_leave();
  ACT_EXPECT(args[0], "hvuv_shutdown", got, wanted);
  if (got != 0)
    free(sd);
}

/* --- Ending --------------------------------------------------------------- */

void act_on_close(hvuv_stream_t* s) {
  int slot = act_slot_of(s);

  act_begin_cb(slot, "close");
  model_on_close(&act_models[slot]);
  act_forget(slot);
  act_end_cb(slot, CUE_CLOSE);
}

static void let_go(int slot, uv_os_sock_t sock, int is_reset) {
  SIM_EXPECT(!fake_is_open(sock) || sock == HVUV__NO_SOCK,
             "closing closes the socket at once",
             "slot %d",
             slot);
  kernel_forget(slot);
  model_closing(&act_models[slot], is_reset);
}

void act_close(const int args[]) {
  hvuv_stream_t* s = stream_there(args[0]);
  uv_os_sock_t sock = kernel_ends[args[0]].sock;

  if (s == NULL || act_models[args[0]].state == MODEL_CLOSING)
    return;
  act_enter(args[0]);
  hvuv_close(s, act_on_close);
  act_leave();
  let_go(args[0], sock, 0);
}

void act_reset(const int args[]) {
  hvuv_stream_t* s = stream_there(args[0]);
  int is_closing = act_models[args[0]].state == MODEL_CLOSING;
  uv_os_sock_t sock = kernel_ends[args[0]].sock;
  int got;

  if (s == NULL)
    return;
  act_enter(args[0]);
  got = hvuv_close_reset(s, act_on_close);
  act_leave();
  ACT_EXPECT(args[0], "hvuv_close_reset", got, is_closing ? UV_EINVAL : 0);
  if (is_closing)
    return;
  SIM_EXPECT(sock == HVUV__NO_SOCK || fake_was_reset(sock),
             "the peer sees a reset",
             "slot %d",
             args[0]);
  let_go(args[0], sock, 1);
}

void act_detach(const int args[]) {
  model_t* m = &act_models[args[0]];
  hvuv_stream_t* s = stream_there(args[0]);
  uv_os_sock_t sock;
  int wanted;
  int got;

  if (s == NULL)
    return;
  wanted = model_detach(m);
  act_enter(args[0]);
  got = hvuv_detach(s, &sock);
  act_leave();
  ACT_EXPECT(args[0], "hvuv_detach", got, wanted);
  if (got != 0)
    return;
  SIM_EXPECT(sock == kernel_ends[args[0]].sock && fake_is_open(sock),
             "the socket is given back open",
             "slot %d",
             args[0]);
  fake_close(sock);
  kernel_forget(args[0]);
  model_stopped(m);
  m->state = MODEL_DETACHED;
}

void act_ref(const int args[]) {
  hvuv_stream_t* s = stream_there(args[0]);

  if (s == NULL || act_models[args[0]].state == MODEL_CLOSING)
    return;
  hvuv_ref(s);
  act_models[args[0]].has_ref = 1;
}

void act_unref(const int args[]) {
  hvuv_stream_t* s = stream_there(args[0]);

  if (s == NULL || act_models[args[0]].state == MODEL_CLOSING)
    return;
  hvuv_unref(s);
  act_models[args[0]].has_ref = 0;
}
