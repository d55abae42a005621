/* What the loads share; client.c says what is sent. */
#ifndef HVUV_TESTS_BENCH_CLIENT_H
#define HVUV_TESTS_BENCH_CLIENT_H

#include "bench.h"

#define PERIOD 4099 /* prime, so that messages do not repeat */
#define STRIDE 97
#define CHUNK  65536

#define TIMEOUT_S 30

typedef struct {
  int fd;
  unsigned int id;
  unsigned long granted; /* messages that may be sent */
  unsigned long back;    /* messages that came back in full */
  uint64_t sent;         /* bytes */
  uint64_t received;
  uint64_t*
      begun; /* when messages under way were, by number % depth; or NULL */
} conn_t;

struct load_s {
  scenario_t scenario;
  const char* path;
  int epoll;
  int in_step;
  unsigned long left;      /* messages not yet granted */
  unsigned long under_way; /* granted and not yet back */
  unsigned int opened;
  conn_t* conns;
  uint64_t* begun;    /* the connections' */
  latency_t* latency; /* NULL: nobody asks */
  char pattern[PERIOD + CHUNK];
  char buffer[CHUNK];
};

/* Sends the granted messages, each by itself, as far as the kernel takes
 * them. When it takes no more, replies are on their way and wake us. */
void client_send(load_t* load, conn_t* c);

/* Receives once, and compares. */
void client_receive(load_t* load, conn_t* c, int flags);

/* client_open.c */
void client_prepare_to_open(load_t* load);
void client_open_and_close(load_t* load);

/* client_chain.c */
void client_follow_chain(load_t* load);

#endif /* HVUV_TESTS_BENCH_CLIENT_H */
