/* bulk VERB ...: bytes in one direction, many callers at once, and ends of one
 * direction, checked byte by byte.
 *
 *   serve [-m] ADDRESS   serves callers until it is ended; with -m other users may
 *                        connect (hvuv_chmod)
 *   put BYTES ADDRESS    sends so many, which the server has to have counted
 *   get BYTES ADDRESS    has the server send so many
 *   crowd COUNT ADDRESS  so many callers put 14 bytes each, and none leaves before
 *                        all have been answered
 *   half BYTES ADDRESS   get, and ends its direction behind the request: prints how
 *                        much of the answer comes
 *   wait ADDRESS         has the server end its direction: prints whether that comes
 *
 * A caller sends a head, a letter and a number, then for a put the bytes. The answer
 * to a put is eight bytes, the number of those that came right; to a get the bytes.
 * Nobody but half and the server, when it is asked to, ends a direction before it has
 * all. When nothing has moved for 4 s a caller gives up, a crowd for 20 s: a
 * guest of Hyper-V takes one call after another. wait ends when nothing has come
 * for a second. */
#include "program.h"
#include "report.h"

#define HEAD_BYTES   9
#define ANSWER_BYTES 8
#define CHUNK        65536
#define PERIOD       251
#define IDLE_MS      4000
#define CROWD_MS     20000 /* of a crowd, and for each of its connects */
#define WAIT_MS      1000
#define CROWD_MAX    1000

/* One end of a conversation. */
typedef struct talk_s {
  hvuv_stream_t stream;
  hvuv_connect_t connect;
  hvuv_write_t write;
  hvuv_shutdown_t shutdown;
  char letter; /* P put, G get, E end your direction; 0: no head yet */
  char head[HEAD_BYTES]; /* a server's request, a caller's answer */
  size_t head_bytes;
  uint64_t in_total, in, wrong; /* of the pattern; wrong by the piece */
  uint64_t out_total, out;
  int is_server, is_sending, ends, has_eof;
  char request[HEAD_BYTES];
  char room[CHUNK];
} talk_t;

static hvuv_addr_t addr;
static uv_timer_t idle;
static char pattern[CHUNK + PERIOD];
static talk_t* callers[CROWD_MAX];
static size_t ncallers, nanswered;
static uint64_t idle_ms = IDLE_MS;
static uint64_t moved, seen, came;
static int failed, ended;

static void on_closed(hvuv_stream_t* stream) {
  free(stream->data);
}

static void leave(talk_t* talk) {
  if (!hvuv_is_closing(&talk->stream))
    hvuv_close(&talk->stream, on_closed);
}

static void all_leave(void) {
  size_t i;

  if (uv_is_closing((uv_handle_t*) &idle))
    return;
  for (i = 0; i < ncallers; i++)
    leave(callers[i]);
  uv_close((uv_handle_t*) &idle, NULL);
}

/* Returns whether err is none. */
static int check(talk_t* talk, const char* step, int err) {
  if (err == 0)
    return 1;
  report(step, &addr, err);
  failed = 1;
  if (talk->is_server)
    leave(talk);
  else
    all_leave();
  return 0;
}

/* --- Out */

static void send_more(talk_t* talk);

static void put_number(char* bytes, uint64_t n) {
  int i;

  for (i = 0; i < 8; i++)
    bytes[i] = (char) (n >> (8 * i));
}

static uint64_t number_of(const char* bytes) {
  uint64_t n = 0;
  int i;

  for (i = 7; i >= 0; i--)
    n = n << 8 | (unsigned char) bytes[i];
  return n;
}

static void on_shutdown(hvuv_shutdown_t* req, int status) {
  if (!hvuv_is_closing(req->handle))
    check(req->handle->data, "shutdown", status);
}

static void on_written(hvuv_write_t* req, int status) {
  talk_t* talk = req->handle->data;

  if (hvuv_is_closing(&talk->stream) || !check(talk, "send", status))
    return;
  moved++;
  talk->is_sending = 0;
  send_more(talk);
}

