/* What the files of walkers.h share among themselves. */
#ifndef HVUV_TESTS_LOOP_WALKERS_INSIDE_H
#define HVUV_TESTS_LOOP_WALKERS_INSIDE_H

#include "walkers.h"

#define MUCH 300000u

/* A relay, and the ends of pairs that it joins. */
typedef struct joint_s {
  hvuv_relay_t relay;
  hvuv_stream_t streams[2];
  uv_tcp_t tcp; /* in place of the second */
} joint_t;

/* A request, freed in its callback. */
typedef struct order_s {
  union {
    hvuv_connect_t connect;
    hvuv_write_t write;
    hvuv_shutdown_t shutdown;
    hvuv_send_t send;
  } req;
  thing_t* thing;
  int number;
  int* of_conn; /* a send's count in its connection's state */
} order_t;

thing_t* record(kind_t kind, int home);
int is_here(const thing_t* thing, int home);
int is_open(const thing_t* thing);
void* block(size_t size);

/* A request of the thing, counted; take_back() if it was refused. */
order_t* order(thing_t* thing);
void take_back(order_t* it, int err);

/* For callbacks: any, a request's, and the last one. */
void heard(const thing_t* thing);
void told(order_t* it);
void gone(thing_t* thing);

void act_in_callback(const thing_t* from);

/* walk_listen_at or walk_call_at, with any of the ports, or with this one. */
void any_address(const char* at, hvuv_addr_t* addr);
void address(const char* at, unsigned int port, hvuv_addr_t* addr);

/* A stream at home with this socket. */
void adopt(int home, uv_os_sock_t sock);

void use_stream(thing_t* thing);
void use_server(thing_t* thing);
void use_client(thing_t* thing);
void use_follow(thing_t* thing);
void close_stream(thing_t* thing);
void stop_server(thing_t* thing);
void close_client(thing_t* thing);
void close_follow(thing_t* thing);

/* Any of those that servers and clients have. */
const hvuv_protocol_t* walk_protocol(void);

#endif /* HVUV_TESTS_LOOP_WALKERS_INSIDE_H */
