/* The files that a `hybrid` listener makes: their names and modes, whose they
 * are, and what is left of them. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <uv.h>

#include "hvuv.h"
#include "support/endpoint.h"
#include "support/peer.h"

static uv_loop_t loop;
static hvuv_stream_t stream;
static hvuv_addr_t addr;
static char sock_place[ENDPOINT_ROOM];
static char lock_place[ENDPOINT_ROOM];
static mode_t mask;
static int descriptors;

static void on_connection(hvuv_stream_t* s, int status) {
  (void) s;
  (void) status;
}

static int setup(void** state) {
  char path[ENDPOINT_ROOM];
  hvuv_guid_t service;

  (void) state;
  descriptors = endpoint_count_descriptors();
  mask = umask(022);
  endpoint_open();
  endpoint_path("v.sock", path);
  endpoint_path("v.sock_52", sock_place);
  endpoint_path("v.sock_52.lock", lock_place);
  assert_int_equal(hvuv_service_from_port(52, &service), 0);
  assert_int_equal(hvuv_addr_hybrid(&addr, path, &service), 0);
  assert_int_equal(uv_loop_init(&loop), 0);
  assert_int_equal(hvuv_init(&loop, &stream), 0);
  return 0;
}

static int teardown(void** state) {
  (void) state;
  if (!hvuv_is_closing(&stream))
    hvuv_close(&stream, NULL);
  uv_run(&loop, UV_RUN_DEFAULT);
  if (uv_loop_close(&loop) != 0)
    return -1;
  endpoint_close();
  umask(mask);
  return endpoint_count_descriptors() == descriptors ? 0 : -1;
}

/* What libuv opens once is not taken for a leak. */
static int warm_up(void** state) {
  (void) state;
  return uv_loop_init(&loop) == 0 ? uv_loop_close(&loop) : -1;
}

static void listen_now(void) {
  assert_int_equal(hvuv_bind(&stream, &addr), 0);
  assert_int_equal(hvuv_listen(&stream, 8, on_connection), 0);
}

static int is_there(const char* path) {
  struct stat st;

  return lstat(path, &st) == 0;
}

static unsigned int mode_of(const char* path) {
  struct stat st;

  assert_int_equal(lstat(path, &st), 0);
  return (unsigned int) st.st_mode & 07777u;
}

/* --- Names and modes ------------------------------------------------------ */

static void two_files_are_made_and_both_go(void** state) {
  (void) state;
  listen_now();
  assert_int_equal(mode_of(sock_place), 0755);
  assert_int_equal(mode_of(lock_place), 0600);
  hvuv_close(&stream, NULL);
  assert_false(is_there(sock_place));
  assert_false(is_there(lock_place));
}

static void chmod_lets_everybody_write(void** state) {
  (void) state;
  listen_now();
  assert_int_equal(hvuv_chmod(&stream, UV_WRITABLE), 0);
  assert_int_equal(mode_of(sock_place), 0777);
  assert_int_equal(hvuv_chmod(&stream, UV_WRITABLE), 0); /* again */
  assert_int_equal(mode_of(sock_place), 0777);
  assert_int_equal(mode_of(lock_place), 0600);
}

static void each_flag_adds_its_own_bits(void** state) {
  (void) state;
  umask(0777);
  assert_int_equal(hvuv_bind(&stream, &addr), 0);
  umask(022);
  assert_int_equal(mode_of(sock_place), 0);
  assert_int_equal(hvuv_chmod(&stream, UV_READABLE), 0); /* not listening yet */
  assert_int_equal(mode_of(sock_place), 0444);
  assert_int_equal(hvuv_chmod(&stream, UV_READABLE | UV_WRITABLE), 0);
  assert_int_equal(mode_of(sock_place), 0666);
}

static void wrong_calls_of_chmod_are_refused(void** state) {
  (void) state;
  assert_int_equal(hvuv_chmod(NULL, UV_WRITABLE), UV_EINVAL);
  assert_int_equal(hvuv_chmod(&stream, UV_WRITABLE), UV_EBADF);
  listen_now();
  assert_int_equal(hvuv_chmod(&stream, 0), UV_EINVAL);
  assert_int_equal(hvuv_chmod(&stream, UV_DISCONNECT), UV_EINVAL);
  assert_int_equal(hvuv_chmod(&stream, UV_WRITABLE | 64), UV_EINVAL);
  hvuv_close(&stream, NULL);
  assert_int_equal(hvuv_chmod(&stream, UV_WRITABLE), UV_EINVAL);
}

static void what_has_no_mode_of_its_own_is_enotsup(void** state) {
  (void) state;
  assert_int_equal(
      hvuv_addr_local(&addr, &HVUV_VM_LOOPBACK, &addr.u.hybrid.service_id), 0);
  listen_now();
  assert_int_equal(hvuv_chmod(&stream, UV_WRITABLE), UV_ENOTSUP);
}

