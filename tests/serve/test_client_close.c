/* hvuv_client_close() in every state and inside every callback: what is told,
 * and that the close callback comes last, from the loop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/rigs/client_rig.h"
#include "support/loop.h"
#include "support/rigs/scene.h"
#include "support/trace.h"
#include "sys/sys.h"

#define HERE "vsock://host:5000"

static int up(void** state) {
  scene_up(state);
  client_rig_up(scene_loop());
  return 0;
}

static int down(void** state) {
  assert_int_equal(uv_loop_alive(scene_loop()), 0);
  client_rig_down();
  return scene_down(state);
}

#define CLIENT(test) cmocka_unit_test_setup_teardown(test, up, down)

/* After a connect that answers result. */
static hvuv_client_t* dialled(int result) {
  hvuv_client_t* client;

  client = client_rig_new();
  assert_non_null(client);
  fake_next(FAKE_CONNECT, result);
  assert_int_equal(client_rig_connect(client, HERE), 0);
  return client;
}

static hvuv_client_t* connected(void) {
  hvuv_client_t* client;

  client = dialled(0);
  turn();
  assert_story("attempt1:0 open");
  return client;
}

static int fire(int status, int events) {
  return fake_poller_fire(fake_newest_socket(), status, events);
}

static void hang_up(void) {
  fake_next(FAKE_RECV, 0);
  assert_int_equal(fire(0, UV_READABLE), 1);
}

/* Closes the client, which tells nothing before the loop turns. */
static void close_and_expect(hvuv_client_t* client, const char* story) {
  trace_reset();
  client_rig_close(client);
  assert_story("");
  turns(4);
  assert_story(story);
  assert_int_equal(fake_count_open(), 0);
}

/* --- In every state ------------------------------------------------------- */

static void one_that_never_dialled(void** state) {
  (void) state;
  close_and_expect(client_rig_new(), "closed");
}

static void one_that_dials(void** state) {
  (void) state;
  close_and_expect(dialled(HVUV__IN_PROGRESS), "closed");
}

static void one_whose_connect_is_done_and_not_told(void** state) {
  hvuv_client_t* client;

  (void) state;
  close_and_expect(dialled(0), "closed");
  client = dialled(HVUV__IN_PROGRESS);
  fire(0, UV_WRITABLE);
  close_and_expect(client, "closed");
}

static void one_whose_connect_has_failed(void** state) {
  hvuv_client_t* client;

  (void) state;
  close_and_expect(dialled(UV_ECONNREFUSED), "closed");

  client = dialled(UV_ECONNREFUSED);
  turn();
  assert_story("attempt1:ECONNREFUSED");
  close_and_expect(client, "closed");
}

static void one_that_could_not_dial_at_all(void** state) {
  hvuv_client_t* client;

  (void) state;
  client = client_rig_new();
  fake_next(FAKE_SOCKET, UV_EMFILE);
  assert_int_equal(client_rig_connect(client, HERE), 0);
  close_and_expect(client, "closed");
}

static void one_that_waits_to_dial_again(void** state) {
  hvuv_client_t* client;

  (void) state;
  client = dialled(UV_ECONNREFUSED);
  turns(2);
  assert_story("attempt1:ECONNREFUSED");
  close_and_expect(client, "closed");
}

static void one_that_is_connected(void** state) {
  (void) state;
  close_and_expect(connected(), "close:ECANCELED closed");
}

static void one_whose_connection_ends(void** state) {
  hvuv_client_t* client;

  (void) state;
  client = connected();
  hvuv_conn_end(hvuv_client_conn(client));
  turn();
  close_and_expect(client, "close:ECANCELED closed");
}

static void one_whose_connection_closes_with_its_own_reason(void** state) {
  hvuv_client_t* client;

  (void) state;
  client = connected();
  hvuv_conn_abort(hvuv_client_conn(client), UV_EPROTO);
  close_and_expect(client, "close:EPROTO closed");
}

static void one_that_waits_after_a_connection(void** state) {
  hvuv_client_t* client;

  (void) state;
  client_rig_options()->reconnects = 1;
  client = connected();
  hvuv_conn_abort(hvuv_client_conn(client), UV_EPROTO);
  turns(3);
  assert_story("close:EPROTO");
  close_and_expect(client, "closed");
}

static void one_that_is_done(void** state) {
  hvuv_client_t* client;

  (void) state;
  client = dialled(UV_EACCES);
  turns(2);
  assert_story("last1:EACCES done:EACCES");
  close_and_expect(client, "closed");
}

/* --- Inside every callback ------------------------------------------------ */

static void inside_on_attempt_that_is_not_the_last(void** state) {
  (void) state;
  client_rig_on("attempt", client_rig_close);
  dialled(UV_ECONNREFUSED);
  turns(5);
  assert_story("attempt1:ECONNREFUSED closed");
}

static void inside_on_attempt_that_is_the_last(void** state) {
  (void) state;
  client_rig_on("attempt", client_rig_close);
  dialled(UV_EACCES);
  turns(5);
  assert_story("last1:EACCES closed");
}

