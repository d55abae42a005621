/* forward FROM TO: takes calls at FROM and joins each with a call of its own to
 * TO, until SIGINT or SIGTERM. Each is an address, or tcp://IPV4:PORT. A call
 * that cannot be passed on is hung up; the others, and new ones, go on.
 *
 * So SSH reaches a VM that has no network. On the host and in the guest:
 *
 *   forward tcp://127.0.0.1:2222 hyperv://VM/22   then: ssh -p 2222 127.0.0.1
 *   forward vsock://any:22 tcp://127.0.0.1:22
 *
 * Whoever can connect to FROM reaches TO: say 127.0.0.1, not 0.0.0.0. */
#include <signal.h>

#include "forward_stream.h"

typedef struct call_s {
  stream_t from;
  stream_t to;
  hvuv_relay_t relay;
  int is_joined; /* the streams are the relay's */
  int is_hung_up;
  int open; /* streams that have not closed */
  struct call_s* next;
} call_t;

static place_t from, to;
static stream_t server;
static uv_signal_t sigint, sigterm;
static call_t* calls;

static void free_call(call_t* call) {
  call_t** link = &calls;

  while (*link != call)
    link = &(*link)->next;
  *link = call->next;
  free(call);
}

static void on_closed(void* data) {
  call_t* call = data;

  if (call != NULL && --call->open == 0)
    free_call(call);
}

static void hang_up(call_t* call) {
  if (call->is_joined) {
    hvuv_relay_close(&call->relay);
  } else if (!call->is_hung_up) {
    call->is_hung_up = 1;
    stream_close(&call->from, on_closed);
    stream_close(&call->to, on_closed);
  }
}

/* Whether a step went well; if not, the call is hung up. */
static int check(call_t* call, const char* step, const place_t* at, int err) {
  if (place_report(step, at, err) == 0)
    return 1;
  hang_up(call);
  return 0;
}

static void on_relayed(hvuv_relay_t* relay, int status) {
  if (status != UV_ECANCELED)
    place_report("relay", &to, status);
  free_call(relay->data);
}

static void on_connect(void* data, int status) {
  call_t* call = data;
  hvuv_relay_end_t ends[2];
  int err;

  if (call->is_hung_up || !check(call, "connect", &to, status))
    return;
  ends[0] = stream_end(&call->from);
  ends[1] = stream_end(&call->to);
  call->relay.data = call;
  err = hvuv_relay_start(&call->relay, &ends[0], &ends[1], 0, 0, on_relayed);
  call->is_joined = err == 0;
  check(call, "relay", &to, err);
}

static void on_call(void* data, int status) {
  call_t* call;

  (void) data;
  if (place_report("accept", &from, status) != 0)
    return;
  call = calloc(1, sizeof(*call));
  if (call == NULL)
    abort(); /* Out of memory. */
  stream_init(&call->from, &from, call);
  stream_init(&call->to, &to, call);
  call->open = 2;
  call->next = calls;
  calls = call;
  if (check(call, "accept", &from, stream_accept(&server, &call->from)))
    check(call, "connect", &to, stream_connect(&call->to, on_connect));
}

static void on_signal(uv_signal_t* handle, int signum) {
  call_t* call;

  (void) handle;
  printf("Stopping on signal %d\n", signum);
  stream_close(&server, on_closed);
  uv_close((uv_handle_t*) &sigint, NULL);
  uv_close((uv_handle_t*) &sigterm, NULL);
  for (call = calls; call != NULL; call = call->next)
    hang_up(call);
}

int main(int argc, char** argv) {
  uv_loop_t* loop = uv_default_loop();

  if (argc != 3 || place_parse(argv[1], &from) != 0 ||
      place_parse(argv[2], &to) != 0) {
    fprintf(stderr,
            "usage: forward FROM TO\n"
            "each such as tcp://127.0.0.1:2222 or " DEFAULT_ADDRESS "\n");
    return 2;
  }
#if defined(SIGPIPE)
  signal(SIGPIPE, SIG_IGN); /* libuv's TCP raises it. */
#endif

  stream_init(&server, &from, NULL);
  if (place_report("listen", &from, stream_listen(&server, on_call)) != 0)
    return 1;
  if (uv_signal_init(loop, &sigint) != 0 ||
      uv_signal_init(loop, &sigterm) != 0 ||
      uv_signal_start(&sigint, on_signal, SIGINT) != 0 ||
      uv_signal_start(&sigterm, on_signal, SIGTERM) != 0)
    return 1;
  stream_print(&server, "Forwarding from");
  uv_run(loop, UV_RUN_DEFAULT);
  return uv_loop_close(loop) != 0;
}
