/* Programs by libuv's uv_spawn(). Each has a loop of its own, which turns only
 * while the test waits for that program. */
#include "process.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include <cmocka.h>

#define RUNNING_MAX 32
#define PATIENCE_MS 50000

typedef struct inside_s {
  uv_loop_t loop;
  uv_process_t process;
  uv_pipe_t out;
  uv_pipe_t err;
  uv_timer_t patience;
  process_t* owner;
  int has_ended;
  int code;
  char room[4096];
} inside_t;

static process_t* running[RUNNING_MAX];

static void die(const char* what, int err) {
  fprintf(stderr, "process: %s: %s\n", what, uv_err_name(err));
  abort();
}

static void check(const char* what, int err) {
  if (err != 0)
    die(what, err);
}

static void remember(process_t* p) {
  int i;

  for (i = 0; i < RUNNING_MAX; i++) {
    if (running[i] == NULL) {
      running[i] = p;
      return;
    }
  }
  die("too many", UV_EMFILE);
}

static void forget(const process_t* p) {
  int i;

  for (i = 0; i < RUNNING_MAX; i++)
    if (running[i] == p)
      running[i] = NULL;
}

static void kill_one(const process_t* p) {
  inside_t* in = p->inside;

  uv_process_kill(&in->process, SIGKILL);
}

static void on_patience(uv_timer_t* timer) {
  int i;

  (void) timer;
  fprintf(stderr, "The test took too long\n");
  for (i = 0; i < RUNNING_MAX; i++)
    if (running[i] != NULL)
      kill_one(running[i]);
  exit(1);
}

static void on_exit(uv_process_t* process, int64_t code, int signum) {
  inside_t* in = process->data;

  in->has_ended = 1;
  in->code = signum != 0 ? 128 + signum : (int) code;
}

static void on_alloc(uv_handle_t* handle, size_t suggested, uv_buf_t* buf) {
  inside_t* in = handle->data;

  (void) suggested;
  *buf = uv_buf_init(in->room, sizeof(in->room));
}

/* What does not fit is forgotten, and so are the carriage returns that the C
 * library of Windows adds. */
static void keep(char text[], size_t size, const char* bytes, size_t n) {
  size_t len;
  size_t i;

  len = strlen(text);
  for (i = 0; i < n && len + 1 < size; i++)
    if (bytes[i] != '\r')
      text[len++] = bytes[i];
  text[len] = '\0';
}

static void on_read(uv_stream_t* stream, ssize_t n, const uv_buf_t* buf) {
  inside_t* in = stream->data;
  process_t* p = in->owner;

  if (n < 0)
    uv_close((uv_handle_t*) stream, NULL);
  else if (stream == (uv_stream_t*) &in->out)
    keep(p->said, sizeof(p->said), buf->base, (size_t) n);
  else
    keep(p->told, sizeof(p->told), buf->base, (size_t) n);
}

static void open_pipe(inside_t* in, uv_pipe_t* pipe, uv_stdio_container_t* io) {
  check("uv_pipe_init", uv_pipe_init(&in->loop, pipe, 0));
  pipe->data = in;
  io->flags = (uv_stdio_flags) (UV_CREATE_PIPE | UV_WRITABLE_PIPE);
  io->data.stream = (uv_stream_t*) pipe;
}

static void start_reading(uv_pipe_t* pipe) {
  check("uv_read_start", uv_read_start((uv_stream_t*) pipe, on_alloc, on_read));
}

static char** copy_arguments(const char* const argv[],
                             char* copy[PROCESS_ARGS_MAX + 1]) {
  int i;

  for (i = 0; i < PROCESS_ARGS_MAX && argv[i] != NULL; i++)
    copy[i] = (char*) (uintptr_t) argv[i]; /* libuv only reads it. */
  copy[i] = NULL;
  return copy;
}

void process_start(process_t* p, const char* const argv[]) {
  char* copy[PROCESS_ARGS_MAX + 1];
  uv_stdio_container_t stdio[3];
  uv_process_options_t options;
  inside_t* in;

  memset(p, 0, sizeof(*p));
  in = calloc(1, sizeof(*in));
  if (in == NULL)
    die("calloc", UV_ENOMEM);
  p->inside = in;
  in->owner = p;
  in->process.data = in;
  check("uv_loop_init", uv_loop_init(&in->loop));
  check("uv_timer_init", uv_timer_init(&in->loop, &in->patience));
  uv_timer_start(&in->patience, on_patience, PATIENCE_MS, 0);
  uv_unref((uv_handle_t*) &in->patience);

  stdio[0].flags = UV_IGNORE;
  open_pipe(in, &in->out, &stdio[1]);
  open_pipe(in, &in->err, &stdio[2]);
  memset(&options, 0, sizeof(options));
  options.file = argv[0];
  options.args = copy_arguments(argv, copy);
  options.exit_cb = on_exit;
  options.stdio = stdio;
  options.stdio_count = 3;
  check("uv_spawn", uv_spawn(&in->loop, &in->process, &options));
  start_reading(&in->out);
  start_reading(&in->err);
  p->pid = uv_process_get_pid(&in->process);
  remember(p);
}

static int await(process_t* p,
                 uv_pipe_t* from,
                 const char* in,
                 const char* text) {
  inside_t* inside = p->inside;

  while (strstr(in, text) == NULL) {
    if (uv_is_closing((uv_handle_t*) from))
      return 0;
    uv_run(&inside->loop, UV_RUN_ONCE);
  }
  return 1;
}

int process_await(process_t* p, const char* text) {
  inside_t* in = p->inside;

  return await(p, &in->out, p->said, text);
}

int process_await_told(process_t* p, const char* text) {
  inside_t* in = p->inside;

  return await(p, &in->err, p->told, text);
}

int process_finish(process_t* p) {
  inside_t* in = p->inside;

  while (!in->has_ended || !uv_is_closing((uv_handle_t*) &in->out) ||
         !uv_is_closing((uv_handle_t*) &in->err))
    uv_run(&in->loop, UV_RUN_ONCE);
  uv_close((uv_handle_t*) &in->process, NULL);
  uv_close((uv_handle_t*) &in->patience, NULL);
  uv_run(&in->loop, UV_RUN_DEFAULT);
  check("uv_loop_close", uv_loop_close(&in->loop));

  forget(p);
  p->code = in->code;
  p->pid = 0;
  p->inside = NULL;
  free(in);
  return p->code;
}

void process_signal(const process_t* p, int signum) {
  (void) signum;
  kill_one(p);
}

void process_end_all(void) {
  process_t* p;
  int i;

  for (i = 0; i < RUNNING_MAX; i++) {
    p = running[i];
    if (p != NULL) {
      kill_one(p);
      process_finish(p);
    }
  }
}
