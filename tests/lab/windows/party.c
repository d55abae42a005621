#include "party.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "provider.h"
#include "quarantine.h"
#include "support/between.h"

/* Longer than what is ever gone round, and coprime with buffer sizes. */
#define PERIOD     251
#define PARTIES    1024
#define SKIP_TESTS 77

static const char* engine = "";
static uv_loop_t* loop;
static party_t* parties[PARTIES];
static int party_count;
static char pattern[PARTY_PATTERN + PERIOD];

/* --- The whole ----------------------------------------------------------- */

void party_choose(int argc, char** argv) {
  int err;
  size_t i;

  engine = argc > 1 ? argv[1] : "afd";
  for (i = 0; i < sizeof(pattern); i++)
    pattern[i] = (char) (i % PERIOD);
  net_start();
  provider_pretend(party_is_on("slow"));
  err = hvuv_set_engine(party_is_on("afd") ? HVUV_ENGINE_AFD : HVUV_ENGINE_UV);
  if (err == 0)
    return;
  printf("skipped: no engine %s here: %s\n", engine, uv_strerror(err));
  exit(SKIP_TESTS);
}

int party_is_on(const char* name) {
  return strcmp(engine, name) == 0;
}

int party_up(void** state) {
  (void) state;
  quarantine_install();
  loop = loop_open();
  party_count = 0;
  return 0;
}

int party_down(void** state) {
  int i;

  (void) state;
  for (i = 0; i < party_count; i++)
    if (parties[i]->stream.loop == loop)
      party_leave(parties[i]);
  loop_run_out(loop);
  for (i = 0; i < party_count; i++) {
    assert_int_equal(parties[i]->closed, 1);
    free(parties[i]);
  }
  loop_close(loop);
  quarantine_check();
  return 0;
}

uv_loop_t* party_loop(void) {
  return loop;
}

const char* party_pattern(size_t from) {
  return pattern + from % PERIOD;
}

/* --- One of them --------------------------------------------------------- */

party_t* party_new_on(uv_loop_t* on, uv_os_sock_t sock) {
  party_t* p;

  assert_between(party_count, 0, PARTIES - 1);
  p = calloc(1, sizeof(*p));
  assert_non_null(p);
  p->lent = sizeof(p->buffer);
  p->goal = SIZE_MAX;
  assert_int_equal(hvuv_init(on, &p->stream), 0);
  p->stream.data = p;
  parties[party_count++] = p;
  assert_int_equal(hvuv_open(&p->stream, sock), 0);
  return p;
}

party_t* party_new(uv_os_sock_t sock) {
  return party_new_on(loop, sock);
}

void party_pair(party_t* pair[2]) {
  uv_os_sock_t socks[2];

  assert_int_equal(net_tcp_pair(socks), 0);
  pair[0] = party_new(socks[0]);
  pair[1] = party_new(socks[1]);
  pair[0]->other = pair[1];
  pair[1]->other = pair[0];
}

party_t* party_and_socket(uv_os_sock_t* sock) {
  uv_os_sock_t socks[2];

  assert_int_equal(net_tcp_pair(socks), 0);
  *sock = socks[1];
  return party_new(socks[0]);
}

static void on_alloc(hvuv_stream_t* stream, size_t suggested, uv_buf_t* buf) {
  party_t* p = stream->data;

  (void) suggested;
  *buf = uv_buf_init(p->buffer, (unsigned int) p->lent);
}

static void on_read(hvuv_stream_t* stream, ssize_t n, const uv_buf_t* buf) {
  party_t* p = stream->data;

  p->reads++;
  if (n < 0) {
    p->end = (int) n;
    p->ended++;
  } else {
    if (memcmp(buf->base, party_pattern(p->got), (size_t) n) != 0)
      p->wrong += (size_t) n;
    p->got += (size_t) n;
  }
  p->reached = p->got >= p->goal;
  if (p->act != NULL)
    p->act(p);
}

void party_read(party_t* p) {
  int err;

  err = hvuv_read_start(&p->stream, on_alloc, on_read);
  assert_true(err == 0 || err == UV_EALREADY);
}

void party_read_until(party_t* p, size_t goal) {
  p->goal = goal;
  p->reached = p->got >= goal;
  party_read(p);
  loop_run_until(p->stream.loop, &p->reached);
  assert_int_equal(p->wrong, 0);
  assert_int_equal(p->ended, 0);
}

static void on_write(hvuv_write_t* req, int status) {
  party_t* p = req->handle->data;

  p->wrote++;
  p->write_status = status;
}

void party_write(party_t* p, size_t from, size_t bytes) {
  uv_buf_t buf;

  buf = uv_buf_init((char*) (uintptr_t) party_pattern(from),
                    (unsigned int) bytes);
  assert_int_equal(hvuv_write(&p->write, &p->stream, &buf, 1, on_write), 0);
}

static void on_close(hvuv_stream_t* stream) {
  party_t* p = stream->data;

  p->closed++;
}

void party_close(party_t* p) {
  hvuv_close(&p->stream, on_close);
}

void party_leave(party_t* p) {
  if (!hvuv_is_closing(&p->stream))
    party_close(p);
}

void party_send_raw(uv_os_sock_t sock, size_t from, size_t bytes) {
  assert_int_equal(net_send(sock, party_pattern(from), bytes), bytes);
}
