/* echo_client [-n COUNT] [-s BYTES] [-w SECONDS] [ADDRESS] [MESSAGE]: sends
 * MESSAGE, or BYTES bytes, COUNT times, and exits with 0 only if every byte
 * came back as it was sent.
 *
 *   connect --> send all ----------------> end --> wait for the server's end
 *                 \                         ^
 *                  hybrid: wait for all ----+
 *
 * It ends its direction after sending, and the server ends the other. Behind a
 * hypervisor's Unix socket (hybrid) an end of one direction may end both and
 * lose what is still to come, so there it ends when everything has come back.
 * Some hypervisors pass on no end of a guest's direction: then nothing is lost,
 * but the server's end does not come, and the client closes by itself.
 *
 * When nothing has moved for SECONDS it says so and gives up. */
#include "arguments.h"
#include "program.h"
#include "report.h"

/* Time is looked at so often within the limit, so that a program that was
 * stopped and goes on reads what has come before it gives up. */
#define TICKS           4
#define DEFAULT_SECONDS 5

static hvuv_addr_t addr;
static hvuv_stream_t stream;
static hvuv_connect_t connect_req;
static hvuv_write_t write_req;
static hvuv_shutdown_t shutdown_req;
static uv_timer_t tick;
static unsigned long long seconds = DEFAULT_SECONDS;
static char* message;
static unsigned long long nbytes; /* of one message */
static unsigned long long count, sent, received;
static size_t last_queued;
static int idle_ticks;
static int failed, is_connected, is_wrong, has_ended;

static void finish(void) {
  if (hvuv_is_closing(&stream))
    return;
  hvuv_close(&stream, NULL);
  uv_close((uv_handle_t*) &tick, NULL);
}

/* Says how much came back, and why it is not all. */
static void report_loss(const char* why) {
  char text[HVUV_ADDR_STRLEN] = "(no address)";
  size_t size = sizeof(text);

  failed = 1;
  hvuv_addr_format(&addr, text, &size);
  fprintf(stderr,
          "%llu of %llu bytes came back from %s: %s\n",
          received,
          count * nbytes,
          text,
          why);
}

static void check(const char* step, int err) {
  if (report(step, &addr, err) == 0 || hvuv_is_closing(&stream))
    return;
  failed = 1;
  if (is_connected)
    report_loss("the conversation failed, and the line above says how.");
  finish();
}

static int has_all(void) {
  return received >= count * nbytes;
}

/* --- The end */

static void on_shutdown(hvuv_shutdown_t* req, int status) {
  if (!hvuv_is_closing(req->handle))
    check("shutdown", status);
}

/* Ends our direction, once, when that can lose nothing. */
static void end_if_due(void) {
  if (hvuv_is_closing(&stream) || has_ended || sent < count ||
      (hvuv_addr_family(&addr) == HVUV_HYBRID && !has_all()))
    return;
  has_ended = 1;
  check("shutdown", hvuv_shutdown(&shutdown_req, &stream, on_shutdown));
}

static void on_end(void) {
  if (output("Connection closed\n") == 0 && !has_all())
    report_loss("the server ended first. See whether it is an echo server, and "
                "what it says of this; a hypervisor may also end both "
                "directions when one ends.");
  finish();
}

static void on_tick(uv_timer_t* timer) {
  char why[200];
  size_t queued = hvuv_get_write_queue_size(&stream);

  (void) timer;
  idle_ticks = queued == last_queued ? idle_ticks + 1 : 0;
  last_queued = queued;
  if (has_all() && has_ended && idle_ticks > 1) {
    fprintf(stderr,
            "All came back, but the server's end did not: its hypervisor may "
            "not pass it on. Closing.\n");
    finish();
  } else if (idle_ticks > TICKS) {
    snprintf(why,
             sizeof(why),
             "nothing moved for %llu s. See whether the server still runs and "
             "is an echo server, and its VM is not paused; -w SECONDS waits "
             "longer.",
             seconds);
    report_loss(why);
    finish();
  }
}

/* --- Bytes */

static void on_written(hvuv_write_t* req, int status);

static void send_next(void) {
  uv_buf_t buf = uv_buf_init(message, (unsigned int) nbytes);

  if (sent < count)
    check("send", hvuv_write(&write_req, &stream, &buf, 1, on_written));
  else
    end_if_due();
}

static void on_written(hvuv_write_t* req, int status) {
  if (hvuv_is_closing(req->handle))
    return;
  check("send", status);
  if (status != 0)
    return;
  idle_ticks = 0;
  if (output("Bytes Sent: %llu\n", nbytes) != 0)
    finish();
  sent++;
  if (!hvuv_is_closing(&stream))
    send_next();
}

