/* forward [-t SECONDS] [-r MS] FROM TO: takes calls at FROM and joins each with
 * a call of its own to TO, until SIGINT or SIGTERM. Each is an address, or
 * tcp://IPV4:PORT. A call that cannot be passed on is hung up, with a line that
 * says why; the others, and new ones, go on.
 *
 * So SSH reaches a VM that has no network. On the host and in the guest:
 *
 *   forward tcp://127.0.0.1:2222 hyperv://VM/22   then: ssh -p 2222 127.0.0.1
 *   forward vsock://any:22 tcp://127.0.0.1:22
 *
 * In a guest whose host reaches it by hybrid://, say forward -c: some VMMs do
 * not pass it on when what listens in the guest ends a conversation first.
 *
 * Whoever can connect to FROM reaches TO: say 127.0.0.1, not 0.0.0.0. */
#include <signal.h>

#include "arguments.h"
#include "forward_stream.h"

/* How often a caller is looked at while its call to TO is being made. */
#define WATCH_MS 250

/* A caller that has ended its direction may still wait for an answer, but most
 * have hung up, which TCP does not tell apart: for so long it is dialled on. */
#define ENDED_CALLER_MS 2000

typedef struct call_s {
  stream_t from;
  stream_t to;
  uv_timer_t watch;
  uint64_t began_ms;
  uint64_t caller_ended_ms; /* 0: it has not */
  hvuv_relay_t relay;
  int is_late;   /* was found so once: the loop may have been late itself */
  int is_joined; /* the streams are the relay's */
  int is_hung_up;
  int open; /* the streams and the timer, until each has closed */
  struct call_s* next;
} call_t;

static place_t from, to;
static uint64_t timeout_ms;
static hvuv_relay_options_t relay_options;
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

static void close_one(call_t* call) {
  if (--call->open == 0)
    free_call(call);
}

static void on_closed(void* data) {
  if (data != NULL)
    close_one(data);
}

static void on_watch_closed(uv_handle_t* timer) {
  close_one(timer->data);
}

static void hang_up(call_t* call) {
  if (call->is_joined) {
    hvuv_relay_close(&call->relay);
  } else if (!call->is_hung_up) {
    call->is_hung_up = 1;
    stream_close(&call->from, on_closed);
    stream_close(&call->to, on_closed);
    uv_close((uv_handle_t*) &call->watch, on_watch_closed);
  }
}

/* Whether a step went well; if not, the call is hung up. */
static int check(call_t* call, const char* step, const place_t* at, int err) {
  if (place_report(step, at, err) == 0)
    return 1;
  hang_up(call);
  return 0;
}

/* --- A call that is joined */

static const char* relay_meaning(int err) {
  if (err == UV_ETIMEDOUT)
    return "It took nothing for too long though bytes waited for it: see "
           "whether its program, or its VM, is stopped.";
  if (err == UV_ECONNRESET || err == UV_EPIPE)
    return "The program there ended before it had read everything: see what it "
           "says of this.";
  return "";
}

static void on_relayed(hvuv_relay_t* relay, int status) {
  call_t* call = relay->data;
  const place_t* places[2] = {&from, &to};
  int i;

  if (status != 0 && status != UV_ECANCELED) {
    for (i = 0; i < 2; i++) {
      place_report_meaning("send",
                           places[i],
                           relay->write_status[i],
                           relay_meaning(relay->write_status[i]));
      if (relay->read_status[i] != UV_EOF)
        place_report_meaning("receive",
                             places[i],
                             relay->read_status[i],
                             relay_meaning(relay->read_status[i]));
    }
    fprintf(stderr,
            "That call ended after %llu bytes to %s and %llu back.\n",
            (unsigned long long) relay->bytes[0],
            to.text,
            (unsigned long long) relay->bytes[1]);
  }
  call->open -= 2;
  uv_close((uv_handle_t*) &call->watch, on_watch_closed);
}

static void join(call_t* call) {
  hvuv_relay_end_t ends[2];
  int err;

  uv_timer_stop(&call->watch);
  ends[0] = stream_end(&call->from);
  ends[1] = stream_end(&call->to);
  call->relay.data = call;
  err = hvuv_relay_start_ex(
      &call->relay, &ends[0], &ends[1], &relay_options, on_relayed);
  call->is_joined = err == 0;
  check(call, "relay", &to, err);
}

/* --- A call that is being made */

static void on_connect(void* data, int status) {
  call_t* call = data;

  if (!call->is_hung_up && check(call, "connect", &to, status))
    join(call);
}

static void give_up(call_t* call) {
  fprintf(
      stderr,
      "connect cancelled on %s after %llu ms: the caller at %s has hung up. "
      "See whether a server answers there; if its VM was only starting, "
      "call again.\n",
      to.text,
      (unsigned long long) (uv_now(call->watch.loop) - call->began_ms),
      from.text);
  hang_up(call);
}

