/* The verbs of sys.h on Winsock, on real TCP sockets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/between.h"
#include "support/emulation/imported.h"
#include "support/net.h"
#include "sys/sys_win.h"

#define MEBIBYTE ((size_t) 1024 * 1024)

typedef int(WSAAPI* send_fn)(SOCKET,
                             WSABUF*,
                             DWORD,
                             DWORD*,
                             DWORD,
                             WSAOVERLAPPED*,
                             LPWSAOVERLAPPED_COMPLETION_ROUTINE);

static int send_failure; /* the number of each send; 0: they go well */
static DWORD send_limit; /* more bytes are WSAENOBUFS; 0: there is none */
static int send_calls;

static uv_os_sock_t tcp_socket(void) {
  uv_os_sock_t sock;

  assert_int_equal(hvuv__sys_socket(AF_INET, IPPROTO_TCP, &sock), 0);
  return sock;
}

static void blocking_pair(uv_os_sock_t socks[2]) {
  assert_int_equal(net_tcp_pair(socks), 0);
}

/* --- Sockets ----------------------------------------------------------------
 */

static void sockets_are_ours_alone_and_do_not_block(void** state) {
  struct sockaddr_storage name;
  struct sockaddr_in at;
  uv_os_sock_t listener;
  uv_os_sock_t accepted;
  uv_os_sock_t caller;
  size_t len;
  char byte;

  (void) state;
  caller = tcp_socket();
  assert_int_equal(net_is_inherited(caller), 0);
  assert_int_equal(net_tcp_listen(&listener, &at), 0);
  hvuv__sys_own(listener);
  len = sizeof(name);
  assert_int_equal(
      hvuv__sys_accept(listener, &accepted, (struct sockaddr*) &name, &len),
      UV_EAGAIN);

  hvuv__sys_connect(caller, (struct sockaddr*) &at, sizeof(at));
  assert_int_equal(net_await(listener, 1, 10000), 0);
  len = sizeof(name);
  assert_int_equal(
      hvuv__sys_accept(listener, &accepted, (struct sockaddr*) &name, &len), 0);
  assert_int_equal(len, sizeof(at));
  assert_int_equal(net_is_inherited(accepted), 0);
  assert_int_equal(hvuv__sys_recv(accepted, &byte, 1), UV_EAGAIN);
  assert_int_equal(hvuv__sys_peek(accepted, &byte, 1), UV_EAGAIN);
  hvuv__sys_close(accepted);
  hvuv__sys_close(caller);
  hvuv__sys_close(listener);
}

static void an_unknown_family_is_not_there(void** state) {
  uv_os_sock_t sock;

  (void) state;
  assert_int_equal(hvuv__sys_socket(12345, 0, &sock), UV_EAFNOSUPPORT);
  assert_int_equal(hvuv__sys_original(UV_EAFNOSUPPORT), WSAEAFNOSUPPORT);
}

static void foreign_sockets_are_looked_at(void** state) {
  enum hvuv__sock_kind kind;
  struct sockaddr_in at;
  uv_os_sock_t socks[2];
  uv_os_sock_t sock;

  (void) state;
  assert_int_equal(hvuv__sys_inspect(INVALID_SOCKET, &kind), UV_ENOTSOCK);
  assert_int_equal(net_socket(AF_INET, SOCK_DGRAM, &sock), 0);
  assert_int_equal(hvuv__sys_inspect(sock, &kind), UV_EINVAL);
  net_close(sock);
  assert_int_equal(hvuv__sys_inspect(sock, &kind), UV_ENOTSOCK);

  sock = tcp_socket();
  assert_int_equal(hvuv__sys_inspect(sock, &kind), UV_ENOTCONN);
  hvuv__sys_close(sock);

  blocking_pair(socks);
  assert_int_equal(hvuv__sys_inspect(socks[0], &kind), 0);
  assert_int_equal(kind, HVUV__SOCK_CONNECTED);
  hvuv__sys_close(socks[0]);
  hvuv__sys_close(socks[1]);

  assert_int_equal(net_tcp_listen(&sock, &at), 0);
  assert_int_equal(hvuv__sys_inspect(sock, &kind), 0);
  assert_int_equal(kind, HVUV__SOCK_LISTENING);
  hvuv__sys_close(sock);
}

/* --- How a connect ends
 * ------------------------------------------------------- */

/* What it comes to, after UV_EAGAINs. */
static int await_connect(uv_os_sock_t sock) {
  int result;
  int i;

  result = UV_EAGAIN;
  for (i = 0; i < 1000 && result == UV_EAGAIN; i++) {
    net_await(sock, 0, 10);
    result = hvuv__sys_connect_result(sock);
  }
  return result;
}

