/* An echo server and clients on any loop: what the programs with loops of their
 * own kinds run on them. Each client sends MESSAGES messages, a few of them ahead
 * of what has come back, and compares every byte. When all clients have finished
 * and the server has served as many, everything closes by itself. */
#ifndef HVUV_TESTS_EMBEDDERS_ECHO_H
#define HVUV_TESTS_EMBEDDERS_ECHO_H

#include <hvuv.h>

#define ECHO_CLIENTS  4
#define ECHO_MESSAGES 200

typedef struct echo_s echo_t;

typedef struct echo_client_s {
  hvuv_client_t client;
  echo_t* echo;
  unsigned int seed;
  unsigned int sent;
  unsigned int received;
} echo_client_t;

struct echo_s {
  hvuv_server_t server;
  echo_client_t clients[ECHO_CLIENTS];
  void (*on_closed)(echo_t* echo); /* everything has; may be NULL */
  void* data;
  unsigned int served; /* connections that have closed, on the server's side */
  unsigned int finished; /* on the clients' */
  unsigned int open;     /* server and clients not yet closed */
  int failures;          /* connections that did not end as they should */
};

/* Listens at local://any/PORT. */
void echo_listen(echo_t* echo, uv_loop_t* loop, unsigned int port);

/* Has the clients connect to local://loopback/PORT. */
void echo_call(echo_t* echo, unsigned int port);

/* Whether it has closed, and all messages had come back. */
int echo_is_complete(const echo_t* echo);

#endif /* HVUV_TESTS_EMBEDDERS_ECHO_H */