/* Looks at the caller, without reading what it says already. */
static void on_watch(uv_timer_t* timer) {
  call_t* call = timer->data;
  uint64_t now_ms = uv_now(timer->loop);
  hvuv_relay_end_t caller = stream_end(&call->from);
  int state = hvuv_relay_look(&caller);

  if (state == UV_EOF && call->caller_ended_ms == 0)
    call->caller_ended_ms = now_ms;
  if (state == UV_ECONNRESET ||
      (call->caller_ended_ms != 0 &&
       now_ms - call->caller_ended_ms >= ENDED_CALLER_MS))
    give_up(call);
  else if (to.is_tcp && now_ms - call->began_ms >= timeout_ms &&
           call->is_late++)
    check(call, "connect", &to, UV_ETIMEDOUT);
}

static void on_call(void* data, int status) {
  uv_loop_t* loop = uv_default_loop();
  call_t* call;

  (void) data;
  if (place_report("accept", &from, status) != 0)
    return;
  call = calloc(1, sizeof(*call));
  if (call == NULL)
    abort(); /* Out of memory. */
  stream_init(&call->from, &from, call);
  stream_init(&call->to, &to, call);
  uv_timer_init(loop, &call->watch); /* Always 0. */
  call->watch.data = call;
  call->began_ms = uv_now(loop);
  call->open = 3;
  call->next = calls;
  calls = call;
  if (!check(call, "accept", &from, stream_accept(&server, &call->from)) ||
      !check(call,
             "connect",
             &to,
             stream_connect(&call->to, timeout_ms, on_connect)))
    return;
  uv_timer_start(&call->watch, on_watch, WATCH_MS, WATCH_MS);
}

/* --- The program */

static void on_signal(uv_signal_t* handle, int signum) {
  call_t* call;

  (void) handle;
  output("Stopping on signal %d\n", signum);
  stream_close(&server, on_closed);
  uv_close((uv_handle_t*) &sigint, NULL);
  uv_close((uv_handle_t*) &sigterm, NULL);
  for (call = calls; call != NULL; call = call->next)
    hang_up(call);
}

static int usage(FILE* out, int code) {
  fprintf(
      out,
      "usage: forward [-c] [-t SECONDS] [-s SECONDS] [-r MS] FROM TO\n"
      "FROM and TO such as tcp://127.0.0.1:2222 or " DEFAULT_ADDRESS "\n"
      "-t  how long a call to TO may take to be answered; 5, for TCP 10\n"
      "-s  how long a side may take nothing though bytes wait for it, and "
      "send\n"
      "    nothing; 120, 0: for ever. One that rests is never hung up\n"
      "-r  where one direction cannot be ended alone (hybrid), how long the\n"
      "    other must have rested first; 1000, 0: until it has ended\n"
      "-c  in a guest behind a hybrid VMM that passes a close only "
      "(Firecracker,\n"
      "    vhost-device-vsock): when one side has ended and the other has "
      "rested\n"
      "    for so long, both are closed\n");
  return code;
}

static int parse_arguments(int argc, char** argv) {
  static const char* const options[] = {
      "-t SECONDS", "-r MS", "-s SECONDS", "-c", NULL};
  unsigned long long seconds = 0;
  unsigned long long number;
  const char* value = "";
  int i;

  hvuv_relay_options_init(&relay_options);
  while ((i = take_option(&argc, &argv, options, &value)) >= 0) {
    if (i == 0 && !read_number("-t", value, 1, 86400, &seconds))
      return 0;
    if (i == 1) {
      if (!read_number("-r", value, 0, 99999, &number))
        return 0;
      relay_options.half_close_rest_ms = number;
    }
    if (i == 2) {
      if (!read_number("-s", value, 0, 86400, &number))
        return 0;
      relay_options.sink_timeout_ms = number * 1000;
    }
    if (i == 3)
      from.half_close = to.half_close = HVUV_HALF_CLOSE_NOT_PASSED;
  }
  if (i == OPTION_WRONG || too_many(argc, argv, 2))
    return 0;
  if (argc < 3) {
    wrong_argument(argc < 2 ? "FROM" : "TO", "is missing");
    return 0;
  }
  if (place_parse("FROM", argv[1], &from) != 0 ||
      place_parse("TO", argv[2], &to) != 0)
    return 0;
  /* AF_VSOCK gives up after 2 s; a guest behind `hybrid` may have to boot. */
  timeout_ms = (seconds != 0 ? seconds : to.is_tcp ? 10 : 5) * 1000;
  return 1;
}

int main(int argc, char** argv) {
  uv_loop_t* loop;

  argv = program_start(&argc, argv);
  if (is_help(argc, argv))
    return usage(stdout, 0);
  if (!parse_arguments(argc, argv))
    return usage(stderr, 2);
  loop = program_loop();
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
  return program_end(uv_loop_close(loop) != 0);
}