static void a_connect_that_succeeds_says_so(void** state) {
  struct sockaddr_in at;
  uv_os_sock_t listener;
  uv_os_sock_t sock;
  int r;

  (void) state;
  assert_int_equal(net_tcp_listen(&listener, &at), 0);
  sock = tcp_socket();
  r = hvuv__sys_connect(sock, (struct sockaddr*) &at, sizeof(at));
  assert_between(r, 0, HVUV__IN_PROGRESS);
  assert_int_equal(await_connect(sock), 0);
  assert_int_equal(hvuv__sys_connect_result(sock), 0);
  hvuv__sys_close(sock);
  hvuv__sys_close(listener);
}

static void a_connect_that_is_refused_says_so(void** state) {
  struct sockaddr_in at;
  uv_os_sock_t bound;
  uv_os_sock_t sock;
  size_t len;
  int r;

  (void) state;
  bound = tcp_socket(); /* and does not listen */
  memset(&at, 0, sizeof(at));
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  assert_int_equal(hvuv__sys_bind(bound, (struct sockaddr*) &at, sizeof(at)),
                   0);
  len = sizeof(at);
  assert_int_equal(hvuv__sys_getsockname(bound, (struct sockaddr*) &at, &len),
                   0);

  sock = tcp_socket();
  r = hvuv__sys_connect(sock, (struct sockaddr*) &at, sizeof(at));
  if (r == HVUV__IN_PROGRESS)
    r = await_connect(sock);
  assert_int_equal(r, UV_ECONNREFUSED);
  assert_int_equal(hvuv__sys_original(UV_ECONNREFUSED), WSAECONNREFUSED);
  hvuv__sys_close(sock);
  hvuv__sys_close(bound);
}

/* A listener that accepts nobody and whose backlog is full: Linux, under Wine,
 * lets callers wait; Windows refuses them. */
static void a_connect_under_way_is_not_done(void** state) {
  struct sockaddr_in at;
  uv_os_sock_t callers[8];
  uv_os_sock_t listener;
  size_t len;
  int r;
  int i;

  (void) state;
  listener = tcp_socket();
  memset(&at, 0, sizeof(at));
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  len = sizeof(at);
  assert_int_equal(hvuv__sys_bind(listener, (struct sockaddr*) &at, sizeof(at)),
                   0);
  assert_int_equal(
      hvuv__sys_getsockname(listener, (struct sockaddr*) &at, &len), 0);
  assert_int_equal(hvuv__sys_listen(listener, 1), 0);

  r = 0;
  for (i = 0; i < 8; i++) {
    callers[i] = tcp_socket();
    r = hvuv__sys_connect(callers[i], (struct sockaddr*) &at, sizeof(at));
    if (r == HVUV__IN_PROGRESS) {
      net_await(callers[i], 0, 20);
      r = hvuv__sys_connect_result(callers[i]);
    }
  }
  assert_true(r == UV_EAGAIN || r == UV_ECONNREFUSED);
  for (i = 0; i < 8; i++)
    hvuv__sys_close(callers[i]);
  hvuv__sys_close(listener);
}

static void a_connect_that_was_not_made_is_not_done(void** state) {
  uv_os_sock_t sock;

  (void) state;
  sock = tcp_socket();
  assert_int_not_equal(hvuv__sys_connect_result(sock), 0);
  hvuv__sys_close(sock);
}

/* --- Sending and ending
 * --------------------------------------------------------- */

static void a_send_takes_no_more_than_a_mebibyte(void** state) {
  uv_os_sock_t socks[2];
  uv_buf_t bufs[4];
  char* big;

  (void) state;
  blocking_pair(socks);
  hvuv__sys_own(socks[0]);
  big = calloc(8, MEBIBYTE);
  assert_non_null(big);
  bufs[0] = uv_buf_init(big, 0);
  bufs[1] = uv_buf_init(big, (unsigned int) (8 * MEBIBYTE));
  assert_between(hvuv__sys_send(socks[0], bufs, 2), 1, MEBIBYTE);
  free(big);
  hvuv__sys_close(socks[0]);
  hvuv__sys_close(socks[1]);
}

