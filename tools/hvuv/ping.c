/*
 * hvuv ping [OPTIONS] ADDRESS: how long a connect takes, and how long an echo.
 *
 *           +--- wait INTERVAL <---------------------------+
 *           v                                              |
 *   connect --> send BYTES --> all came back --> closed ---+--> summary
 *      |            |  nothing came in TIMEOUT      ^
 *      +------------+-------------------------------+
 *
 * One connection a ping, so that each shows both times. Where whoever answers
 * is no echo server, -C leaves the echo out.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "hvuv.h"

#define MAX_COUNT 1000000
#define MAX_BYTES (16u << 20)

enum { INTERVAL = 'i', COUNT = 'c', BYTES = 's', TIMEOUT = 'w', CONNECT = 'C' };

static const option_t table[] = {
    {'c', "count", "COUNT", "Ends after so many (5); 0: on SIGINT.", COUNT},
    {'i', "interval", "SECONDS", "Between two of them (1).", INTERVAL},
    {'s', "size", "BYTES", "What is to be echoed (64).", BYTES},
    {'w', "wait", "SECONDS", "How long each may take (5).", TIMEOUT},
    {'C', "connect-only", NULL, "Connects, and sends nothing.", CONNECT},
};

static const tool_t tool = {
    .name = "hvuv ping",
    .synopsis = "[-C] [-c COUNT] [-i SECONDS] [-s BYTES] [-w SECONDS] ADDRESS",
    .about = "Measures connects, and echoes of an echo server (hvuv echo).",
    .options = table,
    .option_count = sizeof(table) / sizeof(table[0]),
    .after = "Exits with 0 if all were answered, 1 if not."};

/* Times in ns of what went well. */
typedef struct series_s {
  uint64_t* ns;
  size_t count;
} series_t;

static struct {
  uint64_t count, interval_ms, nbytes, timeout_ms;
  int connect_only;
  hvuv_addr_t addr;
  hvuv_stream_t stream;
  hvuv_connect_t connect;
  hvuv_write_t write;
  uv_timer_t timer; /* to the next one, or to its end */
  uv_signal_t sigint;
  uint64_t began_ns, connected_ns;
  uint64_t sent, answered, received;
  size_t room;
  series_t connects, echoes;
  char* payload;
  int is_open;
  int is_stopping;
} ping;

static void start_one(uv_timer_t* timer);

/* --- Times */

static void keep(series_t* series, uint64_t ns) {
  uint64_t* more;

  if (series->count % 1024 == 0) {
    more = realloc(series->ns, (series->count + 1024) * sizeof(*more));
    if (more == NULL)
      abort(); /* Out of memory. */
    series->ns = more;
  }
  series->ns[series->count++] = ns;
}

static int compare(const void* a, const void* b) {
  uint64_t x = *(const uint64_t*) a;
  uint64_t y = *(const uint64_t*) b;

  return x < y ? -1 : x > y;
}

/* The smallest of those that so many of a hundred do not exceed. */
static double ms_at(const series_t* series, unsigned int percent) {
  size_t rank = (series->count * percent + 99) / 100;

  return (double) series->ns[rank > 0 ? rank - 1 : 0] / 1e6;
}

static void summarise(const char* what, series_t* series) {
  double sum = 0;
  size_t i;

  if (series->count == 0)
    return;
  qsort(series->ns, series->count, sizeof(series->ns[0]), compare);
  for (i = 0; i < series->count; i++)
    sum += (double) series->ns[i];
  output("%s ms: min %.3f, mean %.3f, median %.3f, 95 %% %.3f, max %.3f\n",
         what,
         ms_at(series, 0),
         sum / (double) series->count / 1e6,
         ms_at(series, 50),
         ms_at(series, 95),
         ms_at(series, 100));
}

/* --- The end of one, and of all */

static void finish(void) {
  ping.is_stopping = 1;
  if (!uv_is_closing((uv_handle_t*) &ping.timer)) {
    uv_close((uv_handle_t*) &ping.timer, NULL);
    uv_close((uv_handle_t*) &ping.sigint, NULL);
  }
  if (ping.is_open && !hvuv_is_closing(&ping.stream))
    hvuv_close(&ping.stream, NULL);
}

static void on_closed(hvuv_stream_t* stream) {
  (void) stream;
  ping.is_open = 0;
  if (ping.is_stopping)
    return;
  if (ping.count != 0 && ping.sent == ping.count)
    finish();
  else
    uv_timer_start(&ping.timer, start_one, ping.interval_ms, 0);
}

static void end_one(void) {
  if (hvuv_is_closing(&ping.stream))
    return;
  uv_timer_stop(&ping.timer);
  hvuv_close(&ping.stream, on_closed);
}

static void fail(hvuv_step_t step, int err) {
  if (hvuv_is_closing(&ping.stream))
    return;
  report(&tool, step, &ping.addr, err);
  end_one();
}

static void fail_echo(const char* why) {
  fprintf(stderr,
          "%s: connected, but %s after %llu of %llu bytes. See whether it is "
          "an echo server (hvuv echo); -C only connects.\n",
          tool.name,
          why,
          (unsigned long long) ping.received,
          (unsigned long long) ping.nbytes);
  end_one();
}

/* The connect has a time limit of its own. */
static void on_timeout(uv_timer_t* timer) {
  (void) timer;
  fail_echo("nothing came back in time");
}

/* --- One */

