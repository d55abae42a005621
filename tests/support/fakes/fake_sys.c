/* sys.h from a script. Never asserts by itself: it runs inside callbacks. */
#include "sys/sys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake_script.h"

/* No real descriptor has such a number. */
#define FIRST_SOCK  1000000
#define SOCKS_MAX   512
#define OPTION_ROOM 32

typedef struct fake_socket_s {
  int is_open;
  int is_owned;
  int is_connecting;
  int was_reset;
  enum hvuv__sock_kind kind;
  char* sent;
  size_t sent_size;
} fake_socket_t;

static fake_socket_t sockets[SOCKS_MAX];
static int socket_count;
static unsigned int last_send_bufs;
static ssize_t send_limit; /* 0 none */
static char option_to_find[OPTION_ROOM];
static char option_given[OPTION_ROOM];
static char options_given[256];
static int last_domain;
static int last_protocol;
static struct sockaddr_storage bound_name;
static int last_backlog;
static struct sockaddr_storage connected_name;

void fake_sys_reset(void) {
  int i;

  fake_script_reset();
  for (i = 0; i < socket_count; i++)
    free(sockets[i].sent);
  memset(sockets, 0, sizeof(sockets));
  socket_count = 0;
  last_send_bufs = 0;
  fake_send_limit(0);
  memset(option_to_find, 0, sizeof(option_to_find));
  memset(option_given, 0, sizeof(option_given));
  options_given[0] = '\0';
  last_domain = 0;
  last_protocol = 0;
  memset(&bound_name, 0, sizeof(bound_name));
  memset(&connected_name, 0, sizeof(connected_name));
}

void fake_sys_check(void) {
  const char* trouble;

  if (fake_count_open() != 0)
    fake_complain("sockets were not closed", "close", fake_count_open());
  trouble = fake_script_trouble();
  if (trouble[0] != '\0')
    fail_msg("%s", trouble);
}

/* --- Sockets ------------------------------------------------------------- */

static fake_socket_t* find(uv_os_sock_t sock) {
  long i;

  i = (long) sock - FIRST_SOCK;
  return i >= 0 && i < socket_count ? &sockets[i] : NULL;
}

static uv_os_sock_t number(int i) {
  return (uv_os_sock_t) (FIRST_SOCK + i);
}

static uv_os_sock_t make(enum hvuv__sock_kind kind) {
  if (socket_count == SOCKS_MAX) {
    fake_complain("too many sockets", "socket", SOCKS_MAX);
    return number(0);
  }
  sockets[socket_count].is_open = 1;
  sockets[socket_count].kind = kind;
  return number(socket_count++);
}

uv_os_sock_t fake_connected_socket(void) {
  return make(HVUV__SOCK_CONNECTED);
}

uv_os_sock_t fake_listening_socket(void) {
  return make(HVUV__SOCK_LISTENING);
}

int fake_is_open(uv_os_sock_t sock) {
  return find(sock) != NULL && find(sock)->is_open;
}

int fake_is_owned(uv_os_sock_t sock) {
  return find(sock) != NULL && find(sock)->is_owned;
}

int fake_was_reset(uv_os_sock_t sock) {
  return find(sock) != NULL && find(sock)->was_reset;
}

void fake_finish_connect(uv_os_sock_t sock) {
  find(sock)->is_connecting = 0;
}

int fake_count_open(void) {
  int n;
  int i;

  n = 0;
  for (i = 0; i < socket_count; i++)
    n += sockets[i].is_open;
  return n;
}

int fake_backlog(void) {
  return last_backlog;
}

uv_os_sock_t fake_newest_socket(void) {
  return number(socket_count - 1);
}

void fake_close(uv_os_sock_t sock) {
  find(sock)->is_open = 0;
}

void fake_send_limit(size_t n) {
  send_limit = (ssize_t) n;
}

const char* fake_sent(uv_os_sock_t sock) {
  fake_socket_t* socket;

  socket = find(sock);
  return socket == NULL || socket->sent == NULL ? "" : socket->sent;
}

size_t fake_sent_size(uv_os_sock_t sock) {
  return find(sock) == NULL ? 0 : find(sock)->sent_size;
}

void fake_option(const void* value, size_t len) {
  memcpy(option_to_find, value, len);
}

void fake_last_option(void* value, size_t len) {
  memcpy(value, option_given, len);
}