static void a_send_gathers_what_fits(void** state) {
  static char many[4][1000];
  uv_os_sock_t socks[2];
  uv_buf_t bufs[5];
  char* big;
  int i;

  (void) state;
  blocking_pair(socks);
  hvuv__sys_own(socks[0]);
  big = calloc(2, MEBIBYTE);
  assert_non_null(big);
  for (i = 0; i < 4; i++)
    bufs[i] = uv_buf_init(many[i], sizeof(many[i]));
  bufs[4] = uv_buf_init(big, (unsigned int) (2 * MEBIBYTE));
  assert_int_equal(hvuv__sys_send(socks[0], bufs, 4), 4000);
  assert_int_equal(hvuv__sys_send(socks[0], bufs, 5), 4000);
  free(big);
  hvuv__sys_close(socks[0]);
  hvuv__sys_close(socks[1]);
}

static void the_end_is_zero_bytes(void** state) {
  uv_os_sock_t socks[2];
  uv_buf_t buf;
  char byte;

  (void) state;
  blocking_pair(socks);
  assert_int_equal(hvuv__sys_shutdown(socks[0]), 0);
  assert_int_equal(hvuv__sys_recv(socks[1], &byte, 1), 0);
  buf = uv_buf_init(&byte, 1);
  assert_int_equal(hvuv__sys_send(socks[0], &buf, 1), UV_EPIPE);
  assert_int_equal(hvuv__sys_original(UV_EPIPE), WSAESHUTDOWN);
  hvuv__sys_close(socks[0]);
  hvuv__sys_close(socks[1]);
}

static void no_bytes_are_not_sent(void** state) {
  uv_buf_t bufs[2];

  (void) state;
  bufs[0] = bufs[1] = uv_buf_init(NULL, 0);
  assert_int_equal(hvuv__sys_send(INVALID_SOCKET, bufs, 2), 0);
  assert_int_equal(hvuv__sys_send(INVALID_SOCKET, bufs, 0), 0);
}

static int WSAAPI send_that_fails(SOCKET sock,
                                  WSABUF* bufs,
                                  DWORD count,
                                  DWORD* sent,
                                  DWORD flags,
                                  WSAOVERLAPPED* overlapped,
                                  LPWSAOVERLAPPED_COMPLETION_ROUTINE done) {
  send_fn real;
  FARPROC proc;
  DWORD bytes = 0;
  DWORD i;

  for (i = 0; i < count; i++)
    bytes += bufs[i].len;
  send_calls++;
  if (send_failure != 0 || (send_limit != 0 && bytes > send_limit)) {
    WSASetLastError(send_failure != 0 ? send_failure : WSAENOBUFS);
    return SOCKET_ERROR;
  }
  proc = GetProcAddress(GetModuleHandleA("ws2_32.dll"), "WSASend");
  memcpy(&real, &proc, sizeof(real));
  return real(sock, bufs, count, sent, flags, overlapped, done);
}

extern send_fn __imp_WSASend
    IMPORTED(WSASend, (SOCKET, WSABUF*, DWORD, DWORD*, DWORD, void*, void*) );
send_fn __imp_WSASend = send_that_fails;

static void the_end_breaks_a_sender(void** state) {
  static const int numbers[] = {
      ERROR_BROKEN_PIPE, WSAEDISCON, ERROR_NO_DATA, WSAESHUTDOWN};
  char byte = 'x';
  uv_buf_t buf;
  size_t i;

  (void) state;
  buf = uv_buf_init(&byte, 1);
  for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
    send_failure = numbers[i];
    assert_int_equal(hvuv__sys_send(INVALID_SOCKET, &buf, 1), UV_EPIPE);
    assert_int_equal(hvuv__sys_original(UV_EPIPE), numbers[i]);
  }
  send_failure = 0;
}

/* As of a provider that takes so many bytes at once, and no more. */
static void what_is_too_much_for_the_system_is_sent_in_part(void** state) {
  uv_os_sock_t socks[2];
  uv_buf_t bufs[4];
  char* big;

  (void) state;
  blocking_pair(socks);
  hvuv__sys_own(socks[0]);
  big = calloc(1, MEBIBYTE);
  assert_non_null(big);
  bufs[0] = bufs[1] = uv_buf_init(big, 0);
  bufs[2] = uv_buf_init(big, 100 * 1024);
  bufs[3] = uv_buf_init(big, 200 * 1024);
  send_limit = 80 * 1024;
  send_calls = 0;
  assert_int_equal(hvuv__sys_send(socks[0], bufs, 4), 300 * 1024 / 4);
  assert_int_equal(send_calls, 2);
  send_limit = 20 * 1024;
  assert_int_equal(hvuv__sys_send(socks[0], bufs, 4), 300 * 1024 / 16);
  bufs[2].len = 10; /* no more than the first with bytes */
  assert_int_equal(hvuv__sys_send(socks[0], bufs, 4), 10);
  send_limit = 0;
  free(big);
  hvuv__sys_close(socks[0]);
  hvuv__sys_close(socks[1]);
}

