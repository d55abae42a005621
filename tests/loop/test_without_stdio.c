/* Programs that have closed their stdio: new descriptors get its numbers, and
 * libuv asserts that it closes none of those. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hvuv.h"
#include "support/net.h"
#include "support/stranger.h"

#define CHILD_SECONDS 20
#define TURNS_MAX     1000

static uv_loop_t loop;
static hvuv_server_t server;
static uv_os_sock_t caller;
static int opened;
static int stopped;

static int on_open(hvuv_conn_t* conn) {
  (void) conn;
  opened++;
  return 0;
}

static int on_message(hvuv_conn_t* conn, const char* bytes, size_t nbytes) {
  (void) conn;
  (void) bytes;
  (void) nbytes;
  return 0;
}

static const hvuv_protocol_t protocol = {
    .on_message = on_message,
    .on_open = on_open,
};

static void on_stopped(hvuv_server_t* s) {
  (void) s;
  stopped++;
}

static int serve_one(void) {
  struct sockaddr_in name;
  uv_os_sock_t sock;
  int i;

  if (uv_loop_init(&loop) != 0 || net_tcp_listen(&sock, &name) != 0 ||
      hvuv_server_init(&loop, &server, NULL) != 0 ||
      hvuv_server_listen_socket(&server, sock, &protocol) != 0 ||
      net_tcp_connect(&caller, &name) != 0)
    return 0;
  for (i = 0; i < TURNS_MAX && opened == 0; i++)
    uv_run(&loop, UV_RUN_ONCE);
  return opened;
}

static int ends(void) {
  uv_run(&loop, UV_RUN_DEFAULT);
  return stopped == 1 && uv_loop_close(&loop) == 0 && fcntl(0, F_GETFD) < 0 &&
         fcntl(1, F_GETFD) < 0 && fcntl(2, F_GETFD) < 0;
}

static int stops_with_a_grace(void) {
  if (!serve_one())
    return 2;
  close(0);
  close(1);
  close(2);
  hvuv_server_stop(&server, 3600000, on_stopped);
  uv_run(&loop, UV_RUN_NOWAIT);
  if (stopped != 0)
    return 3;
  net_close(caller);
  return ends() ? 0 : 4;
}

/* It has nothing to notice the walk by. */
static int stops_again_after_a_walk(void) {
  if (!serve_one())
    return 2;
  close(0);
  close(1);
  close(2);
  hvuv_server_stop(&server, 3600000, on_stopped);
  stranger_closes_all(&loop, NULL);
  hvuv_server_stop(&server, 0, NULL);
  return ends() ? 0 : 4;
}

static void expect_of_a_child(int (*act)(void)) {
  int status;
  pid_t pid;

  pid = fork();
  if (pid == 0) {
    alarm(CHILD_SECONDS);
    _exit(act());
  }
  assert_true(pid > 0);
  assert_int_equal(waitpid(pid, &status, 0), pid);
  assert_int_equal(status, 0);
}

static void a_server_stops_with_a_grace(void** state) {
  (void) state;
  expect_of_a_child(stops_with_a_grace);
}

static void a_server_stops_again_after_a_walk(void** state) {
  (void) state;
  expect_of_a_child(stops_again_after_a_walk);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_server_stops_with_a_grace),
      cmocka_unit_test(a_server_stops_again_after_a_walk),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