static void send_bytes(talk_t* talk, char* bytes, size_t n) {
  uv_buf_t buf = uv_buf_init(bytes, (unsigned int) n);

  talk->is_sending = 1;
  check(talk,
        "send",
        hvuv_write(&talk->write, &talk->stream, &buf, 1, on_written));
}

static void send_more(talk_t* talk) {
  uint64_t left = talk->out_total - talk->out;
  size_t at = talk->out % PERIOD;

  if (left > 0) {
    left = left < CHUNK ? left : CHUNK;
    talk->out += left;
    send_bytes(talk, pattern + at, (size_t) left);
  } else if (talk->ends) {
    talk->ends = 0;
    check(talk,
          "shutdown",
          hvuv_shutdown(&talk->shutdown, &talk->stream, on_shutdown));
  } else if (talk->has_eof) {
    leave(talk);
  }
}

/* --- In */

static void answer(talk_t* talk) {
  put_number(talk->head, talk->in - talk->wrong);
  talk->ends = talk->letter == 'E';
  send_bytes(talk, talk->head, ANSWER_BYTES);
}

static void begin_to_serve(talk_t* talk) {
  talk->letter = talk->head[0];
  if (talk->letter == 'P')
    talk->in_total = number_of(talk->head + 1);
  else if (talk->letter == 'G')
    talk->out_total = number_of(talk->head + 1);
  if (talk->letter == 'G')
    send_more(talk);
  else if (talk->in_total == 0)
    answer(talk);
}

/* A caller has all that it asked for. */
static void has_answer(talk_t* talk) {
  if (talk->letter == 'P' && number_of(talk->head) != talk->out_total) {
    printf("only %llu bytes came right\n",
           (unsigned long long) number_of(talk->head));
    failed = 1;
  }
  if (talk->letter != 'E' && ++nanswered == ncallers)
    all_leave();
}

static void take(talk_t* talk, const char* bytes, size_t n) {
  size_t head = talk->is_server ? HEAD_BYTES : ANSWER_BYTES;

  if (!talk->is_server && talk->letter == 'G')
    head = 0;
  for (; n > 0 && talk->head_bytes < head; n--, bytes++) {
    talk->head[talk->head_bytes++] = *bytes;
    if (talk->head_bytes == head && talk->is_server)
      begin_to_serve(talk);
    else if (talk->head_bytes == head)
      has_answer(talk);
  }
  if (n == 0)
    return;
  if (memcmp(bytes, pattern + talk->in % PERIOD, n) != 0)
    talk->wrong += n;
  talk->in += n;
  talk->wrong += talk->in > talk->in_total;
  if (talk->in == talk->in_total && talk->is_server)
    answer(talk);
  else if (talk->in == talk->in_total)
    has_answer(talk);
}

static void on_alloc(hvuv_stream_t* stream, size_t suggested, uv_buf_t* buf) {
  talk_t* talk = stream->data;

  (void) suggested;
  *buf = uv_buf_init(talk->room, sizeof(talk->room));
}

static void on_read(hvuv_stream_t* stream, ssize_t n, const uv_buf_t* buf) {
  talk_t* talk = stream->data;

  if (n > 0) {
    moved++;
    came += (uint64_t) n;
    take(talk, buf->base, (size_t) n);
  } else if (n == UV_EOF && talk->is_server) {
    talk->has_eof = 1;
    if (!talk->is_sending)
      send_more(talk);
  } else if (n == UV_EOF) {
    ended = 1;
    all_leave();
  } else if (n < 0) {
    check(talk, "receive", (int) n);
  }
}

static talk_t* new_talk(int is_server) {
  talk_t* talk = calloc(1, sizeof(*talk));

  if (talk == NULL || hvuv_init(uv_default_loop(), &talk->stream) != 0)
    abort();
  talk->stream.data = talk;
  talk->is_server = is_server;
  return talk;
}

/* --- Callers */