static void the_mode_of_anothers_file_stays(void** state) {
  int fd;

  (void) state;
  listen_now();
  assert_int_equal(unlink(sock_place), 0);
  assert_int_equal(hvuv_chmod(&stream, UV_WRITABLE), UV_ENOENT);
  fd = open(sock_place, O_CREAT | O_WRONLY, 0600);
  assert_true(fd >= 0);
  close(fd);
  assert_int_equal(hvuv_chmod(&stream, UV_WRITABLE), UV_ENOENT);
  assert_int_equal(mode_of(sock_place), 0600);
  assert_int_equal(unlink(sock_place), 0);

  fd = open(lock_place, O_WRONLY);
  assert_true(fd >= 0);
  close(fd);
  assert_int_equal(symlink(lock_place, sock_place), 0);
  assert_int_equal(hvuv_chmod(&stream, UV_WRITABLE), UV_ENOENT);
  assert_int_equal(mode_of(lock_place), 0600);
}

static int on_message(hvuv_conn_t* conn, const char* bytes, size_t size) {
  return hvuv_conn_send(conn, bytes, size);
}

static void a_servers_listeners_have_modes_as_well(void** state) {
  static const hvuv_protocol_t protocol = {.on_message = on_message};
  hvuv_server_t server;

  (void) state;
  assert_int_equal(hvuv_server_init(&loop, &server, NULL), 0);
  assert_int_equal(hvuv_server_chmod(&server, &addr, UV_WRITABLE), UV_ENOENT);
  assert_int_equal(hvuv_server_listen(&server, &addr, &protocol), 0);
  assert_int_equal(hvuv_server_chmod(NULL, &addr, UV_WRITABLE), UV_EINVAL);
  assert_int_equal(hvuv_server_chmod(&server, NULL, UV_WRITABLE), UV_EINVAL);
  assert_int_equal(hvuv_server_chmod(&server, &addr, 0), UV_EINVAL);
  assert_int_equal(mode_of(sock_place), 0755);
  assert_int_equal(hvuv_server_chmod(&server, &addr, UV_WRITABLE), 0);
  assert_int_equal(mode_of(sock_place), 0777);
  hvuv_server_stop(&server, 0, NULL);
  uv_run(&loop, UV_RUN_DEFAULT);
}

/* --- Whose they are ------------------------------------------------------- */

static void anothers_socket_stays_when_we_close(void** state) {
  int fd;

  (void) state;
  listen_now();
  assert_int_equal(unlink(sock_place), 0);
  fd = peer_bind(sock_place, 4);
  assert_true(fd >= 0);
  hvuv_close(&stream, NULL);
  assert_true(is_there(sock_place));
  close(fd);
}

/* As servers do that fork and exec, or serve in children. */
static void a_forked_childs_close_leaves_the_parents_socket(void** state) {
  int status;
  pid_t pid;
  int fd;

  (void) state;
  listen_now();
  pid = fork();
  if (pid == 0) {
    uv_loop_fork(&loop);
    hvuv_close(&stream, NULL);
    _exit(0);
  }
  assert_true(pid > 0);
  assert_int_equal(waitpid(pid, &status, 0), pid);
  assert_int_equal(status, 0);

  fd = peer_connect(sock_place, NULL);
  assert_true(fd >= 0);
  close(fd);
  hvuv_close(&stream, NULL);
  assert_false(is_there(sock_place));
  assert_false(is_there(lock_place));
}

static void what_a_killed_process_left_is_taken_over(void** state) {
  int ready[2];
  int status;
  char byte;
  pid_t pid;

  (void) state;
  assert_int_equal(pipe(ready), 0);
  pid = fork();
  if (pid == 0) {
    uv_loop_fork(&loop);
    if (hvuv_bind(&stream, &addr) == 0 &&
        hvuv_listen(&stream, 8, on_connection) == 0)
      (void) !write(ready[1], "x", 1);
    pause();
    _exit(1);
  }
  assert_true(pid > 0);
  assert_int_equal(read(ready[0], &byte, 1), 1);
  assert_int_equal(hvuv_bind(&stream, &addr), UV_EADDRINUSE);
  kill(pid, SIGKILL);
  assert_int_equal(waitpid(pid, &status, 0), pid);
  close(ready[0]);
  close(ready[1]);

  assert_true(is_there(sock_place));
  assert_true(is_there(lock_place));
  listen_now();
  hvuv_close(&stream, NULL);
  assert_false(is_there(sock_place));
  assert_false(is_there(lock_place));
}

#define TEST(function)                                                         \
  cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(two_files_are_made_and_both_go),
      TEST(chmod_lets_everybody_write),
      TEST(each_flag_adds_its_own_bits),
      TEST(wrong_calls_of_chmod_are_refused),
      TEST(what_has_no_mode_of_its_own_is_enotsup),
      TEST(the_mode_of_anothers_file_stays),
      TEST(a_servers_listeners_have_modes_as_well),
      TEST(anothers_socket_stays_when_we_close),
      TEST(a_forked_childs_close_leaves_the_parents_socket),
      TEST(what_a_killed_process_left_is_taken_over),
  };

  return cmocka_run_group_tests(tests, warm_up, NULL);
}