const char* fake_options(void) {
  return options_given;
}

void fake_last_kind(int* domain, int* protocol) {
  *domain = last_domain;
  *protocol = last_protocol;
}

unsigned int fake_last_send_bufs(void) {
  return last_send_bufs;
}

const struct sockaddr_storage* fake_bound_name(void) {
  return &bound_name;
}

const struct sockaddr_storage* fake_connected_name(void) {
  return &connected_name;
}

/* --- sys.h --------------------------------------------------------------- */

int hvuv__sys_socket(int domain, int protocol, uv_os_sock_t* sock) {
  ssize_t result;

  last_domain = domain;
  last_protocol = protocol;
  result = fake_answer(FAKE_SOCKET, HVUV__NO_SOCK);
  if (result == 0)
    *sock = make(HVUV__SOCK_CONNECTED);
  return (int) result;
}

int hvuv__sys_inspect(uv_os_sock_t sock, enum hvuv__sock_kind* kind) {
  ssize_t result;

  result = fake_answer(FAKE_INSPECT, sock);
  if (result == 0)
    *kind = find(sock)->kind;
  return (int) result;
}

void hvuv__sys_own(uv_os_sock_t sock) {
  if (fake_is_open(sock))
    find(sock)->is_owned = 1;
  else
    fake_complain("not an open socket", "own", (long) sock);
}

static void keep_name(struct sockaddr_storage* to,
                      const struct sockaddr* name,
                      size_t len) {
  memset(to, 0, sizeof(*to));
  memcpy(to, name, len);
}

int hvuv__sys_bind(uv_os_sock_t sock, const struct sockaddr* name, size_t len) {
  keep_name(&bound_name, name, len);
  return (int) fake_answer(FAKE_BIND, sock);
}

int hvuv__sys_listen(uv_os_sock_t sock, int backlog) {
  last_backlog = backlog;
  return (int) fake_answer(FAKE_LISTEN, sock);
}

int hvuv__sys_connect(uv_os_sock_t sock,
                      const struct sockaddr* name,
                      size_t len) {
  int result;

  keep_name(&connected_name, name, len);
  result = (int) fake_answer(FAKE_CONNECT, sock);
  if (find(sock) != NULL)
    find(sock)->is_connecting = result == HVUV__IN_PROGRESS;
  return result;
}

const unsigned int hvuv__sys_accepts_per_wake = 1;

int hvuv__sys_accept(uv_os_sock_t server,
                     uv_os_sock_t* sock,
                     struct sockaddr* name,
                     size_t* len) {
  ssize_t result;

  result = fake_answer(FAKE_ACCEPT, server);
  if (result != 0)
    return (int) result;
  if (name != NULL)
    fake_tell_name(FAKE_ACCEPT, name, len);
  *sock = make(HVUV__SOCK_CONNECTED);
  return 0;
}

int hvuv__sys_take_error(uv_os_sock_t sock) {
  return (int) fake_answer(FAKE_TAKE_ERROR, sock);
}

/* A system that does not say. */
int hvuv__sys_peer_state(uv_os_sock_t sock) {
  (void) sock;
  return UV_ENOTSUP;
}

int hvuv__sys_outstanding(uv_os_sock_t sock, size_t* bytes) {
  (void) sock;
  *bytes = 0;
  return UV_ENOTSUP;
}

const int hvuv__sys_close_ends = 1;
const int hvuv__sys_pipes_half_close = 1;

int hvuv__sys_connect_result(uv_os_sock_t sock) {
  return (int) fake_answer(FAKE_TAKE_ERROR, sock);
}

int hvuv__sys_watch_forks(void (*before)(void),
                          void (*in_parent)(void),
                          void (*in_child)(void)) {
  (void) before;
  (void) in_parent;
  (void) in_child;
  return 0;
}

void hvuv__sys_block_signals(void) {
}

const int hvuv__sys_rings_open_only = 0;

int hvuv__sys_original(int status) {
  (void) status;
  return 0;
}

ssize_t hvuv__sys_recv(uv_os_sock_t sock, char* base, size_t len) {
  return fake_receive(FAKE_RECV, sock, base, len);
}

ssize_t hvuv__sys_peek(uv_os_sock_t sock, char* base, size_t len) {
  return fake_receive(FAKE_PEEK, sock, base, len);
}

