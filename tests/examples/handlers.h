/* What the tests of the example handlers share: one of the servers as a process
 * of its own on local://, in a folder of the test's own; programs that call it;
 * and peers that are bare Unix sockets. On Windows no program can send another a
 * signal, so there they are killed, and how they stop is not seen. Include it last. */
#ifndef HVUV_TESTS_EXAMPLES_HANDLERS_H
#define HVUV_TESTS_EXAMPLES_HANDLERS_H

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/endpoint.h"
#include "support/files.h"
#include "support/peer.h"
#include "support/process.h"

#define PEER_ROOM 262144

/* A bare socket, and all that it has read as text. */
typedef struct bare_s {
  uv_os_sock_t fd;
  size_t nbytes;
  char text[PEER_ROOM];
} bare_t;

static const char* server_path;
static const char* socket_name; /* where the server listens by default */
static process_t server;
static int descriptors;

static inline int setup(void** state) {
  (void) state;
  net_ignore_sigpipe();
  descriptors = endpoint_count_descriptors();
  endpoint_open();
  return 0;
}

static inline int teardown(void** state) {
  (void) state;
  process_end_all();
  endpoint_close();
  return endpoint_count_descriptors() == descriptors ? 0 : -1;
}

static inline void expect_in(const char* text, const char* part) {
  if (strstr(text, part) == NULL)
    fail_msg("\"%s\" is not in: %s", part, text);
}

static inline void serve_at(const char* address) {
  const char* argv[] = {server_path, address, NULL};

  process_start(&server, argv);
  if (!process_await(&server, "Listening on ")) {
    process_finish(&server);
    fail_msg("the server does not listen: %s", server.told);
  }
}

static inline void serve(void) {
  serve_at(NULL);
}

static inline void skip_without_signals(void) {
  if (!net_is_posix()) {
    print_message("On Windows no program can send another a signal\n");
    skip();
  }
}

/* Where a close that leaves bytes unread resets the connection. */
static inline void skip_without_resets(void) {
  if (!net_is_posix()) {
    print_message(
        "What a close with bytes unread does to a Unix socket's peer on "
        "Windows this project has not seen\n");
    skip();
  }
}

/* With what it told; it must have gone in order. */
static inline void expect_stop(int signum) {
  char line[64];
  char path[ENDPOINT_ROOM];

  process_signal(&server, signum);
  if (!net_is_posix()) {
    process_finish(&server);
    return;
  }
  if (process_finish(&server) != 0)
    fail_msg("it ends with %d: %s", server.code, server.told);
  snprintf(line, sizeof(line), "Stopping on signal %d\n", signum);
  expect_in(server.said, line);
  assert_int_equal(endpoint_count_files(endpoint_path("l/host", path)), 0);
}

static inline void expect_silent_stop(void) {
  expect_stop(SIGTERM);
  assert_string_equal(server.told, "");
}

/* --- Bare peers */

/* As the host itself, or as a VM, whose id is given as 32 digits. */
static inline void bare_connect(bare_t* bare, const char* vm) {
  static int count;
  char path[ENDPOINT_ROOM];
  char name[ENDPOINT_ROOM];
  char relative[64];

  if (vm != NULL) {
    snprintf(relative, sizeof(relative), "l/%s", vm);
    if (files_kind_of(endpoint_path(relative, name)) == FILES_NONE)
      files_make_folder(name);
    snprintf(relative, sizeof(relative), "l/%s/%d", vm, count++);
    endpoint_path(relative, name);
  }
  memset(bare, 0, sizeof(*bare));
  bare->fd =
      peer_connect(endpoint_path(socket_name, path), vm != NULL ? name : NULL);
  assert_true(bare->fd != NET_NONE);
}

static inline void bare_send(const bare_t* bare,
                             const void* bytes,
                             size_t nbytes) {
  assert_int_equal(net_send(bare->fd, bytes, nbytes), nbytes);
}

static inline void bare_say(const bare_t* bare, const char* text) {
  bare_send(bare, text, strlen(text));
}

/* Reads once. Returns 0 at the end. */
static inline int bare_read(bare_t* bare) {
  ssize_t n;

  if (bare->nbytes + 1 == PEER_ROOM)
    fail_msg("more has come than there is room for");
  if (peer_await(bare->fd) != 0)
    fail_msg("nothing comes; so far: %s", bare->text);
  n = net_recv(
      bare->fd, bare->text + bare->nbytes, PEER_ROOM - 1 - bare->nbytes);
  bare->nbytes += n > 0 ? (size_t) n : 0;
  bare->text[bare->nbytes] = '\0';
  return n > 0;
}

static inline void bare_await(bare_t* bare, const char* part) {
  while (strstr(bare->text, part) == NULL)
    if (!bare_read(bare))
      fail_msg("\"%s\" is not in: %s", part, bare->text);
}

/* Reads to the end, which may be a reset. */
static inline void bare_finish(bare_t* bare) {
  while (bare_read(bare)) {
  }
  net_close(bare->fd);
}

#define TEST(function)                                                         \
  cmocka_unit_test_setup_teardown(function, setup, teardown)

#endif /* HVUV_TESTS_EXAMPLES_HANDLERS_H */
