/* Writing and ending. */
#include "acts.h"

#include <stdlib.h>
#include <string.h>

#include "hvuv.h"
#include "hvuv/socket.h"
#include "sys/sys.h"

#define BUFS_MAX 8

typedef struct write_s {
  hvuv_write_t req;
  int slot;
  char bytes[]; /* at least one, so that each write has its own address */
} write_t;

typedef struct shutdown_s {
  hvuv_shutdown_t req;
  int slot;
} shutdown_t;

static unsigned long next_write = 1000;

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
  write_t* w = act_need(sizeof(*w) + size + 1);
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
  hvuv_stream_t* s = act_stream(slot);
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
  hvuv_stream_t* s = act_stream(slot);
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
  hvuv_stream_t* s = act_stream(args[0]);
  shutdown_t* sd;
  int wanted;
  int got;

  if (s == NULL || m->nreqs >= MODEL_REQS_MAX)
    return;
  sd = act_need(sizeof(*sd));
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
  hvuv_stream_t* s = act_stream(args[0]);
  uv_os_sock_t sock = kernel_ends[args[0]].sock;

  if (s == NULL || act_models[args[0]].state == MODEL_CLOSING)
    return;
  act_enter(args[0]);
  hvuv_close(s, act_on_close);
  act_leave();
  let_go(args[0], sock, 0);
}

void act_reset(const int args[]) {
  hvuv_stream_t* s = act_stream(args[0]);
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
  hvuv_stream_t* s = act_stream(args[0]);
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
  hvuv_stream_t* s = act_stream(args[0]);

  if (s == NULL || act_models[args[0]].state == MODEL_CLOSING)
    return;
  hvuv_ref(s);
  act_models[args[0]].has_ref = 1;
}

void act_unref(const int args[]) {
  hvuv_stream_t* s = act_stream(args[0]);

  if (s == NULL || act_models[args[0]].state == MODEL_CLOSING)
    return;
  hvuv_unref(s);
  act_models[args[0]].has_ref = 0;
}
