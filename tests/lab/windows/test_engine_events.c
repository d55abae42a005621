/* What an engine must notice, on real sockets. */
#include <stdlib.h>
#include <string.h>

#include "party.h"

#define BIG (8u * 1024 * 1024)

static void on_shutdown(hvuv_shutdown_t* req, int status) {
  (void) req;
  (void) status;
}

static void bytes_go_both_ways_and_end(void** state) {
  party_t* pair[2];

  (void) state;
  party_pair(pair);
  party_write(pair[0], 0, 1000);
  party_read_until(pair[1], 1000);
  party_write(pair[1], 0, 100);
  party_read_until(pair[0], 100);

  assert_int_equal(
      hvuv_shutdown(&pair[0]->shutdown, &pair[0]->stream, on_shutdown), 0);
  loop_run_until(party_loop(), &pair[1]->ended);
  assert_int_equal(pair[1]->end, UV_EOF);
  party_write(pair[1], 100, 100);
  party_read_until(pair[0], 200);
}

static void what_came_before_it_was_adopted_is_read(void** state) {
  uv_os_sock_t socks[2];
  party_t* p;

  (void) state;
  assert_int_equal(net_tcp_pair(socks), 0);
  party_send_raw(socks[1], 0, 500);
  p = party_new(socks[0]);
  party_read_until(p, 500);
  net_close(socks[1]);
}

static void stop_watching(party_t* p) {
  hvuv_read_stop(&p->stream);
  p->reached = 1;
}

static void what_was_left_when_reading_stopped_is_read_later(void** state) {
  uv_os_sock_t sock;
  party_t* p;
  int i;

  (void) state;
  p = party_and_socket(&sock);
  party_send_raw(sock, 0, 1000);
  p->lent = 100;
  p->act = stop_watching;
  for (i = 1; i <= 10; i++) {
    party_read_until(p, (size_t) i * 100);
    loop_run_turns(party_loop(), 3);
    assert_int_equal(p->got, (size_t) i * 100);
  }
  net_close(sock);
}

static void nothing_is_read_while_reading_is_stopped(void** state) {
  uv_os_sock_t sock;
  party_t* p;

  (void) state;
  p = party_and_socket(&sock);
  party_read(p);
  loop_run_turns(party_loop(), 3);
  hvuv_read_stop(&p->stream);
  party_send_raw(sock, 0, 10);
  loop_run_turns(party_loop(), 20);
  assert_int_equal(p->reads, 0);
  party_read_until(p, 10);
  net_close(sock);
}

/* Fills the connection: a write that cannot be done while nobody reads. */
static char* write_big(party_t* p) {
  uv_buf_t bufs[2];
  char* big;

  big = malloc(BIG);
  assert_non_null(big);
  memset(big, 'x', BIG);
  bufs[0] = uv_buf_init(big, BIG / 2);
  bufs[1] = uv_buf_init(big + BIG / 2, BIG / 2);
  assert_int_equal(hvuv_write(&p->write, &p->stream, bufs, 2, NULL), 0);
  return big;
}

/* Reads raw until the write is done. */
static void drain(party_t* p, uv_os_sock_t sock) {
  static char room[65536];
  size_t got = 0;
  ssize_t n;

  while (got < BIG) {
    while ((n = net_recv(sock, room, sizeof(room))) > 0)
      got += (size_t) n;
    assert_int_equal(n, UV_EAGAIN);
    uv_run(p->stream.loop, UV_RUN_NOWAIT);
  }
  assert_int_equal(got, BIG);
}

static void a_write_goes_on_when_there_is_room(void** state) {
  uv_os_sock_t sock;
  party_t* p;
  char* big;

  (void) state;
  p = party_and_socket(&sock);
  net_unblock(sock);
  big = write_big(p);
  loop_run_turns(party_loop(), 10);
  assert_int_not_equal(hvuv_get_write_queue_size(&p->stream), 0);
  drain(p, sock);
  assert_int_equal(hvuv_get_write_queue_size(&p->stream), 0);
  net_close(sock);
  free(big);
}

static void bytes_come_in_while_none_go_out(void** state) {
  uv_os_sock_t sock;
  party_t* p;
  char* big;

  (void) state;
  p = party_and_socket(&sock);
  net_unblock(sock);
  big = write_big(p);
  loop_run_turns(party_loop(), 10); /* The question is out, for room only. */
  party_send_raw(sock, 0, 300);
  party_read_until(p, 300);
  hvuv_read_stop(&p->stream);
  loop_run_turns(party_loop(), 10);
  party_send_raw(sock, 300, 300);
  party_read_until(p, 600);
  drain(p, sock);
  party_send_raw(sock, 600, 300);
  party_read_until(p, 900);
  net_close(sock);
  free(big);
}

/* Interest changes in every turn, and no byte is missed: where an answer and a
 * cancelling cross, a wake-up could be. */
static void changes_of_mind_lose_nothing(void** state) {
  party_t* pair[2];
  size_t sent = 0;
  int i;

  (void) state;
  party_pair(pair);
  for (i = 0; i < 300; i++) {
    party_write(pair[0], sent, 10);
    sent += 10;
    if (i % 3 != 0)
      party_read(pair[1]);
    if (i % 2 == 0)
      party_read(pair[0]);
    uv_run(party_loop(), UV_RUN_NOWAIT);
    if (i % 5 != 0)
      hvuv_read_stop(&pair[1]->stream);
    hvuv_read_stop(&pair[0]->stream);
    loop_run_turns(party_loop(), i % 3);
  }
  party_read_until(pair[1], sent);
  assert_int_equal(pair[0]->wrote, 300);
}

