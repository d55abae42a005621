#include "relay_rig.h"

#include <stdlib.h>
#include <string.h>

#include "support/wine.h"

#define CHUNK       65536
#define SECONDS_MAX 50

const pairing_t hvuv_hvuv = {{SIDE_HVUV, SIDE_HVUV}};
const pairing_t hvuv_tcp = {{SIDE_HVUV, SIDE_TCP}};
const pairing_t tcp_hvuv = {{SIDE_TCP, SIDE_HVUV}};
const pairing_t tcp_tcp = {{SIDE_TCP, SIDE_TCP}};
const pairing_t pipe_hvuv = {{SIDE_PIPE, SIDE_HVUV}};
const pairing_t adopted_hvuv = {{SIDE_HVUV_TCP, SIDE_HVUV}};
const pairing_t adopted_adopted = {{SIDE_HVUV_TCP, SIDE_HVUV_TCP}};

/* What a side's `data` is before and after. */
static int marks[2];

/* --- Sides */

static int is_hvuv(const side_t* side) {
  return side->kind == SIDE_HVUV || side->kind == SIDE_HVUV_TCP;
}

int side_is_tcp(const relay_rig_t* rig, int side) {
  return !net_is_posix() || rig->pairing->kinds[side] == SIDE_TCP ||
         rig->pairing->kinds[side] == SIDE_HVUV_TCP;
}

int relay_loses_what_waits(const relay_rig_t* rig, int side) {
  return wine_has(rig->pairing->kinds[side] == SIDE_TCP
                      ? WINE_END_ENDS_WAITING_SENDS
                      : WINE_END_DROPS_SENDS);
}

void** side_data(side_t* side) {
  return is_hvuv(side) ? &side->u.hvuv.data : &side->u.tcp.data;
}

size_t side_queued(const side_t* side) {
  if (is_hvuv(side))
    return hvuv_get_write_queue_size(&side->u.hvuv);
  return uv_stream_get_write_queue_size((const uv_stream_t*) &side->u);
}

hvuv_relay_end_t relay_end(side_t* side) {
  hvuv_relay_end_t end = {NULL, NULL, HVUV_HALF_CLOSE_AUTO};

  if (is_hvuv(side))
    end.hvuv = &side->u.hvuv;
  else
    end.uv = (uv_stream_t*) &side->u;
  return end;
}

static int adopt(uv_loop_t* loop, side_t* side, uv_os_sock_t sock) {
  switch (side->kind) {
    case SIDE_HVUV:
    case SIDE_HVUV_TCP:
      return hvuv_init(loop, &side->u.hvuv) | hvuv_open(&side->u.hvuv, sock);
    case SIDE_TCP:
      return uv_tcp_init(loop, &side->u.tcp) | uv_tcp_open(&side->u.tcp, sock);
    default:
      return uv_pipe_init(loop, &side->u.pipe, 0) |
             uv_pipe_open(&side->u.pipe, (uv_file) sock);
  }
}

static void close_side(side_t* side) {
  if (is_hvuv(side)) {
    if (!hvuv_is_closing(&side->u.hvuv))
      hvuv_close(&side->u.hvuv, NULL);
  } else if (!uv_is_closing((uv_handle_t*) &side->u)) {
    uv_close((uv_handle_t*) &side->u, NULL);
  }
}

/* --- Peers */

static char pattern(int number, size_t at) {
  return (char) ((at * 31 + (at >> 8) * 7 + (size_t) number * 101) & 0xff);
}

void peer_close(peer_t* peer) {
  if (peer->sock != NET_NONE)
    net_close(peer->sock);
  peer->sock = NET_NONE;
}

static void end_when_sent(peer_t* peer) {
  if (!peer->ends || peer->has_ended || peer->sent != peer->to_send)
    return;
  peer->has_ended = 1;
  shutdown(peer->sock, 1); /* SHUT_WR, SD_SEND */
}

static int send_some(peer_t* peer) {
  static char chunk[CHUNK];
  size_t left = peer->to_send - peer->sent;
  size_t len = left < CHUNK ? left : CHUNK;
  ssize_t n;
  size_t i;

  if (len == 0)
    return 0;
  for (i = 0; i < len; i++)
    chunk[i] = pattern(peer->number, peer->sent + i);
  n = net_send(peer->sock, chunk, len);
  if (n < 0 && n != UV_EAGAIN) {
    peer->refused = (int) n;
    peer->to_send = peer->sent;
  }
  if (n <= 0)
    return 0;
  peer->sent += (size_t) n;
  return 1;
}

static int receive_some(peer_t* peer) {
  static char chunk[CHUNK];
  ssize_t n;
  ssize_t i;

  if (peer->is_deaf || peer->heard != 0)
    return 0;
  n = net_recv(peer->sock, chunk, CHUNK);
  if (n == UV_EAGAIN)
    return 0;
  if (n <= 0) {
    peer->heard = n == 0 ? UV_EOF : (int) n;
    return 1;
  }
  for (i = 0; i < n; i++)
    peer->wrong +=
        chunk[i] != pattern(!peer->number, peer->received + (size_t) i);
  peer->received += (size_t) n;
  return 1;
}

void peer_send(peer_t* peer, size_t bytes) {
  peer->to_send += bytes;
}

void peer_end(peer_t* peer) {
  peer->ends = 1;
}

int peer_abort(peer_t* peer) {
  int told = net_abort(peer->sock);

  peer->sock = NET_NONE;
  return told;
}