static void want_of_memory_is_asked_six_times_at_most(void** state) {
  uv_buf_t buf;
  char* big;

  (void) state;
  big = calloc(1, MEBIBYTE);
  assert_non_null(big);
  buf = uv_buf_init(big, MEBIBYTE);
  send_failure = WSAENOBUFS;
  send_calls = 0;
  assert_int_equal(hvuv__sys_send(INVALID_SOCKET, &buf, 1), UV_ENOBUFS);
  assert_between(send_calls, 2, 6);
  buf.len = 1000;
  send_calls = 0;
  assert_int_equal(hvuv__sys_send(INVALID_SOCKET, &buf, 1), UV_ENOBUFS);
  assert_int_equal(send_calls, 1);
  send_failure = 0;
  free(big);
}

static void what_is_not_connected_cannot_end(void** state) {
  uv_os_sock_t sock;

  (void) state;
  sock = tcp_socket();
  assert_int_equal(hvuv__sys_shutdown(sock), UV_ENOTCONN);
  hvuv__sys_close(sock);
}

/* --- The system's own numbers
 * ---------------------------------------------------- */

static void only_the_last_of_a_code_is_remembered(void** state) {
  enum hvuv__sock_kind kind;
  int value;
  int i;

  (void) state;
  for (i = 0; i < 20; i++)
    hvuv__sys_inspect(INVALID_SOCKET, &kind);
  assert_int_equal(hvuv__sys_original(UV_ENOTSOCK), WSAENOTSOCK);
  assert_int_equal(hvuv__sys_original(UV_EMFILE), 0);
  assert_int_equal(hvuv__sys_original(0), 0);
  assert_int_equal(hvuv__sys_original(UV_EAGAIN), 0);
  value = 0;
  assert_int_equal(
      hvuv__sys_setsockopt(INVALID_SOCKET, SOL_SOCKET, SO_SNDBUF, &value, 4),
      UV_ENOTSOCK);
}

static void numbers_of_files_and_drivers_are_remembered_too(void** state) {
  (void) state;
  assert_int_equal(hvuv__sys_error(ERROR_ACCESS_DENIED), UV_EACCES);
  assert_int_equal(hvuv__sys_original(UV_EACCES), ERROR_ACCESS_DENIED);
  assert_int_equal(hvuv__sys_error(ERROR_BROKEN_PIPE), UV_EOF);
  assert_int_equal(hvuv__sys_error(0xc0000001ul), UV_UNKNOWN);
  assert_int_equal(hvuv__sys_error(0), UV_UNKNOWN);
}

static void ask_in_another_thread(void* arg) {
  int* number = arg;

  *number = hvuv__sys_original(UV_ENOTSOCK);
}

static void what_one_thread_was_told_is_its_own(void** state) {
  enum hvuv__sock_kind kind;
  uv_thread_t thread;
  int number = -1;

  (void) state;
  hvuv__sys_inspect(INVALID_SOCKET, &kind);
  assert_int_equal(uv_thread_create(&thread, ask_in_another_thread, &number),
                   0);
  uv_thread_join(&thread);
  assert_int_equal(number, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(sockets_are_ours_alone_and_do_not_block),
      cmocka_unit_test(an_unknown_family_is_not_there),
      cmocka_unit_test(foreign_sockets_are_looked_at),
      cmocka_unit_test(a_connect_that_succeeds_says_so),
      cmocka_unit_test(a_connect_that_is_refused_says_so),
      cmocka_unit_test(a_connect_under_way_is_not_done),
      cmocka_unit_test(a_connect_that_was_not_made_is_not_done),
      cmocka_unit_test(a_send_takes_no_more_than_a_mebibyte),
      cmocka_unit_test(a_send_gathers_what_fits),
      cmocka_unit_test(the_end_is_zero_bytes),
      cmocka_unit_test(no_bytes_are_not_sent),
      cmocka_unit_test(the_end_breaks_a_sender),
      cmocka_unit_test(what_is_too_much_for_the_system_is_sent_in_part),
      cmocka_unit_test(want_of_memory_is_asked_six_times_at_most),
      cmocka_unit_test(what_is_not_connected_cannot_end),
      cmocka_unit_test(only_the_last_of_a_code_is_remembered),
      cmocka_unit_test(numbers_of_files_and_drivers_are_remembered_too),
      cmocka_unit_test(what_one_thread_was_told_is_its_own),
  };

  net_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