static void answer(party_t* p) {
  if (p->ended == 0 && p->reads <= 1000)
    party_write(p, 0, 1);
}

static void a_thousand_rounds_lose_no_wake_up(void** state) {
  party_t* pair[2];
  int i;

  (void) state;
  party_pair(pair);
  for (i = 0; i < 2; i++) {
    pair[i]->act = answer;
    pair[i]->goal = 1000;
    party_read(pair[i]);
  }
  party_write(pair[0], 0, 1);
  loop_run_until(party_loop(), &pair[1]->reached);
  assert_int_equal(pair[1]->got, 1000);
}

static void on_connection(hvuv_stream_t* server, int status) {
  party_t* p = server->data;

  p->connections++;
  p->connection_status = status;
  p->reached = p->connections >= (int) p->goal;
  if (p->act_connection != NULL)
    p->act_connection(p);
}

static hvuv_stream_t guests[8];

static void on_guest_closed(hvuv_stream_t* stream) {
  (void) stream;
}

static void accept_one(party_t* p) {
  hvuv_stream_t* guest = &guests[p->connections - 1];

  hvuv_init(p->stream.loop, guest);
  p->connection_status = hvuv_accept(&p->stream, guest);
  hvuv_close(guest, on_guest_closed);
}

static void a_listener_hears_every_caller(void** state) {
  struct sockaddr_in name;
  uv_os_sock_t callers[8];
  uv_os_sock_t sock;
  party_t* p;
  int i;

  (void) state;
  assert_int_equal(net_tcp_listen(&sock, &name), 0);
  p = party_new(sock);
  p->act_connection = accept_one;
  assert_int_equal(hvuv_listen(&p->stream, 8, on_connection), 0);
  for (i = 0; i < 8; i++) {
    assert_int_equal(net_tcp_connect(&callers[i], &name), 0);
    if (i % 3 != 0)
      continue; /* several at once too */
    p->goal = (size_t) i + 1;
    p->reached = p->connections >= i + 1;
    loop_run_until(party_loop(), &p->reached);
  }
  p->goal = 8;
  p->reached = p->connections >= 8;
  loop_run_until(party_loop(), &p->reached);
  assert_int_equal(p->connection_status, 0);
  for (i = 0; i < 8; i++)
    net_close(callers[i]);
}

static void a_peer_that_goes_is_noticed(void** state) {
  uv_os_sock_t sock;
  party_t* p;

  (void) state;
  p = party_and_socket(&sock);
  party_read(p);
  loop_run_turns(party_loop(), 3);
  net_close(sock);
  loop_run_until(party_loop(), &p->ended);
  assert_int_equal(p->end, UV_EOF);
  loop_run_turns(party_loop(), 10);
  assert_int_equal(p->ended, 1);
}

static void a_peer_that_aborts_is_noticed(void** state) {
  uv_os_sock_t sock;
  party_t* p;
  int end;

  (void) state;
  p = party_and_socket(&sock);
  party_read(p);
  loop_run_turns(party_loop(), 3);
  end = net_abort(sock);
  loop_run_until(party_loop(), &p->ended);
  assert_int_equal(p->end, end);
}

static hvuv_write_t big_writes[2];
static int big_status;
static int big_done;

static void on_big(hvuv_write_t* req, int status) {
  (void) req;
  big_status = status;
  big_done = 1;
}

static void an_abort_ends_a_write_that_waits(void** state) {
  uv_os_sock_t sock;
  uv_buf_t buf;
  party_t* p;
  char* big;
  int i;

  (void) state;
  big_done = 0;
  big = calloc(1, BIG);
  assert_non_null(big);
  p = party_and_socket(&sock);
  for (i = 0; i < 2; i++) {
    buf = uv_buf_init(big, BIG);
    assert_int_equal(hvuv_write(&big_writes[i], &p->stream, &buf, 1, on_big),
                     0);
  }
  loop_run_turns(party_loop(), 10);
  net_abort(sock);
  loop_run_until(party_loop(), &big_done);
  assert_int_not_equal(big_status, 0);
  free(big);
}

int main(int argc, char** argv) {
  const struct CMUnitTest tests[] = {
      PARTY(bytes_go_both_ways_and_end),
      PARTY(what_came_before_it_was_adopted_is_read),
      PARTY(what_was_left_when_reading_stopped_is_read_later),
      PARTY(nothing_is_read_while_reading_is_stopped),
      PARTY(a_write_goes_on_when_there_is_room),
      PARTY(bytes_come_in_while_none_go_out),
      PARTY(changes_of_mind_lose_nothing),
      PARTY(a_thousand_rounds_lose_no_wake_up),
      PARTY(a_listener_hears_every_caller),
      PARTY(a_peer_that_goes_is_noticed),
      PARTY(a_peer_that_aborts_is_noticed),
      PARTY(an_abort_ends_a_write_that_waits),
  };

  party_choose(argc, argv);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
