/*
 * A listener of the AFD engine, which many callers wait for.
 */
#include <stdio.h>

#include "party.h"
#include "support/between.h"

#define CALLERS 256

static int strange;
static hvuv_stream_t clients[CALLERS];
static int accepted;

static void on_connection(hvuv_stream_t* server, int status) {
  hvuv_stream_t* client = &clients[accepted];

  if (status != 0 || hvuv_init(server->loop, client) != 0 ||
      hvuv_accept(server, client) != 0)
    strange++;
  accepted++;
}

/* A wake-up costs a question to AFD, so each takes as many as have come. */
static void a_wake_up_accepts_many(void** state) {
  static uv_os_sock_t callers[CALLERS];
  struct sockaddr_in name;
  uv_os_sock_t sock;
  party_t* server;
  int turns;
  int i;

  (void) state;
  accepted = 0;
  assert_int_equal(net_tcp_listen(&sock, &name), 0);
  server = party_new(sock);
  assert_int_equal(hvuv_listen(&server->stream, CALLERS, on_connection), 0);
  for (i = 0; i < CALLERS; i++)
    assert_int_equal(net_tcp_connect(&callers[i], &name), 0);
  for (turns = 0; accepted < CALLERS && turns < 2 * CALLERS; turns++)
    uv_run(party_loop(), UV_RUN_ONCE);
  printf("%d callers accepted in %d turns\n", accepted, turns);

  assert_int_equal(strange, 0);
  assert_int_equal(accepted, CALLERS);
  assert_between(turns, 1, CALLERS / 4);
  for (i = 0; i < CALLERS; i++) {
    hvuv_close(&clients[i], NULL);
    net_close(callers[i]);
  }
}

int main(int argc, char** argv) {
  const struct CMUnitTest tests[] = {
      PARTY(a_wake_up_accepts_many),
  };

  party_choose(argc, argv);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
