/*
 * Clients on real `local` sockets: servers that are late, that go away and come
 * back, that take nobody.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/alloc.h"
#include "support/between.h"
#include "support/rigs/client_rig.h"
#include "support/endpoint.h"
#include "support/loop.h"
#include "support/net.h"
#include "support/trace.h"

#define HERE     "local://loopback/5000"
#define CALLERS  8
#define HELLO    "hello"
#define DELAY_MS 1

/* A server that sends back what it reads, made of bare streams. */
typedef struct caller_s {
  hvuv_stream_t stream;
} caller_t;

static uv_loop_t* loop;
static hvuv_stream_t listener;
static caller_t callers[CALLERS];
static int ncallers;
static int hangs_up; /* accepts and closes at once */
static int closing;  /* what has not yet closed */

static void on_closed(hvuv_stream_t* stream) {
  (void) stream;
  closing--;
}

static void close_stream(hvuv_stream_t* stream) {
  if (stream->loop == NULL || hvuv_is_closing(stream))
    return;
  closing++;
  hvuv_close(stream, on_closed);
}

static void on_alloc(hvuv_stream_t* stream, size_t suggested, uv_buf_t* buf) {
  (void) stream;
  *buf = uv_buf_init(malloc(suggested), (unsigned int) suggested);
}

static void on_written(hvuv_write_t* req, int status) {
  (void) status;
  free(req->data);
}

static void on_read(hvuv_stream_t* stream, ssize_t n, const uv_buf_t* buf) {
  caller_t* caller = (caller_t*) stream;
  hvuv_write_t* req;
  uv_buf_t out;

  if (n > 0) {
    /* The request and the bytes in one block. */
    req = malloc(sizeof(*req) + (size_t) n);
    memcpy(req + 1, buf->base, (size_t) n);
    req->data = req;
    out = uv_buf_init((char*) (req + 1), (unsigned int) n);
    if (hvuv_write(req, stream, &out, 1, on_written) != 0)
      free(req);
  }
  free(buf->base);
  if (n < 0)
    close_stream(&caller->stream);
}

static void on_connection(hvuv_stream_t* server, int status) {
  caller_t* caller = &callers[ncallers];

  if (status != 0 || ncallers == CALLERS)
    return;
  ncallers++;
  hvuv_init(loop, &caller->stream);
  if (hvuv_accept(server, &caller->stream) != 0 || hangs_up)
    close_stream(&caller->stream);
  else
    hvuv_read_start(&caller->stream, on_alloc, on_read);
}

static void start_server(void) {
  hvuv_addr_t addr;

  memset(callers, 0, sizeof(callers));
  ncallers = 0;
  assert_int_equal(hvuv_addr_parse(HERE, &addr), 0);
  assert_int_equal(hvuv_init(loop, &listener), 0);
  assert_int_equal(hvuv_bind(&listener, &addr), 0);
  assert_int_equal(hvuv_listen(&listener, SOMAXCONN, on_connection), 0);
  hvuv_unref(&listener);
}

static void stop_server(void) {
  int i;

  close_stream(&listener);
  for (i = 0; i < ncallers; i++)
    close_stream(&callers[i].stream);
}

/* --- The stage ------------------------------------------------------------ */

static int up(void** state) {
  (void) state;
  alloc_install();
  endpoint_open();
  trace_reset();
  memset(&listener, 0, sizeof(listener));
  memset(callers, 0, sizeof(callers));
  ncallers = 0;
  hangs_up = 0;
  closing = 0;
  loop = loop_open();
  client_rig_up(loop);
  client_rig_options()->first_delay_ms = DELAY_MS;
  client_rig_options()->max_delay_ms = 4;
  return 0;
}

static int down(void** state) {
  (void) state;
  stop_server();
  loop_run_out(loop);
  assert_int_equal(closing, 0);
  client_rig_down();
  loop_close(loop);
  endpoint_close();
  alloc_check();
  return 0;
}

#define CLIENT(test) cmocka_unit_test_setup_teardown(test, up, down)

