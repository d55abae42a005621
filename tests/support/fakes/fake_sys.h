/*
 * The socket verbs of sys.h, from a script.
 *
 * A test queues what the next calls of a verb answer; the answers of one verb
 * are taken in order. connect, accept, recv and send need a script; the other
 * verbs answer 0 when they have none. A call that nobody expected, a call on a
 * socket that is not open, a step that is never taken and a socket that stays
 * open are remembered, and fake_sys_check() fails the test with the first.
 */
#ifndef HVUV_TESTS_SUPPORT_FAKES_FAKE_SYS_H
#define HVUV_TESTS_SUPPORT_FAKES_FAKE_SYS_H

#include <stddef.h>
#include <uv.h>

enum fake_verb {
  FAKE_SOCKET,
  FAKE_INSPECT,
  FAKE_BIND,
  FAKE_LISTEN,
  FAKE_CONNECT,
  FAKE_ACCEPT,
  FAKE_TAKE_ERROR,
  FAKE_RECV,
  FAKE_PEEK, /* counted only; it looks at what FAKE_RECV has */
  FAKE_SEND,
  FAKE_SHUTDOWN,
  FAKE_GETSOCKNAME,
  FAKE_GETPEERNAME,
  FAKE_SETSOCKOPT,
  FAKE_GETSOCKOPT,
  FAKE_VERBS /* how many; as an argument of fake_calls(), all of them */
};

/* As an answer of send: all that it is given. */
#define FAKE_ALL ((ssize_t) 1 << 28)

/* --- For setup and teardown */

void fake_sys_reset(void);
void fake_sys_check(void);

/* --- Sockets */

/* An open socket from elsewhere. */
uv_os_sock_t fake_connected_socket(void);
uv_os_sock_t fake_listening_socket(void);

int fake_is_open(uv_os_sock_t sock);

/* Whether it was made a socket of ours: non-blocking and close-on-exec. */
int fake_is_owned(uv_os_sock_t sock);
int fake_count_open(void);

/* Whether it was closed so that its peer sees a reset. */
int fake_was_reset(uv_os_sock_t sock);

/* The connect that is under way is done, and nobody has reported it. */
void fake_finish_connect(uv_os_sock_t sock);

/* The socket that the last socket() or accept() made. */
uv_os_sock_t fake_newest_socket(void);

/* With which a socket was last made to listen. */
int fake_backlog(void);

/* Closes a socket that the stream did not take. */
void fake_close(uv_os_sock_t sock);

/* --- The script */

/* The next call of verb answers `result`: a count, 0, HVUV__IN_PROGRESS or a
 * UV_E* code. For accept 0 is a new socket; for recv 0 is the end of input. */
void fake_next(enum fake_verb verb, ssize_t result);
void fake_next_on(uv_os_sock_t sock, enum fake_verb verb, ssize_t result);

/* What a call answers that finds no step of its own. */
void fake_always(enum fake_verb verb, ssize_t result);

/* No send takes more than n bytes; 0 for no limit. */
void fake_send_limit(size_t n);

/* The next recv finds these bytes; what does not fit its buffer is there for
 * the one after it. */
void fake_input(const char* bytes);
void fake_input_on(uv_os_sock_t sock, const char* bytes);

/* The same with n bytes: 'a' to 'z' and from the start again. */
void fake_input_size(size_t n);

/* What accept, getsockname or getpeername tell from now on. */
void fake_name(enum fake_verb verb, const void* name, size_t len);

/* What getsockopt finds from now on. */
void fake_option(const void* value, size_t len);

/* Drops the steps that were not taken. */
void fake_forget_script(void);

/* Has the n-th call from now on that can fail answer err, whatever its script
 * says; 0 none. Closing cannot fail and is not counted. */
void fake_fail_nth(long n, int err);

/* The same with all calls from the n-th on. */
void fake_fail_from(long n, int err);

/* Whether such a failure has happened. */
int fake_has_failed(void);

/* --- In place of the script */

/* Decides call by call what is found; names and options are the script's all the
 * same. What was sent is not kept. */
typedef struct fake_kernel_s {
  ssize_t (*answer)(enum fake_verb verb, uv_os_sock_t sock);
  /* For FAKE_RECV and FAKE_PEEK. */
  ssize_t (*receive)(enum fake_verb verb,
                     uv_os_sock_t sock,
                     char* base,
                     size_t len);
  /* These are about to be sent: answer(FAKE_SEND) follows. */
  void (*offered)(uv_os_sock_t sock, const uv_buf_t bufs[], unsigned int nbufs);
} fake_kernel_t;

/* Until fake_sys_reset(). */
void fake_decide_by(const fake_kernel_t* kernel);

/* --- What happened */

/* Calls of a verb since fake_sys_reset(). */
int fake_calls(enum fake_verb verb);

/* All that was sent through a socket, NUL-terminated; kept when it closes. */
const char* fake_sent(uv_os_sock_t sock);
size_t fake_sent_size(uv_os_sock_t sock);

/* How many buffers the last send was given. */
unsigned int fake_last_send_bufs(void);

/* The value that the last setsockopt gave, of `len` bytes. */
void fake_last_option(void* value, size_t len);

/* All that setsockopt was asked for, also in vain, where the value has four
 * bytes: "LEVEL/OPTION=VALUE", a space between two. */
const char* fake_options(void);

/* What the last socket was asked to be. */
void fake_last_kind(int* domain, int* protocol);

/* Where the last bind and connect went. */
const struct sockaddr_storage* fake_bound_name(void);
const struct sockaddr_storage* fake_connected_name(void);

/* From now on the calls connect, accept, recv, send, shutdown and close are
 * words of the trace: "(send)". */
void fake_trace_calls(void);

#endif /* HVUV_TESTS_SUPPORT_FAKES_FAKE_SYS_H */
