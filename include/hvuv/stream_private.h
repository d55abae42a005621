/*
 * private: what hvuv keeps in streams and requests. It is in a header because
 * they are allocated by their users. No program should use it, and it changes
 * between versions; hvuv/stream.h is what there is to read.
 */
#ifndef HVUV_STREAM_PRIVATE_H
#define HVUV_STREAM_PRIVATE_H

#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "addr.h"
#include "loop.h"

#define HVUV__CONNECT_FIELDS                                                   \
  hvuv_connect_cb cb;                                                          \
  char target[136]; /* where it leads, as its family keeps it */

#define HVUV__SHUTDOWN_FIELDS hvuv_shutdown_cb cb;

#define HVUV__WRITE_FIELDS                                                     \
  hvuv_write_cb cb;                                                            \
  hvuv_write_t* next;                                                          \
  uv_buf_t* bufs; /* small_bufs, or an allocated copy */                       \
  uv_buf_t small_bufs[4];                                                      \
  unsigned int nbufs;                                                          \
  unsigned int index;  /* the first buffer not fully sent */                   \
  size_t queued_bytes; /* bytes not yet sent */                                \
  int status;

/* How many connections a listener asks for when it wakes. */
struct hvuv__accepts_s {
  unsigned int turn; /* of the loop, when it last woke */
  unsigned short most;
  unsigned short streak; /* turns in a row in which it has woken */
  unsigned short patience;
};

/* What every message touches comes first, in one cache line. */
#define HVUV__STREAM_FIELDS                                                    \
  unsigned int state;                                                          \
  unsigned int flags;                                                          \
  unsigned int writing;                                                        \
  unsigned int reading;                                                        \
  unsigned int shut;                                                           \
  uv_os_sock_t sock;                                                           \
  hvuv_alloc_cb alloc_cb;                                                      \
  hvuv_read_cb read_cb;                                                        \
  hvuv_write_t* done_head;                                                     \
  hvuv_write_t* done_tail;                                                     \
  hvuv_write_t* unsent_head;                                                   \
  hvuv_write_t* unsent_tail;                                                   \
  struct hvuv__turn_s turn;                                                    \
  struct hvuv__poller_s* poller;                                               \
  struct hvuv__hub_s* hub;                                                     \
  const struct hvuv__family_s* family;                                         \
  struct hvuv__alarm_s* alarm;                                                 \
  struct hvuv__claim_s* claim;                                                 \
  hvuv_connect_t* connect_req;                                                 \
  hvuv_shutdown_t* shutdown_req;                                               \
  hvuv_connection_cb connection_cb;                                            \
  hvuv_refused_cb refused_cb;                                                  \
  hvuv_close_cb close_cb;                                                      \
  uv_os_sock_t accepted_sock; /* taken from the kernel, not yet by the user */ \
  unsigned int stage;         /* of a connect, or of a listener */             \
  unsigned int options;       /* asked for, see hvuv/hyperv.h */               \
  unsigned int retry_ms;                                                       \
  struct hvuv__accepts_s accepts; /* of a listener */                          \
  uint64_t connect_timeout_ms;                                                 \
  uint64_t connect_deadline_ms;                                                \
  unsigned int short_reads; /* since one was followed in vain */               \
  unsigned int handshake_bytes;                                                \
  unsigned int refusals; /* sends in a row that found no memory */             \
  int connect_status;                                                          \
  int shutdown_status;                                                         \
  int read_end;     /* 0, UV_EOF or the error that ended reading */            \
  int poll_status;  /* the poller's error while the stream is awake with it */ \
  int socket_error; /* its reason, taken from the socket */                    \
  int poll_error;   /* why polling failed; reported at the end of the turn */  \
  hvuv_addr_t local_addr;                                                      \
  hvuv_addr_t peer_addr; /* of a listener: the peer of accepted_sock */

#endif /* HVUV_STREAM_PRIVATE_H */