static hvuv_client_t* dial(void) {
  hvuv_client_t* client;

  client = client_rig_new();
  assert_non_null(client);
  assert_int_equal(client_rig_connect(client, HERE), 0);
  return client;
}

static void run_until(const char* name) {
  loop_run_until(loop, client_rig_flag(name));
}

static void close_client(hvuv_client_t* client) {
  client_rig_close(client);
  run_until("closed");
}

static void say_hello(hvuv_client_t* client) {
  hvuv_conn_send(hvuv_client_conn(client), HELLO, strlen(HELLO));
}

static int listen_again(hvuv_conn_t* conn, const char* bytes, size_t nbytes) {
  trace("%.*s", (int) nbytes, bytes);
  hvuv_conn_end(conn);
  return 0;
}

static int heard;

static int hear(hvuv_conn_t* conn, const char* bytes, size_t nbytes) {
  (void) conn;
  (void) bytes;
  (void) nbytes;
  heard = 1;
  return 0;
}

/* --- Cases ---------------------------------------------------------------- */

static void a_conversation(void** state) {
  hvuv_client_t* client;

  (void) state;
  start_server();
  client_rig_protocol()->on_message = listen_again;
  client_rig_on("open", say_hello);
  client = dial();
  run_until("done");
  assert_story("attempt1:0 open hello close:0 done:0");
  close_client(client);
}

static void start_on_second(hvuv_client_t* client) {
  (void) client;
  if (client_rig_count("attempt") == 2)
    start_server();
  else
    client_rig_on("attempt", start_on_second);
}

static void a_server_that_comes_later_is_found(void** state) {
  hvuv_client_t* client;

  (void) state;
  client_rig_on("attempt", start_on_second);
  client = dial();
  run_until("open");
  assert_story("attempt1:ECONNREFUSED attempt2:ECONNREFUSED attempt3:0 open");
  close_client(client);
}

static void a_server_that_never_comes_is_given_up(void** state) {
  hvuv_client_t* client;

  (void) state;
  client_rig_options()->max_attempts = 4;
  client = dial();
  run_until("done");
  assert_story(
      "attempt1:ECONNREFUSED attempt2:ECONNREFUSED attempt3:ECONNREFUSED "
      "last4:ECONNREFUSED done:ECONNREFUSED");
  close_client(client);
}

static void a_server_that_restarts_is_dialled_again(void** state) {
  hvuv_client_t* client;

  (void) state;
  client_rig_options()->reconnects = 1;
  client_rig_protocol()->on_message = hear;
  client_rig_on("open", say_hello);
  start_server();
  client = dial();
  heard = 0;
  loop_run_until(loop, &heard);
  stop_server();
  run_until("attempt");
  assert_non_null(strstr(trace_story(), "end close:0 attempt1:ECONNREFUSED"));
  start_server();
  run_until("open");
  assert_int_equal(client_rig_count("open"), 2);
  close_client(client);
}

#define OLD "local://6e0b8e9c-4c6c-4c0e-9a9e-0f6f0a1b2c3d/5000"

static void follow(hvuv_client_t* client) {
  hvuv_addr_t addr;

  assert_int_equal(hvuv_addr_parse(HERE, &addr), 0);
  assert_int_equal(hvuv_client_set_addr(client, &addr), 0);
}

static void a_server_that_has_moved_is_followed(void** state) {
  hvuv_client_t* client;

  (void) state;
  start_server();
  client = client_rig_new();
  assert_int_equal(client_rig_connect(client, OLD), 0);
  client_rig_on("attempt", follow);
  run_until("open");
  assert_int_equal(client_rig_count("attempt"), 2);
  assert_non_null(strstr(trace_story(), "attempt2:0 open"));
  close_client(client);
}