static void on_alloc(hvuv_stream_t* s, size_t suggested, uv_buf_t* buf) {
  static char buffer[65536];

  (void) s;
  (void) suggested;
  *buf = uv_buf_init(buffer, sizeof(buffer));
}

static void take(const char* bytes, ssize_t n) {
  ssize_t i;

  idle_ticks = 0;
  if (output("Bytes received: %ld\n", (long) n) != 0)
    finish();
  for (i = 0; i < n; i++, received++)
    is_wrong |= has_all() || bytes[i] != message[received % nbytes];
  end_if_due();
}

static void on_read(hvuv_stream_t* s, ssize_t nread, const uv_buf_t* buf) {
  (void) s;
  if (nread > 0)
    take(buf->base, nread);
  else if (nread == UV_EOF)
    on_end();
  else if (nread < 0)
    check("receive", (int) nread);
}

static void on_connect(hvuv_connect_t* req, int status) {
  check("connect", status);
  if (status != 0)
    return;
  is_connected = 1;
  check("receive", hvuv_read_start(req->handle, on_alloc, on_read));
  send_next();
  if (!hvuv_is_closing(req->handle))
    uv_timer_start(
        &tick, on_tick, seconds * 1000 / TICKS, seconds * 1000 / TICKS);
}

/* --- Arguments */

static int usage(FILE* out, int code) {
  fprintf(out,
          "usage: echo_client [-n COUNT] [-s BYTES] [-w SECONDS] [ADDRESS] "
          "[MESSAGE]\n"
          "  -n COUNT    how often the message is sent (1)\n"
          "  -s BYTES    its size, instead of MESSAGE (14: this is a test)\n"
          "  -w SECONDS  give up when nothing has moved for so long (%d)\n"
          "ADDRESS such as " DEFAULT_ADDRESS "\n"
          "Exits with 0 if every byte came back, 1 if not, 2 for wrong "
          "arguments.\n",
          DEFAULT_SECONDS);
  return code;
}

/* Returns 0 if they make no sense, and has printed why. */
static int parse_options(int* argc, char*** argv) {
  static const char* const options[] = {
      "-n COUNT", "-s BYTES", "-w SECONDS", NULL};
  static unsigned long long* const numbers[] = {&count, &nbytes, &seconds};
  static const unsigned long long max[] = {1000000, 1 << 30, 86400};
  const char* value = "";
  int i;

  while ((i = take_option(argc, argv, options, &value)) >= 0) {
    char name[] = {options[i][0], options[i][1], '\0'};

    if (!read_number(name, value, 1, max[i], numbers[i]))
      return 0;
  }
  return i != OPTION_WRONG;
}

static int parse_arguments(int argc, char** argv) {
  const char* text = "this is a test";
  unsigned long long i;

  count = 1;
  if (!parse_options(&argc, &argv) || too_many(argc, argv, 2) ||
      parse_address("ADDRESS", argc > 1 ? argv[1] : DEFAULT_ADDRESS, &addr) !=
          0)
    return 0;
  if (argc > 2) {
    text = argv[2];
    if (*text == '\0' || nbytes != 0) {
      wrong_argument("MESSAGE",
                     nbytes != 0 ? "is not for -s, which makes one"
                                 : "is empty");
      return 0;
    }
  }

  nbytes = nbytes != 0 ? nbytes : strlen(text);
  message = malloc((size_t) nbytes);
  for (i = 0; message != NULL && i < nbytes; i++)
    message[i] = text[i % strlen(text)];
  return 1;
}

static void start(uv_loop_t* loop) {
  if (report("init", &addr, hvuv_init(loop, &stream)) != 0 ||
      uv_timer_init(loop, &tick) != 0)
    exit(1);
  check("connect", hvuv_set_connect_timeout(&stream, seconds * 1000));
  if (!hvuv_is_closing(&stream))
    check("connect", hvuv_connect(&connect_req, &stream, &addr, on_connect));
}

int main(int argc, char** argv) {
  uv_loop_t* loop;

  argv = program_start(&argc, argv);
  if (is_help(argc, argv))
    return usage(stdout, 0);
  if (!parse_arguments(argc, argv))
    return usage(stderr, 2);
  loop = program_loop();
  if (message == NULL)
    return report("prepare", &addr, UV_ENOMEM) != 0;

  start(loop);
  uv_run(loop, UV_RUN_DEFAULT);
  free(message);
  if (is_wrong)
    report_loss("not as they were sent: this is no echo server.");
  return program_end(uv_loop_close(loop) != 0 || failed || !has_all());
}
