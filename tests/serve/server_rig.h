/*
 * A server under test: an echo protocol whose callbacks count and do what the
 * test asks for, and callers that know nothing of hvuv.
 *
 *   setup     rig = server_rig_up();   ... options, protocol ...
 *   body      server_rig_start(rig);   listens over TCP
 *             sock = server_rig_call(rig);
 *             ... turns ... assert ...
 *   teardown  server_rig_down(rig);    stops the server, and checks its end
 *
 * Messages bear their size in four bytes, big end first.
 */
#ifndef HVUV_TESTS_SERVE_SERVER_RIG_H
#define HVUV_TESTS_SERVE_SERVER_RIG_H

#include <stddef.h>
#include <hvuv.h>

#include "support/net.h"

#define SERVER_RIG_CALLERS 64
#define SERVER_RIG_REASONS 4096

/* Callbacks, at which a test may have something done. */
enum server_rig_moment {
  AT_OPEN,
  AT_MESSAGE,
  AT_WRITABLE,
  AT_END,
  AT_CLOSE,
  AT_ACCEPT_ERROR,
  AT_REFUSED,
  MOMENTS
};

typedef struct server_rig_s server_rig_t;

/* conn is NULL at AT_ACCEPT_ERROR and AT_REFUSED. */
typedef void (*server_rig_act)(server_rig_t* rig, hvuv_conn_t* conn);

struct server_rig_s {
  uv_loop_t* loop;
  uv_timer_t tick;
  hvuv_server_t server;
  hvuv_server_options_t options;
  hvuv_protocol_t protocol;
  hvuv_stats_t stats; /* of server_rig_stats(), and as the server stopped */

  /* What happened. */
  int counts[MOMENTS];
  int reasons[SERVER_RIG_REASONS]; /* what on_close was told, in order */
  int accept_error;                /* the last */
  int refused_reason;              /* the last */
  hvuv_addr_t refused_peer;        /* the last; family 0: without a name */
  int unsent;                      /* echoes refused */
  int wrong; /* callbacks out of their order, or behind the stop */
  int stops;

  /* What is to be done, once or each time. */
  server_rig_act acts[MOMENTS];
  server_rig_act acts_each[MOMENTS];
  int open_answer;
  int message_answer;
  int is_silent; /* does not echo */
  void* data;

  int is_up;
  int turns_left;
  uint64_t deadline_ns;
  struct sockaddr_in at;
  uv_os_sock_t callers[SERVER_RIG_CALLERS];
  int ncallers;
};

server_rig_t* server_rig_up(void);
void server_rig_down(server_rig_t* rig);

/* With options and protocol as they are now. */
void server_rig_init(server_rig_t* rig);
void server_rig_listen(server_rig_t* rig);
void server_rig_start(server_rig_t* rig); /* both */
void server_rig_stop(server_rig_t* rig, uint64_t grace_ms);
void server_rig_stats(server_rig_t* rig);

/* Turns the loop once; it waits a millisecond at most. Fails the test when
 * there have been too many. */
int server_rig_turn(server_rig_t* rig);
void server_rig_turns(server_rig_t* rig, int n);

#define SERVER_RUN_UNTIL(rig, condition)                                       \
  while (!(condition) && server_rig_turn(rig)) {                               \
  }

/* --- Callers, closed by server_rig_down() if the test does not. */

/* Connected, and non-blocking. */
uv_os_sock_t server_rig_call(server_rig_t* rig);

/* Has the caller tracked, a socket from elsewhere. */
void server_rig_track(server_rig_t* rig, uv_os_sock_t sock);

void server_rig_hang_up(server_rig_t* rig, uv_os_sock_t sock);

/* As net_abort(). */
int server_rig_reset(server_rig_t* rig, uv_os_sock_t sock);

/* A message into room, framed: its size. */
size_t server_rig_frame(const char* text, char room[]);

/* Sends it; it must fit what the kernel takes. */
void server_rig_say(uv_os_sock_t sock, const char* text);

/* Sends it and waits for its echo. */
void server_rig_ask(server_rig_t* rig, uv_os_sock_t sock, const char* text);

/* Waits for the end of input, dropping what comes before: 0, or the socket's
 * error. */
int server_rig_await_end(server_rig_t* rig, uv_os_sock_t sock);

#endif /* HVUV_TESTS_SERVE_SERVER_RIG_H */