static void an_address_is_set_for_what_follows_only(void** state) {
  hvuv_client_t* client = client_rig_new();
  hvuv_addr_t addr;

  (void) state;
  assert_int_equal(hvuv_addr_parse(OLD, &addr), 0);
  assert_int_equal(hvuv_client_set_addr(client, &addr), UV_EINVAL);
  start_server();
  assert_int_equal(client_rig_connect(client, HERE), 0);
  assert_int_equal(hvuv_client_set_addr(NULL, &addr), UV_EINVAL);
  assert_int_equal(hvuv_client_set_addr(client, NULL), UV_EINVAL);
  assert_int_equal(hvuv_client_set_addr(client, &addr), 0);
  run_until("open");
  assert_story("attempt1:0 open");
  close_client(client);
}

static void a_server_that_hangs_up_is_called_ever_more_rarely(void** state) {
  hvuv_client_t* client;

  (void) state;
  hangs_up = 1;
  client_rig_options()->reconnects = 1;
  client_rig_options()->max_delay_ms = 60000;
  start_server();
  client = dial();
  while (client_rig_count("close") < 5)
    run_until("close");
  loop_run_turns(loop, 1);
  assert_between(client_rig_due(), 1, 16);
  close_client(client);
  assert_int_equal(client_rig_count("open"), 5);
}

static void a_server_that_only_hangs_up_is_given_up(void** state) {
  hvuv_client_t* client;

  (void) state;
  hangs_up = 1;
  client_rig_options()->reconnects = 1;
  client_rig_options()->max_attempts = 3;
  start_server();
  client = dial();
  run_until("done");
  assert_int_equal(client_rig_count("attempt"), 3);
  assert_int_equal(client_rig_count("close"), 3);
  assert_int_equal(client_rig_due(), -1);
  close_client(client);
  assert_int_equal(ncallers, 3);
}

static void an_address_that_leads_nowhere_is_not_tried_again(void** state) {
  hvuv_client_t* client;

  (void) state;
  client = client_rig_new();
  assert_int_equal(client_rig_connect(client, "local://parent/5000"), 0);
  run_until("done");
  assert_story("last1:EADDRNOTAVAIL done:EADDRNOTAVAIL");
  close_client(client);
}

static void closed_before_each_turn(void** state) {
  hvuv_client_t* client;
  int i;

  (void) state;
  client_rig_options()->reconnects = 1;
  start_server();
  client_rig_on("open", say_hello);
  for (i = 0; i < 8; i++) {
    client = dial();
    loop_run_turns(loop, i);
    close_client(client);
    assert_int_equal(client_rig_count("open"), client_rig_count("close"));
    assert_int_equal(client_rig_count("closed"), i + 1);
    trace_reset();
  }
}

static void with_every_allocation_failing(void** state) {
  hvuv_client_t* client;
  int has_failed = 1;
  long n;

  for (n = 1; has_failed && n < 100; n++) {
    up(state);
    start_server();
    client_rig_on("open", say_hello);
    client_rig_options()->max_attempts = 3;
    alloc_fail_nth(n);
    client = client_rig_new();
    if (client != NULL && client_rig_connect(client, HERE) == 0)
      run_until("attempt");
    loop_run_turns(loop, 20);
    has_failed = alloc_has_failed();
    if (client != NULL)
      close_client(client);
    assert_int_equal(client_rig_count("open"), client_rig_count("close"));
    down(state);
  }
  assert_between(n, 8, 99);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      CLIENT(a_conversation),
      CLIENT(a_server_that_comes_later_is_found),
      CLIENT(a_server_that_never_comes_is_given_up),
      CLIENT(a_server_that_restarts_is_dialled_again),
      CLIENT(a_server_that_has_moved_is_followed),
      CLIENT(an_address_is_set_for_what_follows_only),
      CLIENT(a_server_that_hangs_up_is_called_ever_more_rarely),
      CLIENT(a_server_that_only_hangs_up_is_given_up),
      CLIENT(an_address_that_leads_nowhere_is_not_tried_again),
      CLIENT(closed_before_each_turn),
      cmocka_unit_test(with_every_allocation_failing),
  };
  int skipped;

  skipped = net_skip_without_unix();
  if (skipped != 0)
    return skipped;
  return cmocka_run_group_tests(tests, NULL, NULL);
}
