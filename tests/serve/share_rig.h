/*
 * Servers on several loops, each in a thread of its own, and callers that know
 * nothing of hvuv and block. The first server leads: it listens over TCP.
 *
 *   setup     share_rig_up(&rig, 2);   ... rig.options, rig.protocol ...
 *   body      share_rig_start(&rig);
 *             sock = share_rig_call(&rig);
 *             share_rig_await(&rig, opens of both, 1) ...
 *   teardown  share_rig_down(&rig);    stops all, and checks their ends
 *
 * What is to be done with a server is done in its thread, by share_rig_do().
 * The handler echoes bytes; a message that begins with 'B' has its callback
 * block until share_rig_let_go(), one with 'S' stops all servers.
 */
#ifndef HVUV_TESTS_SERVE_SHARE_RIG_H
#define HVUV_TESTS_SERVE_SHARE_RIG_H

#include <stddef.h>
#include <hvuv.h>

#include "support/net.h"

#define SHARE_RIG_PARTIES 4
#define SHARE_RIG_CALLERS 256

typedef struct share_rig_s share_rig_t;
typedef struct share_party_s share_party_t;

typedef void (*share_act)(share_party_t* party, void* arg);

/* What happened at one server; under the rig's lock. */
typedef struct share_counts_s {
  int opens;
  int closes;
  int messages;
  int refused;
  int errors;
  int stops;
  int blocked; /* callbacks that wait */
} share_counts_t;

struct share_party_s {
  share_rig_t* rig;
  int index;
  uv_thread_t thread;
  uv_loop_t loop;
  uv_async_t control;
  hvuv_server_t server;
  hvuv_server_options_t options;
  int share_err;
  int is_up; /* the server; its own thread's */
  int loop_err;
  share_counts_t counts;
  int refused_reason;
  int stops_at_open; /* its handler stops the server */

  /* For share_rig_do(). */
  share_act act;
  void* arg;
  uv_sem_t is_done;
};

struct share_rig_s {
  int nparties;
  share_party_t parties[SHARE_RIG_PARTIES];
  hvuv_server_options_t options; /* of all, unless set in a party's */
  hvuv_protocol_t protocol;
  const char* address; /* where it listens; NULL: over TCP */
  int is_child;        /* after a fork: the thread ends the process */
  uv_mutex_t lock;
  uv_cond_t has_changed;
  uv_sem_t go; /* for those that block */
  int wrong;   /* callbacks in another thread, or out of order */
  struct sockaddr_in at;
  uv_os_sock_t callers[SHARE_RIG_CALLERS];
  int ncallers;
};

void share_rig_up(share_rig_t* rig, int nparties);
void share_rig_down(share_rig_t* rig);

/* Starts the threads; the first listens, the others share with it. */
void share_rig_start(share_rig_t* rig);

/* Has it done in the party's thread, and waits for that. */
void share_rig_do(share_rig_t* rig, int party, share_act act, void* arg);

/* Acts. */
void share_act_stop(share_party_t* party, void* grace_ms);
void share_act_stop_all(share_party_t* party, void* grace_ms);

/* Waits until the sum over all parties of an int in share_counts_t, named by its
 * place, is n; share_rig_count() is that of one. */
#define share_rig_await(rig, field, n)                                         \
  share_rig_await_sum((rig), offsetof(share_counts_t, field), (n))
#define share_rig_count(rig, party, field)                                     \
  share_rig_count_of((rig), (party), offsetof(share_counts_t, field))
void share_rig_await_sum(share_rig_t* rig, size_t field, int n);
int share_rig_count_of(share_rig_t* rig, int party, size_t field);

/* Lets as many as block go on. */
void share_rig_let_go(share_rig_t* rig, int n);

/* A caller, which the rig closes at the end if the test does not. */
uv_os_sock_t share_rig_call(share_rig_t* rig);
void share_rig_hang_up(share_rig_t* rig, uv_os_sock_t sock);

/* Sends it and waits for its echo: 1 if it comes. */
int share_rig_ask(uv_os_sock_t sock, const char* text);

/* Waits for the peer's end or a reset. */
void share_rig_await_end(uv_os_sock_t sock);

#endif /* HVUV_TESTS_SERVE_SHARE_RIG_H */
