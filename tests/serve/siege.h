/*
 * A server under attack: hundreds of callers that know nothing of hvuv and mean
 * no good, and honest ones that are served meanwhile, all in one loop.
 *
 *   siege_up(&options);            listens: local://any/5000, in a place of its own
 *   siege_call(X, n);              n callers as that VM
 *   siege.step = step;             what each does in each turn
 *   siege_run();                   until none of them gets any further
 *   ms = siege_serve(Y);           another calls, and has its echo: how long it took
 *   siege_down();
 *
 * A message has its size in front, four bytes, big end first. One that begins
 * with 'b' is answered by SIEGE_ANSWER_BYTES, any other by its echo.
 */
#ifndef HVUV_TESTS_SERVE_SIEGE_H
#define HVUV_TESTS_SERVE_SIEGE_H

#include <stddef.h>
#include <hvuv.h>

#include "support/net.h"

#define SIEGE_CALLERS_MAX  1200
#define SIEGE_ANSWER_BYTES 1048576

/* The VMs that call: 32 digits, as in the paths of their sockets. */
#define SIEGE_X    "6e0b8e9c4c6c4c0e9a9e0f6f0a1b2c3d"
#define SIEGE_X_ID "6e0b8e9c-4c6c-4c0e-9a9e-0f6f0a1b2c3d"
#define SIEGE_Y    "71d9c3a02f0d4b578a273d5ce21a9b10"

typedef struct siege_caller_s {
  uv_os_sock_t sock; /* NET_NONE: it was closed, or is not used */
  size_t sent;
  size_t received;
} siege_caller_t;

typedef struct siege_s {
  uv_loop_t loop;
  hvuv_server_t server;
  hvuv_protocol_t protocol;
  hvuv_stats_t stats; /* as siege_look() saw it */

  siege_caller_t callers[SIEGE_CALLERS_MAX];
  int ncallers;

  /* One caller does what it does. Returns whether it got any further. */
  int (*step)(siege_caller_t* caller);

  /* The server does something in each turn with each connection of X; NULL:
   * nothing. */
  void (*feed)(hvuv_conn_t* conn, void* arg);

  int closed_over_memory; /* connections, with UV_ENOSPC */
  int closed_otherwise;   /* with another error */
  int has_stopped;
} siege_t;

extern siege_t siege;

/* Where it listens, and how a caller connects there; what is said above, unless
 * a test has other ways. */
extern const char* siege_address;
extern uv_os_sock_t (*siege_connect)(const char* vm);

void siege_options(hvuv_server_options_t* options); /* what siege_up() wants */
void siege_up(const hvuv_server_options_t* options);
void siege_down(void);

/* One more descriptor for each of so many callers at both ends. 0, or the test
 * is to be skipped. */
int siege_need(int ncallers);

/* So many more callers as this VM, connected. */
void siege_call(const char* vm, int n);

/* One more, which the test closes itself. */
uv_os_sock_t siege_dial(const char* vm);

/* Without waiting: NET_NONE if the backlog is full. */
uv_os_sock_t siege_try_call(const char* vm);

/* One turn of everything; whether somebody got further. */
int siege_turn(void);
void siege_run(void);
void siege_look(void);

/* A caller as this VM connects, says something, has its echo and goes: the
 * milliseconds that took. Fails the test if it is not served. */
double siege_serve(const char* vm);

/* The same with one that stays, and is asked again and again. */
uv_os_sock_t siege_befriend(const char* vm);
double siege_ask(uv_os_sock_t sock);

/* For step: sends the next of a row of bytes that goes on for ever, up to
 * `most` in total; reads what has come. Whether anything went. */
int siege_send(siege_caller_t* caller,
               const char* bytes,
               size_t nbytes,
               size_t most);
int siege_read(siege_caller_t* caller, size_t most);

#endif /* HVUV_TESTS_SERVE_SIEGE_H */
