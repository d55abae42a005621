/* Closing in every callback and with a question out in every state. What the
 * engine frees too early or writes to too late, party_down() finds. */
#include <string.h>

#include "party.h"
#include "support/between.h"

static void closing_at_once_is_fine(void** state) {
  party_t* pair[2];

  (void) state;
  party_pair(pair);
  party_close(pair[0]);
  party_close(pair[1]);
}

static void closing_with_a_question_out_is_fine(void** state) {
  party_t* pair[2];

  (void) state;
  party_pair(pair);
  party_read(pair[0]);
  party_read(pair[1]);
  loop_run_turns(party_loop(), 3);
  party_close(pair[0]);
  party_close(pair[1]);
}

static void closing_in_the_turn_of_the_question_is_fine(void** state) {
  party_t* pair[2];

  (void) state;
  party_pair(pair);
  party_read(pair[0]);
  party_close(pair[0]);
}

static void closing_when_the_answer_is_there_is_fine(void** state) {
  uv_os_sock_t sock;
  party_t* p;
  int i;

  (void) state;
  for (i = 0; i < 20; i++) {
    p = party_and_socket(&sock);
    party_read(p);
    loop_run_turns(party_loop(), 2);
    party_send_raw(sock, 0, 10);
    if (i % 2 == 0)
      net_await(sock, 1, 1); /* a moment, for the answer to be under way */
    party_close(p);
    net_close(sock);
  }
}

static void closing_while_it_is_cancelled_is_fine(void** state) {
  static char big[4 * 1024 * 1024];
  static hvuv_write_t writes[16];
  uv_os_sock_t sock;
  uv_buf_t buf;
  party_t* p;
  int i;

  (void) state;
  p = party_and_socket(&sock);
  party_read(p); /* asks for bytes */
  loop_run_turns(party_loop(), 2);
  buf = uv_buf_init(big, sizeof(big));
  for (i = 0; i < 16 && hvuv_get_write_queue_size(&p->stream) == 0; i++)
    assert_int_equal(hvuv_write(&writes[i], &p->stream, &buf, 1, NULL), 0);
  party_close(p); /* while it asks for room too */
  net_close(sock);
}

static void close_it(party_t* p) {
  party_leave(p);
}

static void close_both(party_t* p) {
  party_leave(p);
  party_leave(p->other);
}

static void closing_when_read_is_fine(void** state) {
  uv_os_sock_t sock;
  party_t* p;

  (void) state;
  p = party_and_socket(&sock);
  p->act = close_it;
  party_read(p);
  party_send_raw(sock, 0, 10);
  loop_run_until(party_loop(), &p->closed);
  assert_int_equal(p->reads, 1);
  net_close(sock);
}

static void closing_when_the_end_is_read_is_fine(void** state) {
  uv_os_sock_t sock;
  party_t* p;

  (void) state;
  p = party_and_socket(&sock);
  p->act = close_it;
  party_read(p);
  net_close(sock);
  loop_run_until(party_loop(), &p->closed);
  assert_int_equal(p->end, UV_EOF);
}

/* Whose answers came together: the first to be told closes the other. */
static void closing_one_whose_answer_is_there_too_is_fine(void** state) {
  party_t* a;
  party_t* b;
  uv_os_sock_t socks[2];
  int i;

  (void) state;
  for (i = 0; i < 20; i++) {
    a = party_and_socket(&socks[0]);
    b = party_and_socket(&socks[1]);
    a->other = b;
    b->other = a;
    a->act = close_both;
    b->act = close_both;
    party_read(a);
    party_read(b);
    loop_run_turns(party_loop(), 2);
    party_send_raw(socks[0], 0, 10);
    party_send_raw(socks[1], 0, 10);
    loop_run_until(party_loop(), &a->closed);
    loop_run_until(party_loop(), &b->closed);
    assert_int_equal(a->reads + b->reads, 1);
    net_close(socks[0]);
    net_close(socks[1]);
  }
}

static void on_written(hvuv_write_t* req, int status) {
  party_t* p = req->handle->data;

  p->write_status = status;
  party_leave(p);
}

static void closing_when_written_is_fine(void** state) {
  uv_os_sock_t sock;
  uv_buf_t buf;
  party_t* p;

  (void) state;
  p = party_and_socket(&sock);
  party_read(p);
  buf = uv_buf_init(p->buffer, 10);
  assert_int_equal(hvuv_write(&p->write, &p->stream, &buf, 1, on_written), 0);
  loop_run_until(party_loop(), &p->closed);
  assert_int_equal(p->write_status, 0);
  net_close(sock);
}

static void on_connection(hvuv_stream_t* server, int status) {
  party_t* p = server->data;

  p->connections++;
  p->connection_status = status;
  party_close(p);
}

static void closing_when_called_is_fine(void** state) {
  struct sockaddr_in name;
  uv_os_sock_t caller;
  uv_os_sock_t sock;
  party_t* p;

  (void) state;
  assert_int_equal(net_tcp_listen(&sock, &name), 0);
  p = party_new(sock);
  assert_int_equal(hvuv_listen(&p->stream, 8, on_connection), 0);
  assert_int_equal(net_tcp_connect(&caller, &name), 0);
  loop_run_until(party_loop(), &p->closed);
  assert_int_equal(p->connections, 1);
  net_close(caller);
}

static void closing_a_listener_that_waits_is_fine(void** state) {
  struct sockaddr_in name;
  uv_os_sock_t sock;
  party_t* p;

  (void) state;
  assert_int_equal(net_tcp_listen(&sock, &name), 0);
  p = party_new(sock);
  assert_int_equal(hvuv_listen(&p->stream, 8, on_connection), 0);
  loop_run_turns(party_loop(), 3);
  party_close(p);
  loop_run_until(party_loop(), &p->closed);
  assert_int_equal(p->connections, 0);
}

/* A program that closes a socket which is a stream's breaks the rules, and is
 * to be told so or not, but not to crash or turn for ever. */
static void a_socket_closed_behind_its_back_harms_nobody_else(void** state) {
  uv_os_sock_t sock;
  uv_os_sock_t own;
  party_t* other[2];
  party_t* p;

  (void) state;
  p = party_and_socket(&sock);
  party_read(p);
  loop_run_turns(party_loop(), 3);
  assert_int_equal(hvuv_fileno(&p->stream, &own), 0);
  net_close(own);
  if (party_is_on("afd")) {
    loop_run_until(party_loop(), &p->ended);
    assert_int_equal(p->end, UV_ENOTSOCK);
  }
  loop_run_turns(party_loop(), 20);
  assert_between(p->ended, 0, 1);
  party_close(p);

  party_pair(other);
  party_write(other[0], 0, 100);
  party_read_until(other[1], 100);
  net_close(sock);
}

int main(int argc, char** argv) {
  const struct CMUnitTest tests[] = {
      PARTY(closing_at_once_is_fine),
      PARTY(closing_with_a_question_out_is_fine),
      PARTY(closing_in_the_turn_of_the_question_is_fine),
      PARTY(closing_when_the_answer_is_there_is_fine),
      PARTY(closing_while_it_is_cancelled_is_fine),
      PARTY(closing_when_read_is_fine),
      PARTY(closing_when_the_end_is_read_is_fine),
      PARTY(closing_one_whose_answer_is_there_too_is_fine),
      PARTY(closing_when_written_is_fine),
      PARTY(closing_when_called_is_fine),
      PARTY(closing_a_listener_that_waits_is_fine),
      PARTY(a_socket_closed_behind_its_back_harms_nobody_else),
  };

  party_choose(argc, argv);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