void peer_expect(const peer_t* peer, size_t bytes) {
  assert_int_equal(peer->received, bytes);
  assert_int_equal(peer->wrong, 0);
}

void peer_expect_reset(const peer_t* peer) {
  assert_true(peer->heard == UV_ECONNRESET ||
              (peer->heard == UV_EOF && wine_has(WINE_RESET_MAY_BE_END)));
}

void peer_expect_before_reset(const peer_t* peer, size_t bytes) {
  if (net_reads_before_reset() ||
      (peer->heard == UV_EOF && !wine_has(WINE_RESET_MAY_BE_END)))
    assert_int_equal(peer->received, bytes);
  else
    assert_true(peer->received <= bytes);
  assert_int_equal(peer->wrong, 0);
}

/* --- The relay */

void relay_on_end(hvuv_relay_t* relay, int status) {
  relay_rig_t* rig = relay->data;

  rig->runs = 0;
  rig->cbs++;
  rig->cbs_in_call += rig->in_call;
  rig->status = status;
  memcpy(rig->read_status, relay->read_status, sizeof(rig->read_status));
  memcpy(rig->write_status, relay->write_status, sizeof(rig->write_status));
  rig->datas_given_back = *side_data(&rig->sides[0]) == &marks[0] &&
                          *side_data(&rig->sides[1]) == &marks[1];
  rig->done = 1;
  /* Nobody needs them any more. */
  memset(rig->sides, 0xee, sizeof(rig->sides));
  memset(relay, 0xee, sizeof(*relay));
}

static void ends_of(relay_rig_t* rig, hvuv_relay_end_t ends[2]) {
  int i;

  for (i = 0; i < 2; i++) {
    ends[i] = relay_end(&rig->sides[i]);
    ends[i].half_close = rig->half_close[i];
  }
  rig->in_call = 1;
  rig->relay.data = rig;
}

static void note_start(relay_rig_t* rig, int err) {
  rig->in_call = 0;
  assert_int_equal(err, 0);
  rig->runs = 1;
}

void relay_start(relay_rig_t* rig, size_t buffer_bytes, uint64_t idle_ms) {
  hvuv_relay_end_t ends[2];

  ends_of(rig, ends);
  note_start(rig,
             hvuv_relay_start(&rig->relay,
                              &ends[0],
                              &ends[1],
                              buffer_bytes,
                              idle_ms,
                              relay_on_end));
}

void relay_start_with(relay_rig_t* rig, const hvuv_relay_options_t* options) {
  hvuv_relay_end_t ends[2];

  ends_of(rig, ends);
  note_start(rig,
             hvuv_relay_start_ex(
                 &rig->relay, &ends[0], &ends[1], options, relay_on_end));
}

void relay_cut(relay_rig_t* rig) {
  rig->in_call = 1;
  hvuv_relay_close(&rig->relay);
  rig->in_call = 0;
}

void relay_expect_end(relay_rig_t* rig, int status) {
  int turns;

  RELAY_UNTIL(rig, rig->done);
  for (turns = 0; turns < 3; turns++)
    relay_step(rig);
  assert_int_equal(rig->status, status);
  assert_int_equal(rig->cbs, 1);
  assert_int_equal(rig->cbs_in_call, 0);
  assert_true(rig->datas_given_back);
}

/* --- Turns */

int relay_step(relay_rig_t* rig) {
  int moved = 0;
  int i;

  uv_run(rig->loop, UV_RUN_NOWAIT);
  for (i = 0; i < 2; i++) {
    if (rig->peers[i].sock == NET_NONE)
      continue;
    moved |= send_some(&rig->peers[i]);
    end_when_sent(&rig->peers[i]);
    moved |= receive_some(&rig->peers[i]);
  }
  return moved;
}

void relay_settle(relay_rig_t* rig) {
  uint64_t since = uv_hrtime();
  int quiet;

  for (quiet = 0; quiet < 200 && !relay_is_late(since); quiet++)
    if (relay_step(rig))
      quiet = 0;
}

int relay_is_late(uint64_t since) {
  return uv_hrtime() - since > (uint64_t) SECONDS_MAX * 1000000000;
}

/* --- Setup */

static void join(relay_rig_t* rig, int i) {
  uv_os_sock_t socks[2];

  rig->sides[i].kind = rig->pairing->kinds[i];
  assert_int_equal(side_is_tcp(rig, i) ? net_tcp_pair(socks) : net_pair(socks),
                   0);
  assert_int_equal(adopt(rig->loop, &rig->sides[i], socks[0]), 0);
  *side_data(&rig->sides[i]) = &marks[i];
  assert_int_equal(net_unblock(socks[1]), 0);
  rig->peers[i].sock = socks[1];
  rig->peers[i].number = i;
}

int relay_setup(void** state) {
  relay_rig_t* rig = calloc(1, sizeof(*rig));

  if (rig == NULL)
    return -1;
  alloc_install();
  rig->pairing = *state;
  rig->loop = loop_open();
  join(rig, 0);
  join(rig, 1);
  *state = rig;
  return 0;
}

int relay_teardown(void** state) {
  relay_rig_t* rig = *state;
  int i;

  peer_close(&rig->peers[0]);
  peer_close(&rig->peers[1]);
  if (rig->runs)
    hvuv_relay_close(&rig->relay);
  for (i = 0; i < 2 && !rig->runs && rig->cbs == 0; i++)
    close_side(&rig->sides[i]);
  loop_run_out(rig->loop);
  loop_close(rig->loop);
  alloc_check();
  free(rig);
  return 0;
}
