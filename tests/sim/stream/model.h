/*
 * What hvuv promises of a stream, as a program sees it: hvuv/stream.h and
 * hvuv/socket.h, and libuv's documentation behind them. Knows no hvuv.
 *
 * Whoever plays the program reports what it calls and what calls it back, and
 * whoever plays the kernel what that takes and gives; the model says which codes
 * a call returns, and ends the run when something comes that must not.
 *
 *   requests   writes and shutdowns, in the order in which they were accepted.
 *              Each is decided once: by the kernel (its bytes are taken, or a
 *              send fails), by the connect before it, by a read error, or by the
 *              close. They call back in order, with what was decided.
 *   reading    on from read_start to stop, end, error or close; what the kernel
 *              gives is what the read callback gets, byte for byte.
 *   connect    called back before everything behind it.
 *   listening  each accepted connection is reported, one at a time.
 */
#ifndef HVUV_TESTS_SIM_STREAM_MODEL_H
#define HVUV_TESTS_SIM_STREAM_MODEL_H

#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#define MODEL_REQS_MAX 128

enum model_state {
  MODEL_NONE = 0, /* no stream */
  MODEL_IDLE,
  MODEL_LISTENING,
  MODEL_CONNECTING,
  MODEL_OPEN,
  MODEL_RELAYED, /* open, and a relay's: the program leaves it alone */
  MODEL_DETACHED,
  MODEL_CLOSING
};

typedef struct model_req_s {
  int is_shutdown;
  const char* bytes; /* of a write; they last until it calls back */
  size_t size;
  size_t taken; /* by the kernel */
  int is_decided;
  int status;
  int is_off; /* of a connect that has failed: the stream is free of it */
} model_req_t;

typedef struct model_s {
  int slot; /* for messages */
  enum model_state state;
  int has_ref;

  /* Requests that have not called back, the oldest first. */
  model_req_t reqs[MODEL_REQS_MAX];
  int nreqs;
  int is_shut;            /* a shutdown was accepted */
  const uv_buf_t* trying; /* the buffers of a try_write that runs */
  unsigned int ntrying;
  size_t offered; /* bytes of the send that runs */
  int is_blocked; /* the last send did not take all */
  int is_full; /* the last call of the kernel was a send that found it full */

  int is_reading;
  int is_end_due;  /* read_start after UV_EOF, which is reported again */
  int read_end;    /* 0, or what ended reading */
  int is_end_owed; /* the kernel has said how reading ends: */
  int end_said;
  int is_lent;
  const char* lent_base;
  size_t lent_size;
  unsigned long received; /* bytes that read callbacks got */
  int socket_error;       /* that the kernel has kept, and said when asked */

  int connect_said;     /* what the kernel said of it; 1: nothing yet */
  int is_poll_broken;   /* it was said that the socket cannot be polled */
  uint64_t deadline_ms; /* of the connect; UINT64_MAX: none */

  int waiting;   /* a connection was reported, and not accepted */
  int is_untold; /* one was accepted from the kernel, and not reported */
  int is_starved;
  int is_dead;
  int accept_said; /* the last error of accept() or of the socket */
} model_t;

void model_init(model_t* m, int slot);

/* --- What calls return: 0, or the code */

int model_open(const model_t* m);
int model_connect(const model_t* m);
int model_listen(const model_t* m);
int model_accept(const model_t* server, const model_t* client);
int model_read_start(const model_t* m);
int model_write(const model_t* m);
int model_shutdown(const model_t* m);
int model_detach(const model_t* m);
int model_set_timeout(const model_t* m);

/* Whether a try_write finds something queued; -1 if that cannot be known, for
 * only writes without bytes are. */
int model_is_queued(const model_t* m);

/* --- What was called and accepted */

void model_opened(model_t* m);
void model_connecting(model_t* m, uint64_t deadline_ms);
void model_reading(model_t* m);
void model_stopped(model_t* m);
void model_wrote(model_t* m, const char* bytes, size_t size);
void model_shut(model_t* m);
void model_closing(model_t* m, int is_reset);

/* --- What the kernel was asked, and said */

void model_kernel_offered(model_t* m,
                          const uv_buf_t bufs[],
                          unsigned int nbufs);
void model_kernel_sent(model_t* m, ssize_t result);
void model_kernel_received(model_t* m, ssize_t result);
void model_kernel_shutdown(model_t* m, int result);
void model_kernel_error(model_t* m, int error);
void model_kernel_accepted(model_t* m, int result);

/* The first write that waits ends so, those behind it were given up. */
void model_fail_writes(model_t* m, int status);

/* --- What was called back */

void model_on_alloc(model_t* m);
void model_on_lent(model_t* m, const char* base, size_t size);
/* Whatever is done in the callback comes between these two. */
void model_on_read(model_t* m, ssize_t nread, const uv_buf_t* buf);
void model_after_read(model_t* m, ssize_t nread);
void model_on_write(model_t* m, const char* bytes, int status);
void model_on_shutdown(model_t* m, int status);
void model_on_connect(model_t* m, int status, uint64_t now_ms);
void model_on_connection(model_t* m, int status);
void model_on_close(model_t* m);

/* --- What can be asked at any time */

int model_is_readable(const model_t* m);
int model_is_writable(const model_t* m);
int model_is_active(const model_t* m);
int model_has_socket(const model_t* m);
size_t model_queue_size(const model_t* m);

/* 1 if the loop must go on for it, 0 if it need not. */
int model_holds_loop(const model_t* m);

/* Nothing is half done between two steps of a script. */
void model_check(const model_t* m, unsigned long taken_from_kernel);

#endif /* HVUV_TESTS_SIM_STREAM_MODEL_H */