static void succeed(void) {
  uint64_t now_ns = uv_hrtime();
  uint64_t connect_ns = ping.connected_ns - ping.began_ns;
  int err;

  ping.answered++;
  keep(&ping.connects, connect_ns);
  if (ping.connect_only) {
    err = output("%llu: connect %.3f ms\n",
                 (unsigned long long) ping.sent,
                 (double) connect_ns / 1e6);
  } else {
    keep(&ping.echoes, now_ns - ping.connected_ns);
    err = output("%llu: connect %.3f ms, echo of %llu bytes %.3f ms\n",
                 (unsigned long long) ping.sent,
                 (double) connect_ns / 1e6,
                 (unsigned long long) ping.nbytes,
                 (double) (now_ns - ping.connected_ns) / 1e6);
  }
  if (err != 0)
    finish(); /* nobody reads this any more */
  else
    end_one();
}

static void on_alloc(hvuv_stream_t* stream, size_t suggested, uv_buf_t* buf) {
  static char buffer[65536];

  (void) stream;
  (void) suggested;
  *buf = uv_buf_init(buffer, sizeof(buffer));
}

static void on_read(hvuv_stream_t* stream, ssize_t nread, const uv_buf_t* buf) {
  (void) stream;
  if (nread == UV_EOF) {
    fail_echo("the other side ended");
  } else if (nread < 0) {
    fail(HVUV_STEP_RECEIVE, (int) nread);
  } else if (ping.received + (uint64_t) nread > ping.nbytes ||
             memcmp(buf->base, ping.payload + ping.received, (size_t) nread) !=
                 0) {
    fail_echo("something else came back");
  } else {
    ping.received += (uint64_t) nread;
    if (ping.received == ping.nbytes)
      succeed();
  }
}

static void on_written(hvuv_write_t* req, int status) {
  (void) req;
  if (status != 0 && status != UV_ECANCELED)
    fail(HVUV_STEP_SEND, status);
}

static void on_connect(hvuv_connect_t* req, int status) {
  uv_buf_t buf = uv_buf_init(ping.payload, (unsigned int) ping.nbytes);
  int err;

  (void) req;
  if (status != 0) {
    fail(HVUV_STEP_CONNECT, status);
    return;
  }
  ping.connected_ns = uv_hrtime();
  if (ping.connect_only) {
    succeed();
    return;
  }
  uv_timer_start(&ping.timer, on_timeout, ping.timeout_ms, 0);
  err = hvuv_read_start(&ping.stream, on_alloc, on_read);
  if (err == 0)
    err = hvuv_write(&ping.write, &ping.stream, &buf, 1, on_written);
  if (err != 0)
    fail(HVUV_STEP_SEND, err);
}

static void start_one(uv_timer_t* timer) {
  int err = hvuv_init(timer->loop, &ping.stream);

  if (err != 0) {
    report(&tool, HVUV_STEP_CONNECT, &ping.addr, err);
    finish();
    return;
  }
  ping.is_open = 1;
  ping.sent++;
  ping.received = 0;
  ping.began_ns = uv_hrtime();
  err = hvuv_set_connect_timeout(&ping.stream, ping.timeout_ms);
  if (err == 0)
    err = hvuv_connect(&ping.connect, &ping.stream, &ping.addr, on_connect);
  if (err != 0)
    fail(HVUV_STEP_CONNECT, err);
}

/* --- The program */

static void on_signal(uv_signal_t* handle, int signum) {
  (void) handle;
  (void) signum;
  finish();
}

static int take_bytes(const options_t* o, const char* value) {
  int err = options_bytes(o, value, MAX_BYTES, &ping.nbytes);

  if (err == 0 && ping.nbytes == 0)
    return options_wrong(o, value, "is nothing to echo; -C only connects");
  return err;
}

static int take(const options_t* o, int id, const char* value) {
  switch (id) {
    case COUNT:
      return options_number(o, value, 0, MAX_COUNT, &ping.count);
    case INTERVAL:
      return options_seconds_ms(o, value, 3600, &ping.interval_ms);
    case BYTES:
      return take_bytes(o, value);
    case TIMEOUT:
      return options_limit_ms(o, value, 3600, &ping.timeout_ms);
    default:
      ping.connect_only = 1;
      return 0;
  }
}

static int run(uv_loop_t* loop) {
  if (uv_timer_init(loop, &ping.timer) != 0 ||
      uv_signal_init(loop, &ping.sigint) != 0 ||
      uv_signal_start(&ping.sigint, on_signal, SIGINT) != 0)
    abort(); /* Out of memory or descriptors at the very start. */
  uv_unref((uv_handle_t*) &ping.sigint);
  start_one(&ping.timer);
  uv_run(loop, UV_RUN_DEFAULT);

  output("%llu of %llu answered\n",
         (unsigned long long) ping.answered,
         (unsigned long long) ping.sent);
  summarise("connect", &ping.connects);
  summarise("echo", &ping.echoes);
  free(ping.connects.ns);
  free(ping.echoes.ns);
  return program_end(uv_loop_close(loop) != 0 || ping.answered != ping.sent ||
                     ping.answered == 0);
}

int verb_ping(int argc, char** argv) {
  options_t o;
  int code;

  ping.count = 5;
  ping.interval_ms = 1000;
  ping.nbytes = 64;
  ping.timeout_ms = 5000;
  if (!options_read(&o, &tool, argc, argv, take, &code))
    return code;
  if (o.argc != 1)
    return usage_error(&tool, "needs an ADDRESS");
  code = read_address(&tool, "ADDRESS", o.argv[0], &ping.addr);
  if (code != 0)
    return code;

  ping.payload = malloc((size_t) ping.nbytes);
  if (ping.payload == NULL)
    abort(); /* Out of memory. */
  memset(ping.payload, 'p', (size_t) ping.nbytes);
  code = run(program_loop());
  free(ping.payload);
  return code;
}
