/*
 * One of the two streams of a call, or one that listens: hvuv's, or libuv's TCP
 * or pipe, with the same verbs.
 *
 *   leg_init --> leg_listen | leg_accept | a kind's connect --> leg_close
 *
 * A leg that a relay has is the relay's, which closes it.
 */
#ifndef HVUV_TOOLS_LEG_H
#define HVUV_TOOLS_LEG_H

#include <hvuv.h>

typedef enum leg_class_e { LEG_HVUV = 1, LEG_TCP, LEG_PIPE } leg_class_t;

typedef struct leg_s leg_t;
typedef struct claim_s claim_t; /* unix_socket.h */
typedef void (*leg_cb)(leg_t* leg);
typedef void (*leg_status_cb)(leg_t* leg, int status);

struct leg_s {
  void* data;
  leg_class_t class;
  union {
    hvuv_stream_t hvuv;
    uv_stream_t uv;
    uv_tcp_t tcp;
    uv_pipe_t pipe;
    uv_handle_t handle;
  } u;
  union {
    hvuv_connect_t hvuv;
    uv_connect_t uv;
  } connect;
  leg_status_cb status_cb; /* of a listener, or of the connect */
  leg_cb closed_cb;
  claim_t* claim; /* of a listener at a path; NULL: none */
};

/* Aborts where there is no memory. */
void leg_init(leg_t* leg, leg_class_t class, uv_loop_t* loop);

/* Starts listening on a leg that is bound or was opened; cb is called for each
 * caller, who waits for leg_accept(), or with an error after which others
 * come. */
int leg_listen(leg_t* leg, leg_status_cb cb);

/* The class of client is that of server. */
int leg_accept(leg_t* server, leg_t* client);

/* To be passed as callbacks of a connect: they call leg->status_cb. */
void leg_on_hvuv_connect(hvuv_connect_t* req, int status);
void leg_on_uv_connect(uv_connect_t* req, int status);

typedef union leg_write_u {
  hvuv_write_t hvuv;
  uv_write_t uv;
} leg_write_t;

/* The bytes stay until cb, which is called later. */
int leg_write(
    leg_t* leg, leg_write_t* req, char* text, size_t len, leg_status_cb cb);

/* As a side of a relay. */
hvuv_relay_end_t leg_end(leg_t* leg);

/* The socket, which remains the leg's; UV_EBADF if it has none. */
int leg_socket(const leg_t* leg, uv_os_sock_t* sock);

/* cb, which may be NULL, is the last. Legal once. */
void leg_close(leg_t* leg, leg_cb cb);

/* The same for a connected leg, whose peer is not to take this for an orderly
 * end: with a reset, where the family has one. */
void leg_close_reset(leg_t* leg, leg_cb cb);

#endif /* HVUV_TOOLS_LEG_H */
