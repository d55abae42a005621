/* The conversation of the sweeps. */
#include "sweep.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <hvuv.h>

#include "support/alloc.h"
#include "support/endpoint.h"
#include "support/fakes/fault_sys.h"
#include "support/loop.h"

#define GUEST    "6e0b8e9c-4c6c-4c0e-9a9e-0f6f0a1b2c3d"
#define MESSAGES 3
#define BYTES    60000u
#define PARTS    6

/* Longer than any conversation; there to be cancelled. */
#define TIMEOUT_MS 3600000

enum { LISTENER, CLIENT, SERVER, STREAMS };

/* One stream, and the requests that it may have under way. */
typedef struct end_s {
  hvuv_stream_t stream;
  hvuv_connect_t connect;
  hvuv_shutdown_t shutdown;
  hvuv_write_t writes[MESSAGES];
  int is_open;       /* between hvuv_init() and hvuv_close() */
  int taken;         /* requests that hvuv accepted */
  int told;          /* ... and called back */
  int closes, lates; /* close callbacks; callbacks after one */
  char room[16384];
} end_t;

typedef struct talk_s {
  uv_loop_t* loop;
  end_t ends[STREAMS];
  hvuv_addr_t at;
  hvuv_addr_t to;
  const char* vm_of_client;
  int written;
  size_t received;
  size_t wrong;
  int trouble; /* somebody was told of an error */
  int done;    /* the client read the end of all that it sent */
} talk_t;

static talk_t talk;
static char message[BYTES];
static int descriptors;
static sweep_next next;

static end_t* end_of(hvuv_stream_t* stream) {
  return stream->data;
}

static void on_close(hvuv_stream_t* stream) {
  end_of(stream)->closes++;
}

static void close_end(end_t* end) {
  if (!end->is_open)
    return;
  end->is_open = 0;
  hvuv_close(&end->stream, on_close);
}

/* Somebody was told that something failed: all hang up. */
static void check(int err) {
  int i;

  if (err >= 0)
    return;
  talk.trouble = 1;
  for (i = 0; i < STREAMS; i++)
    close_end(&talk.ends[i]);
}

/* What a call answers: a request it took will call back. */
static void take(end_t* end, int err) {
  end->taken += err == 0;
  check(err);
}

static void told(end_t* end, int status) {
  end->told++;
  end->lates += end->closes > 0;
  check(status);
}

static int open_end(end_t* end) {
  int err;

  err = hvuv_init(talk.loop, &end->stream);
  end->stream.data = end;
  end->is_open = err == 0;
  check(err);
  return err;
}

static void on_shutdown(hvuv_shutdown_t* req, int status) {
  told(end_of(req->handle), status);
}

static void on_written(hvuv_write_t* req, int status) {
  told(end_of(req->handle), status);
}

static void on_alloc(hvuv_stream_t* stream, size_t suggested, uv_buf_t* buf) {
  (void) suggested;
  *buf = uv_buf_init(end_of(stream)->room, sizeof(end_of(stream)->room));
}

static void send_message(void) {
  end_t* client = &talk.ends[CLIENT];
  uv_buf_t bufs[PARTS];
  int i;

  for (i = 0; i < PARTS; i++)
    bufs[i] = uv_buf_init(message + i * (int) (BYTES / PARTS), BYTES / PARTS);
  take(client,
       hvuv_write(&client->writes[talk.written],
                  &client->stream,
                  bufs,
                  PARTS,
                  on_written));
  talk.written++;
}

static void on_client_read(hvuv_stream_t* stream,
                           ssize_t n,
                           const uv_buf_t* buf) {
  ssize_t i;

  end_of(stream)->lates += end_of(stream)->closes > 0;
  if (n == UV_EOF) {
    talk.done = talk.received == MESSAGES * BYTES && talk.wrong == 0;
    for (i = 0; i < STREAMS; i++)
      close_end(&talk.ends[i]);
    return;
  }
  check((int) n);
  for (i = 0; i < n; i++, talk.received++)
    talk.wrong += buf->base[i] != message[talk.received % BYTES];
}

static void on_server_read(hvuv_stream_t* stream,
                           ssize_t n,
                           const uv_buf_t* buf);

static void on_echoed(hvuv_write_t* req, int status) {
  end_t* server = end_of(req->handle);

  told(server, status);
  if (server->is_open)
    check(hvuv_read_start(&server->stream, on_alloc, on_server_read));
}

static void on_server_read(hvuv_stream_t* stream,
                           ssize_t n,
                           const uv_buf_t* buf) {
  end_t* server = end_of(stream);
  uv_buf_t reply;

  server->lates += server->closes > 0;
  if (n == UV_EOF) {
    take(server, hvuv_shutdown(&server->shutdown, stream, on_shutdown));
  } else if (n < 0) {
    check((int) n);
  } else if (n > 0) {
    hvuv_read_stop(stream);
    reply = uv_buf_init(buf->base, (unsigned int) n);
    take(server, hvuv_write(&server->writes[0], stream, &reply, 1, on_echoed));
  }
}

static int is_shortage(int status) {
  return status == UV_EMFILE || status == UV_ENFILE || status == UV_ENOBUFS ||
         status == UV_ENOMEM;
}

/* A listener that is short of something goes on by itself. */
static void on_connection(hvuv_stream_t* listener, int status) {
  end_t* server = &talk.ends[SERVER];

  end_of(listener)->lates += end_of(listener)->closes > 0;
  if (is_shortage(status))
    return;
  check(status);
  if (status != 0 || open_end(server) != 0)
    return;
  check(hvuv_accept(listener, &server->stream));
  if (server->is_open)
    check(hvuv_read_start(&server->stream, on_alloc, on_server_read));
}