static void inside_on_attempt_that_succeeded(void** state) {
  (void) state;
  client_rig_on("attempt", client_rig_close);
  dialled(0);
  turns(5);
  assert_story("attempt1:0 closed");
  assert_int_equal(fake_count_open(), 0);
}

static void inside_on_open(void** state) {
  (void) state;
  client_rig_on("open", client_rig_close);
  dialled(0);
  turns(5);
  assert_story("attempt1:0 open close:ECANCELED closed");
}

static void inside_on_message(void** state) {
  (void) state;
  client_rig_on("message", client_rig_close);
  connected();
  fake_input("ping");
  fake_always(FAKE_SEND, FAKE_ALL);
  fire(0, UV_READABLE);
  turns(5);
  assert_story("message:4 close:ECANCELED closed");
}

static void inside_on_end(void** state) {
  (void) state;
  client_rig_on("end", client_rig_close);
  connected();
  hang_up();
  turns(5);
  assert_story("end close:ECANCELED closed");
}

static void inside_on_close(void** state) {
  (void) state;
  client_rig_on("close", client_rig_close);
  connected();
  hang_up();
  turns(5);
  assert_story("end close:0 closed");
}

static void inside_on_close_of_one_that_reconnects(void** state) {
  (void) state;
  client_rig_options()->reconnects = 1;
  inside_on_close(state);
}

static void inside_on_done(void** state) {
  (void) state;
  client_rig_on("done", client_rig_close);
  connected();
  hang_up();
  turns(5);
  assert_story("end close:0 done:0 closed");
}

static void connect_and_close(hvuv_client_t* client) {
  fake_next(FAKE_CONNECT, HVUV__IN_PROGRESS);
  client_rig_connect(client, HERE);
  client_rig_close(client);
}

static void inside_on_done_after_a_new_connect(void** state) {
  (void) state;
  client_rig_on("done", connect_and_close);
  dialled(UV_EACCES);
  turns(5);
  assert_story("last1:EACCES done:EACCES closed");
  assert_int_equal(fake_count_open(), 0);
}

static void on_sent(hvuv_send_t* req, int status) {
  (void) req;
  trace_status("sent", status);
}

static void what_is_queued_is_told_first(void** state) {
  hvuv_client_t* client;
  hvuv_send_t req;
  uv_buf_t buf;

  (void) state;
  client = connected();
  buf = uv_buf_init((char*) (uintptr_t) "bye", 3);
  fake_always(FAKE_SEND, UV_EAGAIN);
  assert_int_equal(
      hvuv_conn_send_ref(&req, hvuv_client_conn(client), &buf, 1, on_sent), 0);
  close_and_expect(client, "sent:ECANCELED close:ECANCELED closed");
}

/* --- The end -------------------------------------------------------------- */

static void the_loop_can_close_when_the_callback_has_run(void** state) {
  hvuv_client_t* client;

  (void) state;
  client = connected();
  client_rig_close(client);
  loop_run_until(scene_loop(), client_rig_flag("closed"));
  trace_reset();
  assert_int_equal(uv_loop_alive(scene_loop()), 0);
}

static void many_clients_of_one_loop_close_alone(void** state) {
  hvuv_client_t* clients[3];

  (void) state;
  clients[0] = connected();
  clients[1] = dialled(UV_ECONNREFUSED);
  turns(2);
  clients[2] = dialled(HVUV__IN_PROGRESS);
  assert_story("attempt1:ECONNREFUSED");
  client_rig_close(clients[1]);
  turns(3);
  assert_story("closed");
  assert_non_null(hvuv_client_conn(clients[0]));
  client_rig_close(clients[0]);
  turns(3);
  assert_story("close:ECANCELED closed");
  close_and_expect(clients[2], "closed");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      CLIENT(one_that_never_dialled),
      CLIENT(one_that_dials),
      CLIENT(one_whose_connect_is_done_and_not_told),
      CLIENT(one_whose_connect_has_failed),
      CLIENT(one_that_could_not_dial_at_all),
      CLIENT(one_that_waits_to_dial_again),
      CLIENT(one_that_is_connected),
      CLIENT(one_whose_connection_ends),
      CLIENT(one_whose_connection_closes_with_its_own_reason),
      CLIENT(one_that_waits_after_a_connection),
      CLIENT(one_that_is_done),
      CLIENT(inside_on_attempt_that_is_not_the_last),
      CLIENT(inside_on_attempt_that_is_the_last),
      CLIENT(inside_on_attempt_that_succeeded),
      CLIENT(inside_on_open),
      CLIENT(inside_on_message),
      CLIENT(inside_on_end),
      CLIENT(inside_on_close),
      CLIENT(inside_on_close_of_one_that_reconnects),
      CLIENT(inside_on_done),
      CLIENT(inside_on_done_after_a_new_connect),
      CLIENT(what_is_queued_is_told_first),
      CLIENT(the_loop_can_close_when_the_callback_has_run),
      CLIENT(many_clients_of_one_loop_close_alone),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