static void keep_sent(fake_socket_t* socket,
                      const uv_buf_t bufs[],
                      unsigned int nbufs,
                      size_t n) {
  unsigned int i;
  size_t step;
  char* grown;

  grown = realloc(socket->sent, socket->sent_size + n + 1);
  if (grown == NULL)
    return;
  socket->sent = grown;
  for (i = 0; i < nbufs && n > 0; i++) {
    step = bufs[i].len < n ? bufs[i].len : n;
    if (step > 0)
      memcpy(socket->sent + socket->sent_size, bufs[i].base, step);
    socket->sent_size += step;
    n -= step;
  }
  socket->sent[socket->sent_size] = '\0';
}

static size_t count_bytes(const uv_buf_t bufs[], unsigned int nbufs) {
  size_t bytes;
  unsigned int i;

  bytes = 0;
  for (i = 0; i < nbufs; i++)
    bytes += bufs[i].len;
  return bytes;
}

ssize_t hvuv__sys_send(uv_os_sock_t sock,
                       const uv_buf_t bufs[],
                       unsigned int nbufs) {
  ssize_t offered;
  ssize_t result;

  last_send_bufs = nbufs;
  if (nbufs == 0 || nbufs > HVUV__SEND_BUFS_MAX)
    fake_complain("so many buffers", "send", (long) nbufs);

  if (fake_kernel() != NULL && fake_is_open(sock))
    fake_kernel()->offered(sock, bufs, nbufs);
  offered = (ssize_t) count_bytes(bufs, nbufs);
  result = fake_answer(FAKE_SEND, sock);
  if (result == FAKE_ALL)
    result = send_limit > 0 && send_limit < offered ? send_limit : offered;
  if (result > offered) {
    fake_complain("more than was offered", "send", (long) result);
    result = offered;
  }
  if (result >= 0 && fake_is_open(sock) && fake_kernel() == NULL)
    keep_sent(find(sock), bufs, nbufs, (size_t) result);
  return result;
}

int hvuv__sys_shutdown(uv_os_sock_t sock) {
  return (int) fake_answer(FAKE_SHUTDOWN, sock);
}

void hvuv__sys_close(uv_os_sock_t sock) {
  fake_trace_word("(close)");
  if (fake_is_open(sock))
    fake_close(sock);
  else
    fake_complain("not an open socket", "close", (long) sock);
}

void hvuv__sys_close_reset(uv_os_sock_t sock) {
  if (find(sock) != NULL)
    find(sock)->was_reset = 1;
  hvuv__sys_close(sock);
}

static int tell_result(enum fake_verb verb,
                       uv_os_sock_t sock,
                       struct sockaddr* name,
                       size_t* len) {
  ssize_t result;

  result = fake_answer(verb, sock);
  if (result == 0)
    fake_tell_name(verb, name, len);
  return (int) result;
}

int hvuv__sys_getsockname(uv_os_sock_t sock,
                          struct sockaddr* name,
                          size_t* len) {
  return tell_result(FAKE_GETSOCKNAME, sock, name, len);
}

int hvuv__sys_getpeername(uv_os_sock_t sock,
                          struct sockaddr* name,
                          size_t* len) {
  if (find(sock) != NULL && find(sock)->is_connecting)
    return UV_ENOTCONN;
  return tell_result(FAKE_GETPEERNAME, sock, name, len);
}

static void note_option(int level, int option, const void* value, size_t len) {
  size_t used;
  int number;

  if (len != sizeof(number))
    return;
  memcpy(&number, value, sizeof(number));
  used = strlen(options_given);
  snprintf(options_given + used,
           sizeof(options_given) - used,
           "%s%d/%d=%d",
           used == 0 ? "" : " ",
           level,
           option,
           number);
}

int hvuv__sys_setsockopt(
    uv_os_sock_t sock, int level, int option, const void* value, size_t len) {
  ssize_t result;

  note_option(level, option, value, len);
  result = fake_answer(FAKE_SETSOCKOPT, sock);
  if (result == 0)
    memcpy(option_given, value, len);
  return (int) result;
}

int hvuv__sys_getsockopt(
    uv_os_sock_t sock, int level, int option, void* value, size_t len) {
  ssize_t result;

  (void) level;
  (void) option;
  result = fake_answer(FAKE_GETSOCKOPT, sock);
  if (result == 0)
    memcpy(value, option_to_find, len);
  return (int) result;
}