static void on_connect(hvuv_connect_t* req, int status) {
  end_t* client = end_of(req->handle);

  told(client, status);
  if (client->is_open)
    check(hvuv_read_start(&client->stream, on_alloc, on_client_read));
  while (client->is_open && talk.written < MESSAGES)
    send_message();
  if (client->is_open)
    take(client,
         hvuv_shutdown(&client->shutdown, &client->stream, on_shutdown));
}

static void start_listener(void) {
  end_t* listener = &talk.ends[LISTENER];

  if (open_end(listener) == 0)
    check(hvuv_bind(&listener->stream, &talk.at));
  if (listener->is_open)
    check(hvuv_listen(&listener->stream, 4, on_connection));
}

static void start_client(void) {
  end_t* client = &talk.ends[CLIENT];

  if (talk.trouble || open_end(client) != 0)
    return;
  hvuv_set_connect_timeout(&client->stream, TIMEOUT_MS);
  endpoint_play(talk.vm_of_client);
  take(client,
       hvuv_connect(&client->connect, &client->stream, &talk.to, on_connect));
  endpoint_play(NULL);
  /* One write waits for the connect. */
  if (client->is_open)
    send_message();
}

static void expect_clean(const char* what, long n) {
  const end_t* end;
  int i;

  for (i = 0; i < STREAMS; i++) {
    end = &talk.ends[i];
    if (end->taken != end->told || end->lates != 0 || end->is_open ||
        end->stream.write_queue_size != 0)
      fail_msg("%s %ld: stream %d took %d requests and told %d; %d late",
               what,
               n,
               i,
               end->taken,
               end->told,
               end->lates);
  }
  /* Nothing is broken that nobody was told of. */
  if (!talk.trouble && !talk.done)
    fail_msg("%s %ld: %lu bytes came back, %lu wrong",
             what,
             n,
             (unsigned long) talk.received,
             (unsigned long) talk.wrong);
}

/* The conversation, with whatever fault was asked for. */
static void converse(const char* what, long n) {
  const char* vm_of_client;
  hvuv_addr_t at;
  hvuv_addr_t to;
  int before;

  vm_of_client = talk.vm_of_client;
  at = talk.at;
  to = talk.to;
  memset(&talk, 0, sizeof(talk));
  talk.vm_of_client = vm_of_client;
  talk.at = at;
  talk.to = to;

  if (next != NULL)
    next(&talk.at, &talk.to);
  before = next == NULL ? endpoint_count_descriptors() : 0;
  talk.loop = loop_open();
  start_listener();
  start_client();
  loop_run_out(talk.loop);
  expect_clean(what, n);
  loop_close(talk.loop);
  if (next == NULL)
    assert_int_equal(endpoint_count_descriptors(), before);
}

void sweep_calls(void) {
  int variant;
  long n;

  for (variant = 0; variant < FAULT_VARIANTS; variant++) {
    for (n = 1;; n++) {
      alloc_install();
      fault_fail_nth(n, variant);
      converse("call", n);
      alloc_check();
      if (fault_failed_verb() == NULL)
        break;
    }
    fault_fail_nth(0, 0);
    /* Without a fault it succeeds, and it was a conversation. */
    assert_true(talk.done);
    assert_true(n > 20);
  }
}

void sweep_allocations(long at_least) {
  int failed;
  long n;

  for (n = 1;; n++) {
    alloc_install();
    alloc_fail_nth(n);
    converse("allocation", n);
    failed = alloc_has_failed();
    alloc_check();
    if (!failed)
      break;
    assert_true(talk.trouble);
  }
  assert_true(talk.done);
  assert_true(n > at_least);
}

/* With a full backlog to begin with, so that there is an alarm. */
void sweep_allocations_of_a_wait(void) {
  int failed;
  long n;

  for (n = 1;; n++) {
    alloc_install();
    alloc_fail_nth(n);
    fault_fail_verb("connect", UV_EAGAIN, 3);
    converse("allocation", n);
    failed = alloc_has_failed();
    alloc_check();
    if (!failed)
      break;
  }
  assert_true(talk.done);
}

void sweep_calls_of_a_wait(void) {
  long n;

  for (n = 1;; n++) {
    alloc_install();
    fault_fail_nth(n, 0);
    fault_fail_verb("connect", UV_EAGAIN, 3);
    converse("call", n);
    alloc_check();
    if (fault_failed_verb() == NULL)
      break;
  }
  assert_true(talk.done);
}

/* --- Over what */

void sweep_open(const char* at, const char* to, const char* vm_of_client) {
  size_t i;

  memset(&talk, 0, sizeof(talk));
  for (i = 0; i < BYTES; i++)
    message[i] = (char) (i * 31 + (i >> 8));
  assert_int_equal(hvuv_addr_parse(at, &talk.at), 0);
  assert_int_equal(hvuv_addr_parse(to, &talk.to), 0);
  talk.vm_of_client = vm_of_client;
  next = NULL;

  /* What libuv and the system open once for all. */
  alloc_install();
  fault_fail_nth(0, 0);
  talk.loop = loop_open();
  start_listener();
  start_client();
  loop_run_out(talk.loop);
  loop_close(talk.loop);
  descriptors = endpoint_count_descriptors();
}

void sweep_before_each(sweep_next cb) {
  next = cb;
}

int sweep_close(void) {
  fault_fail_nth(0, 0);
  fault_fail_verb("", 0, 0);
  return endpoint_count_descriptors() == descriptors ? 0 : -1;
}