static void on_connect(hvuv_connect_t* req, int status) {
  talk_t* talk = req->handle->data;
  uint64_t bytes = talk->letter == 'P' ? talk->out_total : talk->in_total;

  if (hvuv_is_closing(&talk->stream) || !check(talk, "connect", status))
    return;
  moved++;
  talk->request[0] = talk->letter;
  put_number(talk->request + 1, bytes);
  send_bytes(talk, talk->request, HEAD_BYTES);
  check(talk, "receive", hvuv_read_start(&talk->stream, on_alloc, on_read));
}

static void call(char letter, uint64_t bytes, int ends) {
  talk_t* talk = new_talk(0);

  talk->letter = letter;
  talk->ends = ends;
  if (letter == 'P')
    talk->out_total = bytes;
  else
    talk->in_total = bytes;
  callers[ncallers++] = talk;
  if (idle_ms > IDLE_MS)
    hvuv_set_connect_timeout(&talk->stream, idle_ms);
  check(talk,
        "connect",
        hvuv_connect(&talk->connect, &talk->stream, &addr, on_connect));
}

static void on_idle(uv_timer_t* timer) {
  (void) timer;
  if (moved == seen) {
    if (callers[0]->letter == 'P' || callers[0]->letter == 'G')
      printf("nothing moved for %d s\n", (int) (idle_ms / 1000));
    all_leave();
  }
  seen = moved;
}

/* --- The server */

static void on_connection(hvuv_stream_t* server, int status) {
  talk_t* talk = new_talk(1);

  if (status != 0 || hvuv_accept(server, &talk->stream) != 0)
    leave(talk);
  else
    check(talk, "receive", hvuv_read_start(&talk->stream, on_alloc, on_read));
}

static int serve(int may_others) {
  static hvuv_stream_t server;
  int err;

  hvuv_init(uv_default_loop(), &server);
  err = report("bind", &addr, hvuv_bind(&server, &addr));
  if (err == 0 && may_others)
    err = report("bind", &addr, hvuv_chmod(&server, UV_WRITABLE));
  if (err == 0)
    err =
        report("listen", &addr, hvuv_listen(&server, SOMAXCONN, on_connection));
  if (err == 0)
    output("Listening on what was asked for\n");
  return err != 0 || uv_run(uv_default_loop(), UV_RUN_DEFAULT);
}

/* Returns the exit code. */
static int run(const char* verb, uint64_t n) {
  uint64_t begin = uv_hrtime();
  int is_half = strcmp(verb, "half") == 0;
  int is_wait = strcmp(verb, "wait") == 0;
  uint64_t i;

  uv_timer_init(uv_default_loop(), &idle);
  if (is_wait)
    idle_ms = WAIT_MS;
  else if (strcmp(verb, "crowd") == 0)
    idle_ms = CROWD_MS;
  uv_timer_start(&idle, on_idle, idle_ms, idle_ms);
  if (strcmp(verb, "crowd") == 0)
    for (i = 0; i < n && i < CROWD_MAX; i++)
      call('P', 14, 0);
  else
    call(is_wait ? 'E' : *verb == 'p' ? 'P' : 'G', n, is_half);
  uv_run(uv_default_loop(), UV_RUN_DEFAULT);
  printf("%s %llu: %zu of %zu answered, %llu bytes came%s, %.1f s\n",
         verb,
         (unsigned long long) n,
         nanswered,
         ncallers,
         (unsigned long long) came,
         ended ? ", and an end came" : ", no end came",
         (double) (uv_hrtime() - begin) / 1e9);
  return failed || (!is_half && !is_wait && nanswered != ncallers);
}

int main(int argc, char** argv) {
  int is_server;
  size_t i;

  argv = program_start(&argc, argv);
  is_server = argc > 2 && strcmp(argv[1], "serve") == 0;
  if (argc < 3 || parse_address("ADDRESS", argv[argc - 1], &addr) != 0)
    return 2;
  for (i = 0; i < sizeof(pattern); i++)
    pattern[i] = (char) (i % PERIOD);
  if (is_server)
    return serve(argc > 3);
  return run(argv[1], argc > 3 ? strtoull(argv[2], NULL, 10) : 0);
}
